package testkit_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

func TestPrometheusAnswersFromLoadedHistoryAndAgainAfterARestart(t *testing.T) {
	prometheus := testkit.StartPrometheus(t, testkit.PrometheusOptions{OpenMetrics: strings.NewReader(
		"# TYPE probe_success gauge\nprobe_success{job=\"shop\"} 1 1700000000\nprobe_success{job=\"shop\"} 0 1700000060\n# EOF\n")})
	if got := rawSamples(t, prometheus.URL(), "probe_success[2m]", "1700000061"); got != 2 {
		t.Errorf("the loaded history has %d samples, want 2", got)
	}
	prometheus.Kill()
	if resp, err := http.Get(prometheus.URL()); err == nil {
		resp.Body.Close()
		t.Error("a killed Prometheus answers")
	}
	prometheus.Restart()
	if got := rawSamples(t, prometheus.URL(), "probe_success[2m]", "1700000061"); got != 2 {
		t.Errorf("after a restart the history has %d samples, want 2", got)
	}
}

// rawSamples gives how many samples the range selector has at the time.
func rawSamples(t *testing.T, server, selector, at string) int {
	t.Helper()
	resp, err := http.PostForm(server+"/api/v1/query", url.Values{"query": {selector}, "time": {at}})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct{ Result []struct{ Values []any } }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, series := range answer.Data.Result {
		n += len(series.Values)
	}
	return n
}

func TestAlertmanagerShowsWhatItWasTold(t *testing.T) {
	alertmanager := testkit.StartAlertmanager(t, "")
	ends := time.Now().Add(time.Minute)
	body, err := json.Marshal([]testkit.Alert{{Labels: map[string]string{"alertname": "Test"}, EndsAt: ends}})
	if err != nil {
		t.Fatal(err)
	}
	post(t, alertmanager.URL()+"/api/v2/alerts", string(body))
	testkit.Eventually(t, "the alert is shown", func() bool {
		alerts := alertmanager.Alerts(t)
		return len(alerts) == 1 && alerts[0].Labels["alertname"] == "Test"
	})
}

func TestSinkRecordsPostsAndAnswersAsTold(t *testing.T) {
	sink := testkit.NewSink(t)
	alert := `[{"labels":{"alertname":"Test"},"startsAt":"2026-11-01T00:00:00Z"}]`
	if code := post(t, sink.URL()+"/api/v2/alerts", alert); code != http.StatusOK {
		t.Errorf("the sink answers %d, want 200", code)
	}
	sink.Refuse(http.StatusServiceUnavailable, "away")
	if code := post(t, sink.URL()+"/api/v2/alerts", alert); code != http.StatusServiceUnavailable {
		t.Errorf("the sink answers %d, want 503", code)
	}
	if posts := sink.Wait(t, 2); string(posts[0].Body) != alert {
		t.Errorf("the sink recorded %s", posts[0].Body)
	}
	alerts := sink.Alerts()
	if len(alerts) != 2 || alerts[1].Labels["alertname"] != "Test" || alerts[1].StartsAt.Month() != time.November {
		t.Errorf("the sink has the alerts %v", alerts)
	}
}

func post(t *testing.T, address, body string) int {
	t.Helper()
	resp, err := http.Post(address, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func entry(minute, good int64) sla.Entry {
	from := sla.Instant(minute * int64(sla.Minute))
	return sla.Entry{Span: sla.Span{From: from, To: from.Add(sla.Minute)}, Good: sla.Whole(good)}
}

func TestLedgersThatHoldTheSameAreEqualInAnyOrder(t *testing.T) {
	a, b := entry(0, 1), entry(1, 2)
	later := b
	later.Definition = 7
	if diff := testkit.DiffLedgers([]sla.Entry{a, b}, []sla.Entry{later, a}); diff != "" {
		t.Error(diff)
	}
}

func TestDifferencesOfLedgersAreShownSpanBySpan(t *testing.T) {
	diff := testkit.DiffLedgers([]sla.Entry{entry(0, 1), entry(1, 2)}, []sla.Entry{entry(1, 3), entry(2, 4)})
	for _, want := range []string{
		"more:    [1970-01-01T00:00:00Z, 1970-01-01T00:01:00Z) good 1",
		"got:     [1970-01-01T00:01:00Z, 1970-01-01T00:02:00Z) good 2",
		"want:    [1970-01-01T00:01:00Z, 1970-01-01T00:02:00Z) good 3",
		"missing: [1970-01-01T00:02:00Z, 1970-01-01T00:03:00Z) good 4",
		"total got:  2 entries, good 3", "total want: 2 entries, good 7",
	} {
		if !strings.Contains(diff, want) {
			t.Errorf("the difference lacks %q:\n%s", want, diff)
		}
	}
}
