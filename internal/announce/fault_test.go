package announce

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// board is what an announcer reads in a test.
type board struct {
	mu  sync.Mutex
	all map[string]sla.Condition // by objective
}

// put adds conditions that hold since an hour before at.
func (b *board) put(at sla.Instant, objectives ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = map[string]sla.Condition{}
	}
	for _, o := range objectives {
		c := breached(o)
		c.Since = at.Add(-sla.Hour)
		b.all[o] = c
	}
}

func (b *board) end(at sla.Instant, objective string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.all[objective]
	c.Until = at
	b.all[objective] = c
}

func (b *board) read(_ context.Context, since sla.Instant) ([]sla.Condition, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []sla.Condition
	for _, c := range b.all {
		if c.Until >= since {
			out = append(out, c)
		}
	}
	return out, nil
}

func wallClock() sla.Instant { return sla.At(time.Now()) }

// to gives an instance that is reached over HTTP.
func to(url string) Instance { return Instance{url, &Alertmanager{URL: url, Client: &http.Client{}}} }

// start starts an announcer over real connections, which stops with the test.
func start(t *testing.T, opts Options) *Announcer {
	t.Helper()
	if opts.Now == nil {
		opts.Now = wallClock
	}
	a := New(opts)
	a.Start()
	t.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return a
}

// shows gives the objectives that an Alertmanager shows alerts of, with their begin.
func shows(t *testing.T, am *testkit.Alertmanager) map[string]time.Time {
	t.Helper()
	out := map[string]time.Time{}
	for _, a := range am.Alerts(t) {
		out[a.Labels["objective"]] = a.StartsAt
	}
	return out
}

func TestFault_B1_WhatStillHoldsIsSentWhenAlertmanagersReturnAfterTwoHours(t *testing.T) {
	t.Parallel()
	managers := []*testkit.Alertmanager{testkit.StartAlertmanager(t, ""), testkit.StartAlertmanager(t, "")}
	now := wallClock()
	var at atomic.Int64 // a clock of which two hours pass in a moment
	at.Store(int64(now.Add(-2 * sla.Hour)))
	var b board
	b.put(now.Add(-2*sla.Hour), "all-along", "over")
	opts := Options{Read: b.read, Now: func() sla.Instant { return sla.Instant(at.Load()) }}
	var failed atomic.Int64
	opts.Failed = func(_ string, n int) { failed.Add(int64(n)) }
	for _, am := range managers {
		am.Stop()
		opts.Instances = append(opts.Instances, to(am.URL()))
	}
	a := start(t, opts)
	for minute := range 120 {
		if minute == 60 {
			b.end(sla.Instant(at.Load()), "over")
			b.put(now, "meanwhile")
		}
		at.Add(int64(sla.Minute))
		a.Wake()
	}
	eventually(t, "all are tried", func() bool { return failed.Load() >= 2 })
	for _, am := range managers {
		am.Restart()
	}
	for _, am := range managers {
		eventually(t, "what holds is sent on the return", func() bool { return len(shows(t, am)) >= 2 })
		got := shows(t, am)
		if _, over := got["over"]; over || !got["all-along"].Equal(now.Add(-3*sla.Hour).Time()) || !got["meanwhile"].Equal(now.Add(-sla.Hour).Time()) {
			t.Errorf("it shows %v, want what still holds, since it began", got)
		}
	}
}

// blackHole takes connections and says nothing.
func blackHole(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	return "http://" + l.Addr().String()
}

func TestFault_B2_WhereOneOfThreeIsABlackHoleTheOthersHaveItWithinTenSeconds(t *testing.T) {
	t.Parallel()
	well := []*testkit.Alertmanager{testkit.StartAlertmanager(t, ""), testkit.StartAlertmanager(t, "")}
	var b board
	a := start(t, Options{Read: b.read, Instances: []Instance{to(blackHole(t)), to(well[0].URL()), to(well[1].URL())}})
	for n := range 3 { // the first fills the hole, the others find it so
		began := time.Now()
		b.put(wallClock(), fmt.Sprint("objective-", n))
		a.Wake()
		for _, am := range well {
			eventually(t, "it is there", func() bool { return len(shows(t, am)) == n+1 })
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the others had it after %s", took)
		}
	}
}

func TestFault_B3_ASlowOneHasItsOwnDeadlineAndNobodyWaitsForIt(t *testing.T) {
	slow, well := testkit.NewSink(t), testkit.NewSink(t)
	var inside, cut atomic.Int64
	slow.Answer(func(_ http.ResponseWriter, r *http.Request) {
		inside.Add(1)
		<-r.Context().Done()
		cut.Add(1)
	})
	var b board
	b.put(wallClock(), "first")
	a := start(t, Options{
		Read: b.read, Timeout: 3 * time.Second, Resend: 100 * time.Millisecond,
		Instances: []Instance{to(slow.URL()), to(well.URL())},
	})
	eventually(t, "the slow one holds on to a request", func() bool { return inside.Load() > cut.Load() })
	began := time.Now()
	for range 1000 {
		a.Wake() // what a round does
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("to wake it a thousand times took %s", took)
	}
	n := len(well.Posts())
	eventually(t, "the other is told again and again meanwhile", func() bool { return len(well.Posts()) > n+2 })
	eventually(t, "the deadline ends the request", func() bool { return cut.Load() > 0 })
}

