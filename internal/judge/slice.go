package judge

import "github.com/slmd/slmd/internal/sla"

// slicer cuts the scope into slices as it comes and judges each of them.
type slicer struct {
	terms  sla.Slices
	events bool
	ratio  bool  // the slices' own ratios count, not good and bad ones
	limit  share // of bad above which a slice is bad
	at     bool  // at the limit too
	origin sla.Instant
	end    sla.Instant // of the part; it cuts the last slice

	open cell    // the slice under way; empty before the first
	run  stretch // bad slices, as long as nothing else comes
	// length is the run's scope time, zero when there is no run.
	length sla.Millis
	known  sum // seconds known in the slices done

	time  split // of timeslices, in scope time
	count struct {
		good, bad, unknown, skipped int64 // ratio timeslices: all of whose ratio is 1 or 0
		mixed                       int64
		shares                      shares // bad shares of the mixed ones
	}

	keep bool // kept tells all slices that count, stretch by stretch
	kept judgedList
}

// split is scope time by the kind of its slice.
type split struct{ good, bad, unknown, skipped sla.Millis }

// cell is one slice, or several alike in a row.
type cell struct {
	sla.Span   // its bounds
	n          int64
	held       sla.Span   // from its first to its last instant in scope
	start      sla.Millis // scope before it
	scope      sla.Millis
	planned    sla.Millis // in exclusions that count as good
	unknown    sum        // seconds
	good, bad  sum        // only their proportion matters
	knownStart sum
}

func newSlicer(o *sla.Objective, facts sla.FactKind, s *scope) *slicer {
	c := &slicer{
		terms: *o.Slices, events: facts == sla.Events, origin: s.origin, end: s.part.To,
		ratio: o.Method == sla.RatioTimeslices,
	}
	switch {
	case c.ratio:
		c.limit = shareOf(*o.Target).rest()
	case o.Slices.BadAt != nil:
		c.limit, c.at = shareOf(*o.Slices.BadAt), true
	case o.Slices.BadAbove != nil:
		c.limit = shareOf(*o.Slices.BadAbove)
	}
	return c
}

func (s *slicer) fork() *slicer {
	c := *s
	c.count.shares = *s.count.shares.fork()
	return &c
}

// feed counts p, a stretch of the segment g, with what e knows of it, nil for nothing.
func (s *slicer) feed(p sla.Span, g *segment, e *sla.Entry, o *outages) {
	for !p.Empty() {
		if p.From >= s.open.To {
			s.close(o)
			k := p.From.Sub(s.origin) / s.terms.Length
			from := s.origin.Add(k * s.terms.Length)
			s.open.Span = sla.Span{From: from, To: min(from.Add(s.terms.Length), s.end)}
			s.open.n = 1
		}
		q := p
		if n := p.Length() / s.terms.Length; p.From == s.open.From && n > 0 {
			// Slices that lie wholly within one entry are alike.
			q.To = p.From.Add(n * s.terms.Length)
			s.open.n, s.open.To = int64(n), q.To
		}
		q.To = min(q.To, s.open.To)
		s.open.add(q, g, e, s.events)
		p.From = q.To
	}
}

func (c *cell) add(q sla.Span, g *segment, e *sla.Entry, events bool) {
	if c.scope == 0 {
		c.held.From, c.start = q.From, g.before+q.From.Sub(g.From)
	}
	c.held.To = q.To
	c.scope += q.Length()
	switch {
	case g.good:
		c.planned += q.Length()
		if events && e != nil {
			c.good.addShare(e.Good, q.Length(), e.Length())
			c.good.addShare(e.Bad, q.Length(), e.Length())
		}
	case e == nil:
		c.unknown.add(sla.Seconds(q.Length()))
	default:
		c.good.addShare(e.Good, q.Length(), e.Length())
		c.bad.addShare(e.Bad, q.Length(), e.Length())
		if e.Unknown != 0 {
			c.unknown.addShare(sla.Seconds(e.Unknown), q.Length(), e.Length())
		}
	}
}

// kind is what a slice turns out to be.
type kind int

const (
	goodSlice kind = iota
	badSlice
	emptySlice
	unknownSlice
)

