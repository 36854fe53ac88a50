package judge

import (
	"errors"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

func TestSimulate_JudgesWholePeriodsByTheDraftsTerms(t *testing.T) {
	k := newCompany()
	a := k.promise(sla.SLA, "shop", "99.9")
	a.Valid.From = november.From.Add(20 * sla.Day) // what was agreed then plays no part
	k.outage("shop", 100, 150)                     // of 43,200 minutes: 99.88425…
	span := sla.Span{From: november.From.Add(-sla.Day), To: november.To.Add(sla.Day)}
	for _, c := range []struct {
		name        string
		draft       Draft
		met, missed int
	}{
		{"as agreed", Draft{}, 0, 1},
		{"an easier target", Draft{Target: decimal("99.8")}, 1, 0},
		{"the hours after the outage", Draft{Calendar: afternoons()}, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := k.book().Simulate("shop", "availability", c.draft, span, november.To)
			if err != nil {
				t.Fatal(err)
			}
			if got.Met != c.met || got.Missed != c.missed || got.NoData != 0 || len(got.Verdicts) != 1 {
				t.Errorf("got %d met, %d missed, %d without data, want %d and %d", got.Met, got.Missed, got.NoData, c.met, c.missed)
			}
			if got.HeldInMost != nil {
				t.Error("one period is not enough for 11 of 12")
			}
		})
	}
	got, err := k.book().Simulate("shop", "availability", Draft{}, span, november.To)
	if err != nil {
		t.Fatal(err)
	}
	wantRat(t, "the highest target held", got.HeldInAll, "43150/43200")
}

func TestSimulate_RefusesTermsThatContradictThemselvesAndFactsThatCannotBeRead(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99.9")
	k.Indicators[0].Kind = sla.Ratio
	k.Agreements[0].Objectives[0].Method = sla.Occurrences
	for want, d := range map[string]Draft{
		"at most 100%": {Target: decimal("101")},
		"above 0%":     {Target: decimal("0")},
		"plain events": {Unknown: sla.UnknownBad},
	} {
		if _, err := k.book().Simulate("shop", "availability", d, november.Span, november.To); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := k.book().Simulate("shop", "speed", Draft{}, november.Span, november.To); err == nil {
		t.Error("an objective that nobody agreed on was simulated")
	}
	b := k.book()
	b.Facts = func(string, sla.Span) ([]sla.Entry, error) { return nil, errors.New("the disk is gone") }
	_, err := b.Simulate("shop", "availability", Draft{}, november.Span, november.To)
	wantError(t, err, "reading the facts of", "the disk is gone")
}

func decimal(s string) *sla.Decimal {
	d := sla.MustDecimal(s)
	return &d
}

// afternoons are hours in which the outage of the tests does not lie.
func afternoons() *sla.Calendar {
	k := &sla.Calendar{Name: "afternoons", Zone: "UTC"}
	for d := range k.Week {
		k.Week[d] = []sla.ClockSpan{{From: 12 * sla.Hour, To: 18 * sla.Hour}}
	}
	return k
}

func TestSimulate_SaysWhatElevenOfTwelvePeriodsHeld(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99").Period.Kind = sla.PeriodDay
	for day, minutes := range []int{288, 144, 72} { // 80, 90 and 95 % of a day, the others 100 %
		k.outage("shop", day*1440, day*1440+minutes)
	}
	got, err := k.book().Simulate("shop", "availability", Draft{}, sla.Span{From: november.From, To: november.From.Add(24 * sla.Day)}, november.To)
	if err != nil {
		t.Fatal(err)
	}
	wantRat(t, "held in all", got.HeldInAll, "4/5")
	wantRat(t, "held in 22 of 24", got.HeldInMost, "19/20")
}
