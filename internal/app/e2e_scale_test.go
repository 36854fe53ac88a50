package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// jobsOfAgreement is how many objectives an agreement has in manyJobs.
const jobsOfAgreement = 20

// manyJobs is a catalogue of n indicators, each of a job of its own, with an
// objective each.
func manyJobs(n int, from sla.Instant) string {
	var indicators, agreements strings.Builder
	for i := range n {
		fmt.Fprintf(&indicators, "  - {name: requests-%04d, service: shop, ratio: {total: 'requests_total{job=\"job-%d\"}', bad: 'requests_total{job=\"job-%d\",code=\"500\"}'}}\n", i, i, i)
		if i%jobsOfAgreement == 0 {
			fmt.Fprintf(&agreements, "  - name: sla-%04d\n    kind: SLA\n    service: shop\n    provider: platform\n    customer: retail\n    valid: {from: %s}\n    period: month\n    objectives:\n", i, from)
		}
		fmt.Fprintf(&agreements, "      - {name: success-%04d, indicator: requests-%04d, target: 90%%}\n", i, i)
	}
	return "version: 1\ntime_zone: UTC\nparties: [{name: retail, role: customer}, {name: platform, role: internal}]\n" +
		"services: [{name: shop, status: live, owner: platform}]\nindicators:\n" + indicators.String() + "agreements:\n" + agreements.String()
}

// manySamples gives the samples of the jobs of manyJobs: each minute ten events,
// each seventh minute a bad one more, scraped ten seconds after they happened.
func manySamples(t testing.TB, n int, span sla.Span) *promtest.Store {
	t.Helper()
	st := promtest.NewStore()
	for i := range n {
		job := fmt.Sprint("job-", i)
		good := st.Series(labels.FromStrings("__name__", "requests_total", "job", job, "instance", "a", "code", "200"))
		bad := st.Series(labels.FromStrings("__name__", "requests_total", "job", job, "instance", "a", "code", "500"))
		for at := span.From.Add(10*sla.Second - 15*sla.Minute); at < span.To; at = at.Add(sla.Minute) {
			minute := at / sla.Instant(sla.Minute)
			if err := errors.Join(good.Append(int64(at), float64(10*minute)), bad.Append(int64(at), float64(minute/7))); err != nil {
				t.Fatal(err)
			}
		}
	}
	return st
}

// mostMemory is what the daemon may hold at most while it catches up.
const mostMemory = 256 << 20

