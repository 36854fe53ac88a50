package testkit

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Alert is an alert as Alertmanager's API v2 takes and gives it.
type Alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
	// Status is set in what Alertmanager gives.
	Status struct {
		State string `json:"state"` // active, suppressed, unprocessed
	} `json:"status,omitzero"`
}

// Alertmanager is a real Alertmanager that runs until the test ends.
type Alertmanager struct{ *process }

// silent is a configuration that takes alerts and tells nobody.
const silent = `
route: {receiver: nobody, group_wait: 1s, group_interval: 1s}
receivers: [{name: nobody}]
`

// StartAlertmanager starts the prometheus-alertmanager that is installed on
// this machine, without a cluster, and waits until it is ready. An empty
// configuration is one that takes alerts and tells nobody.
func StartAlertmanager(t testing.TB, config string) *Alertmanager {
	t.Helper()
	binary := NeedBinary(t, "prometheus-alertmanager", "prometheus-alertmanager")
	if config == "" {
		config = silent
	}
	path, storage := writeFile(t, "alertmanager.yml", strings.NewReader(config)), t.TempDir()
	return &Alertmanager{startProcess(t, binary, func(address string) []string {
		return []string{
			"--config.file=" + path, "--storage.path=" + storage, "--web.listen-address=" + address,
			"--cluster.listen-address=", "--log.level=warn",
		}
	})}
}

// Alerts gives the alerts that hold, as Alertmanager shows them; resolved ones
// are not among them.
func (a *Alertmanager) Alerts(t testing.TB) []Alert {
	t.Helper()
	resp, err := http.Get(a.URL() + "/api/v2/alerts")
	if err != nil {
		t.Fatalf("asking Alertmanager for its alerts: %v", err)
	}
	defer resp.Body.Close()
	var alerts []Alert
	if err := json.NewDecoder(resp.Body).Decode(&alerts); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("asking Alertmanager for its alerts: %s, %v", resp.Status, err)
	}
	return alerts
}
