package judge

import (
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// november is the month of the benchmarks, UTC.
var november = sla.Period{Name: "2026-11", Span: sla.Span{From: 1793491200000, To: 1796083200000}}

// minutes gives one entry a minute; every 500th has bad events or seconds, 20 of each kind in a row.
func minutes(facts sla.FactKind, span sla.Span) []sla.Entry {
	var out []sla.Entry
	for at := span.From; at < span.To; at = at.Add(sla.Minute) {
		e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}}
		bad := (len(out)/20)%25 == 3
		switch {
		case facts == sla.Time && bad:
			e.Bad = sla.Seconds(sla.Minute)
		case facts == sla.Time:
			e.Good = sla.Seconds(sla.Minute)
		case bad:
			e.Good, e.Bad = sla.Whole(900), sla.Whole(int64(50+len(out)%50))
		default:
			e.Good = sla.Whole(1000)
		}
		out = append(out, e)
	}
	return out
}

func benchCase(method sla.Method, kind sla.IndicatorKind) Case {
	target, above := sla.MustDecimal("99.9"), sla.MustDecimal("5")
	o := &sla.Objective{
		Name: "availability", Indicator: "i", Target: &target, Method: method,
		AtRisk: sla.DefaultAtRisk, MergeGap: sla.DefaultMergeGap,
		Slices: &sla.Slices{Length: 5 * sla.Minute, BadAbove: &above, Empty: sla.EmptySkipped},
	}
	a := &sla.Agreement{
		Name: "a", Version: 1, Kind: sla.SLA, Service: "s", Zone: "UTC",
		Valid: sla.Span{From: sla.Always, To: sla.Forever}, Period: sla.PeriodTerm{Kind: sla.PeriodMonth},
		Planned: sla.PlannedRemoved, Unknown: sla.UnknownRemoved, Objectives: []sla.Objective{*o},
	}
	return Case{Agreement: a, Objective: o, Indicator: &sla.Indicator{Name: "i", Kind: kind, Interval: sla.Minute}, Period: november}
}

var benchCases = []struct {
	name   string
	method sla.Method
	kind   sla.IndicatorKind
}{
	{"occurrences", sla.Occurrences, sla.Ratio},
	{"time", sla.TimeMethod, sla.TimeGauge},
	{"timeslices", sla.Timeslices, sla.Ratio},
	{"ratio_timeslices", sla.RatioTimeslices, sla.Ratio},
}

func BenchmarkJudgeMonth(b *testing.B) {
	for _, x := range benchCases {
		b.Run(x.name, func(b *testing.B) {
			c := benchCase(x.method, x.kind)
			entries := minutes(c.Indicator.Facts(), november.Span)
			b.ReportAllocs()
			for b.Loop() {
				t, err := NewTally(c)
				if err != nil {
					b.Fatal(err)
				}
				t.AddAll(entries)
				v := t.Verdict(Moment{Now: november.To, Final: november.To})
				if v.State == sla.NoData {
					b.Fatal("nothing was judged")
				}
			}
		})
	}
}

// BenchmarkTallyAdd adds one good entry to a month under way.
func BenchmarkTallyAdd(b *testing.B) {
	for _, x := range benchCases {
		b.Run(x.name, func(b *testing.B) {
			c := benchCase(x.method, x.kind)
			c.Period.To = c.Period.From.Add(sla.Millis(1<<40) * 2)
			t, err := NewTally(c)
			if err != nil {
				b.Fatal(err)
			}
			e := minutes(c.Indicator.Facts(), sla.Span{From: november.From, To: november.From.Add(sla.Minute)})[0]
			b.ReportAllocs()
			for b.Loop() {
				t.Add(e)
				e.From, e.To = e.To, e.To.Add(sla.Minute)
			}
		})
	}
}
