package catalogue

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

// Defaults of an indicator.
const (
	DefaultInterval = sla.Minute
	DefaultSchedule = "* * * * *"
)

var indicatorKinds = []sla.IndicatorKind{sla.Ratio, sla.Latency, sla.Samples, sla.TimeGauge, sla.Query, sla.MeanCounter, sla.Entries}

func (r *Reader) indicator(n document.Node) sla.Indicator {
	f := n.Fields()
	i := sla.Indicator{Name: name(f), Interval: DefaultInterval, Schedule: DefaultSchedule}
	needRef(f, "service", &i.Service)
	ref(f, "source", &i.Source)
	duration(f, "interval", &i.Interval)
	text(f, "schedule", &i.Schedule)
	text(f, "unit", &i.Unit)
	for _, kind := range indicatorKinds {
		v, ok := f.Get(string(kind))
		if !ok {
			continue
		}
		if i.Kind != "" {
			f.KeyProblem(string(kind), "the indicator is %s already: leave one of %s and %s out", i.Kind, i.Kind, kind)
			continue
		}
		i.Kind = kind
		readKind(v, f, &i)
	}
	if i.Kind == "" {
		f.Problem("the indicator says not what it measures: give it one of ratio, latency, samples, time, query, mean, entries")
	}
	f.Close()
	return i
}

// readKind reads the mapping under the kind; outer are the indicator's own fields.
func readKind(n document.Node, outer *document.Fields, i *sla.Indicator) {
	if i.Kind == sla.Query && !n.IsMapping() { // query: up{…} with the bound beside it
		i.Expr, _ = n.Text()
		bound(outer, i, nil)
		return
	}
	f := n.Fields()
	switch i.Kind {
	case sla.Ratio:
		needExpr(f, "total", &i.Total)
		expr(f, "good", &i.Good)
		expr(f, "bad", &i.Bad)
	case sla.Latency:
		needExpr(f, "histogram", &i.Histogram)
		if n, ok := f.Need("within"); ok {
			i.Within = seconds(n)
		}
	case sla.Samples:
		needExpr(f, "metric", &i.Metric)
		bound(f, i, nil)
	case sla.TimeGauge:
		needExpr(f, "metric", &i.Metric)
		bound(f, i, &sla.Bound{Kind: sla.AtLeast, Value: sla.Decimal{Coef: 1}})
		i.Combine = combine(f)
	case sla.Query:
		needExpr(f, "query", &i.Expr)
		bound(f, i, nil)
	case sla.MeanCounter:
		needExpr(f, "sum", &i.Sum)
		needExpr(f, "count", &i.Count)
	case sla.Entries:
		if f.Has("as") {
			document.OneOf(f, "as", &i.As, sla.Events, sla.Time, sla.Mean)
		} else {
			f.Need("as")
		}
		text(f, "unit", &i.Unit)
	}
	f.Close()
}

// maxExpr bounds what is handed to the PromQL parser, in bytes.
const maxExpr = 16 << 10

func needExpr(f *document.Fields, key string, to *string) {
	if _, ok := f.Need(key); ok {
		expr(f, key, to)
	}
}

// expr reads a PromQL expression; Check parses it.
func expr(f *document.Fields, key string, to *string) {
	n, ok := f.Get(key)
	if !ok {
		return
	}
	s, ok := n.Text()
	if ok && len(s) > maxExpr {
		n.Problem("%s has %d bytes: an expression may have %d", key, len(s), maxExpr)
		return
	}
	*to = s
}

// bound reads one of the four bounds; without a default one must be there.
func bound(f *document.Fields, i *sla.Indicator, byDefault *sla.Bound) {
	found := false
	for _, kind := range []sla.BoundKind{sla.AtLeast, sla.AtMost, sla.Above, sla.Below} {
		n, ok := f.Get(string(kind))
		if !ok {
			continue
		}
		if found {
			f.KeyProblem(string(kind), "one bound is enough: leave %s or %s out", i.Bound.Kind, kind)
			continue
		}
		found = true
		i.Bound.Kind = kind
		i.Bound.Value, _ = n.Decimal()
	}
	switch {
	case found:
	case byDefault != nil:
		i.Bound = *byDefault
	default:
		f.Problem("a bound is missing that says when a value is good: at_least, at_most, above or below")
	}
}

// combine reads mean, any, all or at_least N.
func combine(f *document.Fields) sla.Combine {
	n, ok := f.Get("combine")
	if !ok {
		return sla.Combine{Rule: sla.CombineMean}
	}
	s, _ := n.Scalar()
	switch rule := sla.CombineRule(s); rule {
	case sla.CombineMean, sla.CombineAny, sla.CombineAll:
		return sla.Combine{Rule: rule}
	}
	if number, ok := strings.CutPrefix(s, "at_least "); ok {
		if v, err := strconv.Atoi(strings.TrimSpace(number)); err == nil && v >= 1 && v <= 1_000_000 {
			return sla.Combine{Rule: sla.CombineAtLeast, N: v}
		}
	}
	n.Problem("combine is %q: write mean, any, all or at_least N, such as at_least 2", s)
	return sla.Combine{}
}

// seconds reads a length of time as an exact decimal of seconds: a threshold
// may lie between milliseconds, such as 2.5ms.
func seconds(n document.Node) sla.Decimal {
	s, _ := n.Scalar()
	for _, u := range []struct {
		suffix string
		scale  uint8
	}{{"us", 6}, {"ms", 3}, {"s", 0}, {"", 0}} {
		number, ok := strings.CutSuffix(s, u.suffix)
		if d, err := sla.ParseDecimal(number); ok && err == nil && int(d.Scale)+int(u.scale) <= 18 {
			return trim(sla.Decimal{Coef: d.Coef, Scale: d.Scale + u.scale})
		}
	}
	if d, err := sla.ParseDuration(s); err == nil {
		return trim(sla.Decimal{Coef: int64(d), Scale: 3})
	}
	n.Problem("a length of time is wanted, such as 300ms or 2.5s, not %q", s)
	return sla.Decimal{Coef: 1}
}

// trim takes away zeros at the end: 0.300 is 0.3.
func trim(d sla.Decimal) sla.Decimal {
	for d.Scale > 0 && d.Coef%10 == 0 {
		d.Coef, d.Scale = d.Coef/10, d.Scale-1
	}
	return d
}

// writeSeconds gives a threshold as seconds reads it.
func writeSeconds(d sla.Decimal) string {
	ms := new(big.Rat).Mul(d.Rat(), big.NewRat(1000, 1))
	if ms.IsInt() && d.Rat().Cmp(big.NewRat(1, 1)) < 0 {
		return ms.Num().String() + "ms"
	}
	return d.String() + "s"
}
