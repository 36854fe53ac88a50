package cycle

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// writtenDown reports whether an indicator's facts are recorded by people or
// other programs: its cursor is the end of the last one, and more may come
// before it at any time.
func writtenDown(c *sla.Catalogue, indicator string) bool {
	ind := c.Indicator(indicator)
	return ind != nil && ind.Kind == sla.Entries
}

// Entered says what came of facts that somebody wrote down.
type Entered struct {
	Added   int `json:"added"`
	Revised int `json:"revised"` // the ledger had others of that very span
	Known   int `json:"known"`   // the ledger had the same
}

// Enter records facts of an indicator of the kind entries, and judges again what
// they touch. An entry of a span that the ledger has is a revision of it; one
// that overlaps others is refused, with all of them.
func (c *Cycle) Enter(ctx context.Context, indicator string, entries []sla.Entry, now sla.Instant) (Entered, error) {
	if err := c.Enterable(indicator, entries, now); err != nil || len(entries) == 0 {
		return Entered{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	entries = slices.SortedStableFunc(slices.Values(entries), func(a, b sla.Entry) int { return cmp.Compare(a.From, b.From) })
	have, err := c.o.Store.Entries(ctx, indicator, sla.Span{From: entries[0].From, To: entries[len(entries)-1].To})
	if err != nil {
		return Entered{}, fmt.Errorf("reading the facts of %s: %w", indicator, err)
	}
	known := make(map[sla.Span]sla.Entry, len(have))
	for _, e := range have {
		known[e.Span] = e
	}
	var done Entered
	r := revision{indicator: indicator, definition: c.definitions[indicator]}
	for _, e := range entries {
		e.Definition = r.definition
		switch was, ok := known[e.Span]; {
		case !ok:
			r.entered = append(r.entered, e)
			done.Added++
		case was.Good == e.Good && was.Bad == e.Bad && was.Unknown == e.Unknown:
			done.Known++
		default:
			r.changed = append(r.changed, e)
			done.Revised++
		}
	}
	if done.Added+done.Revised == 0 {
		return done, nil
	}
	if _, err := c.write(ctx, work{revisions: []revision{r}, cause: ByEntry}, now); err != nil {
		return Entered{}, err
	}
	return done, nil
}

// Enterable says why facts cannot be recorded, whatever the ledger holds.
func (c *Cycle) Enterable(indicator string, entries []sla.Entry, now sla.Instant) error {
	ind := c.Catalogue().Indicator(indicator)
	switch {
	case ind == nil:
		return fmt.Errorf("there is no indicator %q in the catalogue", indicator)
	case ind.Kind != sla.Entries:
		return fmt.Errorf("indicator %s is measured: facts are written down for indicators of the kind entries only", indicator)
	}
	for i := range entries {
		e := &entries[i]
		if err := e.Check(ind.Facts()); err != nil {
			return fmt.Errorf("the entry from %s to %s: %w", e.From, e.To, err)
		}
		if e.To > now {
			return fmt.Errorf("the entry from %s to %s ends in the future", e.From, e.To)
		}
	}
	return nil
}

// enteredHead takes over how far an indicator's facts reach now.
func (c *Cycle) enteredHead(r *revision) {
	n := len(r.entered)
	if n == 0 {
		return
	}
	head, known := c.heads[r.indicator]
	if !known {
		head.First = r.entered[0].From
	}
	head.First, head.Cursor = min(head.First, r.entered[0].From), max(head.Cursor, r.entered[n-1].To)
	head.Definition = r.definition
	c.heads[r.indicator] = head
}
