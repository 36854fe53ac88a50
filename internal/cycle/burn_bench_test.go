package cycle

import (
	"testing"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// BenchmarkBurnAtHand works out all burn rates of objectives, one indicator
// after the other, from three days at a minute as they are kept, and from the
// same entries as they were added.
func BenchmarkBurnAtHand(b *testing.B) {
	const indicators, days = 200, 3
	target, above := sla.MustDecimal("99.9"), sla.MustDecimal("5")
	kept := daysAtHand(indicators, days)
	loose := make([]judge.History, indicators)
	for i, r := range kept {
		var err error
		if loose[i].Loose, err = r.history.Since(sla.Always, nil); err != nil {
			b.Fatal(err)
		}
	}
	for _, method := range []sla.Method{sla.Occurrences, sla.Timeslices} {
		o := &sla.Objective{
			Name: "success", Indicator: "i", Target: &target, Method: method,
			Slices: &sla.Slices{Length: 5 * sla.Minute, BadAbove: &above, Empty: sla.EmptySkipped},
		}
		a := &sla.Agreement{
			Name: "a", Version: 1, Zone: "UTC", Valid: sla.Span{From: sla.Always, To: sla.Forever}, Period: sla.PeriodTerm{Kind: sla.PeriodMonth},
			Planned: sla.PlannedRemoved, Unknown: sla.UnknownRemoved, Objectives: []sla.Objective{*o},
		}
		c := judge.Case{Agreement: a, Objective: o, Indicator: &sla.Indicator{Name: "i", Kind: sla.Ratio, Interval: sla.Minute}}
		for _, x := range []struct {
			name    string
			history func(i int) judge.History
		}{
			{"as_kept", func(i int) judge.History { return kept[i].history }},
			{"as_added", func(i int) judge.History { return loose[i] }},
		} {
			b.Run(string(method)+"/"+x.name, func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if _, err := judge.Burn(c, x.history(i%indicators), march.Add(days*sla.Day)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
