package app_test

import (
	"bytes"
	"context"
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
	"testing"
	"time"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/promtest"
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
  - name: shop-ola # in force all the time: what is missed is mailed
    kind: OLA
    service: shop
    provider: platform
    customer: retail
    valid: {from: 2026-02-10}
    period: month
    objectives: [{name: success, indicator: requests, target: 99.9%}]
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
	if err := a.SendMails(ctx); err != nil {
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
	th.host = testkit.StartSmarthost(t, false)
	return th
}

func TestFault_C2_KilledAtEachFailpointItEndsAsIfItHadNotBeen(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds a daemon and kills it for two minutes")
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

func TestFault_C12_KilledInAMigrationTheNextStartCompletesIt(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds a daemon with failpoints")
	}
	th := newTheatre(t)
	for _, name := range []string{"store.schema_copied", "store.schema_kept", "store.migrating", "store.migrated", "store.adopted", "store.migration_committed"} {
		dir := th.directory()
		if !th.run(dir, name+":1", 0) {
			t.Errorf("%s was not reached", name)
		}
		st, err := store.Open(t.Context(), filepath.Join(dir, "old.db"), store.Options{})
		if err != nil {
			t.Errorf("after a kill at %s: %v", name, err)
			continue
		}
		if found, err := st.Verify(t.Context(), store.AuditHead{}); err != nil || len(found) > 0 {
			t.Errorf("after a kill at %s: %q, %v", name, found, err)
		}
		if len(ledgerOf(t, st)) != 3 {
			t.Errorf("after a kill at %s facts are missing", name)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}
}