func TestABackfillOfTwoHundredIndicatorsTakesLessThan256MiB(t *testing.T) {
	if testing.Short() {
		t.Skip("memory is measured of a program without the race detector")
	}
	n, days := testkit.Number(t, "SLMD_BACKFILL_INDICATORS", 200), testkit.Number(t, "SLMD_BACKFILL_DAYS", 1)
	now := sla.At(time.Now().Truncate(time.Minute))
	from := now.Add(-sla.Millis(days) * sla.Day)
	srv, err := promtest.New(manySamples(t, n, sla.Span{From: from, To: now.Add(sla.Day)}), promtest.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	s := newStage(t, set{source: srv.URL(), catalogue: manyJobs(n, from)})
	began := time.Now()
	d := s.start(build(t, "slmd"))
	most := 0
	testkit.EventuallyWithin(t, 4*time.Hour, "all of it is measured", func() bool {
		most = max(most, d.memory(t))
		if d.pending() != 0 {
			return false
		}
		return reading(get(t, "http://"+d.address+"/metrics"), "slmd_intervals_measured_total") >= n*(days*1440-2) // the last ones may still be due
	})
	t.Logf("%d indicators over %d days, %d intervals: %s, %.0f MiB at most", n, days, n*days*1440, time.Since(began).Round(time.Second), float64(most)/(1<<20))
	if most > mostMemory {
		t.Errorf("the daemon held %d bytes, want at most %d", most, mostMemory)
	}
}

// memory gives the most that the daemon has held so far in bytes.
func (d *daemon) memory(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.command.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	kilobytes := 0
	if _, err := fmt.Sscanf(grep(string(text), "VmHWM:"), "VmHWM: %d kB", &kilobytes); err != nil {
		t.Fatal("the system does not say how much memory a process has held: ", err)
	}
	return kilobytes << 10
}

// watched looks at a daemon that catches up, now and then when it asks its
// source. Ten seconds of the clock of the stage pass from look to look.
type watched struct {
	s        *stage
	every    int // questions
	mu       sync.Mutex
	asked    int
	pendings []int
	pages    []string
}

func (w *watched) fault(out http.ResponseWriter, r *http.Request, next http.Handler) {
	w.mu.Lock()
	w.asked++
	if w.asked%w.every == 0 {
		w.s.clock.add(10 * sla.Second)
		w.pendings = append(w.pendings, reading(metrics(w.s.t, w.s), "slmd_intervals_pending"))
		w.pages = append(w.pages, get(w.s.t, w.s.app.URL()+"/status"))
	}
	w.mu.Unlock()
	next.ServeHTTP(out, r)
}

func TestFault_D2_ManyIndicatorsAfterThreeDaysOffAreCaughtUpWithWithoutAGapAndItIsSeen(t *testing.T) {
	n := testkit.Number(t, "SLMD_OFF_INDICATORS", 20)
	begin := march.Add(sla.Day)
	off, on := begin.Add(30*sla.Minute), begin.Add(3*sla.Day+30*sla.Minute)
	s := newStage(t, set{catalogue: manyJobs(n, begin), now: off})
	srv := serve(t, manySamples(t, n, sla.Span{From: begin, To: on.Add(sla.Day)}), &s.clock)
	s.configure(set{source: srv.URL(), catalogue: manyJobs(n, begin)})
	s.open()
	s.round()
	s.stop()

	s.clock.set(on)
	w := &watched{s: s, every: max(1, n/2)}
	srv.Break(w.fault)
	s.open()
	began := time.Now()
	s.app.Start()
	testkit.EventuallyWithin(t, time.Hour, "what is due is measured", func() bool {
		page := metrics(t, s)
		return reading(page, "slmd_intervals_pending") == 0 && reading(page, "slmd_intervals_measured_total") >= n*(3*1440-2)
	})
	srv.Break(nil)
	took := time.Since(began)
	t.Logf("%d indicators after three days: %s, %d questions", n, took.Round(time.Second), s.seen(w))
	all := s.entries()
	if len(all) != n {
		t.Errorf("%d indicators are measured, want %d", len(all), n)
	}
	for name, entries := range all {
		next := begin
		for _, e := range entries {
			bad := int64(0)
			if minute := e.From / sla.Instant(sla.Minute); minute%7 == 0 {
				bad = 1
			}
			if e.From != next || e.Length() != sla.Minute || e.Unknown != 0 || e.Good != sla.Whole(10) || e.Bad != sla.Whole(bad) {
				t.Fatalf("%s goes on at %s with %+v, want ten good events and %d bad ones of a minute", name, next, e, bad)
			}
			next = e.To
		}
		if next < on.Add(-2*sla.Minute) {
			t.Errorf("%s is measured to %s, want %s", name, next, on)
		}
	}
}

// reading gives a metric without labels, -1 where it is not on the page.
func reading(page, metric string) int {
	n := -1
	_, _ = fmt.Sscanf(grep(page, metric+" "), metric+" %d", &n)
	return n
}

// seen checks what was to be seen while the daemon caught up, and gives how many
// questions were watched.
func (s *stage) seen(w *watched) int {
	s.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	was, between, shown := 1<<60, 0, 0
	for i, n := range w.pendings {
		if n > was+w.asked { // intervals that became due meanwhile
			s.t.Errorf("%d intervals were pending, then %d", was, n)
		}
		if was = n; n > 0 {
			between++
		}
		if strings.Contains(w.pages[i], `class="catchup"`) && strings.Contains(w.pages[i], "<progress") {
			shown++
		}
	}
	if between < 2 || shown < 1 {
		s.t.Errorf("while it caught up, %d looks at the metrics showed what is pending and %d pages showed progress: %v", between, shown, w.pendings)
	}
	if !strings.Contains(s.log.String(), `msg="catching up"`) {
		s.t.Error("the log does not say that it is catching up")
	}
	return w.asked
}
