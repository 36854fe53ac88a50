package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/cmd/slmd-demo/company"
	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// noon is so late that to the Alertmanager, which has the real time, nothing
// that is told has ended.
var noon = time.Date(2099, 11, 3, 12, 0, 0, 0, time.UTC)

// watched opens slmd on a company of which the last four days are measured.
func watched(t *testing.T, alertmanager string) *stage {
	t.Helper()
	s := &stage{dir: t.TempDir()}
	t.Cleanup(s.end)
	s.set(noon)
	var err error
	if s.company, err = company.New(1, noon); err != nil {
		t.Fatal(err)
	}
	samples := promtest.NewStore()
	if err := s.company.Generate(samples); err != nil {
		t.Fatal(err)
	}
	if s.prom, err = promtest.New(samples, promtest.Options{Now: s.now}); err != nil {
		t.Fatal(err)
	}
	s.close = append(s.close, func() { _ = s.prom.Close() })
	if err := s.configure(play{flags: flags{alertmanager: []string{alertmanager}}}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.dir, "slmd.yml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	few := strings.Replace(string(text), "reports: {", "measuring: {backfill_limit: 4d}\nreports: {", 1)
	if err := os.WriteFile(file, []byte(few), 0o600); err != nil {
		t.Fatal(err)
	}
	s.app, err = app.New(t.Context(), app.Options{
		ConfigFile: file, StoragePath: filepath.Join(s.dir, "data"), ExternalURL: publicURL, Now: s.now, Simulated: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.close = append(s.close, func() { _ = s.app.Stop(t.Context()) })
	if err := s.app.Round(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// isPage tells the page of the storefront's availability.
func isPage(a testkit.Alert) bool {
	l := a.Labels
	return l["alertname"] == sla.AlertBurn && l["severity"] == "critical" && l["agreement"] == "storefront-sla" && l["objective"] == "availability"
}

// paged reports whether the Alertmanager shows the page of the storefront's availability.
func paged(t *testing.T, manager *testkit.Alertmanager) bool {
	t.Helper()
	return slices.ContainsFunc(manager.Alerts(t), isPage)
}

func TestTheCompanyOfFourDays(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it makes up and measures days of history")
	}
	manager := testkit.StartAlertmanager(t, "")
	s := watched(t, manager.URL())
	s.app.Start()
	testkit.Eventually(t, "the Alertmanager hears of what held before", func() bool { return len(manager.Alerts(t)) > 0 })
	t.Run("a total outage pages within 150 seconds", func(t *testing.T) { pagesInTime(t, s, manager) })
	t.Run("the metrics and their labels are those of the docs", func(t *testing.T) { metricsAsDocumented(t, s) })
	t.Run("what the dashboards and rules ask for is there", func(t *testing.T) { shippedQueriesFindTheirs(t, s) })
}

func pagesInTime(t *testing.T, s *stage, manager *testkit.Alertmanager) {
	if paged(t, manager) {
		t.Fatal("there is a page before the outage")
	}
	// Of the minute in which the outage begins most is lost, but not enough for a page.
	began := noon.Add(time.Minute + 15*time.Second)
	s.company.Break(sla.Span{From: sla.At(began), To: sla.At(began.Add(time.Hour))})
	for at := noon.Add(90 * time.Second); at.Sub(began) <= 150*time.Second; at = at.Add(time.Minute) {
		// The schedule begins a round half a minute after the minute: the lag of the source.
		s.set(at)
		if err := s.company.Advance(at); err != nil {
			t.Fatal(err)
		}
		if err := s.app.Round(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		text, err := s.app.Alerts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var sent []testkit.Alert
		if err := json.Unmarshal(text, &sent); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(sent, isPage) {
			continue
		}
		testkit.Eventually(t, "the page reaches the Alertmanager", func() bool { return paged(t, manager) })
		t.Logf("the page is there %s after the outage began", at.Sub(began))
		return
	}
	t.Error("150 s after the outage began nobody was paged")
}
