package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

const corner = `version: 1
time_zone: UTC
parties: [{name: retail, role: customer}, {name: platform, role: internal}]
services: [{name: shop, status: live, owner: platform, labels: {team: till}}]
indicators:
  - {name: requests, service: shop, ratio: {total: 'requests_total{job="shop"}', bad: 'requests_total{job="shop",code="500"}'}}
  - {name: probe, service: shop, time: {metric: 'probe_success{job="probe"}'}}
agreements:
  - name: shop-sla
    kind: SLA
    service: shop
    provider: platform
    customer: retail
    valid: {from: 2026-03-01}
    period: month
    objectives:
      - {name: success, indicator: requests, target: 99%}
      - {name: there, indicator: probe, target: 99.9%}
`

var march = at("2026-03-01T00:00:00Z")

// cornerShop gives the samples of a small shop from a quarter of an hour before
// a time until its end; is says what happens in the minute of a scrape.
func cornerShop(t testing.TB, span sla.Span, is func(sla.Instant) (ok, failed, probe int64)) *promtest.Store {
	t.Helper()
	st := promtest.NewStore()
	var ok, failed int64
	for at := span.From.Add(10*sla.Second - 15*sla.Minute); at < span.To; at = at.Add(sla.Minute) {
		more, worse, probe := is(at)
		ok, failed = ok+more, failed+worse
		add(t, st, `up{job="shop",instance="a"}`, at, 1)
		add(t, st, `requests_total{job="shop",instance="a",code="200"}`, at, float64(ok))
		add(t, st, `requests_total{job="shop",instance="a",code="500"}`, at, float64(failed))
		add(t, st, `probe_success{job="probe",instance="b"}`, at, float64(probe))
	}
	return st
}

// busy is a shop with a failure now and then.
func busy(at sla.Instant) (ok, failed, probe int64) {
	minute := int64(at / sla.Instant(sla.Minute))
	if minute%7 == 0 {
		failed = 1
	}
	return 10 + minute%5, failed, min(1, minute%50)
}

func TestFault_A1_ASourceThatWasDownForHalfAnHourIsCaughtUpWithExactly(t *testing.T) {
	begin, end := march.Add(sla.Day), march.Add(sla.Day+4*sla.Hour)
	samples := cornerShop(t, sla.Span{From: march, To: end}, busy)
	terms := set{catalogue: corner, now: begin}
	still := newStage(t, terms)
	troubled := newStage(t, terms)
	stages := []*stage{still, troubled}
	var servers []*promtest.Server
	for _, s := range stages {
		srv := serve(t, samples, &s.clock)
		servers = append(servers, srv)
		terms.source = srv.URL()
		s.configure(terms)
		s.open()
		s.rounds(begin.Add(sla.Hour), 10*sla.Minute)
	}
	servers[1].Break(promtest.Down())
	before := troubled.entries()
	troubled.rounds(begin.Add(90*sla.Minute), sla.Minute)
	for name, entries := range troubled.entries() {
		if len(entries) != len(before[name]) {
			t.Errorf("%s has %d entries of the time in which nobody answered", name, len(entries)-len(before[name]))
		}
	}
	page := metrics(t, troubled)
	if !strings.Contains(page, `slmd_source_up{source="main"} 0`) || !strings.Contains(page, "slmd_intervals_pending 6") {
		t.Errorf("the metrics page does not say that the source is down and what is owed:\n%s", grep(page, "slmd_source_up", "slmd_intervals_pending"))
	}
	if n := strings.Count(troubled.log.String(), "cannot be measured"); n != 1 {
		t.Errorf("the log says %d times that indicators cannot be measured, want once", n)
	}
	servers[1].Break(nil)
	for _, s := range stages {
		s.rounds(begin.Add(3*sla.Hour), 10*sla.Minute)
	}
	want := still.entries()
	for name, entries := range troubled.entries() {
		testkit.EqualLedgers(t, entries, want[name])
	}
	if !strings.Contains(metrics(t, troubled), `slmd_source_up{source="main"} 1`) {
		t.Error("the metrics page does not say that the source is back")
	}
}

