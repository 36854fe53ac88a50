package measure

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// stateVersion is the first byte of an encoded state.
const stateVersion = 1

// remembered is how long a series that is no longer seen stays in the state.
const remembered = 7 * sla.Day

// state is what has to be known of an indicator to go on measuring.
type state struct {
	definition int64
	cursor     sla.Instant // end of the last decided interval
	// read is the instant up to which samples were read, Always before the
	// first success: then the baseline is read too.
	read sla.Instant
	// troubled is when the source first refused to say, zero when it did not.
	troubled sla.Instant
	// seen says whether there were samples in the interval before the one of
	// read, and in that one so far.
	seen  [2]bool
	lanes []*laneState
	// open are the intervals from the cursor on that samples were read of.
	open []tally
}

// laneState is what is known of the series of one lane.
type laneState struct {
	largest sla.Amount // the largest sum booked in one interval that lies before read
	series  map[string]*seriesState
}

// seriesState is what is known of one series.
type seriesState struct {
	last  sla.Instant // of its last sample
	value Value       // its last usable one; a counter's
	valid bool        // whether it ever had a usable value
	gaps  gaps
	held  []held // of a gauge: from the last sample before the cursor on

	// Of the piece under way, not kept: the last sample before it, Always when
	// the series is new, and the first one in it, Forever when there is none.
	prior, first sla.Instant
}

// held is one sample of a gauge as far as it matters.
type held struct {
	t       sla.Instant
	spacing sla.Millis // of the series at this sample
	class   class
}

// class is what a gauge's sample says.
type class uint8

const (
	unusable class = iota // no number: it holds, and nothing is known
	bad
	good
	ended // a stale marker: nothing holds from here on
)

// tally is what was booked in one interval that is not decided yet.
type tally struct {
	first, second sla.Amount
	booked        [2]sla.Amount // by lane; feeds largest when the interval is past
	bridged       sla.Millis
	seen          bool // a sample lies in it
	covered       bool // samples close together lie on both sides
	alive         bool // a target was up; not kept, asked for when it decides
	spoilt        bool // a sample was no number
}

// fresh gives the state of an indicator that was never measured.
func fresh(definition int64, cursor sla.Instant, lanes int) *state {
	s := &state{definition: definition, cursor: cursor, read: sla.Always, lanes: make([]*laneState, lanes)}
	for i := range s.lanes {
		s.lanes[i] = &laneState{series: map[string]*seriesState{}}
	}
	return s
}

// encode gives the state as bytes: equal states give equal bytes.
func (s *state) encode() []byte {
	b := []byte{stateVersion}
	b = binary.AppendVarint(b, s.definition)
	b = binary.AppendVarint(b, int64(s.cursor))
	b = binary.AppendVarint(b, int64(s.read))
	b = binary.AppendVarint(b, int64(s.troubled))
	b = appendFlags(b, s.seen[0], s.seen[1])
	b = binary.AppendUvarint(b, uint64(len(s.open)))
	for i := range s.open {
		b = s.open[i].append(b)
	}
	b = binary.AppendUvarint(b, uint64(len(s.lanes)))
	for _, l := range s.lanes {
		b = l.append(b, s.read)
	}
	return b
}

func (t *tally) append(b []byte) []byte {
	b = appendFlags(b, t.seen, t.covered, t.spoilt)
	for _, a := range []sla.Amount{t.first, t.second, t.booked[0], t.booked[1]} {
		b = appendAmount(b, a)
	}
	return binary.AppendVarint(b, int64(t.bridged))
}

func (l *laneState) append(b []byte, read sla.Instant) []byte {
	b = appendAmount(b, l.largest)
	keys := make([]string, 0, len(l.series))
	for k, s := range l.series {
		if read.Sub(s.last) <= remembered {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	b = binary.AppendUvarint(b, uint64(len(keys)))
	for _, k := range keys {
		b = binary.AppendUvarint(b, uint64(len(k)))
		b = append(b, k...)
		b = l.series[k].append(b)
	}
	return b
}

func (s *seriesState) append(b []byte) []byte {
	b = binary.AppendVarint(b, int64(s.last))
	b = appendFlags(b, s.valid)
	b = binary.AppendVarint(b, s.value.coef)
	b = binary.AppendVarint(b, int64(s.value.exp))
	b = append(b, byte(s.gaps.n))
	for i := 0; i < s.gaps.n; { // as runs of equal gaps
		k := i
		for k < s.gaps.n && s.gaps.last[k] == s.gaps.last[i] {
			k++
		}
		b = append(b, byte(k-i))
		b = binary.AppendVarint(b, int64(s.gaps.last[i]))
		i = k
	}
	b = binary.AppendUvarint(b, uint64(len(s.held)))
	for _, h := range s.held {
		b = binary.AppendVarint(b, int64(h.t))
		b = binary.AppendVarint(b, int64(h.spacing))
		b = append(b, byte(h.class))
	}
	return b
}

func appendFlags(b []byte, flags ...bool) []byte {
	var n byte
	for i, f := range flags {
		if f {
			n |= 1 << i
		}
	}
	return append(b, n)
}

func appendAmount(b []byte, a sla.Amount) []byte {
	hi, lo := a.Words()
	return binary.AppendUvarint(binary.AppendVarint(b, hi), lo)
}

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
	t := tally{seen: f[0], covered: f[1], spoilt: f[2]}
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
