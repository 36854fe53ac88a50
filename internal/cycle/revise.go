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
	Again(ctx context.Context, t measure.Task, span sla.Span, now sla.Instant) (measure.Anew, error)
}

// Why facts were revised.
const (
	ByHole           = "hole"           // it was asked for again while it was provisional
	ByReconciliation = "reconciliation" // of the last days
	ByRequest        = "request"        // of somebody
	ByEntry          = "entry"          // somebody wrote facts down
)

// revision is new facts of an indicator for spans that the ledger has.
type revision struct {
	indicator  string
	definition int64
	changed    []sla.Entry
	entered    []sla.Entry // where the ledger has nothing yet
	stand                  // where measuring goes on from at the cursor; without a state as it was
	began      stand       // from where it was measured, if that is known
}

// Revise measures a span of an indicator anew and appends a revision where the
// facts differ: see compare. Nothing is overwritten, and the measuring goes on
// where it was. What was settled by the old facts is judged again with it.
// Entries that are not of one interval, such as the time before the source's
// first sample, stay.
func (c *Cycle) Revise(ctx context.Context, indicator string, span sla.Span, now sla.Instant) (Revised, error) {
	r, err := c.revisable(indicator)
	if err != nil {
		return Revised{}, err
	}
	end, err := c.turns.take(ctx, r.source)
	if err != nil {
		return Revised{}, err
	}
	defer end()
	a, err := c.measureAnew(ctx, r.from, r.Indicator, span, now)
	if err != nil {
		return Revised{}, err
	}
	a.wanted = true
	return c.revise(ctx, []anew{a}, ByRequest, now)
}

// Revisable says why an indicator cannot be measured anew, whatever its source answers.
func (c *Cycle) Revisable(indicator string) error {
	_, err := c.revisable(indicator)
	return err
}

// remeasurable is an indicator and what it can be measured anew from.
type remeasurable struct {
	*sla.Indicator
	source string
	from   Source
}

func (c *Cycle) revisable(indicator string) (remeasurable, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := remeasurable{Indicator: c.catalogue.Indicator(indicator)}
	switch {
	case r.Indicator == nil:
		return r, fmt.Errorf("there is no indicator %q in the catalogue", indicator)
	case r.Kind == sla.Entries:
		return r, fmt.Errorf("indicator %s is not measured: its facts are written down, and so are corrections of them", indicator)
	}
	r.source = c.sourceOf(r.Indicator)
	r.from = c.o.Sources[r.source]
	if _, can := r.from.(again); !can {
		return r, fmt.Errorf("indicator %s: the configuration names no data source %q that it could be measured from again", indicator, r.source)
	}
	return r, nil
}

// measureAnew measures a span that the ledger has, widened to whole gaps.
func (c *Cycle) measureAnew(ctx context.Context, from Source, ind *sla.Indicator, span sla.Span, now sla.Instant) (anew, error) {
	c.mu.Lock()
	head, definition := c.heads[ind.Name], c.definitions[ind.Name]
	c.mu.Unlock()
	a := anew{indicator: ind.Name, definition: definition}
	source, can := from.(again)
	if !can {
		return a, nil
	}
	span, err := c.bridged(ctx, ind, span.Intersect(sla.Span{From: head.First, To: head.Cursor}))
	if err != nil || span.Empty() {
		return a, err
	}
	got, err := source.Again(ctx, measure.Task{Indicator: ind, Definition: definition, State: head.State}, span, now)
	if err != nil {
		return a, fmt.Errorf("measuring %s again: %w", ind.Name, err)
	}
	a.span, a.fresh, a.unsure = span, got.Entries, got.Unsure
	return a, nil
}

// bridged widens a span to whole intervals and gaps: an entry that holds the
// events of a gap is measured anew together with the gap.
func (c *Cycle) bridged(ctx context.Context, ind *sla.Indicator, span sla.Span) (sla.Span, error) {
	if span.Empty() {
		return span, nil
	}
	around, err := c.o.Store.Entries(ctx, ind.Name, sla.Span{From: span.From.Add(-bridgeMost), To: span.To.Add(bridgeMost)})
	if err != nil {
		return span, fmt.Errorf("reading the facts of %s: %w", ind.Name, err)
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
	return sla.Span{From: alignDown(span.From, ind.Interval), To: alignUp(span.To, ind.Interval)}, nil
}

// bridgeMost is how long a gap may be that one entry bridges: series are
// forgotten after a week.
const bridgeMost = 7 * sla.Day

// revise records what differs from the ledger, and what follows from it: in one
// transaction, but for what was measured of an indicator a second time.
func (c *Cycle) revise(ctx context.Context, list []anew, cause string, now sla.Instant) (Revised, error) {
	var done Revised
	for len(list) > 0 {
		var once, again []anew
		seen := map[string]bool{}
		for _, a := range list {
			if seen[a.indicator] {
				again = append(again, a)
				continue
			}
			seen[a.indicator] = true
			once = append(once, a)
		}
		one, err := c.reviseOnce(ctx, once, cause, now)
		done.Add(one)
		if err != nil {
			return done, err
		}
		list = again
	}
	return done, nil
}

// reviseOnce is revise for a list that holds no indicator twice.
func (c *Cycle) reviseOnce(ctx context.Context, list []anew, cause string, now sla.Instant) (Revised, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var done Revised
	var revisions []revision
	for i := range list {
		a := &list[i]
		if a.definition != c.definitions[a.indicator] {
			continue // a reload came between
		}
		changed, one, err := c.differences(ctx, a)
		if err != nil {
			return Revised{}, err
		}
		done.Add(one)
		if len(changed) == 0 {
			continue
		}
		r := revision{indicator: a.indicator, definition: a.definition, changed: changed, began: a.began}
		if head := c.heads[a.indicator]; one.Kept == 0 && a.cursor == head.Cursor && head.Definition == a.definition {
			r.stand = a.stand
		}
		revisions = append(revisions, r)
	}
	if len(revisions) == 0 {
		return done, nil
	}
	if _, err := c.write(ctx, work{revisions: revisions, cause: cause}, now); err != nil {
		return Revised{}, err
	}
	return done, nil
}

// differences compares what was measured anew with the ledger.
func (c *Cycle) differences(ctx context.Context, a *anew) ([]sla.Entry, Revised, error) {
	if a.span.Empty() {
		return nil, Revised{}, nil
	}
	old, err := c.o.Store.Entries(ctx, a.indicator, a.span)
	if err != nil {
		return nil, Revised{}, fmt.Errorf("reading the facts of %s: %w", a.indicator, err)
	}
	changed, done := a.compare(old)
	return changed, done, nil
}

// outcomes gives the revisions as the store takes them.
func (c *Cycle) outcomes(revisions []revision, now sla.Instant) []store.Outcome {
	var out []store.Outcome
	for _, r := range revisions {
		head := c.heads[r.indicator]
		o := store.Outcome{Indicator: r.indicator, Definition: r.definition, Revised: r.changed, Entered: r.entered, State: head.State, Cursor: head.Cursor}
		if r.state != nil {
			o.State = r.state
		}
		o.State = keep(o.State, c.standsWith(&r, now))
		out = append(out, o)
	}
	return out
}
