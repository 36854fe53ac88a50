package app_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

func TestTwoDaemonsOnOneSourceMakeOneGroupOfAlerts(t *testing.T) {
	manager := testkit.StartAlertmanager(t, "route: {receiver: nobody, group_by: [agreement, objective], group_wait: 1s}\nreceivers: [{name: nobody}]\n")
	now, zone := realTime()
	shut := now.Add(-55 * sla.Minute)
	samples := cornerShop(t, sla.Span{From: shut.Add(-sla.Day), To: now.Add(sla.Hour)}, troubles(shut))
	var told [][]testkit.Alert
	for _, step := range []sla.Millis{sla.Minute, 5 * sla.Minute} { // each with its own ledger, in rounds of its own
		s := newStage(t, set{now: shut.Add(-sla.Hour)})
		srv, err := promtest.New(samples, s.clock.server())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = srv.Close() })
		s.configure(set{
			catalogue: strings.NewReplacer(
				"valid: {from: 2026-03-01}", fmt.Sprintf("valid: {from: %s}", shut.Add(-sla.Day)),
				"time_zone: UTC", "time_zone: "+zone, "period: month", "period: year",
			).Replace(corner),
			source: srv.URL(), config: fmt.Sprintf("alerting: {alertmanagers: [{url: %q}]}\n", manager.URL()),
		})
		s.open()
		s.app.Start()
		s.rounds(now, step)
		text, err := s.app.Alerts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var alerts []testkit.Alert
		if err := json.Unmarshal(text, &alerts); err != nil {
			t.Fatal(err)
		}
		told = append(told, alerts)
	}
	if one, other := beginnings(told[0]), beginnings(told[1]); len(one) < 5 || !slices.Equal(one, other) {
		t.Fatalf("two daemons tell of\n%s\nand of\n%s", strings.Join(one, "\n"), strings.Join(other, "\n"))
	}
	testkit.Eventually(t, "Alertmanager shows what both tell", func() bool {
		return slices.Equal(beginnings(manager.Alerts(t)), beginnings(told[0]))
	})
	groups := map[string]int{}
	for _, g := range manager.Groups(t) {
		if sets := labelSets(g.Alerts); len(slices.Compact(slices.Clone(sets))) != len(sets) {
			t.Errorf("the group %v has an alert twice: %q", g.Labels, sets)
		}
		groups[fmt.Sprint(g.Labels)]++
	}
	want := map[string]int{"map[agreement:shop-sla objective:success]": 1, "map[agreement:shop-sla objective:there]": 1}
	if fmt.Sprint(groups) != fmt.Sprint(want) {
		t.Errorf("Alertmanager makes the groups %v, want %v", groups, want)
	}
}

// beginnings gives the labels of alerts with when they began.
func beginnings(alerts []testkit.Alert) []string {
	out := make([]string, 0, len(alerts))
	for _, a := range alerts {
		out = append(out, fmt.Sprint(sla.At(a.StartsAt), a.Labels))
	}
	slices.Sort(out)
	return out
}
