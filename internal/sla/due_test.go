package sla

import (
	"testing"
	"time"
	_ "time/tzdata" // whatever the system has
)

func TestFault_D10_AReviewIsDueMonthsAfterTheVersionCameIntoForceWithoutDrift(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(y int, m time.Month, d int) Instant { return At(time.Date(y, m, d, 0, 0, 0, 0, berlin)) }
	for _, c := range []struct {
		from  Instant
		every Months
		want  Instant
	}{
		{at(2026, 1, 1), 12, at(2027, 1, 1)},
		{at(2026, 1, 15), 6, at(2026, 7, 15)}, // the clocks change between
		{at(2026, 1, 31), 1, at(2026, 2, 28)}, // counted from the beginning each time: the day does not drift
		{at(2026, 1, 31), 2, at(2026, 3, 31)},
		{at(2026, 1, 31), 3, at(2026, 4, 30)},
		{at(2026, 1, 31), 13, at(2027, 2, 28)},
		{at(2028, 1, 31), 1, at(2028, 2, 29)},
		{at(2028, 2, 29), 12, at(2029, 2, 28)},
		{at(2028, 2, 29), 48, at(2032, 2, 29)},
		{at(2026, 1, 1), 0, Forever},
		{Always, 12, Forever},
	} {
		a := Agreement{Valid: Span{From: c.from, To: Forever}, ReviewEvery: c.every}
		if got := a.ReviewDue(berlin); got != c.want {
			t.Errorf("review every %d months from %v is due %v, want %v", c.every, c.from, got, c.want)
		}
	}
}

func TestAnAgreementExpiresWithItsLastVersion(t *testing.T) {
	c := Catalogue{Agreements: []Agreement{
		{Name: "a", Valid: Span{From: 0, To: 10}},
		{Name: "a", Valid: Span{From: 10, To: 20}},
		{Name: "b", Valid: Span{From: 0, To: Forever}},
	}}
	for name, want := range map[string]Instant{"a": 20, "b": Forever, "nobody": Forever} {
		if got := c.Expiry(name); got != want {
			t.Errorf("Expiry(%q) = %v, want %v", name, got, want)
		}
	}
}
