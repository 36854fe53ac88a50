package judge

import (
	"math/big"

	"github.com/slmd/slmd/internal/sla"
)

// stretch is bad time, from one position in the scope to another.
type stretch struct {
	sla.Span
	start, end position
	bad        sum     // events or seconds
	share      *shares // of ratio timeslices, which have no amount but this
}

// position is where an instant lies in the scope: how much of it lies before,
// and how many seconds of that are known.
type position struct {
	scope sla.Millis
	known sum
}

// amount gives the bad amount, in the unit of the method.
func (s *stretch) amount() *big.Rat {
	if s.share == nil {
		return s.bad.rat()
	}
	return s.share.rat()
}

func (s *stretch) duration() sla.Millis { return s.end.scope - s.start.scope }

// outages joins bad stretches that come in order of time.
type outages struct {
	gap  sla.Millis
	list []stretch // done, and the one that may go on last
	// pieces, when kept, are the stretches as they came.
	keep   bool
	pieces []stretch
}

func (o *outages) add(s stretch) {
	if o.keep {
		o.pieces = append(o.pieces, s)
		s.share = s.share.fork()
	}
	if n := len(o.list); n > 0 && s.start.scope-o.list[n-1].end.scope <= o.gap {
		last := &o.list[n-1]
		last.To, last.end = s.To, s.end
		last.bad.addSum(s.bad)
		if s.share != nil {
			last.share.addAll(s.share)
		}
		return
	}
	o.list = append(o.list, s)
}

// fork gives a copy that goes its own way.
func (o *outages) fork() outages {
	c := *o
	c.list = append([]stretch(nil), o.list...)
	if n := len(c.list); n > 0 {
		c.list[n-1].share = c.list[n-1].share.fork() // the one that may go on
	}
	c.pieces = o.pieces[:len(o.pieces):len(o.pieces)]
	return c
}
