package app

import (
	"slices"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/web"
)

func TestWhoTookAnAlertIsKnownWhileItHolds(t *testing.T) {
	at := sla.At(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))
	holds := sla.Condition{Alertname: sla.AlertAtRisk, Agreement: "shop-sla", Objective: "speed", Since: at.Add(-sla.Hour), Until: sla.Forever}
	other := holds
	other.Objective = "availability"
	terms := announce.Terms{Labels: map[string]string{"environment": "prod"}, Interval: sla.Minute}
	var d deeds
	took := func(name string, c sla.Condition, now sla.Instant) {
		d.took(name, announce.Compose([]sla.Condition{c}, now, terms), now)
	}
	took("second", holds, at)
	took("first", holds, at)
	took("first", holds, at.Add(sla.Minute))
	want := []web.Delivery{{Receiver: "first", At: at.Add(sla.Minute)}, {Receiver: "second", At: at}}
	if got := d.tellers(announce.Key(&holds, terms)); !slices.Equal(got, want) {
		t.Errorf("the alert was taken by %v, want %v", got, want)
	}
	if got := d.tellers(announce.Key(&other, terms)); len(got) != 0 {
		t.Errorf("an alert that nobody took was taken by %v", got)
	}
	holds.Until = at
	took("first", holds, at.Add(2*sla.Minute))
	if got := d.tellers(announce.Key(&holds, terms)); !slices.Equal(got, want[1:]) {
		t.Errorf("after its end is told to one, the alert was taken by %v, want %v", got, want[1:])
	}
}
