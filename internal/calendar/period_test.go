package calendar

import (
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

func TestPeriodsOfEveryKind(t *testing.T) {
	for _, c := range []struct {
		kind           sla.PeriodKind
		at             string
		name, from, to string
	}{
		{sla.PeriodDay, "2026-11-05T12:00:00Z", "2026-11-05", "2026-11-04T23:00:00Z", "2026-11-05T23:00:00Z"},
		{sla.PeriodWeek, "2026-11-08T12:00:00Z", "2026-W45", "2026-11-01T23:00:00Z", "2026-11-08T23:00:00Z"},
		{sla.PeriodWeek, "2027-01-01T12:00:00Z", "2026-W53", "2026-12-27T23:00:00Z", "2027-01-03T23:00:00Z"},
		{sla.PeriodMonth, "2026-10-31T23:00:00Z", "2026-11", "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"},
		{sla.PeriodMonth, "2026-10-31T22:59:59Z", "2026-10", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"},
		{sla.PeriodQuarter, "2026-11-05T12:00:00Z", "2026-Q4", "2026-09-30T22:00:00Z", "2026-12-31T23:00:00Z"},
		{sla.PeriodQuarter, "2026-03-31T21:59:59Z", "2026-Q1", "2025-12-31T23:00:00Z", "2026-03-31T22:00:00Z"},
		{sla.PeriodHalf, "2026-06-30T21:59:59Z", "2026-H1", "2025-12-31T23:00:00Z", "2026-06-30T22:00:00Z"},
		{sla.PeriodHalf, "2026-07-01T12:00:00Z", "2026-H2", "2026-06-30T22:00:00Z", "2026-12-31T23:00:00Z"},
		{sla.PeriodYear, "2026-11-05T12:00:00Z", "2026", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z"},
	} {
		loc := zone(t, "Europe/Berlin")
		want := sla.Period{Name: c.name, Span: sla.Span{From: at(t, c.from), To: at(t, c.to)}}
		term := sla.PeriodTerm{Kind: c.kind}
		if got := PeriodAt(term, loc, at(t, c.at)); got != want {
			t.Errorf("%s at %s: got %v, want %v", c.kind, c.at, got, want)
		}
		got, err := Parse(c.name, loc)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v", c.name, got, err)
		}
		if kind, ok := KindOf(c.name); !ok || kind != c.kind {
			t.Errorf("%s is of kind %s", c.name, kind)
		}
		if n := Next(term, loc, want); n.From != want.To || Prev(term, loc, n) != want {
			t.Errorf("%s is followed by %v", c.name, n)
		}
	}
}

func TestRollingWindowsEndAtTheInstantAndAreNamedByIt(t *testing.T) {
	term := sla.PeriodTerm{Kind: sla.PeriodRolling, Rolling: 30 * sla.Day}
	loc := zone(t, "UTC")
	end := at(t, "2026-11-22T00:00:00Z")
	p := PeriodAt(term, loc, end)
	if p.Name != "30d@2026-11-22T00:00:00Z" || p.To != end || p.Length() != 30*sla.Day {
		t.Errorf("got %v", p)
	}
	if back, err := Parse(p.Name, loc); err != nil || back != p {
		t.Errorf("got %v, %v", back, err)
	}
	if Next(term, loc, p).From != p.To || Prev(term, loc, p).To != p.From {
		t.Errorf("next %v, previous %v", Next(term, loc, p), Prev(term, loc, p))
	}
	for _, c := range []struct {
		length sla.Millis
		name   string
	}{{36 * sla.Hour, "36h@"}, {90 * sla.Minute, "90m@"}, {90 * sla.Second, "90s@"}, {1500, "1500ms@"}} {
		p := PeriodAt(sla.PeriodTerm{Kind: sla.PeriodRolling, Rolling: c.length}, loc, end)
		if !strings.HasPrefix(p.Name, c.name) {
			t.Errorf("%d is named %s", c.length, p.Name)
		}
		if back, err := Parse(p.Name, loc); err != nil || back != p {
			t.Errorf("%s: got %v, %v", p.Name, back, err)
		}
	}
}

func TestNamesThatAreNoPeriodAreRefused(t *testing.T) {
	for _, name := range []string{
		"", "-", "26", "2026-", "2026-1", "2026-00", "2026-13", "2026-W00", "2026-W54", "2025-W53", "2026-W1", "2026-Q0", "2026-Q5", "2026-H0",
		"2026-H3", "2026-02-30", "2026-11-00", "2026-11-5", "2026-11-05-01", "2026-w45", "+026", "0000", "30d@", "30d@yesterday",
		"@2026-11-22T00:00:00Z", "0d@2026-11-22T00:00:00Z", "-1d@2026-11-22T00:00:00Z", "+1d@2026-11-22T00:00:00Z", "1y@2026-11-22T00:00:00Z",
	} {
		if p, err := Parse(name, zone(t, "UTC")); err == nil {
			t.Errorf("%q is %v", name, p)
		}
		if kind, ok := KindOf(name); ok {
			t.Errorf("%q is of kind %s", name, kind)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2026-11", "2026-W45", "30d@2026-11-22T00:00:00Z", "2026-11-05"} {
		f.Add(s)
	}
	loc, err := Zone("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p, err := Parse(name, loc)
		if err != nil {
			return
		}
		if again, err := Parse(p.Name, loc); err != nil || again != p {
			t.Fatalf("%q gives %v, whose name gives %v, %v", name, p, again, err)
		}
	})
}
