package measure

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// maxPoints bounds the evaluations of one request; Prometheus refuses 11,000.
const maxPoints = 10_000

// expression gives the PromQL of an indicator of the kind query.
func expression(ind *sla.Indicator) string {
	return strings.ReplaceAll(ind.Expr, "$interval", strconv.FormatInt(int64(ind.Interval), 10)+"ms")
}

// evaluate measures an indicator of the kind query: one evaluation at the last
// millisecond of every interval says what the whole interval is.
func (s *Source) evaluate(ctx context.Context, r *run) error {
	if s.base == nil {
		return &Problem{Kind: Misconfigured, Text: r.task.Indicator.Name + " is a query, which only a server can evaluate; samples in memory are not enough"}
	}
	r.span.To = min(r.span.To, r.span.From.Add(maxPoints*r.interval))
	expr := expression(r.task.Indicator)
	for {
		series, err := s.ask(ctx, "query", "query_range", url.Values{
			"query": {expr},
			"start": {seconds(r.span.From.Add(r.interval) - 1)},
			"end":   {seconds(r.span.To - 1)},
			"step":  {strconv.FormatFloat(float64(r.interval)/1000, 'f', 3, 64)},
		}, r.span)
		if errors.Is(err, errTooMuch) && r.span.Length() > r.interval {
			r.span.To = floor(r.span.From.Add(r.span.Length()/2), r.interval)
			if r.span.Empty() {
				r.span.To = r.span.From.Add(r.interval)
			}
			s.refuseLonger(r.task.Indicator.Name, r.span.Length())
			continue
		}
		if err != nil {
			return err
		}
		r.readOff(series)
		return nil
	}
}

// readOff makes the entries of a query's numbers. More than one number at an
// instant is no answer: none of them is picked.
func (r *run) readOff(series []Series) {
	values := map[sla.Instant][]Value{}
	for _, s := range series {
		r.samples += len(s.Samples)
		for _, sample := range s.Samples {
			end := floor(sample.T, r.interval).Add(r.interval)
			values[end] = append(values[end], sample.V)
		}
		if len(s.Native) > 0 {
			r.reject(ReasonType, s.Labels)
		}
	}
	bound := decimal(r.task.Indicator.Bound.Value)
	for from := r.state.cursor; from < r.span.To; from = from.Add(r.interval) {
		end := from.Add(r.interval)
		e := sla.Entry{Span: sla.Span{From: from, To: end}, Definition: r.task.Definition}
		switch {
		case len(values[end]) > 1:
			r.reject(ReasonSeveral, []Label{{metricName, "query"}})
			e.Unknown = r.interval
		case len(values[end]) == 0:
			e.Unknown = r.interval
		case values[end][0].kind != number:
			r.reject(cmp.Or(refusal(values[end][0], false), ReasonNaN), []Label{{metricName, "query"}})
			e.Unknown = r.interval
		case values[end][0].keeps(r.task.Indicator.Bound.Kind, bound):
			e.Good = sla.Seconds(r.interval)
		default:
			e.Bad = sla.Seconds(r.interval)
		}
		r.entries = append(r.entries, e)
	}
	r.state.read, r.state.cursor, r.state.troubled = r.span.To, r.span.To, 0
}