// page is a webhook that Alertmanager notifies, and what it was told.
type page struct {
	url      string
	mu       sync.Mutex
	firing   map[string]int // notifications by objective
	resolved map[string]int
}

func newPage(t *testing.T) *page {
	t.Helper()
	p := &page{firing: map[string]int{}, resolved: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var told struct {
			Alerts []struct {
				Status string            `json:"status"`
				Labels map[string]string `json:"labels"`
			} `json:"alerts"`
		}
		if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
			t.Error(err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, a := range told.Alerts {
			if a.Status == "resolved" {
				p.resolved[a.Labels["objective"]]++
			} else {
				p.firing[a.Labels["objective"]]++
			}
		}
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

// config makes an Alertmanager tell the page of each alert by itself.
func (p *page) config() string {
	return "route: {receiver: page, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}\n" +
		"receivers: [{name: page, webhook_configs: [{url: '" + p.url + "', send_resolved: true}]}]\n"
}

func (p *page) counts(objective string) (firing, resolved int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.firing[objective], p.resolved[objective]
}

func TestFault_B4_AKilledAlertmanagerIsToldAgainAndNothingIsResolvedFalsely(t *testing.T) {
	t.Parallel()
	page := newPage(t)
	am := testkit.StartAlertmanager(t, page.config())
	var b board
	b.put(wallClock(), "availability")
	a := start(t, Options{Read: b.read, Resend: 200 * time.Millisecond, Instances: []Instance{to(am.URL())}})
	eventually(t, "somebody is paged", func() bool { n, _ := page.counts("availability"); return n > 0 })
	for range 2 {
		am.Kill()
		a.Wake() // and finds nobody
		am.Restart()
		eventually(t, "the alert is there again", func() bool { return len(shows(t, am)) == 1 })
	}
	if _, resolved := page.counts("availability"); resolved != 0 {
		t.Error("the alert was told as resolved while it held")
	}
	b.end(wallClock(), "availability")
	a.Wake()
	eventually(t, "the end is told, once it has come", func() bool { _, resolved := page.counts("availability"); return resolved > 0 })
}

func TestFault_B6_AResolveThatGetsLostIsRepeatedForAQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r receiver
		var b board
		b.put(clock(), "availability")
		begin(t, Options{Read: b.read, Instances: []Instance{{"a", &r}}})
		pass(time.Second)
		ended := clock()
		b.end(ended, "availability")
		r.set(func(context.Context, []Alert) error { return &RefusedError{Status: 503, Text: "not now"} })
		pass(10 * time.Minute)
		r.set(nil)
		before := r.counts()["availability"]
		pass(10 * time.Second)
		r.mu.Lock()
		end := r.ends["availability"]
		r.mu.Unlock()
		if r.counts()["availability"] == before || !end.Equal(ended.Time()) {
			t.Errorf("after ten minutes without an answer the end is told as %v, want %v", end, ended)
		}
		pass(5 * time.Minute)
		last := r.counts()["availability"]
		if last < before+4 {
			t.Errorf("the end was told %d times in the last five of the fifteen minutes", last-before)
		}
		if pass(10 * time.Minute); r.counts()["availability"] != last {
			t.Error("it is told for longer than a quarter of an hour")
		}
	})
}

func TestFault_B8_ARealAlertmanagerTakesOverlongAndBrokenText(t *testing.T) {
	am := testkit.StartAlertmanager(t, "")
	var b board
	b.put(wallClock(), "availability")
	c := b.all["availability"]
	c.Labels = map[string]string{"team": "pay\xffments", "customer": strings.Repeat("€", 2_000), "service": "checkout\x00"}
	c.Details.Text = strings.Repeat("ü", 10_000) + "\xc3"
	b.all["availability"] = c
	b.put(wallClock(), "latency")
	start(t, Options{Read: b.read, Instances: []Instance{to(am.URL())}, Failed: func(_ string, n int) { t.Errorf("%d alerts were refused", n) }})
	eventually(t, "both are there", func() bool { return len(shows(t, am)) == 2 })
}

func TestFault_B9_TenThousandBreachesAtOnceAreAllSentWithinThirtySeconds(t *testing.T) {
	t.Parallel()
	n := 10_000
	if testing.Short() {
		n = 1_000
	}
	am := testkit.StartAlertmanager(t, "")
	var b board
	b.put(wallClock(), names(n)...)
	var sent, failed atomic.Int64
	began := time.Now()
	a := start(t, Options{
		Read: b.read, Instances: []Instance{to(am.URL()), to(blackHole(t))},
		Sent: func(_ string, k int) { sent.Add(int64(k)) },
		Failed: func(name string, k int) {
			if name == am.URL() {
				failed.Add(int64(k))
			}
		},
		Dropped: func(_ string, k int) { t.Errorf("%d were dropped", k) },
	})
	for range 10 {
		a.Wake() // each time all that holds, in the place of what waits
	}
	testkit.EventuallyWithin(t, 30*time.Second, "all are sent", func() bool { return sent.Load() >= int64(n) })
	t.Logf("%d alerts were taken after %s", n, time.Since(began).Round(10*time.Millisecond))
	eventually(t, "all are there", func() bool { return len(shows(t, am)) == n })
	if failed.Load() != 0 {
		t.Errorf("%d were refused", failed.Load())
	}
	for _, c := range a.couriers {
		if len(c.post) > 1 {
			t.Errorf("%d sets wait for %s, want one at most", len(c.post), c.Name)
		}
	}
}