// planted is a password that must not be found anywhere.
const planted = "hunter2-planted"

func TestFault_A7_WrongCredentialsMakeASourceUnusableUntilTheyAreMended(t *testing.T) {
	begin := march.Add(sla.Day)
	s := newStage(t, set{catalogue: corner, now: begin})
	srv := serve(t, cornerShop(t, sla.Span{From: march, To: begin.Add(3 * sla.Hour)}, busy), &s.clock)
	srv.Break(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if _, password, _ := r.BasicAuth(); password != "right" {
			http.Error(w, "Wrong user or password: who are you?", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
	s.write("password", planted)
	s.configure(set{catalogue: corner, source: fmt.Sprintf(
		"{name: main, url: %q, basic_auth: {username: slmd, password_file: password}, headers: {X-Token: %s}}", srv.URL(), planted)})
	s.open()
	s.app.Start()
	err := s.app.Round(context.Background(), nil)
	s.rounds(begin.Add(20*sla.Minute), sla.Minute)
	if n := len(s.entries()["probe"]); n != 0 {
		t.Errorf("%d entries were made of answers that let nobody in", n)
	}
	sources, page := get(t, s.app.URL()+"/api/v1/status/sources"), metrics(t, s)
	if !strings.Contains(sources, `"reachable":false`) || !strings.Contains(sources, "401 Unauthorized with: Wrong user or password") {
		t.Errorf("the sources do not show the answer's words: %s", sources)
	}
	if !strings.Contains(page, `slmd_source_up{source="main"} 0`) {
		t.Error("the metrics page does not say that the source is unusable")
	}
	shown := sources + page + s.log.String() + get(t, s.app.URL()+"/api/v1/status/config") + fmt.Sprint(err)
	if strings.Contains(shown, planted) {
		t.Error("the secret stands in what is shown")
	}
	if n := strings.Count(s.log.String(), "who are you"); n != 1 {
		t.Errorf("the log has the answer's words %d times, want once", n)
	}
	s.write("password", "right")
	s.rounds(begin.Add(25*sla.Minute), sla.Minute)
	if n := len(s.entries()["requests"]); n != 24*60+24 {
		t.Errorf("a mended password leads to %d entries, want those of a day and 24 minutes", n)
	}
	if sources := get(t, s.app.URL()+"/api/v1/status/sources"); !strings.Contains(sources, `"reachable":true`) {
		t.Errorf("the source is not shown as usable again: %s", sources)
	}
}

func metrics(t testing.TB, s *stage) string {
	t.Helper()
	var b strings.Builder
	if err := s.app.WriteMetrics(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// grep gives the lines that begin with any of the words.
func grep(text string, words ...string) string {
	var out []string
	for line := range strings.Lines(text) {
		for _, w := range words {
			if strings.HasPrefix(line, w) {
				out = append(out, line)
			}
		}
	}
	return strings.Join(out, "")
}

func get(t testing.TB, url string) string {
	t.Helper()
	client := http.Client{Timeout: 20 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestASourceThatHasNothingButQueriesIsWell(t *testing.T) {
	begin := march.Add(sla.Day)
	s := newStage(t, set{catalogue: corner, now: begin})
	srv := serve(t, cornerShop(t, sla.Span{From: march, To: begin.Add(sla.Hour)}, busy), &s.clock)
	srv.Break(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.URL.Path != "/api/v1/query" {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
	s.configure(set{catalogue: corner, source: srv.URL()})
	s.open()
	s.clock.add(sla.Minute) // before that a daemon does not try what a source can do
	s.app.Start()
	testkit.Eventually(t, "it is tried what the source can do", func() bool {
		return strings.Contains(metrics(t, s), `slmd_source_requests_total{source="main",kind="check",result="unusable"}`)
	})
	if sources := get(t, s.app.URL()+"/api/v1/status/sources"); !strings.Contains(sources, `"reachable":true,"capabilities"`) {
		t.Errorf("it is shown as %s", sources)
	}
	if !strings.Contains(metrics(t, s), `slmd_source_up{source="main"} 1`) {
		t.Error("the metrics page says that it is down")
	}
}
