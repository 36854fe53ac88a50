package wording

import (
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

func TestDurationsAreSaidInTwoUnitsAtMost(t *testing.T) {
	for m, want := range map[sla.Millis]string{
		0: "0 s", 250: "0.25 s", 59_999: "59 s", 50 * sla.Minute: "50 min", 2_584_500: "43 min 04 s",
		2*sla.Hour + 5*sla.Minute + 59*sla.Second: "2 h 05 min", 2_581_500_000: "29 d 21 h", -415_500: "−6 min 55 s",
		26 * sla.Hour: "26 h", 3 * sla.Day: "3 d",
	} {
		if got := English.Duration(m); got != want {
			t.Errorf("Duration(%d) = %q, want %q", m, got, want)
		}
	}
}

func TestMomentsAreSaidInTheirOwnZone(t *testing.T) {
	at := time.Date(2026, 11, 14, 21, 43, 0, 0, time.FixedZone("", 3600))
	if got := English.Moment(at); got != "14 Nov 2026, 21:43" {
		t.Errorf("got %q", got)
	}
}

func TestNumbersAndMoneyKeepTheirThousandsApart(t *testing.T) {
	for decimal, want := range map[string]string{
		"0": "0", "999": "999", "1000": "1,000", "1234567.5": "1,234,567.5", "-415.5": "−415.5", "-100000": "−100,000",
	} {
		if got := English.Number(decimal); got != want {
			t.Errorf("Number(%s) = %q, want %q", decimal, got, want)
		}
	}
	if got := English.Money("1250.00", "EUR"); got != "EUR 1,250.00" {
		t.Errorf("got %q", got)
	}
}

func TestPeriodsAreSaidByTheirNames(t *testing.T) {
	for name, want := range map[string]string{
		"2026-11": "November 2026", "2026-11-05": "5 November 2026", "2026-W05": "week 5 of 2026", "2026-Q4": "4th quarter of 2026",
		"2026-H2": "2nd half of 2026", "2026": "2026", "30d@2026-11-22T00:00:00Z": "30d@2026-11-22T00:00:00Z",
	} {
		if got := English.Period(name); got != want {
			t.Errorf("Period(%s) = %q, want %q", name, got, want)
		}
	}
}

func TestEveryStateHasItsOwnLetterAndSymbol(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sla.States {
		for _, sign := range []string{English.Letter(s), Symbol(s), English.State(s)} {
			if seen[sign] {
				t.Errorf("%s of %s stands for another state too", sign, s)
			}
			seen[sign] = true
		}
	}
}
