package testkit

import (
	"bytes"
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
		State       string   `json:"state"` // active, suppressed, unprocessed
		SilencedBy  []string `json:"silencedBy"`
		InhibitedBy []string `json:"inhibitedBy"`
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
	var alerts []Alert
	a.ask(t, http.MethodGet, "/api/v2/alerts", nil, &alerts)
	return alerts
}

// Group is what one message of a receiver tells of.
type Group struct {
	Labels   map[string]string `json:"labels"`
	Receiver struct {
		Name string `json:"name"`
	} `json:"receiver"`
	Alerts []Alert `json:"alerts"`
}

// Groups gives the alerts that hold as they are told to the receivers.
func (a *Alertmanager) Groups(t testing.TB) []Group {
	t.Helper()
	var groups []Group
	a.ask(t, http.MethodGet, "/api/v2/alerts/groups", nil, &groups)
	return groups
}

// Silence silences the alerts with that label for an hour; end ends the silence.
func (a *Alertmanager) Silence(t testing.TB, label, value string) (end func()) {
	t.Helper()
	now := time.Now()
	var made struct {
		ID string `json:"silenceID"`
	}
	a.ask(t, http.MethodPost, "/api/v2/silences", map[string]any{
		"matchers": []map[string]any{{"name": label, "value": value, "isRegex": false, "isEqual": true}},
		"startsAt": now, "endsAt": now.Add(time.Hour), "createdBy": "a test", "comment": "being worked on",
	}, &made)
	return func() { a.ask(t, http.MethodDelete, "/api/v2/silence/"+made.ID, nil, nil) }
}

// ask makes a request of the API and reads the answer; both bodies may be nil.
func (a *Alertmanager) ask(t testing.TB, method, path string, body, answer any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, a.URL()+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("asking Alertmanager: %v", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("asking Alertmanager: %s %s: %s", method, path, resp.Status)
	}
	if answer == nil {
		return
	}
	if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
		t.Fatalf("asking Alertmanager: %s %s: %v", method, path, err)
	}
}
