package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// method says by which rules and from which queries the figures came.
func (d *desk) method(r *Review) error {
	r.Method = Method{
		Unknown: d.terms.Unknown, Planned: d.terms.Planned, Program: string(clean(d.Imprint.Program)),
		AuditHead: clean(d.Imprint.AuditHead), Indicators: []Definition{},
	}
	for _, s := range d.sources {
		name := s.Indicator.Name
		if !slices.ContainsFunc(r.Method.Indicators, func(x Definition) bool { return x.Name == name }) {
			r.Method.Indicators = append(r.Method.Indicators, Definition{name, string(clean(definition(s.Indicator)))})
		}
	}
	return nil
}

// definition says what an indicator measures: its selectors, and what makes a
// sample a good one.
func definition(i *sla.Indicator) string {
	switch i.Kind {
	case sla.Ratio:
		if i.Bad != "" {
			return "bad " + i.Bad + " of " + i.Total
		}
		return "good " + i.Good + " of " + i.Total
	case sla.Latency:
		return fmt.Sprintf("%s within %s s", i.Histogram, i.Within)
	case sla.MeanCounter:
		return i.Sum + " ÷ " + i.Count
	case sla.Entries:
		return strings.TrimSpace("recorded by people or import, as " + string(i.As) + " " + i.Unit)
	case sla.Query:
		return i.Expr + bound(i.Bound)
	case sla.TimeGauge:
		return i.Metric + combined(i.Combine) + bound(i.Bound)
	default:
		return i.Metric + bound(i.Bound)
	}
}

func bound(b sla.Bound) string {
	if b.Kind == "" || (b.Kind == sla.AtLeast && b.Value.Cmp(sla.Decimal{Coef: 1}) == 0) {
		return "" // up is 1: a gauge is read so when nothing else is said
	}
	return " is " + strings.ReplaceAll(string(b.Kind), "_", " ") + " " + b.Value.String()
}

func combined(c sla.Combine) string {
	switch c.Rule {
	case sla.CombineAtLeast:
		return fmt.Sprintf(", at least %d series", c.N)
	case sla.CombineAny, sla.CombineAll, sla.CombineMean:
		return ", " + string(c.Rule) + " of the series"
	}
	return ""
}