func (s *slicer) kindOf(c *cell) kind {
	good := c.good
	if !s.events {
		good.add(sla.Seconds(c.planned))
	}
	switch {
	case mostly(c.unknown, c.scope):
		return unknownSlice
	case good.isZero() && c.bad.isZero():
		if c.planned == c.scope {
			return goodSlice
		}
		return emptySlice
	}
	if cmp := s.limit.cmp(c.bad, good); cmp > 0 || (cmp == 0 && s.at) {
		return badSlice
	}
	return goodSlice
}

// mostly reports whether more than half of all is unknown.
func mostly(unknown sum, all sla.Millis) bool {
	if unknown == (sum{}) {
		return false
	}
	twice := unknown
	twice.addSum(unknown)
	d := twice.minus(sum{whole: sla.Seconds(all)})
	if d.part == nil {
		return d.whole.Sign() > 0
	}
	return d.rat().Sign() > 0
}

// close judges the slice under way, if there is one.
func (s *slicer) close(o *outages) {
	c := &s.open
	if c.scope > 0 {
		c.knownStart = s.known
		s.known.add(sla.Seconds(c.scope))
		s.known = s.known.minus(c.unknown)
		if k := s.kindOf(c); s.ratio {
			s.tellRatio(c, k, o)
		} else {
			s.tell(c, k, o)
		}
	}
	s.open = cell{}
}

// stretch gives the cell as bad time.
func (s *slicer) stretch(c *cell) stretch {
	return stretch{
		Span:  c.held,
		start: position{c.start, c.knownStart},
		end:   position{c.start + c.scope, s.known},
		bad:   sum{whole: sla.Seconds(c.scope)},
	}
}

// tell counts a slice of timeslices.
func (s *slicer) tell(c *cell, k kind, o *outages) {
	if k == badSlice {
		bad := s.stretch(c)
		if s.length == 0 {
			s.run = bad
		} else {
			s.run.To, s.run.end = bad.To, bad.end
			s.run.bad.addSum(bad.bad)
		}
		s.length += c.scope
		return
	}
	s.endRun(o)
	switch {
	case k == unknownSlice:
		s.time.unknown += c.scope
	case k == goodSlice || s.terms.Empty == sla.EmptyGood:
		s.time.good += c.scope
		s.tellKept(c.start, c.scope, false)
	case s.terms.Empty == sla.EmptyBad:
		s.time.bad += c.scope
		s.tellKept(c.start, c.scope, true)
		o.add(s.stretch(c))
	default:
		s.time.skipped += c.scope
	}
}

// endRun judges the run of bad slices: one too short is good.
func (s *slicer) endRun(o *outages) {
	switch {
	case s.length == 0:
	case s.length < s.terms.MinRun:
		s.time.good += s.length
		s.tellKept(s.run.start.scope, s.length, false)
	default:
		s.time.bad += s.length
		s.tellKept(s.run.start.scope, s.length, true)
		o.add(s.run)
	}
	s.length, s.run = 0, stretch{}
}

func (s *slicer) tellKept(from, length sla.Millis, bad bool) {
	if !s.keep {
		return
	}
	j := judged{from: from, to: from + length, all: uint64(length)}
	if bad {
		j.bad = fraction{num: j.all, den: 1}
	}
	s.kept = append(s.kept, j)
}

// tellRatio counts a slice of ratio timeslices.
func (s *slicer) tellRatio(c *cell, k kind, o *outages) {
	n := &s.count
	var share fraction // bad
	switch {
	case k == unknownSlice:
		n.unknown += c.n
		return
	case k == emptySlice && s.terms.Empty == sla.EmptyBad:
		n.bad += c.n
		share = fraction{num: uint64(c.n), den: 1}
	case k == emptySlice && s.terms.Empty != sla.EmptyGood:
		n.skipped += c.n
		return
	case c.bad.isZero():
		n.good += c.n
	default:
		good := c.good
		if !s.events {
			good.add(sla.Seconds(c.planned))
		}
		good.addSum(c.bad)
		share = newFraction(c.bad, good, c.n)
		n.mixed += c.n
		n.shares.add(share)
	}
	if s.keep {
		s.kept = append(s.kept, judged{c.start, c.start + c.scope, share, uint64(c.n)})
	}
	if k == badSlice || (k == emptySlice && !share.isZero()) {
		bad := s.stretch(c)
		bad.bad, bad.share = sum{}, new(shares)
		bad.share.add(share)
		o.add(bad)
	}
}
