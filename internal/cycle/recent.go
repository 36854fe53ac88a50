package cycle

import (
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// burnBack is how far back it is looked for when a burn alert began to hold.
const burnBack = 6 * sla.Hour

// recentSpan is how far back an indicator's entries are kept at hand: the
// longest burn window, an interval of the longest kind, and burnBack.
const recentSpan = 3*sla.Day + sla.Hour + burnBack

// recent is an indicator's last entries. All but fewer than packEvery of them are
// packed: thousands of indicators have millions of them.
type recent struct {
	history judge.History
	// measured is the end of the last entry, known that of the last one that was
	// not wholly unknown; Always without one.
	measured, known sla.Instant
}

// packEvery is how many entries are packed together.
const packEvery = 64

func newRecent() *recent { return &recent{measured: sla.Always, known: sla.Always} }

// add appends an entry and now and then lets go of those that have become too old.
func (r *recent) add(e sla.Entry) {
	h := &r.history
	h.Loose = append(h.Loose, e)
	r.measured = e.To
	if e.Unknown < e.Length() {
		r.known = e.To
	}
	if len(h.Loose) < packEvery {
		return
	}
	h.Packed = append(h.Packed, packed(h.Loose))
	h.Loose = h.Loose[:0]
	before := e.To.Add(-recentSpan)
	old := slices.IndexFunc(h.Packed, func(p judge.Packed) bool { return p.To > before })
	h.Packed = slices.Delete(h.Packed, 0, old)
}

func packed(entries []sla.Entry) judge.Packed {
	bytes := slices.Clone(store.Pack(entries)) // no longer than they are
	return judge.Sum(entries, func(out []sla.Entry) ([]sla.Entry, error) {
		out, err := store.Unpack(out, bytes)
		if err != nil {
			return nil, fmt.Errorf("reading the last entries at hand: %w", err)
		}
		return out, nil
	})
}
