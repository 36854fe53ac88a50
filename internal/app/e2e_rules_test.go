package app_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// everything is a catalogue in which every alert there is holds after an hour
// in which the door is shut; what is called quiet has its burn alerts switched off.
const everything = `version: 1
time_zone: UTC
parties: [{name: retail, role: customer}, {name: platform, role: internal}]
services: [{name: shop, status: live, owner: platform, labels: {team: till}}]
indicators:
  - {name: requests, service: shop, ratio: {total: 'requests_total{job="shop"}', bad: 'requests_total{job="shop",code="500"}'}}
  - {name: probe, service: shop, time: {metric: 'probe_success{job="probe"}'}}
  - {name: nowhere, service: shop, time: {metric: 'probe_success{job="nowhere"}'}}
  - {name: between, service: shop, latency: {histogram: 'seconds{job="shop"}', within: 300ms}}
agreements:
  - name: shop-sla
    kind: SLA
    service: shop
    provider: platform
    customer: retail
    valid: {from: 2026-02-01, until: 2026-03-20}
    review_every: 1 month
    period: month
    objectives:
      - {name: success, indicator: requests, target: 99%, at_risk: 100%, alerts: {labels: {pager: blue}}}
      - {name: there, indicator: probe, target: 99.9%}
      - {name: quiet, indicator: probe, target: 99.9%, alerts: {burn: off}}
      - {name: seen, indicator: nowhere, target: 99.9%}
      - {name: fast, indicator: between, target: 99%}
  - name: shop-ola
    kind: OLA
    service: shop
    provider: platform
    customer: platform
    valid: {from: 2026-03-01}
    period: month
    objectives:
      - {name: there, indicator: probe, target: 99.5%}
`

// afterTrouble gives a stage of that configuration on which every alert holds.
func afterTrouble(t *testing.T, config string) *stage {
	t.Helper()
	shut := march.Add(10 * sla.Day)
	samples := cornerShop(t, sla.Span{From: march, To: shut.Add(2 * sla.Hour)}, troubles(shut))
	for at := march; at < shut.Add(2*sla.Hour); at = at.Add(sla.Minute) {
		for _, le := range []string{"0.1", "0.5", "+Inf"} {
			add(t, samples, fmt.Sprintf(`seconds_bucket{job="shop",le=%q}`, le), at, float64(at.Sub(march)/sla.Minute))
		}
	}
	s := newStage(t, set{catalogue: everything, now: shut.Add(-sla.Hour), config: config})
	srv, err := promtest.New(samples, s.clock.server())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	s.configure(set{catalogue: everything, source: srv.URL(), config: config})
	s.open()
	s.app.Start()
	s.rounds(shut.Add(50*sla.Minute), 5*sla.Minute)
	return s
}

// pushed gives the labels of the alerts that slmd would send itself.
func pushed(t *testing.T, s *stage) []string {
	t.Helper()
	text, err := s.app.Alerts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var alerts []testkit.Alert
	if err := json.Unmarshal(text, &alerts); err != nil {
		t.Fatal(err)
	}
	return labelSets(slices.DeleteFunc(alerts, func(a testkit.Alert) bool { return !a.EndsAt.After(s.clock.time()) }))
}

func labelSets(alerts []testkit.Alert) []string {
	out := make([]string, 0, len(alerts))
	for _, a := range alerts {
		out = append(out, fmt.Sprint(a.Labels)) // maps are written in the order of their keys
	}
	slices.Sort(out)
	return out
}

func TestRulesAlertAsSlmdItselfDoesAndSlmdIsSilent(t *testing.T) {
	manager, sink := testkit.StartAlertmanager(t, ""), testkit.NewSink(t)
	s := afterTrouble(t, fmt.Sprintf("alerting: {mode: rules, labels: {environment: test}, alertmanagers: [{url: %q}]}\n", sink.URL()))
	want := pushed(t, s)
	names := map[string]bool{}
	for _, labels := range want {
		names[strings.Fields(strings.TrimPrefix(labels[strings.Index(labels, "alertname:"):], "alertname:"))[0]] = true
		if strings.Contains(labels, "BudgetBurn") && strings.Contains(labels, "objective:quiet") {
			t.Errorf("a burn alert that is switched off would be sent: %s", labels)
		}
	}
	for _, name := range []string{
		sla.AlertBurn, sla.AlertAtRisk, sla.AlertBreached, sla.AlertDataMissing,
		sla.AlertMisconfigured, sla.AlertExpiring, sla.AlertReviewOverdue,
	} {
		if !names[name] {
			t.Errorf("no %s holds: there is nothing to compare", name)
		}
	}
	rules, err := filepath.Abs("../../rules/slmd-alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	testkit.StartPrometheus(t, testkit.PrometheusOptions{Config: fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs: [{job_name: slmd, honor_labels: true, static_configs: [{targets: [%q]}]}]
alerting: {alertmanagers: [{static_configs: [{targets: [%q]}]}]}
`, rules, strings.TrimPrefix(s.app.URL(), "http://"), strings.TrimPrefix(manager.URL(), "http://"))})
	var got []testkit.Alert
	testkit.Eventually(t, "the rules alert as slmd does", func() bool {
		got = manager.Alerts(t)
		return len(got) >= len(want)
	})
	if sets := labelSets(got); !slices.Equal(sets, want) {
		t.Errorf("the rules alert\n%s\nslmd itself would\n%s", strings.Join(sets, "\n"), strings.Join(want, "\n"))
	}
	for _, a := range got {
		if a.Labels["objective"] != "there" || a.Labels["alertname"] != sla.AlertBreached || a.Labels["agreement"] != "shop-sla" {
			continue
		}
		for name, text := range map[string]string{
			"summary":     "The objective has missed its target.",
			"slmd_url":    "http://slmd.example.com/objectives/shop-sla/there",
			"runbook_url": "https://github.com/slmd/slmd/blob/main/docs/alerts.md#slmobjectivebreached",
		} {
			if a.Annotations[name] != text {
				t.Errorf("the breach has the %s %q, want %q", name, a.Annotations[name], text)
			}
		}
		if text := a.Annotations["description"]; !strings.HasPrefix(text, "shop-sla/there: compliance 99.") || !strings.Contains(text, ", target 99.9%, error budget used 1") {
			t.Errorf("the breach is described as %q", text)
		}
	}
	if posts := sink.Posts(); len(posts) > 0 {
		t.Errorf("slmd itself has sent %d times", len(posts))
	}
}

func TestWithAlertingOffNothingIsSent(t *testing.T) {
	sink := testkit.NewSink(t)
	s := afterTrouble(t, fmt.Sprintf("alerting: {mode: off, alertmanagers: [{url: %q}]}\n", sink.URL()))
	if len(pushed(t, s)) == 0 {
		t.Fatal("nothing holds: there is nothing to keep silent of")
	}
	if page := metrics(t, s); !strings.Contains(page, `slmd_alerting_info{external_url="http://slmd.example.com",mode="off"} 1`) {
		t.Errorf("the metrics do not say that alerting is off:\n%s", grep(page, "slmd_alerting"))
	}
	s.stop() // what was on its way has arrived
	if posts := sink.Posts(); len(posts) > 0 {
		t.Errorf("slmd has sent %d times", len(posts))
	}
}
