package judge

import (
	"fmt"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// CoverageGap is time that an agreement promises and one that it relies on does not.
type CoverageGap struct {
	Agreement string   // the one relied on
	Validity  bool     // outside its validity; otherwise outside its service hours
	First     sla.Span // the first such stretch
}

// Coverage gives where what a relies on, transitively, does not cover a's
// validity or service hours; of several that stand in for each other each must.
// Hours are compared over the first two years of a's validity and over every
// later holiday and special day that is named.
func Coverage(cat *sla.Catalogue, a *sla.Agreement) ([]CoverageGap, error) {
	var out []CoverageGap
	for _, name := range Reached(cat, a) {
		versions := cat.Versions(name)
		if len(versions) == 0 {
			continue
		}
		gaps, err := coverageOf(a, name, versions)
		if err != nil {
			return nil, fmt.Errorf("coverage of %s by %s: %w", a.Name, name, err)
		}
		out = append(out, gaps...)
	}
	return out, nil
}

// Reached gives the names of all agreements that a relies on, transitively, in
// the order in which they are met, each once and never a itself.
func Reached(cat *sla.Catalogue, a *sla.Agreement) []string {
	seen := map[string]bool{a.Name: true}
	var out []string
	var walk func(*sla.Agreement)
	walk = func(x *sla.Agreement) {
		for _, r := range x.ReliesOn {
			for _, name := range r.AnyOf {
				if seen[name] {
					continue
				}
				seen[name] = true
				out = append(out, name)
				for _, v := range cat.Versions(name) {
					walk(v)
				}
			}
		}
	}
	walk(a)
	return out
}

func coverageOf(a *sla.Agreement, name string, versions []*sla.Agreement) ([]CoverageGap, error) {
	var valid calendar.Set
	for _, v := range versions {
		valid = valid.Union(calendar.Of(v.Valid))
	}
	var out []CoverageGap
	if missing := calendar.Of(a.Valid).Subtract(valid); len(missing) > 0 {
		out = append(out, CoverageGap{name, true, missing[0]})
	}
	for _, w := range compared(a, versions) {
		promised, err := calendar.Hours(a.Calendar, w)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			held, err := calendar.Hours(v.Calendar, w)
			if err != nil {
				return nil, err
			}
			if missing := promised.Clip(v.Valid).Subtract(held); len(missing) > 0 {
				return append(out, CoverageGap{name, false, missing[0]}), nil
			}
		}
	}
	return out, nil
}

// compared gives the bounded spans of a's validity over which hours are compared.
func compared(a *sla.Agreement, versions []*sla.Agreement) calendar.Set {
	const years = 2 * 366 * sla.Day
	from := a.Valid.From
	for _, v := range versions {
		if from == sla.Always {
			from = v.Valid.From
		}
	}
	if from == sla.Always {
		from = 0
	}
	spans := []sla.Span{{From: from, To: min(a.Valid.To, from.Add(years))}}
	for _, v := range append([]*sla.Agreement{a}, versions...) {
		for _, d := range named(v.Calendar) {
			// Three days around it hold the day in every zone.
			noon := calendar.NoonUTC(d)
			spans = append(spans, sla.Span{From: noon.Add(-36 * sla.Hour), To: noon.Add(36 * sla.Hour)})
		}
	}
	return calendar.Of(spans...).Clip(sla.Span{From: from, To: a.Valid.To})
}

func named(c *sla.Calendar) []sla.Date {
	if c == nil {
		return nil
	}
	out := append([]sla.Date(nil), c.Holidays...)
	for _, s := range c.Special {
		out = append(out, s.Date)
	}
	return out
}
