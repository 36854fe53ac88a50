package calendar

import (
	"slices"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

func TestEveryFieldOfACronReachesFromItsFirstValueToItsLast(t *testing.T) {
	year := sla.Span{From: at(t, "2026-01-01T00:00:00Z"), To: at(t, "2027-01-01T00:00:00Z")}
	for _, c := range []struct {
		cron  string
		count int // of the year's minutes
		first string
		last  string
	}{
		{"* * * * *", 365 * 1440, "2026-01-01T00:00:00Z", "2026-12-31T23:59:00Z"},
		{"0 0 1 1 *", 1, "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
		{"59 23 31 12 *", 1, "2026-12-31T23:59:00Z", "2026-12-31T23:59:00Z"},
		{"0-59 0-23 1-31 1-12 0-7", 365 * 1440, "2026-01-01T00:00:00Z", "2026-12-31T23:59:00Z"},
		{"0 0 * JAN THU", 5, "2026-01-01T00:00:00Z", "2026-01-29T00:00:00Z"},
		{"0 0 * dec sat", 4, "2026-12-05T00:00:00Z", "2026-12-26T00:00:00Z"},
		{"50/3 5/6 28/2 * *", 4 * 4 * (2*11 + 1), "2026-01-28T05:50:00Z", "2026-12-30T23:59:00Z"},
		{"*/1 5-5 1-1 * *", 12 * 60, "2026-01-01T05:00:00Z", "2026-12-01T05:59:00Z"},
		{"*/59 */23 * 2/5 *", 2 * 2 * (28 + 31 + 31), "2026-02-01T00:00:00Z", "2026-12-31T23:59:00Z"},
	} {
		got, err := Occurrences(recurring(c.cron, "UTC", sla.Minute, year), year)
		if err != nil {
			t.Fatal(err)
		}
		n := int(got.Length() / sla.Minute)
		if n != c.count || got[0].From != at(t, c.first) || got[len(got)-1].To != at(t, c.last).Add(sla.Minute) {
			t.Errorf("%s: %d minutes from %s to %s", c.cron, n, got[0].From, got[len(got)-1].To)
		}
	}
}

func TestOccurrencesThatLastOverSeveralDaysReachIntoTheSpan(t *testing.T) {
	w := sla.Span{From: at(t, "2026-11-10T12:00:00Z"), To: at(t, "2026-11-20T12:00:00Z")}
	for _, c := range []struct {
		cron  string
		lasts sla.Millis
		want  Set
	}{
		{"0 12 7 * *", 3 * sla.Day, nil}, // ends as the span begins
		{"1 12 7 * *", 3 * sla.Day, Set{{From: w.From, To: w.From.Add(sla.Minute)}}},
		{"0 12 20 * *", sla.Hour, nil}, // begins as the span ends
		{"59 11 20 * *", sla.Hour, Set{{From: w.To.Add(-sla.Minute), To: w.To}}},
		{"0 0 15 * *", 1, Set{{From: at(t, "2026-11-15T00:00:00Z"), To: at(t, "2026-11-15T00:00:00Z") + 1}}},
		{"0 0 15 * *", 0, nil},
	} {
		got, err := Occurrences(recurring(c.cron, "UTC", c.lasts, sla.Span{From: sla.Always, To: sla.Forever}), w)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s for %d: got %v, %v, want %v", c.cron, c.lasts, got, err, c.want)
		}
	}
}

func TestRollingWindowsOfOneUnitAndOfTheLongestLength(t *testing.T) {
	loc := zone(t, "UTC")
	for name, want := range map[string]sla.Millis{
		"1d@2026-11-22T00:00:00Z": sla.Day, "1ms@2026-11-22T00:00:00Z": 1, "2147483647ms@2026-11-22T00:00:00Z": 2147483647,
	} {
		if p, err := Parse(name, loc); err != nil || p.Length() != want {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	if _, err := Parse("2147483648d@2026-11-22T00:00:00Z", loc); err == nil {
		t.Error("a length that no integer holds is taken")
	}
}

func TestSpansThatBeginTogetherMakeOneWhateverTheirOrder(t *testing.T) {
	want := Set{{From: 10, To: 30}, {From: 40, To: 41}}
	for _, spans := range [][]sla.Span{
		{{From: 10, To: 20}, {From: 10, To: 30}, {From: 40, To: 41}},
		{{From: 40, To: 41}, {From: 10, To: 30}, {From: 10, To: 20}},
	} {
		if got := Of(spans...); !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
	}
}

func TestHoursOfASpanThatEndsAtMidnightOrBeginsThere(t *testing.T) {
	c := &sla.Calendar{Name: "nights", Zone: "Europe/Berlin"}
	for d := range c.Week {
		c.Week[d] = []sla.ClockSpan{{From: 0, To: sla.Hour}, {From: 23 * sla.Hour, To: 24 * sla.Hour}}
	}
	midnight := at(t, "2026-11-05T00:00:00+01:00")
	for _, x := range []struct{ w, want sla.Span }{
		{sla.Span{From: midnight - 5, To: midnight}, sla.Span{From: midnight - 5, To: midnight}},
		{sla.Span{From: midnight, To: midnight + 1}, sla.Span{From: midnight, To: midnight + 1}},
		{sla.Span{From: midnight - 1, To: midnight + 1}, sla.Span{From: midnight - 1, To: midnight + 1}},
	} {
		if got, err := Hours(c, x.w); err != nil || !slices.Equal(got, Set{x.want}) {
			t.Errorf("got %v, %v, want %v", got, err, x.want)
		}
	}
}

func TestTheFirstWeekAndTheFirstYearHaveNames(t *testing.T) {
	loc := zone(t, "UTC")
	for name, from := range map[string]string{
		"2027-W01": "2027-01-04T00:00:00Z", // the third of January lies in the week before
		"2026-W01": "2025-12-29T00:00:00Z",
		"0001":     "0001-01-01T00:00:00Z",
		"9999":     "9999-01-01T00:00:00Z",
	} {
		if p, err := Parse(name, loc); err != nil || p.From != at(t, from) || p.Name != name {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	for _, name := range []string{"30@2026-11-22T00:00:00Z", "d@2026-11-22T00:00:00Z"} {
		if p, err := Parse(name, loc); err == nil {
			t.Errorf("%s is %v", name, p)
		}
	}
}

func TestNoonIsNoonOnTheDateThatAClockInUTCShows(t *testing.T) {
	if got := NoonUTC(sla.Date{Year: 2028, Month: 2, Day: 29}); got != at(t, "2028-02-29T12:00:00Z") {
		t.Errorf("got %s", got)
	}
}

func TestAStartInTheLastMillisecondOfASpanLiesInIt(t *testing.T) {
	midnight := at(t, "2026-11-10T00:00:00Z")
	w := sla.Span{From: midnight.Add(-sla.Hour), To: midnight + 1}
	got, err := Occurrences(recurring("0 0 * * *", "UTC", sla.Hour, sla.Span{From: sla.Always, To: sla.Forever}), w)
	if want := (Set{{From: midnight, To: midnight + 1}}); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestHoursInAZoneWhoseClockIsNeverTurned(t *testing.T) {
	w := sla.Span{From: at(t, "2026-11-01T00:00:00Z"), To: at(t, "2026-12-01T00:00:00Z")}
	got, err := Hours(office("UTC"), w)
	// 21 working days less the fifth and the sixth, and four hours on the sixth.
	if err != nil || got.Length() != (19*9+4)*sla.Hour {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestTheFirstMonthOfAYearHasAName(t *testing.T) {
	for _, name := range []string{"2026-01", "2026-01-01"} {
		if p, err := Parse(name, time.UTC); err != nil || p.From != at(t, "2026-01-01T00:00:00Z") {
			t.Errorf("%s: got %v, %v", name, p, err)
		}
	}
}
