package announce

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slmd/slmd/internal/sla"
)

// noon is the instant at which the tests announce.
var noon = sla.At(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))

// breached gives a condition that holds since eleven.
func breached(objective string) sla.Condition {
	return sla.Condition{
		Alertname: sla.AlertBreached, Severity: "critical", Agreement: "checkout-sla", Objective: objective,
		Indicator: "checkout-requests", Since: noon.Add(-sla.Hour), Until: sla.Forever,
		Labels: map[string]string{"service": "checkout", "agreement_kind": "SLA", "customer": "retail", "team": "payments"},
		Details: sla.Details{
			Period: "2026-11", Compliance: "99.81%", Target: "99.9%", BudgetUsed: "190.0%", Completeness: "100%",
			Text: "Credit accrues",
		},
	}
}

func TestAnAlertReadsAsAlertmanagerWantsIt(t *testing.T) {
	burn := breached("availability")
	burn.Alertname, burn.Window = sla.AlertBurn, "1h"
	got, err := Encode(Compose([]sla.Condition{burn}, noon, Terms{
		Labels: map[string]string{"environment": "prod"}, ExternalURL: "http://localhost:9596/", DashboardURL: "http://grafana/", Interval: sla.Minute,
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"labels":{"agreement":"checkout-sla","agreement_kind":"SLA","alertname":"SLMErrorBudgetBurn","customer":"retail","environment":"prod",` +
		`"objective":"availability","service":"checkout","severity":"critical","team":"payments","window":"1h"},` +
		`"annotations":{"dashboard_url":"http://grafana/d/slmd-objective?var-agreement=checkout-sla\u0026var-objective=availability",` +
		`"description":"checkout-sla/availability: compliance 99.81%, target 99.9%, period 2026-11, error budget used 190.0%, completeness 100%. Credit accrues.",` +
		`"period":"2026-11","runbook_url":"https://github.com/slmd/slmd/blob/main/docs/alerts.md#slmerrorbudgetburn",` +
		`"slmd_url":"http://localhost:9596/objectives/checkout-sla/availability",` +
		`"summary":"The error budget is being spent so fast that the target is in danger."},` +
		`"startsAt":"2026-11-22T11:00:00Z","endsAt":"2026-11-22T12:04:00Z",` +
		`"generatorURL":"http://localhost:9596/objectives/checkout-sla/availability"}]`
	if string(got) != want {
		t.Errorf("alerts:\n%s\nwant:\n%s", got, want)
	}
}

func TestAnAlertEndsWhenItsConditionDid(t *testing.T) {
	ended := breached("availability")
	for _, c := range []struct {
		name     string
		until    sla.Instant
		interval sla.Millis
		want     sla.Instant // 0: no alert
	}{
		{"holds, short interval", sla.Forever, 10 * sla.Second, noon.Add(4 * sla.Minute)},
		{"holds, long interval", sla.Forever, 5 * sla.Minute, noon.Add(20 * sla.Minute)},
		{"ended a minute ago", noon.Add(-sla.Minute), sla.Minute, noon.Add(-sla.Minute)},
		{"ended just under 15 minutes ago", noon.Add(-15*sla.Minute + 1), sla.Minute, noon.Add(-15*sla.Minute + 1)},
		{"ended 15 minutes ago", noon.Add(-15 * sla.Minute), sla.Minute, 0},
		{"ended in a future that a clock made up", noon.Add(sla.Day), sla.Minute, noon},
	} {
		ended.Until = c.until
		alerts := Compose([]sla.Condition{ended}, noon, Terms{Interval: c.interval})
		switch {
		case c.want == 0 && len(alerts) != 0:
			t.Errorf("%s: announced", c.name)
		case c.want != 0 && (len(alerts) != 1 || sla.At(alerts[0].EndsAt) != c.want):
			t.Errorf("%s: %v, want the end %v", c.name, alerts, c.want)
		}
	}
}

func TestInstantsWithoutADateDoNotStopTheOthers(t *testing.T) {
	for _, since := range []sla.Instant{sla.Always, sla.Forever} {
		odd := breached("availability")
		odd.Since = since
		alerts := Compose([]sla.Condition{odd}, noon, Terms{})
		if _, err := Encode(alerts); err != nil {
			t.Errorf("a condition since %v: %v", since, err)
		}
		if alerts[0].EndsAt.Before(alerts[0].StartsAt) {
			t.Errorf("a condition since %v ends before it begins", since)
		}
	}
}

func TestOneIdentityIsOneAlertAndWhatHoldsComesFirst(t *testing.T) {
	holds, ended := breached("availability"), breached("availability")
	ended.Since, ended.Until = noon.Add(-3*sla.Hour), noon.Add(-5*sla.Minute)
	for _, order := range [][]sla.Condition{{holds, ended}, {ended, holds}} {
		alerts := Compose(order, noon, Terms{})
		if len(alerts) != 1 || sla.At(alerts[0].StartsAt) != holds.Since || !alerts[0].EndsAt.After(noon.Time()) {
			t.Errorf("alerts = %+v, want the one that holds alone", alerts)
		}
	}
}

func TestAlertsAreSortedByTheirLabels(t *testing.T) {
	var conditions []sla.Condition
	for _, o := range []string{"latency", "availability", "errors"} {
		conditions = append(conditions, breached(o))
	}
	var got []string
	for _, a := range Compose(conditions, noon, Terms{}) {
		got = append(got, a.Labels["objective"])
	}
	if want := []string{"availability", "errors", "latency"}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

func TestIdentityLabelsCannotBeOverruledAndHoldNoNumbers(t *testing.T) {
	c := breached("availability")
	c.Labels["alertname"], c.Labels["team"], c.Labels["empty"], c.Labels["not a name"] = "Other", "payments", "", "x"
	before := Compose([]sla.Condition{c}, noon, Terms{Labels: map[string]string{"team": "ops", "severity": "none", "site": "b"}})[0].Labels
	want := map[string]string{
		"alertname": sla.AlertBreached, "severity": "critical", "service": "checkout", "agreement": "checkout-sla",
		"agreement_kind": "SLA", "objective": "availability", "customer": "retail", "team": "payments", "site": "b",
	}
	if !maps.Equal(before, want) {
		t.Errorf("labels %v, want %v", before, want)
	}
	c.Details = sla.Details{Compliance: "12%", Period: "2026-12", Text: "different"}
	after := Compose([]sla.Condition{c}, noon.Add(sla.Hour), Terms{Labels: map[string]string{"site": "b"}})[0].Labels
	if !maps.Equal(before, after) {
		t.Errorf("the identity changed with the numbers: %v, then %v", before, after)
	}
}

func TestAnAlertOfAnIndicatorAloneNamesIt(t *testing.T) {
	c := sla.Condition{
		Alertname: sla.AlertMisconfigured, Severity: "warning", Indicator: "checkout-requests", Since: noon, Until: sla.Forever,
		Details: sla.Details{Text: "invalid parameter \"query\""},
	}
	a := Compose([]sla.Condition{c}, noon, Terms{ExternalURL: "http://slmd"})[0]
	if a.Labels["indicator"] != "checkout-requests" || a.Annotations["slmd_url"] != "http://slmd/indicators/checkout-requests" {
		t.Errorf("labels %v, annotations %v", a.Labels, a.Annotations)
	}
	if want := `Indicator checkout-requests. invalid parameter "query".`; a.Annotations["description"] != want {
		t.Errorf("description %q, want %q", a.Annotations["description"], want)
	}
}

func TestFault_B8_OverlongTextAndInvalidUTF8AreCleaned(t *testing.T) {
	c := breached("availability")
	c.Labels["team"] = "pay\xffments"
	c.Details.Text = strings.Repeat("ü", 10_000) + "\xc3"
	c.Labels["customer"] = strings.Repeat("€", 2_000)
	body, err := Encode(Compose([]sla.Condition{c}, noon, Terms{}))
	if err != nil || !utf8.Valid(body) {
		t.Fatalf("not UTF-8 (%v): %q", err, body)
	}
	var alerts []Alert
	if err := json.Unmarshal(body, &alerts); err != nil {
		t.Fatal(err)
	}
	a := alerts[0]
	if a.Labels["team"] != "pay\uFFFDments" {
		t.Errorf("team = %q", a.Labels["team"])
	}
	for what, text := range map[string]string{"description": a.Annotations["description"], "customer": a.Labels["customer"]} {
		if !utf8.ValidString(text) || !strings.HasSuffix(text, "…") || len(text) > maxAnnotation {
			t.Errorf("%s is not cut: %d bytes, ends in %q", what, len(text), text[len(text)-6:])
		}
	}
	if len(a.Labels["customer"]) > maxLabel {
		t.Errorf("the customer has %d bytes", len(a.Labels["customer"]))
	}
}

func TestEveryAlertHasAFixedSentence(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range []string{
		sla.AlertBurn, sla.AlertAtRisk, sla.AlertBreached, sla.AlertDataMissing,
		sla.AlertMisconfigured, sla.AlertExpiring, sla.AlertReviewOverdue, "Other",
	} {
		s := summary(name)
		if s == "" || seen[s] || strings.ContainsAny(s, "%0123456789") {
			t.Errorf("summary of %s: %q", name, s)
		}
		seen[s] = true
	}
}

func TestFiringCountsWhatHolds(t *testing.T) {
	ended := breached("latency")
	ended.Until = noon.Add(-sla.Minute)
	alerts := Compose([]sla.Condition{breached("availability"), breached("errors"), ended}, noon, Terms{})
	if got := Firing(alerts, noon); len(alerts) != 3 || got[sla.AlertBreached] != 2 {
		t.Errorf("%d alerts of which %v hold, want 3 and 2", len(alerts), got)
	}
}
