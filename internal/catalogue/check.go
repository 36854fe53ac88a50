package catalogue

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/cronexpr"
	"github.com/slmd/slmd/internal/sla"
)

// Check gives all that is wrong with a catalogue: what sla.Validate finds, and
// selectors and cron expressions that cannot be read.
func Check(c *sla.Catalogue) []sla.Problem {
	out := sla.Validate(c)
	for i := range c.Indicators {
		out = append(out, checkIndicator(fmt.Sprintf("indicators[%d]", i), &c.Indicators[i])...)
	}
	for i := range c.Exclusions {
		if x := &c.Exclusions[i]; x.Every != nil {
			if err := checkRecurrence(x); err != nil {
				out = append(out, sla.Problem{Path: fmt.Sprintf("exclusions[%d].every.cron", i), Text: err.Error()})
			}
		}
	}
	return out
}

func checkIndicator(path string, i *sla.Indicator) []sla.Problem {
	var out []sla.Problem
	bad := func(field string, err error) {
		if err != nil {
			out = append(out, sla.Problem{Path: path + "." + field, Text: err.Error()})
		}
	}
	selector := func(field, s string) {
		if s != "" {
			bad(field, CheckSelector(s))
		}
	}
	bad("schedule", cronexpr.Check(i.Schedule))
	switch i.Kind {
	case sla.Ratio:
		selector("ratio.total", i.Total)
		selector("ratio.good", i.Good)
		selector("ratio.bad", i.Bad)
	case sla.Latency:
		selector("latency.histogram", i.Histogram)
	case sla.Samples, sla.TimeGauge:
		selector(string(i.Kind)+".metric", i.Metric)
	case sla.MeanCounter:
		selector("mean.sum", i.Sum)
		selector("mean.count", i.Count)
	case sla.Query:
		if i.Expr != "" {
			bad("query.query", checkQuery(i.Expr))
		}
	}
	return out
}

var promql = parser.NewParser(parser.Options{})

// CheckSelector says why s is not a plain vector selector, nil when it is one.
func CheckSelector(s string) error {
	expr, err := parse(s)
	if err != nil {
		return err
	}
	if v, ok := expr.(*parser.VectorSelector); ok {
		return unmoved(v, s)
	}
	if inner := innermost(expr); inner != nil {
		return fmt.Errorf("%s is not a plain selector, samples are read raw here: write %s", quoted(s), inner.String())
	}
	return fmt.Errorf("%s is not a plain selector: write a metric name with matchers, such as up{job=\"shop\"}", quoted(s))
}

// unmoved refuses selectors that move or pin the time at which they read.
func unmoved(v *parser.VectorSelector, s string) error {
	if v.OriginalOffset != 0 || v.OriginalOffsetExpr != nil || v.Timestamp != nil || v.StartOrEnd != 0 || v.Anchored || v.Smoothed {
		return fmt.Errorf("%s moves the time it reads at: leave offset and @ out, slmd reads every sample at its own time", quoted(s))
	}
	return nil
}

// innermost gives the one selector in an expression, without its modifiers;
// nil when there are none or several.
func innermost(e parser.Expr) *parser.VectorSelector {
	var found []*parser.VectorSelector
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			found = append(found, v)
		}
		return nil
	})
	if len(found) != 1 {
		return nil
	}
	return &parser.VectorSelector{Name: found[0].Name, LabelMatchers: found[0].LabelMatchers}
}

// checkQuery accepts any expression that can give one number.
func checkQuery(s string) error {
	expr, err := parse(strings.ReplaceAll(s, "$interval", "1m"))
	if err != nil {
		return err
	}
	if _, bare := expr.(*parser.VectorSelector); bare {
		return fmt.Errorf("%s gives a number per series and one is wanted: aggregate it, such as sum(%s)", quoted(s), s)
	}
	if t := expr.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		return fmt.Errorf("%s gives a %s and one number is wanted", quoted(s), parser.DocumentedType(t))
	}
	return nil
}

// parse reads PromQL. On an error the parser's expression may be a nil of a
// type, so nothing of it is handed on; a panic of the parser is an error.
func parse(s string) (expr parser.Expr, err error) {
	if len(s) > maxExpr {
		return nil, fmt.Errorf("the expression has %d bytes: it may have %d", len(s), maxExpr)
	}
	defer func() {
		if r := recover(); r != nil {
			expr, err = nil, fmt.Errorf("%s is not PromQL: the parser gave up", quoted(s))
		}
	}()
	expr, err = promql.ParseExpr(s)
	if err != nil {
		return nil, fmt.Errorf("%s is not PromQL: %s", quoted(s), strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return expr, nil
}

// quoted shortens what stands in a sentence.
func quoted(s string) string {
	if r := []rune(s); len(r) > 120 {
		s = string(r[:120]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// checkRecurrence says why a recurring exclusion would never hold. It asks the
// calendar that judging asks, over longer and longer spans: frequent starts
// show in the first, rare ones in the last.
func checkRecurrence(x *sla.Exclusion) error {
	e := *x
	every := *x.Every
	every.Valid = sla.Span{From: sla.Always, To: sla.Forever}
	if every.Lasts <= 0 {
		every.Lasts = sla.Minute // said elsewhere
	}
	e.Every = &every
	start := sla.At(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)) // a leap year
	for _, span := range []sla.Millis{sla.Day, 32 * sla.Day, 366 * sla.Day, 40 * 366 * sla.Day} {
		set, err := calendar.Occurrences(&e, sla.Span{From: start, To: start.Add(span)})
		if err != nil {
			return err
		}
		if len(set) > 0 {
			return nil
		}
	}
	return fmt.Errorf("the exclusion %s never begins: no month has such a day as in %q", x.Name, every.Cron)
}
