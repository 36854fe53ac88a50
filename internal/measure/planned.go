package measure

import (
	"context"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// usualScrape is the distance of samples that a plan assumes of a source that
// cannot be asked.
const usualScrape = 15 * sla.Second

// Planned is one request of a live round.
type Planned struct {
	Ask        string   // the selector with its range, or the expression of a query
	Indicators []string // that it serves
	// Samples is how many raw samples it brings: as counted by the source, or,
	// when Assumed, of every series at the usual distance of 15 s.
	Samples int
	Series  int // 0 when Assumed
	Assumed bool
}

// Plan gives the requests of a live round of the indicators, every one of which
// is one interval behind. Where the source can be asked it counts the samples.
func (s *Source) Plan(ctx context.Context, indicators []*sla.Indicator, now sla.Instant) ([]Planned, error) {
	var runs []*run
	var out []Planned
	for _, ind := range indicators {
		r := &run{task: Task{Indicator: ind}, interval: ind.Interval, query: ind.Kind == sla.Query}
		if ind.Kind == sla.Entries || r.interval <= 0 {
			continue
		}
		if r.query {
			out = append(out, Planned{Ask: expression(ind), Indicators: []string{ind.Name}, Samples: 1, Assumed: true})
			continue
		}
		to := floor(now.Add(-s.o.Lag), r.interval)
		r.span = sla.Span{From: to.Add(-r.interval), To: to}
		var err error
		if r.lanes, err = lanes(ind); err != nil {
			return nil, fmt.Errorf("planning %s: %w", ind.Name, err)
		}
		runs = append(runs, r)
	}
	for _, g := range s.plan(runs) {
		p := s.planned(ctx, g)
		if g.wants[0].run.lanes[g.wants[0].lane].form == native && p.Series == 0 {
			continue // the histogram is a classic one
		}
		out = append(out, p)
	}
	return out, nil
}

func (s *Source) planned(ctx context.Context, g *group) Planned {
	selector, length := g.selector(), g.span.Length()
	window := fmt.Sprintf("%s[%dms]", selector, length)
	p := Planned{Ask: window, Assumed: true, Samples: int(max(1, length/usualScrape))}
	for _, w := range g.wants {
		p.Indicators = append(p.Indicators, w.run.task.Indicator.Name)
	}
	slices.Sort(p.Indicators)
	p.Indicators = slices.Compact(p.Indicators)
	if s.base == nil {
		return p
	}
	series, err := s.number(ctx, fmt.Sprintf("count(count_over_time(%s))", window), g.span.To-1)
	if err != nil {
		return p
	}
	if samples, err := s.number(ctx, fmt.Sprintf("sum(count_over_time(%s))", window), g.span.To-1); err == nil {
		p.Series, p.Samples, p.Assumed = series, samples, false
	}
	return p
}
