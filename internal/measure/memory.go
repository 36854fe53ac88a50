package measure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// InMemory gives a [Read] over series in memory, whose samples are in order of
// time. With it a source measures by the very rules that it follows over HTTP:
//
//	src, err := measure.New(measure.Options{Read: measure.InMemory(series)})
//	entries, err := measure.Whole(ctx, src, indicator, span)
//
// Evidence is what the series hold: with up series among them, new and returning
// series and intervals without samples are weighed as on a server. Without any,
// a series' first sample counts only when another series of the indicator had a
// sample in the interval before and the value is plausible, and an interval
// without samples is known only between samples that lie close together.
func InMemory(series []Series) Read {
	byName := map[string][]*Series{}
	for i := range series {
		name := get(series[i].Labels, metricName)
		byName[name] = append(byName[name], &series[i])
	}
	return func(ctx context.Context, text string, span sla.Span) ([]Series, error) {
		sel, err := parseSelector(text)
		if err != nil {
			return nil, &Problem{Kind: Misconfigured, Text: err.Error()}
		}
		var out []Series
		for name, list := range byName {
			if sel.name != "" && sel.name != name {
				continue
			}
			for _, s := range list {
				if !sel.matches(s.Labels) {
					continue
				}
				if part := s.within(span); part.size() > 0 {
					out = append(out, part)
				}
			}
		}
		return out, nil
	}
}

// within gives the part of the series that lies in a span.
func (s *Series) within(span sla.Span) Series {
	at := func(t sla.Instant) int {
		i, _ := slices.BinarySearchFunc(s.Samples, t, func(a Sample, t sla.Instant) int { return int(a.T - t) })
		return i
	}
	natives := func(t sla.Instant) int {
		i, _ := slices.BinarySearchFunc(s.Native, t, func(a Histogram, t sla.Instant) int { return int(a.T - t) })
		return i
	}
	return Series{Labels: s.Labels, Samples: s.Samples[at(span.From):at(span.To)], Native: s.Native[natives(span.From):natives(span.To)]}
}

// NewSeries gives a series with its labels in order; __name__ is one of them.
func NewSeries(labels map[string]string, samples []Sample) Series {
	s := Series{Samples: samples}
	for name, value := range labels {
		s.Labels = append(s.Labels, Label{name, value})
	}
	slices.SortFunc(s.Labels, func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// Whole measures an indicator over all of a span, which is widened to whole
// intervals, as if it were long past. The entries tile the widened span.
func Whole(ctx context.Context, s *Source, indicator *sla.Indicator, span sla.Span) ([]sla.Entry, error) {
	if indicator.Interval <= 0 {
		return nil, fmt.Errorf("measuring %s: its interval is not positive", indicator.Name)
	}
	t := Task{Indicator: indicator, Cursor: floor(span.From, indicator.Interval), To: ceil(span.To, indicator.Interval)}
	// What follows the span may still decide its last intervals.
	now := t.To.Add(s.o.Lag + 8*sla.Day)
	var out []sla.Entry
	for t.Cursor < t.To {
		o := s.Measure(ctx, []Task{t}, now)[0]
		if o.Problem != nil {
			return nil, fmt.Errorf("measuring %s: %w", indicator.Name, o.Problem)
		}
		if o.Cursor == t.Cursor && string(o.State) == string(t.State) {
			return nil, fmt.Errorf("measuring %s at %s: %w", indicator.Name, t.Cursor, errStuck)
		}
		out = append(out, o.Entries...)
		t.Cursor, t.State = o.Cursor, o.State
	}
	return out, nil
}

// errStuck would be a defect of this package.
var errStuck = errors.New("no progress is made")
