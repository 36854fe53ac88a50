package cycle

import (
	"context"
	"fmt"

	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// again is a source that can measure anew what the ledger has.
type again interface {
	Again(ctx context.Context, t measure.Task, span sla.Span, now sla.Instant) ([]sla.Entry, error)
}

// Revised says what measuring anew came to.
type Revised struct {
	Compared int // entries that were measured anew
	Changed  int // of which the facts are others now
	// Kept counts entries that stay as they are because the source knows less of
	// them than it did: what is known does not become unknown.
	Kept int
}

// Revise measures a span of an indicator anew and appends a revision where the
// facts differ. Nothing is overwritten, and the measuring goes on where it was.
// Entries that are not of one interval, such as the time before the source's
// first sample, stay.
func (c *Cycle) Revise(ctx context.Context, indicator string, span sla.Span, now sla.Instant) (Revised, error) {
	c.mu.Lock()
	ind, head, definition := c.catalogue.Indicator(indicator), c.heads[indicator], c.definitions[indicator]
	c.mu.Unlock()
	if ind == nil {
		return Revised{}, fmt.Errorf("there is no indicator %q in the catalogue", indicator)
	}
	source := c.sourceOf(ind)
	from, ok := c.source(source)
	from2, can := from.(again)
	if !ok || !can {
		return Revised{}, fmt.Errorf("indicator %s: the configuration names no data source %q that it could be measured from again", indicator, source)
	}
	end, err := c.turns.take(ctx, source)
	if err != nil {
		return Revised{}, err
	}
	defer end()
	span, err = c.bridged(ctx, indicator, span.Intersect(sla.Span{From: head.First, To: head.Cursor}))
	if err != nil || span.Empty() {
		return Revised{}, err
	}
	fresh, err := from2.Again(ctx, measure.Task{Indicator: ind, Definition: definition, State: head.State}, span, now)
	if err != nil {
		return Revised{}, fmt.Errorf("measuring %s again: %w", indicator, err)
	}
	return c.revise(ctx, indicator, fresh, span, now)
}

// bridged widens a span to whole gaps: an entry that holds the events of a gap
// is measured anew together with the gap, or they would count twice, or never.
func (c *Cycle) bridged(ctx context.Context, indicator string, span sla.Span) (sla.Span, error) {
	if span.Empty() {
		return span, nil
	}
	around, err := c.o.Store.Entries(ctx, indicator, sla.Span{From: span.From.Add(-bridgeMost), To: span.To.Add(bridgeMost)})
	if err != nil {
		return span, fmt.Errorf("reading the facts of %s: %w", indicator, err)
	}
	for again := true; again; {
		again = false
		for _, e := range around {
			reach := sla.Span{From: e.From.Add(-e.Bridged), To: e.To}
			if e.Bridged == 0 || reach.Intersect(span).Empty() || (reach.From >= span.From && reach.To <= span.To) {
				continue
			}
			span = sla.Span{From: min(span.From, reach.From), To: max(span.To, reach.To)}
			again = true
		}
	}
	return span, nil
}

// bridgeMost is how long a gap may be that one entry bridges: series are
// forgotten after a week.
const bridgeMost = 7 * sla.Day

// revise records what differs from the ledger.
func (c *Cycle) revise(ctx context.Context, indicator string, fresh []sla.Entry, span sla.Span, now sla.Instant) (Revised, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old, err := c.o.Store.Entries(ctx, indicator, span)
	if err != nil {
		return Revised{}, fmt.Errorf("reading the facts of %s: %w", indicator, err)
	}
	var done Revised
	changed := done.differences(old, fresh, span.From)
	if len(changed) == 0 {
		return done, nil
	}
	head := c.heads[indicator]
	round := store.Round{At: now, Outcomes: []store.Outcome{{
		Indicator: indicator, Definition: c.definitions[indicator], Revised: changed, State: head.State, Cursor: head.Cursor,
	}}}
	if _, err := c.o.Store.RecordRound(ctx, round); err != nil {
		return done, fmt.Errorf("recording the revisions of %s: %w", indicator, err)
	}
	c.watch = nil // tallies only go forward
	return done, nil
}

// differences gives the fresh entries that say something else than the old ones.
// From is where they begin to be compared.
func (d *Revised) differences(old, fresh []sla.Entry, from sla.Instant) []sla.Entry {
	byStart := make(map[sla.Instant]*sla.Entry, len(old))
	for i := range old {
		byStart[old[i].From] = &old[i]
	}
	var out []sla.Entry
	kept := from // what lies before is as it was
	for _, e := range fresh {
		was := byStart[e.From]
		if was == nil || was.To != e.To {
			continue
		}
		d.Compared++
		switch {
		case e.Good == was.Good && e.Bad == was.Bad && e.Unknown == was.Unknown:
		case e.Unknown > was.Unknown, e.Bridged > 0 && e.From.Add(-e.Bridged) < alignDown(kept, e.Length()):
			// The second holds events of a time that keeps its own.
			d.Kept++
			kept = e.To
		default:
			d.Changed++
			out = append(out, e)
		}
	}
	return out
}
