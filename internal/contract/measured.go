package contract

import (
	"context"
	"fmt"

	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
)

// maxIntervals bounds how finely a test is measured.
const maxIntervals = 500_000

// laboratory measures the indicators of a test from its samples, each when it
// is first asked for, by the code that measures data sources.
type laboratory struct {
	cat      *sla.Catalogue
	read     measure.Read
	span     sla.Span // of the samples, and as long after the last as it may hold
	edges    []sla.Instant
	measured ledger
}

func newLaboratory(cat *sla.Catalogue, t *Test) *laboratory {
	s := t.Series
	l := &laboratory{cat: cat, span: sla.Span{From: s.Start, To: s.Start}, measured: ledger{}}
	var series []measure.Series
	for _, in := range s.Input {
		var samples []measure.Sample
		for i, v := range in.Values {
			if !v.Omitted {
				samples = append(samples, measure.Sample{T: s.Start.Add(sla.Millis(i) * s.Interval), V: measure.Float(v.Value)})
			}
		}
		series = append(series, measure.NewSeries(in.Labels.Map(), samples))
		l.span.To = max(l.span.To, s.Start.Add(sla.Millis(len(in.Values)+3)*s.Interval))
	}
	for i := range t.Expect {
		if p := t.Expect[i].Period; p.To != p.From {
			l.edges = append(l.edges, p.From, p.To)
		}
	}
	l.read = measure.InMemory(series)
	return l
}

// facts measures the indicator and gives its entries within a span.
func (l *laboratory) facts(indicator string, span sla.Span) ([]sla.Entry, error) {
	if _, done := l.measured[indicator]; !done {
		entries, err := l.measure(l.cat.Indicator(indicator))
		if err != nil {
			return nil, err
		}
		l.measured[indicator] = entries
	}
	return l.measured.within(indicator, span)
}

func (l *laboratory) measure(i *sla.Indicator) ([]sla.Entry, error) {
	if i == nil || i.Kind == sla.Entries {
		return nil, nil
	}
	if i.Kind == sla.Query {
		return nil, fmt.Errorf("the indicator %s is a query, which only a data source can answer: give its facts as a ledger", i.Name)
	}
	source, err := measure.New(measure.Options{Name: "the test's series", Read: l.read})
	if err != nil {
		return nil, err
	}
	fine := *i
	fine.Interval = l.interval(i)
	return measure.Whole(context.Background(), source, &fine, l.span)
}

// interval gives the indicator's own, or for a gauge a finer one at whose edges
// every period begins and ends: a span may lie anywhere, and a gauge is known to the instant.
func (l *laboratory) interval(i *sla.Indicator) sla.Millis {
	if i.Kind != sla.TimeGauge && i.Kind != sla.Samples {
		return i.Interval
	}
	fine := i.Interval
	for _, at := range l.edges {
		for a, b := fine, sla.Millis(at); ; a, b = b, a%b {
			if b == 0 {
				fine = max(a, -a)
				break
			}
		}
	}
	if l.span.Length()/fine > maxIntervals {
		return i.Interval
	}
	return fine
}
