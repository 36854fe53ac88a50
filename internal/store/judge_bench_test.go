package store

import (
	"runtime"
	"sync"
	"testing"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// packedMonth gives a month at a minute as its 30 sealed days. One entry in
// twenty-five is bad, twenty in a row; no two neighbours have the same amounts.
func packedMonth(facts sla.FactKind, month sla.Span) [][]byte {
	var days [][]byte
	for from := month.From; from < month.To; from = from.Add(sla.Day) {
		var day []sla.Entry
		for i := range int64(sla.Day / sla.Minute) {
			n := int64(from/sla.Instant(sla.Minute)) + i
			at := from.Add(sla.Millis(i) * sla.Minute)
			e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}, Good: sla.Whole(1000 + n%777), Definition: 1}
			bad := n/20%25 == 3
			switch {
			case facts == sla.Time && bad:
				e.Good, e.Bad = sla.Amount{}, sla.Seconds(sla.Minute)
			case facts == sla.Time:
				e.Good = sla.Seconds(sla.Minute)
			case bad:
				e.Bad = sla.Whole(50 + n%53)
			}
			day = append(day, e)
		}
		days = append(days, Pack(day))
	}
	return days
}

// packedCase is one objective and its sealed days.
type packedCase struct {
	judge.Case
	days [][]byte
}

func newPackedCase(method sla.Method, kind sla.IndicatorKind) packedCase {
	month := sla.Span{From: 1_793_491_200_000, To: 1_796_083_200_000} // November 2026 in UTC
	target, above := sla.MustDecimal("99.9"), sla.MustDecimal("5")
	o := sla.Objective{
		Name: "availability", Indicator: "i", Target: &target, Method: method, AtRisk: sla.DefaultAtRisk, MergeGap: sla.DefaultMergeGap,
		Slices: &sla.Slices{Length: 5 * sla.Minute, BadAbove: &above, Empty: sla.EmptySkipped},
	}
	a := &sla.Agreement{
		Name: "a", Version: 1, Kind: sla.SLA, Service: "s", Zone: "UTC", Valid: sla.Span{From: sla.Always, To: sla.Forever},
		Period: sla.PeriodTerm{Kind: sla.PeriodMonth}, Planned: sla.PlannedRemoved, Unknown: sla.UnknownRemoved, Objectives: []sla.Objective{o},
	}
	i := &sla.Indicator{Name: "i", Kind: kind, Interval: sla.Minute}
	return packedCase{
		judge.Case{Agreement: a, Objective: &a.Objectives[0], Indicator: i, Period: sla.Period{Name: "2026-11", Span: month}},
		packedMonth(i.Facts(), month),
	}
}

// judgeFrom unpacks one day after the other into entries, used again from call to call, and judges them.
func (c packedCase) judgeFrom(entries []sla.Entry) ([]sla.Entry, sla.Verdict, error) {
	t, err := judge.NewTally(c.Case)
	if err != nil {
		return nil, sla.Verdict{}, err
	}
	for _, day := range c.days {
		if entries, err = Unpack(entries[:0], day); err != nil {
			return nil, sla.Verdict{}, err
		}
		t.AddAll(entries)
	}
	return entries, t.Verdict(judge.Moment{Now: c.Period.To, Final: c.Period.To}), nil
}

// BenchmarkPackedMonthOf1000 judges a month at a minute of 1,000 objectives
// from their sealed days, unpacking included, on all cores.
func BenchmarkPackedMonthOf1000(b *testing.B) {
	each := []struct {
		name string
		packedCase
	}{
		{"occurrences", newPackedCase(sla.Occurrences, sla.Ratio)},
		{"time", newPackedCase(sla.TimeMethod, sla.TimeGauge)},
		{"timeslices", newPackedCase(sla.Timeslices, sla.Ratio)},
		{"ratio_timeslices", newPackedCase(sla.RatioTimeslices, sla.Ratio)},
	}
	var mixed []packedCase
	for _, x := range each {
		b.Run(x.name, func(b *testing.B) { judgeThousand(b, x.packedCase) })
		mixed = append(mixed, x.packedCase)
	}
	b.Run("mixed", func(b *testing.B) { judgeThousand(b, mixed...) })
}

func judgeThousand(b *testing.B, cases ...packedCase) {
	for b.Loop() {
		next := make(chan int)
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				var entries []sla.Entry
				for i := range next {
					again, v, err := cases[i%len(cases)].judgeFrom(entries)
					if err != nil || v.State != sla.Breached {
						b.Error(v.State, err)
						continue
					}
					entries = again
				}
			})
		}
		for i := range 1000 {
			next <- i
		}
		close(next)
		wg.Wait()
	}
}
