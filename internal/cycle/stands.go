package cycle

import (
	"encoding/binary"

	"github.com/slmd/slmd/internal/sla"
)

// What the store keeps of an indicator is what measuring goes on from. As long as
// it has holes, where measuring stood before them is kept in front of that: a
// daemon that is started anew measures them again as the one before would have.

// standsFollow begins what has stands in front; no state of measure begins so.
const standsFollow = 0

// keep gives a state as it is stored.
func keep(state []byte, stands []stand) []byte {
	if len(stands) == 0 || len(state) == 0 {
		return state
	}
	out := binary.AppendUvarint([]byte{standsFollow}, uint64(len(stands)))
	for _, s := range stands {
		out = binary.AppendVarint(out, int64(s.cursor))
		out = binary.AppendVarint(out, int64(s.read))
		out = binary.AppendUvarint(out, uint64(len(s.state)))
		out = append(out, s.state...)
	}
	return append(out, state...)
}

// kept undoes keep. What is damaged is given as it is: measuring says so.
func kept(stored []byte) (state []byte, stands []stand) {
	if len(stored) == 0 || stored[0] != standsFollow {
		return stored, nil
	}
	rest := stored[1:]
	n, w := binary.Uvarint(rest)
	for ; w > 0 && n > 0; n-- {
		rest = rest[w:]
		var s stand
		if s, w = standAt(rest); w > 0 {
			stands = append(stands, s)
		}
	}
	if w <= 0 {
		return stored, nil
	}
	return rest[w:], stands
}

// standAt reads a stand and gives how long it is, 0 where there is none.
func standAt(b []byte) (stand, int) {
	cursor, i := binary.Varint(b)
	if i <= 0 {
		return stand{}, 0
	}
	read, j := binary.Varint(b[i:])
	if j <= 0 {
		return stand{}, 0
	}
	length, k := binary.Uvarint(b[i+j:])
	if at := i + j + k; k > 0 && length <= uint64(len(b)-at) {
		end := at + int(length)
		return stand{sla.Instant(cursor), sla.Instant(read), b[at:end:end]}, end
	}
	return stand{}, 0
}

// want adds where measuring stood before a span, unless one that is there already serves.
func want(stands []stand, s stand, span sla.Span) []stand {
	if n := len(stands); s.state == nil || n > 0 && span.From.Sub(stands[n-1].cursor) <= replayMost {
		return stands
	}
	return append(stands, s)
}

// standFirst notes where measuring begins with the first step of all.
func (c *Cycle) standFirst(s *step) {
	if name := s.job.indicator.Name; s.job.first && len(c.stands[name]) == 0 {
		c.stands[name] = []stand{{s.job.cursor, sla.Always, []byte{}}}
	}
}

// standsAfter gives the stands that are kept with a step: those of the open holes
// and of the holes that it leaves.
func (c *Cycle) standsAfter(s *step, now sla.Instant) []stand {
	name := s.job.indicator.Name
	var out []stand
	for _, h := range c.holes[name] {
		if h.definition == s.job.definition && now < h.until {
			out = want(out, h.stand, h.Span)
		}
	}
	for i := range s.Entries {
		if e := &s.Entries[i]; c.leavesHole(s, e, now) {
			out = want(out, c.standBefore(e.Span, s.job.indicator), e.Span)
		}
	}
	return out
}

// standsWith gives the stands that are kept with a revision.
func (c *Cycle) standsWith(r *revision, now sla.Instant) []stand {
	var out []stand
	for _, h := range c.holes[r.indicator] {
		if h.definition == r.definition && now < h.until {
			out = want(out, h.standAfter(r), h.Span)
		}
	}
	return out
}

// standAfter gives where measuring stood before the hole, now that a revision has
// changed what may lie before that: then it is where the revision began.
func (h *hole) standAfter(r *revision) stand {
	if len(r.changed) > 0 && h.cursor > r.changed[0].From {
		return r.began
	}
	return h.stand
}
