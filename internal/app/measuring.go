package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// Measuring is a backfill that somebody asked for.
type Measuring struct {
	Config     *config.Config
	Store      *store.Store
	Span       sla.Span
	Indicators []string // none: all
	Now        sla.Instant
	Progress   func(cycle.Lag) // may be nil
}

// Measured is what came of it.
type Measured struct {
	Entries int
	Pending []Gap // what has no entry yet
	Unknown []Gap // where the entries say that nothing is known
}

// Gap is a stretch of an indicator's time that the backfill could not fill.
type Gap struct {
	Indicator string
	Span      sla.Span
	Unknown   sla.Millis
	Why       string
}

// Measure runs the round of live operation up to the end of the span: what is
// there already is not measured again, and nothing old is announced.
func Measure(ctx context.Context, m Measuring) (Measured, error) {
	c, src, err := newCycle(ctx, m.Config, m.Store)
	if err != nil {
		return Measured{}, err
	}
	if err := known(c.Catalogue(), m.Indicators); err != nil {
		return Measured{}, err
	}
	scope := cycle.Scope{From: m.Span.From, To: m.Span.To}
	if len(m.Indicators) > 0 {
		scope.Want = wanted(m.Indicators).Want
	}
	var out Measured
	why := map[string]string{}
	for _, s := range src.list {
		done, err := c.Round(ctx, s.Name, scope, m.Now, m.Progress)
		if err != nil {
			return out, err
		}
		out.Entries += done.Entries
		for _, p := range done.Problems {
			why[p.Indicator] = p.Text
		}
	}
	err = m.gaps(ctx, c.Catalogue(), why, &out)
	return out, err
}

// newCycle gives a cycle as the daemon has it, without anything that announces.
func newCycle(ctx context.Context, cfg *config.Config, st *store.Store) (*cycle.Cycle, *sources, error) {
	src, err := newSources(cfg, watchers{request: func(string, measure.Request) {}})
	if err != nil {
		return nil, nil, err
	}
	c, err := cycle.New(ctx, cycle.Options{
		Store: st, Sources: src.byName, First: src.first,
		FinaliseAfter: cfg.Measuring.FinaliseAfter, BackfillLimit: cfg.Measuring.BackfillLimit,
		RequiredCompleteness: orDefault(cfg.Reports.RequiredCompleteness),
	})
	return c, src, err
}

func known(c *sla.Catalogue, indicators []string) error {
	for _, name := range indicators {
		if c.Indicator(name) == nil {
			return fmt.Errorf("there is no indicator %q in the catalogue", name)
		}
	}
	return nil
}

// gaps looks for what is pending or unknown in the span.
func (m Measuring) gaps(ctx context.Context, c *sla.Catalogue, why map[string]string, out *Measured) error {
	cursors, err := m.Store.Cursors(ctx)
	if err != nil {
		return fmt.Errorf("reading how far the ledger reaches: %w", err)
	}
	for name, need := range cycle.Needed(c) {
		ind := c.Indicator(name)
		if ind == nil || ind.Kind == sla.Entries || (len(m.Indicators) > 0 && !slices.Contains(m.Indicators, name)) {
			continue
		}
		span := m.Span.Intersect(need).Intersect(sla.Span{From: sla.Always, To: m.Now})
		if span.Empty() {
			continue
		}
		if cursor := cursors[name]; cursor.Add(ind.Interval) <= span.To {
			gap := Gap{Indicator: name, Span: sla.Span{From: max(span.From, cursor), To: span.To}, Why: why[name]}
			if gap.Why == "" {
				gap.Why = "the source may not have all samples of that time yet"
			}
			out.Pending = append(out.Pending, gap)
		}
		if err := m.unknown(ctx, name, span, out); err != nil {
			return err
		}
	}
	slices.SortFunc(out.Pending, byIndicator)
	slices.SortFunc(out.Unknown, byIndicator)
	return nil
}

func (m Measuring) unknown(ctx context.Context, name string, span sla.Span, out *Measured) error {
	entries, err := m.Store.Entries(ctx, name, span)
	if err != nil {
		return fmt.Errorf("reading the facts of %s: %w", name, err)
	}
	gap := Gap{Indicator: name, Span: span}
	for _, e := range entries {
		gap.Unknown += e.Unknown
	}
	if gap.Unknown > 0 {
		out.Unknown = append(out.Unknown, gap)
	}
	return nil
}

func byIndicator(a, b Gap) int {
	switch {
	case a.Indicator < b.Indicator:
		return -1
	case a.Indicator > b.Indicator:
		return 1
	}
	return 0
}

// Reach asks the sources of indicators that were never measured how far back
// they have samples, in order of the indicators' names.
func Reach(ctx context.Context, cfg *config.Config, st *store.Store, now sla.Instant) ([]cycle.Reached, error) {
	c, _, err := newCycle(ctx, cfg, st)
	if err != nil {
		return nil, err
	}
	return c.Reach(ctx, now), nil
}
