package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// What a child process of the crash tests is told: its directory, and where alerts go.
const (
	childDir  = "SLMD_TEST_CRASH_DIR"
	childSink = "SLMD_TEST_CRASH_SINK"
)

// Knobs of the long form.
const (
	killsVariable = "SLMD_CRASH_KILLS"  // at random moments
	passesOfPoint = "SLMD_CRASH_PASSES" // kills at each failpoint
	seedVariable  = "SLMD_CRASH_SEED"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := live(context.Background(), dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// crashDays is how long the history is that is caught up with.
const crashDays = 6

var (
	crashFrom  = at("2026-02-10T00:00:00Z")
	crashUntil = crashFrom.Add(crashDays * sla.Day)
)

const crashCatalogue = `version: 1
time_zone: UTC
parties: [{name: retail, role: customer}, {name: platform, role: internal}]
services: [{name: shop, title: Shop, status: live, owner: platform}]
indicators:
  - {name: requests, service: shop, interval: 5m, ratio: {total: 'http_requests_total{job="shop"}', bad: 'http_requests_total{job="shop",code="500"}'}}
  - {name: errors, service: shop, interval: 10m, ratio: {total: 'http_requests_total{job="shop"}', bad: 'http_requests_total{job="shop",code="500"}'}}
agreements:
  - name: shop-sla
    kind: SLA
    service: shop
    provider: platform
    customer: retail
    valid: {from: 2026-02-10, until: 2026-02-16}
    period: day
    objectives:
      - {name: success, indicator: requests, target: 99.9%}
      - {name: second, indicator: errors, target: 50%}
`

// crashSamples are some days of two counters, with a reset and a gap.
func crashSamples(t testing.TB) *promtest.Store {
	t.Helper()
	st := promtest.NewStore()
	r := rand.New(rand.NewPCG(3, 9))
	good, bad := 0.0, 0.0
	for i := range crashDays*24*60 + 20 {
		at := crashFrom.Add(sla.Millis(i-10)*sla.Minute + 20*sla.Second)
		if i == 3000 {
			good, bad = 0, 0
		}
		good += float64(50 + r.IntN(50))
		if i/300%3 == 1 {
			bad += float64(r.IntN(30))
		}
		if i > 4000 && i < 4050 {
			continue
		}
		add(t, st, `http_requests_total{code="200",instance="one",job="shop"}`, at, good)
		add(t, st, `http_requests_total{code="500",instance="one",job="shop"}`, at, bad)
		add(t, st, `up{instance="one",job="shop"}`, at, 1)
	}
	return st
}

// live is what a child does: all that a daemon and its operator do to a
// database, at instants of its own, each step taken up where a kill left it.
func live(ctx context.Context, dir string) error {
	var c clock
	c.set(crashUntil.Add(2 * sla.Hour))
	old, err := store.Open(ctx, filepath.Join(dir, "old.db"), store.Options{}) // of an older schema
	if err != nil {
		return err
	}
	// The last day that is let go of is one that a golden file has.
	if _, err := old.Seal(ctx, store.Sealing{At: c.now(), Before: c.now().Add(3660 * sla.Day), Recorded: sla.Forever}); err != nil {
		return err
	}
	if _, err := old.Expire(ctx, goldenDay.Add(2*sla.Day), c.now()); err != nil {
		return err
	}
	condition := sla.Condition{Alertname: "SLMDataMissing", Severity: "warning", Indicator: "indicator-0", Since: goldenDay, Until: sla.Forever}
	if _, err := old.RecordRound(ctx, store.Round{At: c.now(), Conditions: []sla.Condition{condition}}); err != nil {
		return err
	}
	if err := old.Close(); err != nil {
		return err
	}
	a, err := app.New(ctx, app.Options{ConfigFile: filepath.Join(dir, "slmd.yml"), StoragePath: filepath.Join(dir, "data"), Listen: []string{"127.0.0.1:0"}, Now: c.time})
	if err != nil {
		return err
	}
	if err := a.Round(ctx, nil); err != nil {
		return err
	}
	c.add(72 * sla.Hour)
	if err := a.Round(ctx, nil); err != nil { // facts are final now
		return err
	}
	if _, err := a.Seal(ctx); err != nil {
		return err
	}
	if _, err := a.IssueReviews(ctx); err != nil {
		return err
	}
	if err := tellSink(ctx, c.now()); err != nil {
		return err
	}
	if err := a.Stop(ctx); err != nil {
		return err
	}
	return backUp(ctx, dir)
}

// goldenDay is the first day of the golden database.
const goldenDay sla.Instant = 1_793_577_600_000

func tellSink(ctx context.Context, now sla.Instant) error {
	to := announce.Alertmanager{URL: os.Getenv(childSink), Client: http.DefaultClient}
	return to.Send(ctx, []announce.Alert{{Labels: map[string]string{"alertname": "Crash"}, StartsAt: now.Time(), EndsAt: now.Time().Add(time.Hour)}})
}

func backUp(ctx context.Context, dir string) error {
	st, err := store.OpenReadOnly(ctx, filepath.Join(dir, "data", "slmd.db"), store.Options{})
	if err != nil {
		return err
	}
	copied := filepath.Join(dir, "copy.db")
	if err := os.Remove(copied); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := st.Backup(ctx, copied); err != nil {
		return err
	}
	return st.Close()
}

// theatre is where crashes are staged.
type theatre struct {
	t      *testing.T
	binary string
	source string
	sink   string
	said   bytes.Buffer
}

// run runs a child until it ends, or for as long as given; it reports whether it was killed.
func (th *theatre) run(dir, failpoint string, within time.Duration) (killed bool) {
	th.t.Helper()
	cmd := exec.CommandContext(th.t.Context(), th.binary) //nolint:gosec // the test's own binary
	cmd.Env = append(os.Environ(), childDir+"="+dir, childSink+"="+th.sink, "SLMD_FAILPOINT="+failpoint)
	th.said.Reset()
	cmd.Stderr = &th.said
	if err := cmd.Start(); err != nil {
		th.t.Fatal(err)
	}
	if within > 0 {
		timer := time.AfterFunc(within, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	err := cmd.Wait()
	if err == nil {
		return false
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		return true
	}
	th.t.Fatalf("at %q the child ended with %v:\n%s", failpoint, err, th.said.String())
	return false
}

// directory makes a fresh one with the files that a child needs.
func (th *theatre) directory() string {
	th.t.Helper()
	dir := th.t.TempDir()
	old, err := os.ReadFile("../store/testdata/schema1.db")
	if err != nil {
		th.t.Fatal(err)
	}
	for name, text := range map[string]string{
		"slmd.yml":      fmt.Sprintf("catalogue: [catalogue.yml]\nsources: [{name: main, url: %q}]\nreports: {required_completeness: 10%%}\n", th.source),
		"catalogue.yml": crashCatalogue, "old.db": string(old),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			th.t.Fatal(err)
		}
	}
	return dir
}

// sound fails the test where a kill left anything that does not verify.
func (th *theatre) sound(dir, after string) {
	th.t.Helper()
	for _, name := range []string{"old.db", "data/slmd.db", "copy.db"} {
		file := filepath.Join(dir, name)
		if _, err := os.Stat(file); err != nil {
			continue // not made yet
		}
		st, err := store.OpenReadOnly(context.Background(), file, store.Options{})
		if err != nil {
			if name != "copy.db" && strings.Contains(err.Error(), "schema") { // killed before it was brought up to date
				continue
			}
			th.t.Errorf("%s cannot be opened after a kill at %s: %v", name, after, err)
			continue
		}
		found, err := st.Verify(context.Background(), store.AuditHead{})
		if name != "old.db" { // whose reviews are not real ones
			found, err = app.Verify(context.Background(), app.Verifying{Store: st, FinaliseAfter: sla.Hour, Now: crashUntil.Add(100 * sla.Hour)})
		}
		if err != nil || len(found) > 0 {
			th.t.Errorf("%s after a kill at %s: %q, %v", name, after, found, err)
		}
		th.files(dir, name, st, after)
		if err := st.Close(); err != nil {
			th.t.Error(err)
		}
	}
}

// files fails the test where an issued review has not got its file.
func (th *theatre) files(dir, name string, st *store.Store, after string) {
	th.t.Helper()
	if name != "data/slmd.db" {
		return
	}
	reports, err := st.Reports(context.Background(), "")
	if err != nil {
		th.t.Fatal(err)
	}
	for _, r := range reports {
		if !r.Issued {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, "data", "reports", r.Agreement, r.Period+".json"))
		if err != nil {
			th.t.Errorf("after a kill at %s the review %s has no file: %v", after, r.Period, err)
		} else if err := report.Verify(text); err != nil {
			th.t.Errorf("after a kill at %s the file of %s: %v", after, r.Period, err)
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
	defer st.Close() //nolint:errcheck // it only read
	out := outcome{entries: ledgerOf(th.t, st), reviews: map[string]*report.Review{}}
	verdicts, err := st.Verdicts(context.Background(), "", ever)
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
		b := breaches[i]
		out.breaches = append(out.breaches, fmt.Sprint(b.Agreement, b.Objective, b.Period.Name, b.State, len(b.Transitions)))
	}
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

// same compares with an undisturbed run.
func (th *theatre) same(got, want outcome, after string) {
	th.t.Helper()
	for name := range want.entries {
		testkit.EqualLedgers(th.t, got.entries[name], want.entries[name])
	}
	if !slices.Equal(got.verdicts, want.verdicts) {
		th.t.Errorf("after kills at %s there are other verdicts: %d, want %d", after, len(got.verdicts), len(want.verdicts))
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

// failpoints lists the names in the code.
func failpoints(t testing.TB) []string {
	t.Helper()
	call := regexp.MustCompile(`\bfailpoint\("([a-z_.]+)"\)`)
	var names []string
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range call.FindAllSubmatch(text, -1) {
			names = append(names, string(found[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	if unique := slices.Compact(slices.Clone(names)); len(unique) != len(names) {
		t.Errorf("a failpoint's name stands twice: %q", names)
	}
	return names
}

func number(t testing.TB, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func newTheatre(t *testing.T) *theatre {
	t.Helper()
	th := &theatre{t: t, binary: filepath.Join(t.TempDir(), "crash.test")}
	out, err := exec.Command("go", "test", "-c", "-tags", "failpoint", "-o", th.binary, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("building the child: %v\n%s", err, out)
	}
	srv, err := promtest.New(crashSamples(t), promtest.Options{Now: crashUntil.Add(2 * sla.Hour).Time})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	th.source = srv.URL()
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(sink.Close)
	th.sink = sink.URL
	return th
}

func TestFault_C2_KilledAtEachFailpointItEndsAsIfItHadNotBeen(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes two minutes")
	}
	th := newTheatre(t)
	calm := th.directory()
	if th.run(calm, "", 0) {
		t.Fatal("an undisturbed run was killed")
	}
	th.sound(calm, "nothing")
	want := th.outcome(calm)
	if len(want.reviews) != crashDays || len(want.breaches) == 0 || len(want.entries["requests"]) != crashDays*288 {
		t.Fatalf("the undisturbed run has %d reviews, %d breaches, %d entries", len(want.reviews), len(want.breaches), len(want.entries["requests"]))
	}
	names := failpoints(t)
	if len(names) < 45 {
		t.Errorf("there are %d failpoints, want 45", len(names))
	}
	passes := number(t, passesOfPoint, 1)
	kills := 0
	for _, name := range names {
		dir := th.directory()
		for pass := 1; pass <= passes; pass++ {
			point := fmt.Sprintf("%s:%d", name, pass)
			if !th.run(dir, point, 0) {
				if pass == 1 {
					t.Errorf("%s was never reached", name)
				}
				break
			}
			kills++
			th.sound(dir, point)
		}
		if th.run(dir, "", 0) {
			t.Fatal("a run without a failpoint was killed")
		}
		th.sound(dir, name)
		th.same(th.outcome(dir), want, name)
	}
	t.Logf("%d kills at %d failpoints", kills, len(names))

	t.Run("at random moments", func(t *testing.T) { killAtRandom(t, th, want) })
}

// killAtRandom kills children at random moments of their lives, several in one
// directory until one gets through.
func killAtRandom(t *testing.T, th *theatre, want outcome) {
	th.t = t
	seed := number(t, seedVariable, 1)
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	began := time.Now()
	if th.run(th.directory(), "", 0) {
		t.Fatal("an undisturbed run was killed")
	}
	whole := time.Since(began)
	wanted := number(t, killsVariable, 50)
	kills, lives := 0, 0
	for kills < wanted {
		dir := th.directory()
		for range 6 {
			if !th.run(dir, "", time.Duration(r.Int64N(int64(whole)))) {
				break
			}
			kills++
			th.sound(dir, "a random moment")
		}
		th.run(dir, "", 0)
		lives++
		th.same(th.outcome(dir), want, "random moments")
	}
	t.Logf("%d kills at random in %d lives, seed %d", kills, lives, seed)
}

func TestTheReleasedDaemonHoldsNoFailpoint(t *testing.T) {
	text, err := os.ReadFile(buildSlmd(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range failpoints(t) {
		if bytes.Contains(text, []byte(name)) {
			t.Errorf("it holds the name %s", name)
		}
	}
	if bytes.Contains(text, []byte("SLMD_FAILPOINT")) {
		t.Error("it reads SLMD_FAILPOINT")
	}
}
