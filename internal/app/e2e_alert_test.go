package app_test

import (
	"fmt"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
	"github.com/slmd/slmd/internal/web"
)

// troubles is a shop whose door is shut for an hour, and which fails half of
// the requests in the last half of it.
func troubles(shut sla.Instant) func(sla.Instant) (ok, failed, probe int64) {
	return func(at sla.Instant) (ok, failed, probe int64) {
		since := at.Sub(shut)
		probe, ok = 1, 20
		if since >= 0 && since < sla.Hour {
			probe = 0
		}
		if since >= 30*sla.Minute && since < sla.Hour {
			ok, failed = 10, 10
		}
		return ok, failed, probe
	}
}

// realTime gives the real time: Alertmanager tells by its own clock what has ended. The
// zone is one in which no year begins today.
func realTime() (now sla.Instant, zone string) {
	t := time.Now().UTC().Truncate(time.Minute)
	if t.YearDay() == 1 {
		return sla.At(t), "Pacific/Kiritimati"
	}
	return sla.At(t), "UTC"
}

func TestFault_B5_ARestartNeitherRepeatsNorForgetsWhatAlertmanagerWasTold(t *testing.T) {
	manager := testkit.StartAlertmanager(t, "")
	now, zone := realTime()
	shut := now.Add(-75 * sla.Minute)
	s := newStage(t, set{catalogue: corner, now: shut})
	srv := serve(t, cornerShop(t, sla.Span{From: shut.Add(-sla.Day), To: now.Add(sla.Hour)}, troubles(shut)), &s.clock)
	s.configure(set{
		catalogue: strings.NewReplacer(
			"valid: {from: 2026-03-01}", fmt.Sprintf("valid: {from: %s, until: %s}", shut.Add(-sla.Day), now.Add(2*sla.Day)),
			"time_zone: UTC", "time_zone: "+zone, "period: month", "period: year",
		).Replace(corner),
		source: srv.URL(),
		// What is told holds for four intervals: for the time that the test skips.
		config: fmt.Sprintf("measuring: {interval: 10m}\nalerting: {labels: {environment: test}, alertmanagers: [{url: %q}]}\n", manager.URL()),
	})
	s.open()
	s.app.Start()
	s.rounds(shut.Add(55*sla.Minute), 5*sla.Minute)

	first := told(t, manager, "SLMObjectiveBreached there", "SLMErrorBudgetBurn 1h success", "SLMErrorBudgetBurn 1h there")
	want := map[string]string{
		"alertname": "SLMObjectiveBreached", "severity": "critical", "service": "shop", "agreement": "shop-sla", "agreement_kind": "SLA",
		"objective": "there", "customer": "retail", "team": "till", "environment": "test",
	}
	if got := first["SLMObjectiveBreached there"].Labels; !maps.Equal(got, want) {
		t.Errorf("the breach has the labels %v, want %v", got, want)
	}
	opened := s.breachOf("there").OpenedAt
	if got := sla.At(first["SLMObjectiveBreached there"].StartsAt); got != opened {
		t.Errorf("the breach is told since %s, in the ledger it began at %s", got, opened)
	}
	want["alertname"], want["objective"], want["window"] = "SLMErrorBudgetBurn", "success", "1h"
	if got := first["SLMErrorBudgetBurn 1h success"].Labels; !maps.Equal(got, want) {
		t.Errorf("the burn alert has the labels %v, want %v", got, want)
	}

	s.restart()
	s.app.Start()
	s.rounds(shut.Add(57*sla.Minute), sla.Minute)
	for key, again := range told(t, manager, "SLMObjectiveBreached there", "SLMErrorBudgetBurn 1h success", "SLMErrorBudgetBurn 1h there") {
		if before, ok := first[key]; ok && (!again.StartsAt.Equal(before.StartsAt) || !maps.Equal(again.Labels, before.Labels)) {
			t.Errorf("%s is told since %s with %v after a restart, before since %s with %v", key, again.StartsAt, again.Labels, before.StartsAt, before.Labels)
		}
	}
	s.rounds(now.Add(-sla.Minute), sla.Minute)
	s.sameFigure("there")
	testkit.Eventually(t, "the burn alert over an hour is resolved, and the breach is not", func() bool {
		shown := byKey(manager.Alerts(t))
		_, burning := shown["SLMErrorBudgetBurn 1h success"]
		_, breached := shown["SLMObjectiveBreached there"]
		return !burning && breached
	})
}

// told waits until Alertmanager shows all of the alerts, and gives what it shows.
func told(t *testing.T, manager *testkit.Alertmanager, keys ...string) map[string]testkit.Alert {
	t.Helper()
	var now map[string]testkit.Alert
	testkit.Eventually(t, "Alertmanager shows "+strings.Join(keys, ", "), func() bool {
		now = byKey(manager.Alerts(t))
		for _, key := range keys {
			if _, ok := now[key]; !ok {
				return false
			}
		}
		return true
	})
	return now
}

func byKey(alerts []testkit.Alert) map[string]testkit.Alert {
	out := map[string]testkit.Alert{}
	for _, a := range alerts {
		out[strings.Join(strings.Fields(a.Labels["alertname"]+" "+a.Labels["window"]+" "+a.Labels["objective"]), " ")] = a
	}
	return out
}

func (s *stage) breachOf(objective string) sla.Breach {
	s.t.Helper()
	for _, b := range s.breaches() {
		if b.Objective == objective {
			return b
		}
	}
	s.t.Fatalf("there is no breach of %s", objective)
	return sla.Breach{}
}

// sameFigure compares the compliance of an objective wherever it is shown.
func (s *stage) sameFigure(objective string) {
	t := s.t
	t.Helper()
	verdict := standing(t, s.app.Standings(), objective).Current
	exact := verdict.Compliance.Ratio()
	float, _ := exact.Float64()
	shown := verdict.ComplianceShown()
	if exact.Cmp(big.NewRat(1, 1)) >= 0 || exact.Sign() <= 0 {
		t.Fatalf("the compliance of %s is %s: nothing to compare", objective, exact)
	}
	byTool, err := cycle.Standings(s.book(), s.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	if got := standing(t, byTool, objective).Current.Compliance.Ratio(); got.Cmp(exact) != 0 {
		t.Errorf("slmtool judges %s, the daemon %s", got, exact)
	}
	status, err := web.StatusDocument(s.app.Standings())
	if err != nil {
		t.Fatal(err)
	}
	review := get(t, s.app.URL()+"/api/v1/reports/shop-sla/"+verdict.Period.Name+".json")
	alerts, err := s.app.Alerts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for place, c := range map[string]struct{ text, want string }{
		"metric":                   {metrics(t, s), fmt.Sprintf(`slmd_objective_compliance_ratio{agreement="shop-sla",kind="SLA",objective=%q,service="shop",window="current"} %v`, objective, float)},
		"status":                   {string(status), fmt.Sprintf(`"compliance": %v,`, float)},
		"status, as people see it": {string(status), fmt.Sprintf(`"compliance_percent": %q`, shown)},
		"alert":                    {string(alerts), "compliance " + shown + "%"},
		"review":                   {review, fmt.Sprintf("%q", shown)},
		"page":                     {get(t, s.app.URL()+"/objectives/shop-sla/"+objective), ">" + shown + "%</b>"},
		"overview":                 {get(t, s.app.URL()+"/?open=all"), "</span>" + shown + "%"},
	} {
		if !strings.Contains(c.text, c.want) {
			t.Errorf("the %s does not say %s:\n%s", place, c.want, tail(c.text))
		}
	}
}
