package store_test

import (
	"fmt"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// addedUp adds the entries that begin on the days of the span.
func addedUp(t *testing.T, s *store.Store, span sla.Span) map[string]store.Total {
	t.Helper()
	day := func(i sla.Instant) sla.Instant { return i - i%sla.Instant(sla.Day) }
	span = sla.Span{From: day(span.From), To: day(span.To-1) + sla.Instant(sla.Day)}
	out := map[string]store.Total{}
	err := s.EachEntry(t.Context(), span, func(name string, e sla.Entry) error {
		if span.Contains(e.From) {
			sum := out[name]
			sum.Entries++
			sum.Good, sum.Bad = sum.Good.Add(e.Good), sum.Bad.Add(e.Bad)
			sum.Unknown += e.Unknown
			sum.Bridged += e.Bridged
			out[name] = sum
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTotals_AreTheSumsOfTheEntriesSealedRevisedOrNot(t *testing.T) {
	s := open(t)
	r := store.Round{At: midnight}
	for i := range 3 {
		entries := minutes(midnight, 3*1440, func(n int) sla.Amount { return sla.Nanos(int64(1+i) * int64(n) * 1_234_567_890_123) })
		entries[70].Unknown, entries[71].Bridged = sla.Minute, sla.Minute
		r.Outcomes = append(r.Outcomes, store.Outcome{Indicator: fmt.Sprint("indicator-", i), Definition: 1, Entries: entries, Cursor: midnight.Add(3 * sla.Day)})
	}
	record(t, s, r)
	compare := func(when string) {
		t.Helper()
		for _, span := range []sla.Span{
			{From: midnight, To: midnight.Add(3 * sla.Day)},
			{From: midnight.Add(sla.Day), To: midnight.Add(2 * sla.Day)},
			{From: midnight.Add(sla.Hour), To: midnight.Add(sla.Day + sla.Hour)},
			{From: midnight.Add(-9 * sla.Day), To: midnight},
		} {
			got, err := s.Totals(t.Context(), span)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, when+" the totals of "+fmt.Sprint(span), got, addedUp(t, s, span))
		}
	}
	compare("before sealing")
	if n := seal(t, s, midnight.Add(2*sla.Day)); n != 6 {
		t.Fatalf("sealed %d days", n)
	}
	compare("after sealing two days")
	late := minutes(midnight.Add(3*sla.Hour), 1, func(int) sla.Amount { return sla.Whole(5_000_000) })
	record(t, s, store.Round{At: midnight.Add(4 * sla.Day), Outcomes: []store.Outcome{
		{Indicator: "indicator-1", Definition: 1, Revised: late, Cursor: midnight.Add(3 * sla.Day)},
	}})
	compare("with a late fact")
	seal(t, s, midnight.Add(3*sla.Day))
	compare("after the late fact was sealed")
	if got, err := s.Totals(t.Context(), sla.Span{}); err != nil || len(got) != 0 {
		t.Errorf("of no time the totals are %v, %v", got, err)
	}
}
