package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// Knobs of the long form, and what a daemon in a process of its own is told.
const (
	breachesVariable = "SLMD_BREACHES"
	deliveryDir      = "SLMD_TEST_DELIVERY_DIR"
	deliveryClock    = "SLMD_TEST_DELIVERY_CLOCK" // two instants in milliseconds: of the film, of this world
)

// film is a clock that shows a minute for each second, and ends in the present.
// Alertmanagers tell by their own clock what has ended: what the film shows must
// not be later.
type film struct{ from, began sla.Instant }

const filmSpeed = 60

func (f film) now() sla.Instant {
	return f.from.Add(filmSpeed * sla.At(time.Now()).Sub(f.began))
}

// real gives when the film shows an instant.
func (f film) real(i sla.Instant) time.Time { return f.began.Add(i.Sub(f.from) / filmSpeed).Time() }

func (f film) String() string { return fmt.Sprintf("%d %d", f.from, f.began) }

// TestTheDaemonOfAFilm is no test: it is the daemon of the one below, as a
// process that can be killed, and lasts until it is.
func TestTheDaemonOfAFilm(t *testing.T) {
	dir := os.Getenv(deliveryDir)
	if dir == "" {
		return
	}
	var f film
	if _, err := fmt.Sscan(os.Getenv(deliveryClock), &f.from, &f.began); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(context.Background(), app.Options{
		ConfigFile: dir + "/slmd.yml", StoragePath: dir + "/data", Listen: []string{"127.0.0.1:0"},
		Now: func() time.Time { return f.now().Time() }, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Start()
	for tick := time.NewTicker(200 * time.Millisecond); ; <-tick.C {
		_ = a.Round(context.Background(), nil) // what is due is tried again
	}
}

// pager is told by Alertmanagers of breaches, and notes when it first was.
type pager struct {
	url string

	mu       sync.Mutex
	first    map[string]time.Time // by objective
	resolved []string
}

func newPager(t *testing.T) *pager {
	t.Helper()
	p := &pager{first: map[string]time.Time{}}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var told struct {
			Alerts []struct {
				Status string            `json:"status"`
				Labels map[string]string `json:"labels"`
			} `json:"alerts"`
		}
		if json.NewDecoder(r.Body).Decode(&told) != nil {
			return // cut off by a kill
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, a := range told.Alerts {
			objective := a.Labels["objective"]
			switch _, known := p.first[objective]; {
			case a.Labels["alertname"] != sla.AlertBreached:
			case a.Status == "resolved":
				p.resolved = append(p.resolved, objective)
			case !known:
				p.first[objective] = time.Now()
			}
		}
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *pager) config() string {
	return "route: {receiver: page, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}\n" +
		"receivers: [{name: page, webhook_configs: [{url: '" + p.url + "', send_resolved: true}]}]\n"
}

func (p *pager) paged() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.first)
}

// plot is what happens in the film: each minute an objective breaks its promise.
type plot struct {
	film  film
	begin sla.Instant // of the first breach's minute
	n     int
}

func (p *plot) name(i int) string { return fmt.Sprintf("there-%03d", i) }

// bad gives the minute in which an objective breaks its promise for good.
func (p *plot) bad(i int) sla.Span {
	from := p.begin.Add(sla.Millis(i) * sla.Minute)
	return sla.Span{From: from, To: from.Add(sla.Minute)}
}

func (p *plot) samples(t *testing.T) *promtest.Store {
	t.Helper()
	st := promtest.NewStore()
	for i := range p.n {
		for at := p.begin.Add(10*sla.Second - 20*sla.Minute); at < p.bad(p.n).To.Add(sla.Hour); at = at.Add(20 * sla.Second) {
			up := 1.0
			if p.bad(i).Contains(at) {
				up = 0
			}
			add(t, st, fmt.Sprintf(`probe_success{target="%d"}`, i), at, up)
		}
	}
	return st
}

func (p *plot) catalogue(zone string) string {
	var indicators, objectives strings.Builder
	for i := range p.n {
		fmt.Fprintf(&indicators, "  - {name: %s, service: shop, time: {metric: 'probe_success{target=\"%d\"}'}}\n", p.name(i), i)
		fmt.Fprintf(&objectives, "      - {name: %s, indicator: %s, target: 99.9999%%, alerts: {burn: off}}\n", p.name(i), p.name(i))
	}
	return fmt.Sprintf(`version: 1
time_zone: %s
parties: [{name: retail, role: customer}, {name: platform, role: internal}]
services: [{name: shop, status: live, owner: platform}]
indicators:
%sagreements:
  - name: shop-sla
    kind: SLA
    service: shop
    provider: platform
    customer: retail
    valid: {from: %s}
    period: year
    objectives:
%s`, zone, &indicators, p.begin.Add(-10*sla.Minute), &objectives)
}

// stagehand kills and starts again whom it is told to.
type stagehand struct {
	t        *testing.T
	r        *rand.Rand
	managers []*testkit.Alertmanager
	dir      string
	film     film
	daemon   *exec.Cmd
	said     words
	kills    map[string]int
}

func (h *stagehand) start() {
	h.daemon = exec.Command(os.Args[0], "-test.run=^TestTheDaemonOfAFilm$")
	h.daemon.Env = append(os.Environ(), deliveryDir+"="+h.dir, deliveryClock+"="+h.film.String())
	h.daemon.Stdout, h.daemon.Stderr = &h.said, &h.said
	if err := h.daemon.Start(); err != nil {
		h.t.Fatal(err)
	}
}

func (h *stagehand) kill() {
	_ = h.daemon.Process.Kill()
	_ = h.daemon.Wait()
}

// pause waits for up to that long.
func (h *stagehand) pause(most time.Duration) { <-time.After(time.Duration(h.r.Int64N(int64(most)))) }

// strike kills one of the four, or now and then all Alertmanagers at once.
func (h *stagehand) strike() {
	switch n := h.r.IntN(10); {
	case n < 4:
		h.kills["slmd"]++
		h.kill()
		h.pause(time.Second)
		h.start()
	case n < 9:
		h.kills["alertmanager"]++
		am := h.managers[h.r.IntN(len(h.managers))]
		am.Kill()
		h.pause(time.Second)
		am.Restart()
	default:
		h.kills["all alertmanagers"]++
		for _, am := range h.managers {
			am.Kill()
		}
		h.pause(time.Second)
		for _, am := range h.managers {
			am.Restart()
		}
	}
}

func TestBreachesAreDeliveredAndNeverFalselyResolvedWhileAlertmanagersAndTheDaemonAreKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it kills Alertmanagers and a daemon for a quarter of a minute")
	}
	n, seed := testkit.Number(t, breachesVariable, 10), uint64(testkit.Number(t, seedVariable, 1))
	now, zone := realTime()
	if n > 200 {
		t.Fatal("the film would last for longer than what is told holds")
	}
	length := sla.Millis(n+15) * sla.Minute // of the film
	f := film{from: now.Add(-length), began: sla.At(time.Now())}
	p := &plot{film: f, begin: f.from.Add(2 * sla.Minute), n: n}
	page := newPager(t)
	h := &stagehand{t: t, r: rand.New(rand.NewPCG(seed, 5)), film: f, kills: map[string]int{}}
	var receivers []string
	for range 3 {
		am := testkit.StartAlertmanager(t, page.config())
		h.managers = append(h.managers, am)
		receivers = append(receivers, fmt.Sprintf("{url: %q}", am.URL()))
	}
	srv, err := promtest.New(p.samples(t), promtest.Options{Now: func() time.Time { return f.now().Time() }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	s := newStage(t, set{
		source: srv.URL(), catalogue: p.catalogue(zone), now: now,
		// What is told holds for four intervals: for longer than the film lasts.
		config: "measuring: {interval: 1h}\nalerting: {alertmanagers: [" + strings.Join(receivers, ", ") + "]}\n",
	})
	h.dir = s.dir
	h.start()
	t.Cleanup(func() {
		h.kill()
		if t.Failed() {
			t.Logf("the daemons wrote last:\n%s", tail(h.said.String()))
		}
	})
	for f.now() < p.bad(n).To {
		h.pause(800 * time.Millisecond)
		h.strike()
	}
	testkit.Eventually(t, "every breach was told", func() bool { return page.paged() == n })
	h.complete(p)
	page.judge(t, p)
	t.Logf("seed %d: killed %v", seed, h.kills)
}

// complete waits until every Alertmanager shows every breach, since it was certain.
func (h *stagehand) complete(p *plot) {
	h.t.Helper()
	for _, am := range h.managers {
		var shown map[string]testkit.Alert
		testkit.Eventually(h.t, "it shows every breach", func() bool {
			shown = byKey(am.Alerts(h.t))
			for i := range p.n {
				if _, ok := shown["SLMObjectiveBreached "+p.name(i)]; !ok {
					return false
				}
			}
			return true
		})
		for i := range p.n {
			if got := sla.At(shown["SLMObjectiveBreached "+p.name(i)].StartsAt); got != p.bad(i).To {
				h.t.Errorf("the breach of %s is told since %s, want %s", p.name(i), got, p.bad(i).To)
			}
		}
	}
}

// judge says how long it took from when a breach could be known.
func (p *pager) judge(t *testing.T, of *plot) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.resolved) > 0 {
		t.Errorf("told as resolved although they hold: %q", p.resolved)
	}
	var took []time.Duration
	for i := range of.n {
		took = append(took, p.first[of.name(i)].Sub(of.film.real(of.bad(i).To.Add(30*sla.Second))))
	}
	slices.Sort(took)
	t.Logf("%d breaches were told after %s in the middle, %s (p99), %s at most", of.n,
		took[len(took)/2].Round(time.Millisecond), took[(len(took)-1)*99/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}
