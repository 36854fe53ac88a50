package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// theatre is where crashes are staged: real programs, a source of samples, and
// a clock that nobody touches. The history that is caught up with begins 34 days
// ago; something else is being sold now.
type theatre struct {
	t                 *testing.T
	released, failing binaries // without failpoints and with them
	server            *promtest.Server
	source            string
	catalogue         string
	now, from         sla.Instant
	days              int
	random            *rand.Rand // of a part of the test
	seed              int
}

// binaries are the daemon of one build, and the tool.
type binaries struct{ daemon, tool string }

// shortDays is how much history the short form catches up with; the long one
// takes all there is.
const shortDays = 6

const crashCatalogue = `version: 1
time_zone: UTC
parties: [{name: retail, role: customer}, {name: platform, role: internal}]
services: [{name: shop, title: Shop, status: live, owner: platform}, {name: till, title: Till, status: live, owner: platform}]
indicators:
  - {name: requests, service: shop, interval: 5m, ratio: {total: 'http_requests_total{job="shop"}', bad: 'http_requests_total{job="shop",code=~"5.."}'}}
  - {name: speed, service: shop, interval: 10m, latency: {histogram: 'http_seconds{job="shop"}', within: 300ms}}
  - {name: probe, service: shop, interval: 10m, time: {metric: 'probe_success{job="probe"}'}}
  - {name: sales, service: till, interval: 5m, ratio: {total: 'sales_total{job="till"}', bad: 'sales_total{job="till",result="failed"}'}}
  - {name: calls, service: till, entries: {as: events}}
agreements:
  - name: shop-sla
    kind: SLA
    service: shop
    provider: platform
    customer: retail
    valid: {from: %s, until: %s}
    period: day
    objectives:
      - {name: success, indicator: requests, target: 99.9%%}
      - {name: fast, indicator: speed, target: 40%%}
      - {name: there, indicator: probe, target: 99.5%%}
  - name: till-sla
    kind: SLA
    service: till
    provider: platform
    customer: retail
    valid: {from: %s, until: %s}
    period: year
    objectives:
      - {name: sold, indicator: sales, target: 99%%}
      - {name: answered, indicator: calls, target: 50%%}
`

