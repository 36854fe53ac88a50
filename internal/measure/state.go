package measure

import (
	"encoding/binary"
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
	form  form // of a histogram: which of its forms is read
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
	unsure        bool // it hangs on what is plausible, or on a series' first sample
	inexact       bool // a native histogram's bucket had to be divided
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
	b = appendFlags(b, s.seen[0], s.seen[1], s.form == classic, s.form == native)
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
	b = appendFlags(b, t.seen, t.covered, t.spoilt, t.unsure, t.inexact)
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
