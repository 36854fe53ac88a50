package measure

import (
	"context"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// warmUp is how far before a span that is measured anew reading begins: the
// series and their spacings are known by then as they were the first time.
const warmUp = 2 * sla.Hour

// Anew is what measuring a span once more came to.
type Anew struct {
	// Entries tile the span, widened to whole intervals, as far as the source has
	// samples that are old enough.
	Entries []sla.Entry
	// Unsure holds where entries begin of which more was known the first time:
	// see [Outcome.Unsure].
	Unsure []sla.Instant
}

// Again measures a span anew that the ledger has already. The task's State is
// the one that measuring goes on from: of it only what an interval may plausibly
// hold is used.
func (s *Source) Again(ctx context.Context, t Task, span sla.Span, now sla.Instant) (Anew, error) {
	ind := t.Indicator
	if ind.Interval <= 0 || ind.Kind == sla.Entries {
		return Anew{}, fmt.Errorf("%s is not measured from a source", ind.Name)
	}
	task := Task{Indicator: ind, Definition: t.Definition, Cursor: floor(span.From.Add(-warmUp), ind.Interval), To: ceil(span.To, ind.Interval)}
	if kept, err := decodeState(t.State); err == nil {
		begin := fresh(task.Definition, task.Cursor, len(kept.lanes))
		begin.form = kept.form
		for i, l := range kept.lanes {
			begin.lanes[i].largest = l.largest
		}
		task.State = begin.encode()
	}
	var out Anew
	for task.Cursor < task.To {
		o := s.Measure(ctx, []Task{task}, now)[0]
		if o.Problem != nil {
			return Anew{}, o.Problem
		}
		out.Unsure = append(out.Unsure, o.Unsure...)
		for _, e := range o.Entries {
			if e.From >= floor(span.From, ind.Interval) {
				out.Entries = append(out.Entries, e)
			}
		}
		if !o.Remaining && o.Cursor < task.To {
			return out, nil
		}
		if o.Cursor == task.Cursor && string(o.State) == string(task.State) {
			return Anew{}, fmt.Errorf("measuring %s again at %s: %w", ind.Name, task.Cursor, errStuck)
		}
		task.State, task.Cursor = o.State, o.Cursor
	}
	return out, nil
}
