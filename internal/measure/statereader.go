package measure

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// errState says that kept bytes are no state.
var errState = errors.New("the kept state is damaged or of a newer version")

// decodeState undoes encode.
func decodeState(b []byte) (*state, error) {
	r := &reader{b: b}
	if v := r.byte(); v != stateVersion {
		return nil, fmt.Errorf("version %d: %w", v, errState)
	}
	s := &state{definition: r.varint(), cursor: sla.Instant(r.varint()), read: sla.Instant(r.varint()), troubled: sla.Instant(r.varint())}
	f := r.flags()
	s.seen = [2]bool{f[0], f[1]}
	switch {
	case f[2]:
		s.form = classic
	case f[3]:
		s.form = native
	}
	s.open = make([]tally, r.count())
	for i := range s.open {
		s.open[i] = r.tally()
	}
	s.lanes = make([]*laneState, r.count())
	for i := range s.lanes {
		s.lanes[i] = r.lane()
	}
	if r.bad || len(r.b) > 0 {
		return nil, errState
	}
	return s, nil
}

// reader takes an encoded state apart; once bad it gives zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	r.skip(n)
	return v
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.skip(n)
	return v
}

func (r *reader) skip(n int) {
	if n <= 0 {
		r.bad, r.b = true, nil
		return
	}
	r.b = r.b[n:]
}

// count reads a number of things of at least one byte each.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *reader) flags() (out [8]bool) {
	n := r.byte()
	for i := range out {
		out[i] = n&(1<<i) != 0
	}
	return out
}

func (r *reader) amount() sla.Amount {
	hi := r.varint()
	return sla.FromWords(hi, r.uvarint())
}

func (r *reader) tally() tally {
	f := r.flags()
	t := tally{seen: f[0], covered: f[1], spoilt: f[2], unsure: f[3], inexact: f[4]}
	t.first, t.second, t.booked[0], t.booked[1] = r.amount(), r.amount(), r.amount(), r.amount()
	t.bridged = sla.Millis(r.varint())
	return t
}

func (r *reader) lane() *laneState {
	l := &laneState{largest: r.amount()}
	n := r.count()
	l.series = make(map[string]*seriesState, n)
	for range n {
		size := r.count()
		if r.bad {
			return l
		}
		k := string(r.b[:size])
		r.b = r.b[size:]
		l.series[k] = r.series()
	}
	return l
}

func (r *reader) series() *seriesState {
	s := &seriesState{last: sla.Instant(r.varint()), valid: r.flags()[0]}
	s.value = Value{coef: r.varint(), exp: int16(r.varint())}
	n := int(r.byte())
	for s.gaps.n < n && !r.bad {
		run, gap := int(r.byte()), sla.Millis(r.varint())
		if run == 0 || s.gaps.n+run > window {
			r.bad = true
			break
		}
		for range run {
			s.gaps.last[s.gaps.n] = gap
			s.gaps.n++
		}
	}
	s.gaps.settle()
	s.prior, s.first = s.last, sla.Forever
	if n := r.count(); n > 0 {
		s.held = make([]held, n)
		for i := range s.held {
			s.held[i] = held{sla.Instant(r.varint()), sla.Millis(r.varint()), class(r.byte())}
		}
	}
	return s
}
