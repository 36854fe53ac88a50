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
	Note    string // why it brings nothing, or is made all the same; mostly empty
}

// Plan gives the requests of a live round of the tasks, every one of which is
// one interval behind. Where the source can be asked it counts the samples. The
// tasks' states say in which of its forms a histogram is read; where none says
// so what the source has does, as it will in the first round.
func (s *Source) Plan(ctx context.Context, tasks []Task, now sla.Instant) ([]Planned, error) {
	var runs []*run
	var out []Planned
	for _, t := range tasks {
		ind := t.Indicator
		switch {
		case ind.Kind == sla.Entries || ind.Interval <= 0:
			continue
		case ind.Kind == sla.Query:
			out = append(out, Planned{Ask: expression(ind), Indicators: []string{ind.Name}, Samples: 1, Assumed: true})
			continue
		}
		r, err := s.plannedRun(t, now)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	s.foresee(ctx, runs, now)
	for _, g := range s.plan(runs) {
		out = append(out, s.planned(ctx, g))
	}
	return out, nil
}

func (s *Source) plannedRun(t Task, now sla.Instant) (*run, error) {
	r := &run{task: t, interval: t.Indicator.Interval}
	to := floor(now.Add(-s.o.Lag), r.interval)
	r.span = sla.Span{From: to.Add(-r.interval), To: to}
	var err error
	if r.lanes, err = lanes(t.Indicator); err != nil {
		return nil, fmt.Errorf("planning %s: %w", t.Indicator.Name, err)
	}
	r.state = t.state(len(r.lanes))
	return r, nil
}

// foresee decides in which form histograms are read of which no sample was seen
// yet. Of those that the source has neither, and of all where it does not
// answer, both forms remain.
func (s *Source) foresee(ctx context.Context, runs []*run, now sla.Instant) {
	if s.base == nil {
		return
	}
	had := map[string]bool{}
	for _, r := range runs {
		if !r.eitherForm() {
			continue
		}
		for i := range r.lanes {
			text := r.lanes[i].ask.String()
			has, known := had[text]
			if !known {
				n, err := s.number(ctx, present("count(%s)", text), now)
				if err != nil {
					return
				}
				has = n > 0
				had[text] = has
			}
			if has {
				r.state.form = r.lanes[i].form // the classic one comes first: of both it is read
				break
			}
		}
	}
}

// eitherForm reports whether the run asks for a histogram in both its forms.
func (r *run) eitherForm() bool {
	return len(r.lanes) > 1 && r.lanes[1].form == native && r.state.form == undecided
}

func (s *Source) planned(ctx context.Context, g *group) Planned {
	p := s.count(ctx, g)
	for _, w := range g.wants {
		p.Indicators = append(p.Indicators, w.run.task.Indicator.Name)
	}
	slices.Sort(p.Indicators)
	p.Indicators = slices.Compact(p.Indicators)
	p.Note = g.note(&p)
	return p
}

// count says how many samples a request brings.
func (s *Source) count(ctx context.Context, g *group) Planned {
	selector, length := g.selector(), g.span.Length()
	window := fmt.Sprintf("%s[%dms]", selector, length)
	p := Planned{Ask: window, Assumed: true, Samples: int(max(1, length/usualScrape))}
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

// note says why a request brings nothing, or is made all the same.
func (g *group) note(p *Planned) string {
	w := g.wants[0]
	switch form := w.run.lanes[w.lane].form; {
	case slices.ContainsFunc(g.wants, func(w want) bool { return w.run.eitherForm() }):
		return "until its first sample is seen a histogram is asked for as a classic one and as a native one"
	case p.Assumed || p.Series > 0:
		return ""
	case form == classic && len(w.run.lanes) > 1:
		return "the source has no such series now; this histogram was a classic one when it was first seen, and is read as one"
	case form == native:
		return "the source has no such series now; this histogram was a native one when it was first seen, and is read as one"
	}
	return "the source has no such series now"
}
