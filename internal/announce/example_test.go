package announce

import (
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// example is the configuration of Alertmanager that the docs give.
const example = "../../docs/examples/alertmanager/alertmanager.yml"

func TestTheExampleForAlertmanagerSendsEachAlertToWhomItConcerns(t *testing.T) {
	amtool := testkit.NeedBinary(t, "amtool", "prometheus-alertmanager")
	if out, err := exec.CommandContext(t.Context(), amtool, "check-config", example).CombinedOutput(); err != nil {
		t.Fatalf("amtool check-config: %v\n%s", err, out)
	}
	for _, c := range []struct{ receivers, labels string }{
		{"service-level-managers", "alertname=SLMObjectiveBreached severity=critical agreement_kind=SLA team=payments"},
		{"service-level-managers", "alertname=SLMErrorBudgetBurn severity=warning window=1d agreement_kind=SLA"},
		{"service-level-managers", "alertname=SLMAgreementExpiring severity=info agreement_kind=SLA"},
		{"on-call,service-level-managers", "alertname=SLMErrorBudgetBurn severity=critical window=1h agreement_kind=SLA"},
		{"on-call,team-payments", "alertname=SLMErrorBudgetBurn severity=critical window=6h agreement_kind=OLA team=payments"},
		{"team-payments", "alertname=SLMObjectiveAtRisk severity=warning agreement_kind=OLA team=payments"},
		{"teams", "alertname=SLMObjectiveBreached severity=warning agreement_kind=OLA team=search"},
		{"supplier-managers", "alertname=SLMObjectiveBreached severity=warning agreement_kind=UC team=payments"},
		{"slmd-operators", "alertname=SLMDaemonSourceDown severity=critical source=main"},
	} {
		arguments := append([]string{"config", "routes", "test", "--config.file=" + example, "--verify.receivers=" + c.receivers}, strings.Fields(c.labels)...)
		if out, err := exec.CommandContext(t.Context(), amtool, arguments...).CombinedOutput(); err != nil {
			t.Errorf("%s does not reach %s: %s", c.labels, c.receivers, out)
		}
	}
}

// posted gives a real Alertmanager with the example's configuration that was
// told of the conditions.
func posted(t *testing.T, conditions ...sla.Condition) *testkit.Alertmanager {
	t.Helper()
	config, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	am := testkit.StartAlertmanager(t, string(config))
	tell(t, am, conditions)
	return am
}

func tell(t *testing.T, am *testkit.Alertmanager, conditions []sla.Condition) {
	t.Helper()
	now := sla.At(time.Now())
	for i := range conditions {
		conditions[i].Since = now.Add(-sla.Hour)
	}
	sender := &Alertmanager{URL: am.URL(), Client: &http.Client{}}
	if err := sender.Send(t.Context(), Compose(conditions, now, Terms{})); err != nil {
		t.Fatal(err)
	}
}

// of gives a condition of that name.
func of(objective, alertname, severity, window string) sla.Condition {
	c := breached(objective)
	c.Alertname, c.Severity, c.Window = alertname, severity, window
	return c
}

// states gives what Alertmanager does with each alert that holds.
func states(t *testing.T, am *testkit.Alertmanager) []string {
	t.Helper()
	var out []string
	for _, a := range am.Alerts(t) {
		l := a.Labels
		out = append(out, strings.Join(strings.Fields(strings.Join([]string{l["objective"], l["alertname"], l["window"], a.Status.State}, " ")), " "))
	}
	slices.Sort(out)
	return out
}

// treats waits until Alertmanager treats the alerts so.
func treats(t *testing.T, am *testkit.Alertmanager, want ...string) {
	t.Helper()
	var got []string
	defer func() {
		if t.Failed() {
			t.Logf("Alertmanager shows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}()
	eventually(t, "Alertmanager shows what it should", func() bool {
		got = states(t, am)
		return slices.Equal(got, want)
	})
}

func TestTheExampleForAlertmanagerInhibitsWhatAnotherAlertSaysAlready(t *testing.T) {
	down := sla.Condition{Alertname: "SLMDaemonSourceDown", Severity: "critical", Until: sla.Forever, Labels: map[string]string{"source": "main"}}
	am := posted(
		t, down,
		of("missed", sla.AlertBreached, "critical", ""), of("missed", sla.AlertAtRisk, "warning", ""),
		of("missed", sla.AlertBurn, "critical", "1h"), of("missed", sla.AlertBurn, "warning", "1d"),
		of("burning", sla.AlertBurn, "critical", "1h"), of("burning", sla.AlertBurn, "critical", "6h"), of("burning", sla.AlertBurn, "warning", "3d"),
		of("burning", sla.AlertAtRisk, "warning", ""),
		of("smouldering", sla.AlertBurn, "critical", "6h"), of("smouldering", sla.AlertBurn, "warning", "1d"),
		of("slow", sla.AlertBurn, "warning", "1d"),
		of("dark", sla.AlertDataMissing, "warning", ""),
	)
	treats(
		t, am,
		"SLMDaemonSourceDown active",
		"burning SLMErrorBudgetBurn 1h active",
		"burning SLMErrorBudgetBurn 3d suppressed",
		"burning SLMErrorBudgetBurn 6h suppressed",
		"burning SLMObjectiveAtRisk active",
		"dark SLMDataMissing suppressed",
		"missed SLMErrorBudgetBurn 1d suppressed",
		"missed SLMErrorBudgetBurn 1h suppressed",
		"missed SLMObjectiveAtRisk suppressed",
		"missed SLMObjectiveBreached active",
		"slow SLMErrorBudgetBurn 1d active",
		"smouldering SLMErrorBudgetBurn 1d suppressed",
		"smouldering SLMErrorBudgetBurn 6h active",
	)
}

func TestASilenceHoldsWhileAnAlertIsResentAndNoLonger(t *testing.T) {
	conditions := []sla.Condition{breached("availability"), breached("latency")}
	am := posted(t, conditions...)
	treats(t, am, "availability SLMObjectiveBreached active", "latency SLMObjectiveBreached active")
	end := am.Silence(t, "objective", "latency")
	treats(t, am, "availability SLMObjectiveBreached active", "latency SLMObjectiveBreached suppressed")
	tell(t, am, conditions)
	treats(t, am, "availability SLMObjectiveBreached active", "latency SLMObjectiveBreached suppressed")
	end()
	treats(t, am, "availability SLMObjectiveBreached active", "latency SLMObjectiveBreached active")
}
