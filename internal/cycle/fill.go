package cycle

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
)

// asking is who is asked for holes, and for which.
type asking struct {
	from   Source
	source string
	scope  Scope
}

// fill asks for the holes again for which it is time, and records what has come
// since. That a source does not answer now is not said again: the round did.
func (c *Cycle) fill(ctx context.Context, a asking, now sla.Instant) (Revised, error) {
	due := c.takeDue(a, now)
	if len(due) == 0 {
		return Revised{}, nil
	}
	list, err := c.replay(ctx, a, due, now)
	if err != nil {
		return Revised{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(due)) {
		for _, h := range due[name] {
			if h.state != nil {
				continue
			}
			ind := c.Catalogue().Indicator(name)
			around := sla.Span{From: h.From.Add(-ind.Interval), To: h.To.Add(ind.Interval)}
			one, err := c.measureAnew(ctx, a.from, ind, around, now)
			if ctx.Err() != nil {
				return Revised{}, ctx.Err()
			}
			if err == nil {
				list = append(list, one)
			}
		}
	}
	return c.revise(ctx, list, ByHole, now)
}

// replayed is a hole that is measured again from where measuring stood.
type replayed struct {
	hole
	indicator *sla.Indicator
	task      measure.Task
	outcome   measure.Outcome
}

// replay measures on from before the holes, many in one request: up to the first
// interval after each, and where that brings anything new, up to the cursor.
// Then all that came after is as if the hole had never been.
func (c *Cycle) replay(ctx context.Context, a asking, due map[string][]hole, now sla.Instant) ([]anew, error) {
	list := c.replays(due)
	measureOn(ctx, a.from, list, now)
	var more []*replayed
	for _, r := range list {
		if n := len(more); r.outcome.Problem != nil || n > 0 && more[n-1].indicator == r.indicator {
			continue // measuring an earlier hole to the cursor covers this one
		}
		changed, _, err := c.differences(ctx, r.anew())
		if err != nil {
			return nil, err
		}
		if len(changed) > 0 {
			more = append(more, r)
		}
	}
	var out []anew
	for _, r := range more {
		c.mu.Lock()
		r.task.To = c.heads[r.indicator.Name].Cursor
		c.mu.Unlock()
	}
	measureOn(ctx, a.from, more, now)
	for _, r := range more {
		if r.outcome.Problem == nil {
			out = append(out, *r.anew())
		}
	}
	return out, ctx.Err()
}

// replays gives the holes that can be measured from where measuring stood, in
// order of indicator and time.
func (c *Cycle) replays(due map[string][]hole) []*replayed {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*replayed
	for _, name := range slices.Sorted(maps.Keys(due)) {
		ind, head := c.catalogue.Indicator(name), c.heads[name]
		for _, h := range due[name] {
			if ind == nil || h.state == nil || h.definition != c.definitions[name] {
				continue
			}
			out = append(out, &replayed{hole: h, indicator: ind, task: measure.Task{
				Indicator: ind, Definition: h.definition, State: h.state, Cursor: h.cursor, To: min(h.To.Add(ind.Interval), head.Cursor),
			}})
		}
	}
	return out
}

// measureOn measures each up to where its task ends, or as far as it goes.
func measureOn(ctx context.Context, from Source, list []*replayed, now sla.Instant) {
	for len(list) > 0 && ctx.Err() == nil {
		tasks := make([]measure.Task, len(list))
		for i, r := range list {
			tasks[i] = r.task
		}
		var more []*replayed
		for i, o := range from.Measure(ctx, tasks, now) {
			if r := list[i]; r.take(o) {
				more = append(more, r)
			}
		}
		list = more
	}
}

// take adds what one call brought and reports whether another gets further.
func (r *replayed) take(o measure.Outcome) bool {
	o.Entries = append(r.outcome.Entries, o.Entries...)
	moved := o.Cursor > r.task.Cursor || !bytes.Equal(o.State, r.task.State)
	r.outcome, r.task.Cursor, r.task.State = o, o.Cursor, o.State
	return o.Problem == nil && moved && o.Remaining && o.Cursor < r.task.To
}

// anew gives what was measured as it is compared with the ledger.
func (r *replayed) anew() *anew {
	return &anew{
		indicator: r.indicator.Name, definition: r.definition, span: sla.Span{From: r.cursor, To: r.outcome.Cursor},
		fresh: r.outcome.Entries, stand: stand{r.outcome.Cursor, r.outcome.Read, r.outcome.State}, began: r.stand,
	}
}
