package cycle

import (
	"testing"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

func TestAReplayFindsTheEntryAfterWhichAStateBeganWhateverTheStretches(t *testing.T) {
	start := sla.Instant(1793491200000) // 1 Nov 2026, UTC
	target := sla.MustDecimal("99.9")
	o := sla.Objective{
		Name: "availability", Indicator: "up", Target: &target, Method: sla.TimeMethod,
		AtRisk: sla.DefaultAtRisk, MergeGap: sla.DefaultMergeGap,
	}
	a := &sla.Agreement{
		Name: "a", Version: 1, Kind: sla.SLA, Service: "s", Zone: "UTC", Valid: sla.Span{From: start, To: sla.Forever},
		Period: sla.PeriodTerm{Kind: sla.PeriodMonth}, Planned: sla.PlannedRemoved, Unknown: sla.UnknownRemoved,
		Objectives: []sla.Objective{o},
	}
	c := judge.Case{
		Agreement: a, Objective: &o, Indicator: &sla.Indicator{Name: "up", Kind: sla.TimeGauge, Interval: sla.Minute},
		Period: sla.Period{Name: "2026-11", Span: sla.Span{From: start, To: start.Add(30 * sla.Day)}},
	}
	var entries []sla.Entry
	for i := range 3 * 1440 {
		at := start.Add(sla.Millis(i) * sla.Minute)
		e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}, Good: sla.Seconds(sla.Minute)}
		if i >= 1500 && i < 1533 { // the 33rd bad minute leaves 10.2 of 43.2, under a quarter
			e.Good, e.Bad = e.Bad, e.Good
		}
		entries = append(entries, e)
	}
	want := entries[1532].To
	for _, every := range []sla.Millis{1, sla.Hour, sla.Day} {
		var first sla.Instant
		err := replay(c, entries, 0, every, func(e *sla.Entry, state sla.State) bool {
			if state == sla.AtRisk {
				first = e.To
			}
			return first == 0
		})
		if err != nil {
			t.Fatal(err)
		}
		if end := alignUp(want, every); first != end {
			t.Errorf("looking every %v: at risk at %s, want %s", every.Duration(), first, end)
		}
	}
	if got := entries[dayOf(entries, &entries[1532])].From; got != start.Add(sla.Day) {
		t.Errorf("the day begins with the entry of %s, want %s", got, start.Add(sla.Day))
	}
}
