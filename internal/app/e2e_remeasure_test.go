package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// remeasured is the answer to a request to measure anew.
type remeasured struct {
	code  int
	Data  cycle.Revised
	Error string
}

// remeasure asks the running daemon to measure an indicator anew.
func (s *stage) remeasure(ctx context.Context, as, indicator, body string) (remeasured, error) {
	s.t.Helper()
	address := s.app.URL() + "/api/v1/indicators/" + indicator + "/remeasure?as=" + as
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	client := http.Client{Timeout: 20 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return remeasured{}, err
	}
	defer resp.Body.Close()
	out := remeasured{code: resp.StatusCode}
	return out, json.NewDecoder(resp.Body).Decode(&out)
}

// audited gives the rows of the audit log that tell of measuring anew.
func (s *stage) audited() []store.AuditRow {
	s.t.Helper()
	rows, err := s.read().Audit(context.Background(), 0, 10_000)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []store.AuditRow
	for _, r := range rows {
		if r.Action.Action == "remeasure" {
			out = append(out, r)
		}
	}
	return out
}

func (r *reported) body(reason string) string {
	return fmt.Sprintf(`{"from": %q, "to": %q, "reason": %q}`, r.hole.From, r.hole.To.Add(5*sla.Minute), reason)
}

func TestARunningDaemonMeasuresAnewAndJudgesASettledMonthAgain(t *testing.T) {
	r := newReported(t)
	r.app.Start()
	for _, indicator := range []string{"probe", "requests"} {
		got, err := r.remeasure(t.Context(), "ada", indicator, r.body("the network was mended"))
		if err != nil || got.code != http.StatusOK || got.Data.Changed < 20 || got.Data.Changed > 22 || got.Data.Kept != 0 || got.Data.Compared < 25 {
			t.Errorf("%s: %+v, %v, want the hole's intervals revised", indicator, got, err)
		}
	}
	r.reopened(t)
	whole := newStage(t, set{now: r.clock.now()})
	whole.configure(set{catalogue: strings.Replace(corner, "from: 2026-03-01", "from: 2026-03-30", 1), source: serve(t, r.whole, &r.clock).URL()})
	whole.open()
	whole.round()
	want := whole.entries()
	for name, entries := range r.entries() {
		testkit.EqualLedgers(t, entries, want[name])
	}
	rows := r.audited()
	text := fmt.Sprintf("measured again from %s to %s: the network was mended", r.hole.From, r.hole.To.Add(5*sla.Minute))
	if len(rows) != 2 || rows[0].Object != "indicator/probe" || rows[0].Actor.Name != "ada" || rows[0].Text != text {
		t.Errorf("the audit log says %+v", rows)
	}
	if n := grep(metrics(t, r.stage), "slmd_revisions_total"); n != revisions(0, 0, 42) {
		t.Errorf("the metrics say of revisions:\n%s", n)
	}
	r.clock.add(sla.Minute)
	r.round() // measuring goes on where it was
}

func TestWhatCannotBeMeasuredAnewIsRefusedAndLeavesNoTrace(t *testing.T) {
	s := newStage(t, set{now: march.Add(sla.Hour), source: "http://127.0.0.1:1"})
	s.configure(set{
		catalogue: strings.Replace(corner, "agreements:", "  - {name: score, service: shop, entries: {as: mean, unit: points}}\nagreements:", 1),
		source:    "http://127.0.0.1:1",
	})
	s.o.Lifecycle = true
	s.open()
	s.app.Start()
	hour := `"from": "2026-03-01T00:00:00Z", "to": "2026-03-01T01:00:00Z"`
	for _, c := range []struct{ indicator, body, want string }{
		{"none", `{` + hour + `, "reason": "why"}`, `there is no indicator "none"`},
		{"score", `{` + hour + `, "reason": "why"}`, "indicator score is not measured: its facts are written down"},
		{"probe", `{` + hour + `, "reason": " "}`, "wants a reason"},
		{"probe", `{` + hour + `, "reason": "` + strings.Repeat("x", 1001) + `"}`, "the reason has 1001 bytes: write at most 1000"},
		{"probe", `{"from": "2026-03-01T00:00:00Z", "to": "2026-03-08T00:00:01Z", "reason": "why"}`, "168h0m1s are too much for one request: ask for at most 168h0m0s"},
		{"probe", `{"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z", "reason": "why"}`, "before it begins"},
		{"probe", `{"from": "yesterday", "to": "2026-03-01T00:00:00Z", "reason": "why"}`, `from="yesterday" is not a time`},
		{"probe", `{` + hour + `, "reason": "why", "prune": true}`, `unknown field "prune"`},
		{"probe", `from=2026-03-01`, "not a JSON object of from, to and reason"},
	} {
		got, err := s.remeasure(t.Context(), "ada", c.indicator, c.body)
		if err != nil || got.code != http.StatusBadRequest || !strings.Contains(got.Error, c.want) {
			t.Errorf("%s %s: %+v, %v, want %q", c.indicator, c.body, got, err, c.want)
		}
	}
	got, err := s.remeasure(t.Context(), "", "probe", `{`+hour+`, "reason": "why"}`)
	if err != nil || got.code != http.StatusBadRequest || !strings.Contains(got.Error, "as= says who acts") {
		t.Errorf("by nobody: %+v, %v", got, err)
	}
	if rows := s.audited(); len(rows) != 0 {
		t.Errorf("the audit log says %+v", rows)
	}
	s.stop()
	s.o.Lifecycle = false
	s.open()
	s.app.Start()
	got, err = s.remeasure(t.Context(), "ada", "probe", `{`+hour+`, "reason": "why"}`)
	if err != nil || got.code != http.StatusForbidden || !strings.Contains(got.Error, "--web.enable-lifecycle") {
		t.Errorf("without lifecycle: %+v, %v", got, err)
	}
}

func TestAClientThatGivesUpMeasuringAnewChangesNothingAndRoundsGoOn(t *testing.T) {
	r := newReported(t)
	r.app.Start()
	before := r.entries()
	asked := make(chan struct{}, 100)
	r.server.Break(func(_ http.ResponseWriter, req *http.Request, _ http.Handler) {
		asked <- struct{}{}
		<-req.Context().Done()
	})
	ctx, giveUp := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := r.remeasure(ctx, "ada", "probe", r.body("impatience"))
		done <- err
	}()
	select {
	case <-asked:
	case err := <-done:
		t.Fatalf("answered before the source was: %v", err)
	}
	giveUp()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the client that gave up got %v", err)
	}
	swap(t, r.server, r.whole, &r.clock)
	r.round() // after the daemon has noticed: they take turns
	for name, entries := range r.entries() {
		testkit.EqualLedgers(t, entries, before[name])
	}
	r.clock.add(sla.Minute)
	r.round()
	if len(r.entries()["probe"]) != len(before["probe"])+1 {
		t.Error("no round went on")
	}
}