func newTheatre(t *testing.T) *theatre {
	t.Helper()
	th := &theatre{t: t, days: testkit.Number(t, daysVariable, shortDays), now: sla.At(time.Now())}
	tool := build(t, "slmtool", "-tags=failpoint")
	th.released, th.failing = binaries{build(t, "slmd"), tool}, binaries{build(t, "slmd", "-tags=failpoint"), tool}
	th.from = sla.At(th.now.Time().UTC().Truncate(24 * time.Hour)).Add(-34 * sla.Day)
	sold := th.now.Add(-2 * sla.Day)
	th.catalogue = fmt.Sprintf(crashCatalogue, th.from, th.from.Add(sla.Millis(th.days)*sla.Day), sold, th.now.Add(10*sla.Day))
	samples := shop(th.from).store(t)
	for i := range 4 * 24 * 60 { // two days, and two more that are still to come
		at := sold.Add(sla.Millis(i-10) * sla.Minute)
		add(t, samples, `sales_total{instance="one",job="till",result="ok"}`, at, float64(7*i))
		add(t, samples, `sales_total{instance="one",job="till",result="failed"}`, at, float64(3*i))
		add(t, samples, `up{instance="one",job="till"}`, at, 1)
	}
	srv, err := promtest.New(samples, promtest.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	th.server, th.source = srv, srv.URL()
	return th
}

// on gives the same theatre for a part of the test, which may be played beside others.
func (th *theatre) on(t *testing.T) *theatre {
	other := *th
	other.t = t
	other.random, other.seed = seeded(t)
	return &other
}

// calm gives what comes of a life that nobody disturbs, and the failpoints that
// each act is the first to pass, with how often it does.
func (th *theatre) calm() (end outcome, passed []map[string]int) {
	th.t.Helper()
	l := th.newLife(th.failing)
	seen := map[string]bool{}
	for !l.over() {
		l.words = nil
		if l.act(blow{point: "?"}) {
			th.t.Fatal("a program that nobody killed was killed")
		}
		l.sound("nothing")
		act := l.passed()
		maps.DeleteFunc(act, func(name string, _ int) bool { return seen[name] })
		for name := range act {
			seen[name] = true
		}
		passed = append(passed, act)
	}
	if len(l.end.reviews) != th.days || len(l.end.breaches) == 0 || len(l.end.entries["requests"]) != th.days*288 || len(l.sink.Alerts()) == 0 {
		th.t.Fatalf("the undisturbed life has %d reviews, %d breaches, %d facts of requests, %d alerts",
			len(l.end.reviews), len(l.end.breaches), len(l.end.entries["requests"]), len(l.sink.Alerts()))
	}
	return l.end, passed
}

// upgrade opens the old database for writing, which brings it up to date; its
// catalogue is none that files can be applied to.
func upgrade(t testing.TB, dir, tool string, b blow) *process {
	t.Helper()
	args := []string{"apply", "--storage.path=old", "--as=kim", "old.yml"}
	return run(t, program{dir: dir, binary: tool, args: args, code: 1, point: b.point, within: b.after})
}

// oldDatabase puts one of an older schema into the directory.
func oldDatabase(t testing.TB, dir string) {
	t.Helper()
	text, err := os.ReadFile("../store/testdata/schema1.db")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "old"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"old/slmd.db": string(text), "old.yml": "version: 1\nparties: [{name: newcomer, role: customer}]\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// outcome is what must be the same however often the daemon was killed.
type outcome struct {
	entries  map[string][]sla.Entry
	verdicts []string
	reviews  map[string]*report.Review
	breaches []string
}

func (th *theatre) outcome(dir string) outcome {
	th.t.Helper()
	st, err := store.OpenReadOnly(context.Background(), filepath.Join(dir, "data", "slmd.db"), store.Options{})
	if err != nil {
		th.t.Fatal(err)
	}
	defer st.Close()
	out := outcome{entries: ledgerOf(th.t, st), reviews: map[string]*report.Review{}}
	out.entries["sales"] = slices.DeleteFunc(out.entries["sales"], func(e sla.Entry) bool { return e.To > th.now })
	verdicts, err := st.Verdicts(context.Background(), "shop-sla", ever)
	if err != nil {
		th.t.Fatal(err)
	}
	for i := range verdicts {
		doc, err := json.Marshal(verdicts[i])
		if err != nil {
			th.t.Fatal(err)
		}
		out.verdicts = append(out.verdicts, string(doc))
	}
	breaches, err := st.Breaches(context.Background(), ever)
	if err != nil {
		th.t.Fatal(err)
	}
	for i := range breaches {
		// One that opens and is averted while catching up is noted or not, as the rounds are cut.
		if b := &breaches[i]; b.Agreement == "shop-sla" && b.State == sla.BreachConfirmed {
			out.breaches = append(out.breaches, fmt.Sprint(b.Agreement, " ", b.Objective, " ", b.Period.Name))
		}
	}
	slices.Sort(out.breaches)
	reports, err := st.Reports(context.Background(), "")
	if err != nil {
		th.t.Fatal(err)
	}
	for _, r := range reports {
		full, err := st.Report(context.Background(), r.Agreement, r.Period)
		if err != nil {
			th.t.Fatal(err)
		}
		if out.reviews[r.Period], err = report.Read(full.Doc); err != nil {
			th.t.Fatal(err)
		}
	}
	return out
}

// same compares with an undisturbed life.
func (th *theatre) same(got, want outcome, after string) {
	th.t.Helper()
	for name := range want.entries {
		testkit.EqualLedgers(th.t, got.entries[name], want.entries[name])
	}
	if !slices.Equal(got.verdicts, want.verdicts) {
		th.t.Errorf("after kills at %s there are other verdicts: %d, want %d%s", after, len(got.verdicts), len(want.verdicts), firstOther(got.verdicts, want.verdicts))
	}
	if !slices.Equal(got.breaches, want.breaches) {
		th.t.Errorf("after kills at %s there are other breaches:\n got %q\nwant %q", after, got.breaches, want.breaches)
	}
	if len(got.reviews) != len(want.reviews) {
		th.t.Errorf("after kills at %s there are %d reviews, want %d", after, len(got.reviews), len(want.reviews))
	}
	for period, r := range want.reviews {
		if other := got.reviews[period]; other != nil {
			if same, err := report.SameFigures(r, other); err != nil || !same {
				th.t.Errorf("after kills at %s the review of %s differs (%v)", after, period, err)
			}
		}
	}
}

func firstOther(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return strings.Join([]string{"", "got", got[i], "want", want[i]}, "\n")
		}
	}
	return ""
}
