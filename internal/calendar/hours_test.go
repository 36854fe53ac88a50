package calendar

import (
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

func clock(from, to sla.Millis) sla.ClockSpan {
	return sla.ClockSpan{From: from * sla.Hour, To: to * sla.Hour}
}

// office is open from Monday to Friday, but not on the fifth, and on the sixth in the morning.
func office(zone string) *sla.Calendar {
	c := &sla.Calendar{
		Name: "office", Zone: zone,
		Holidays: []sla.Date{{Year: 2026, Month: 11, Day: 5}, {Year: 2026, Month: 11, Day: 6}},
		Special:  []sla.SpecialDay{{Date: sla.Date{Year: 2026, Month: 11, Day: 6}, Hours: []sla.ClockSpan{clock(8, 12)}}},
	}
	for d := 1; d <= 5; d++ {
		c.Week[d] = []sla.ClockSpan{clock(13, 18), clock(8, 12)}
	}
	return c
}

func TestHoursFollowWeekHolidaysAndSpecialDays(t *testing.T) {
	w := sla.Span{From: at(t, "2026-11-04T09:00:00+01:00"), To: at(t, "2026-11-09T09:00:00+01:00")}
	got, err := Hours(office("Europe/Berlin"), w)
	if err != nil {
		t.Fatal(err)
	}
	var want Set
	for _, s := range [][2]string{
		{"2026-11-04T09:00:00+01:00", "2026-11-04T12:00:00+01:00"}, // Wednesday
		{"2026-11-04T13:00:00+01:00", "2026-11-04T18:00:00+01:00"},
		{"2026-11-06T08:00:00+01:00", "2026-11-06T12:00:00+01:00"}, // a special day overrides a holiday
		{"2026-11-09T08:00:00+01:00", "2026-11-09T09:00:00+01:00"}, // Monday
	} {
		want = append(want, sla.Span{From: at(t, s[0]), To: at(t, s[1])})
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHoursAreWhatTheClockShows(t *testing.T) {
	daily := func(zone string, h sla.ClockSpan) *sla.Calendar {
		c := &sla.Calendar{Name: "c", Zone: zone}
		for d := range c.Week {
			c.Week[d] = []sla.ClockSpan{h}
		}
		return c
	}
	for _, c := range []struct {
		name, zone, day string
		hours           sla.ClockSpan
		want            sla.Millis
	}{
		{"skipped readings never count", "Europe/Berlin", "2026-03-29", clock(1, 5), 3 * sla.Hour},
		{"an hour that is skipped whole", "Europe/Berlin", "2026-03-29", clock(2, 3), 0},
		{"repeated readings count twice", "Europe/Berlin", "2026-10-25", clock(1, 5), 5 * sla.Hour},
		{"an hour that is repeated", "Europe/Berlin", "2026-10-25", clock(2, 3), 2 * sla.Hour},
		{"half an hour repeated", "Australia/Lord_Howe", "2026-04-05", clock(0, 24), 24*sla.Hour + 30*sla.Minute},
		{"a day that does not exist", "Pacific/Apia", "2011-12-30", clock(0, 24), 0},
	} {
		p, err := Parse(c.day, zone(t, c.zone))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Hours(daily(c.zone, c.hours), p.Span)
		if err != nil {
			t.Fatal(err)
		}
		if got.Length() != c.want {
			t.Errorf("%s: %d, want %d", c.name, got.Length(), c.want)
		}
	}
}

func TestWithoutACalendarAllHoursAreServiceHours(t *testing.T) {
	w := sla.Span{From: 10, To: 20}
	if got, err := Hours(nil, w); err != nil || !slices.Equal(got, Set{w}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := Hours(nil, sla.Span{From: 20, To: 10}); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestACalendarInAnUnknownZoneIsRefused(t *testing.T) {
	_, err := Hours(&sla.Calendar{Name: "office", Zone: "Mars/Olympus"}, sla.Span{From: 0, To: 10})
	if err == nil || !strings.Contains(err.Error(), "calendar office") {
		t.Errorf("got %v", err)
	}
}

func recurring(cron, zone string, lasts sla.Millis, valid sla.Span) *sla.Exclusion {
	return &sla.Exclusion{Name: "patching", Every: &sla.Recurrence{Cron: cron, Lasts: lasts, Zone: zone, Valid: valid}}
}

func TestFault_D8_ExclusionsRecurByTheWallClock(t *testing.T) {
	always := sla.Span{From: sla.Always, To: sla.Forever}
	for _, c := range []struct {
		name, zone, cron string
		lasts            sla.Millis
		valid            sla.Span
		from, to         string
		want             []string // starts and ends in turn
	}{
		{
			"every Sunday at two", "UTC", "0 2 * * SUN", 2 * sla.Hour, always, "2026-11-01T00:00:00Z", "2026-11-09T00:00:00Z",
			[]string{"2026-11-01T02:00:00Z", "2026-11-01T04:00:00Z", "2026-11-08T02:00:00Z", "2026-11-08T04:00:00Z"},
		},
		{
			"Sunday is seven too", "UTC", "0 2 * * 7", 2 * sla.Hour, always, "2026-11-02T00:00:00Z", "2026-11-09T00:00:00Z",
			[]string{"2026-11-08T02:00:00Z", "2026-11-08T04:00:00Z"},
		},
		{
			"a skipped start moves to the next instant", "Europe/Berlin", "30 2 * * *", sla.Hour, always, "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"},
		},
		{
			"of a doubled start the first", "Europe/Berlin", "30 2 * * *", sla.Hour, always, "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"},
		},
		{
			"lasts is elapsed time", "Europe/Berlin", "0 1 * * *", 3 * sla.Hour, always, "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00",
			[]string{"2026-10-25T01:00:00+02:00", "2026-10-25T03:00:00+01:00"},
		},
		{
			"cut at both ends", "UTC", "0 * * * *", 30 * sla.Minute, always, "2026-11-01T00:10:00Z", "2026-11-01T01:10:00Z",
			[]string{"2026-11-01T00:10:00Z", "2026-11-01T00:30:00Z", "2026-11-01T01:00:00Z", "2026-11-01T01:10:00Z"},
		},
		{
			"what began the day before", "UTC", "0 23 * * *", 2 * sla.Hour, always, "2026-11-01T00:00:00Z", "2026-11-01T12:00:00Z",
			[]string{"2026-11-01T00:00:00Z", "2026-11-01T01:00:00Z"},
		},
		{
			"starts lie before valid.until", "UTC", "0 * * * *", 30 * sla.Minute,
			sla.Span{From: at(t, "2026-11-01T01:00:00Z"), To: at(t, "2026-11-01T02:00:00Z")},
			"2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z",
			[]string{"2026-11-01T01:00:00Z", "2026-11-01T01:30:00Z"},
		},
		{
			"touching ones are merged", "UTC", "0,30 3 * * *", 30 * sla.Minute, always, "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z",
			[]string{"2026-11-01T03:00:00Z", "2026-11-01T04:00:00Z"},
		},
		{
			"a day of the month or of the week", "UTC", "0 3 3 * MON", sla.Hour, always, "2026-11-01T00:00:00Z", "2026-11-05T00:00:00Z",
			[]string{"2026-11-02T03:00:00Z", "2026-11-02T04:00:00Z", "2026-11-03T03:00:00Z", "2026-11-03T04:00:00Z"},
		},
		{
			"steps, ranges and months", "UTC", "10-30/20 6-7 1 nov *", 5 * sla.Minute, always, "2026-10-01T00:00:00Z", "2026-12-05T00:00:00Z",
			[]string{
				"2026-11-01T06:10:00Z", "2026-11-01T06:15:00Z", "2026-11-01T06:30:00Z", "2026-11-01T06:35:00Z",
				"2026-11-01T07:10:00Z", "2026-11-01T07:15:00Z", "2026-11-01T07:30:00Z", "2026-11-01T07:35:00Z",
			},
		},
		{
			"starts of a skipped day fall together with those of the next", "Pacific/Apia", "0 0 30 12 *", sla.Hour, always,
			"2011-12-29T00:00:00-10:00", "2012-01-01T00:00:00+14:00",
			[]string{"2011-12-31T00:00:00+14:00", "2011-12-31T01:00:00+14:00"},
		},
	} {
		got, err := Occurrences(recurring(c.cron, c.zone, c.lasts, c.valid), sla.Span{From: at(t, c.from), To: at(t, c.to)})
		if err != nil {
			t.Fatal(err)
		}
		var want Set
		for i := 0; i < len(c.want); i += 2 {
			want = append(want, sla.Span{From: at(t, c.want[i]), To: at(t, c.want[i+1])})
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
	}
}

func TestAnExclusionThatDoesNotRecurIsItsSpan(t *testing.T) {
	got, err := Occurrences(&sla.Exclusion{Span: sla.Span{From: 10, To: 30}}, sla.Span{From: 20, To: 40})
	if err != nil || !slices.Equal(got, Set{{From: 20, To: 30}}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestExpressionsThatAreNoCronAreRefused(t *testing.T) {
	for _, expr := range []string{
		"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *",
		"*/x * * * *", "5-1 * * * *", "1-x * * * *", "a * * * *", "+1 * * * *", "-1 * * * *", ", * * * *", "@daily", "* * * * MO",
	} {
		_, err := Occurrences(recurring(expr, "UTC", sla.Hour, sla.Span{From: 0, To: 10}), sla.Span{From: 0, To: 10})
		if err == nil || !strings.Contains(err.Error(), "exclusion patching") {
			t.Errorf("%q: %v", expr, err)
		}
	}
	if _, err := Occurrences(recurring("0 2 * * *", "Nowhere", sla.Hour, sla.Span{}), sla.Span{From: 0, To: 10}); err == nil {
		t.Error("a zone that does not exist is taken")
	}
}
