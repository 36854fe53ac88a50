package cycle

import (
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// burnBack is how far back it is looked for when a burn alert began to hold.
const burnBack = 6 * sla.Hour

// recentSpan is how far back an indicator's entries are kept at hand: the
// longest burn window, an interval of the longest kind, and burnBack.
const recentSpan = 3*sla.Day + sla.Hour + burnBack

// recent is an indicator's last entries, in order of time.
type recent struct {
	entries []sla.Entry
	// known is the end of the last entry that was not wholly unknown; Always without one.
	known sla.Instant
}

// add appends an entry and now and then lets go of those that have become too old.
func (r *recent) add(e sla.Entry) {
	if len(r.entries) == 0 && r.known == 0 {
		r.known = sla.Always
	}
	r.entries = append(r.entries, e)
	if e.Unknown < e.Length() {
		r.known = e.To
	}
	if len(r.entries)%trimEvery == 0 {
		r.trim(e.To.Add(-recentSpan))
	}
}

// trimEvery is how many entries come between two looks for old ones.
const trimEvery = 512

func (r *recent) trim(before sla.Instant) {
	r.entries = slices.DeleteFunc(r.entries, func(e sla.Entry) bool { return e.To <= before })
}
