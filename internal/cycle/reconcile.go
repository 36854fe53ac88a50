package cycle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
)

// Reconciled says what a reconciliation came to.
type Reconciled struct {
	Revised
	Indicators int // that were measured anew
	Failed     int // that could not be
	Why        string
}

// reconcilePiece is how many indicators one transaction of a reconciliation
// revises at most.
const reconcilePiece = 50

// Reconcile measures anew what of the last while is final, of every indicator of
// a source that is in use, and appends revisions where the facts differ: samples
// that came late. Rounds go on meanwhile; of one indicator at a time the source
// is asked. It ends early when the source does not answer.
func (c *Cycle) Reconcile(ctx context.Context, source string, back sla.Millis, now sla.Instant) (Reconciled, error) {
	from, ok := c.source(source)
	if !ok {
		return Reconciled{}, fmt.Errorf("there is no data source %q: the configuration names none of that name", source)
	}
	var done Reconciled
	var piece []anew
	write := func() error {
		one, err := c.revise(ctx, piece, ByReconciliation, now)
		done.Add(one)
		piece = nil
		return err
	}
	for _, ind := range c.measuredFrom(source) {
		span := sla.Span{From: now.Add(-back), To: now.Add(-c.o.FinaliseAfter)}
		one, differs, err := c.reconcile(ctx, from, ind, span, now)
		switch {
		case ctx.Err() != nil:
			return done, ctx.Err()
		case err != nil:
			done.Failed, done.Why = done.Failed+1, err.Error()
			if p := (*measure.Problem)(nil); errors.As(err, &p) && p.SourceDown {
				return done, write()
			}
			continue
		case differs:
			piece = append(piece, one)
		default:
			done.Compared += len(one.fresh)
		}
		done.Indicators++
		if len(piece) == reconcilePiece {
			if err := write(); err != nil {
				return done, err
			}
		}
	}
	return done, write()
}

// reconcile measures one indicator anew and reports whether anything differs.
func (c *Cycle) reconcile(ctx context.Context, from Source, ind *sla.Indicator, span sla.Span, now sla.Instant) (anew, bool, error) {
	one, err := c.measureAnew(ctx, from, ind, span, now)
	if err != nil {
		return one, false, err
	}
	changed, kept, err := c.differences(ctx, &one)
	return one, len(changed)+kept.Kept > 0, err
}

// measuredFrom gives the indicators in use that are measured from a source and
// that nothing keeps from being measured, in order of their names.
func (c *Cycle) measuredFrom(source string) []*sla.Indicator {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*sla.Indicator
	for _, name := range slices.Sorted(maps.Keys(Needed(c.catalogue))) {
		ind := c.catalogue.Indicator(name)
		if _, troubled := c.problems[name]; ind == nil || ind.Kind == sla.Entries || c.sourceOf(ind) != source || troubled {
			continue
		}
		out = append(out, ind)
	}
	return out
}
