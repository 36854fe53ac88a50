package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// Knob of the long form: the row of the catalogue of faults says 60.
const restartMinutes = "SLMD_RESTART_MINUTES"

// asked gives how many requests a server was asked.
func asked(srv *promtest.Server) (n int64) {
	for _, k := range srv.Served().Requests {
		n += k
	}
	return n
}

// vigil is a stage beside a source and a receiver of its own.
type vigil struct {
	*stage
	srv  *promtest.Server
	sink *testkit.Sink
}

func newVigil(t *testing.T, begin, end sla.Instant) *vigil {
	t.Helper()
	l := &vigil{stage: newStage(t, set{catalogue: corner, now: begin}), sink: testkit.NewSink(t)}
	l.srv = serve(t, cornerShop(t, sla.Span{From: march, To: end}, troubles(begin.Add(-sla.Hour))), &l.clock)
	l.configure(set{catalogue: corner, source: l.srv.URL(), config: fmt.Sprintf("alerting: {alertmanagers: [{url: %q}]}\n", l.sink.URL())})
	l.open()
	l.app.Start()
	l.settled()
	return l
}

// settled waits until the round that a start begins has ended and was told.
func (l *vigil) settled() {
	l.t.Helper()
	posts := len(l.sink.Posts())
	testkit.Eventually(l.t, "a round has ended and what holds is told", func() bool {
		page := metrics(l.t, l.stage)
		return strings.Contains(page, `slmd_rounds_total{result="ok"}`) && !strings.Contains(page, `slmd_rounds_total{result="ok"} 0`) && len(l.sink.Posts()) > posts
	})
}

func TestFault_D13_RestartsEveryTwoSecondsAskTheSourceAtMostTwiceAsMuchAndStormNobody(t *testing.T) {
	minutes := testkit.Number(t, restartMinutes, 2)
	begin := march.Add(3 * sla.Hour)
	end := begin.Add(sla.Millis(minutes) * sla.Minute)
	steady, restless := newVigil(t, begin, end), newVigil(t, begin, end)
	was := []int64{asked(steady.srv), asked(restless.srv)}
	for steady.clock.now() < end {
		steady.clock.add(sla.Minute)
		steady.round()
	}
	restarts := 0
	for restless.clock.now() < end {
		restless.clock.add(2 * sla.Second)
		restless.restart()
		restless.app.Start()
		restless.settled()
		restarts++
	}
	calm, busy := asked(steady.srv)-was[0], asked(restless.srv)-was[1]
	t.Logf("%d restarts in %d minutes: %d requests, without restarts %d; %v", restarts, minutes, busy, calm, restless.srv.Served().Requests)
	if busy > 2*calm {
		t.Errorf("%d requests, want at most twice the %d of a life without restarts", busy, calm)
	}
	first := map[string]testkit.Alert{}
	for _, a := range restless.sink.Alerts() {
		key := fmt.Sprint(a.Labels)
		if was, known := first[key]; known && !a.StartsAt.Equal(was.StartsAt) {
			t.Fatalf("%v is told since %s and since %s: each is another alert", a.Labels, was.StartsAt, a.StartsAt)
		}
		first[key] = a
	}
	if len(first) == 0 {
		t.Error("nothing was told: the test shows nothing")
	}
	for name, entries := range restless.entries() {
		testkit.EqualLedgers(t, entries, steady.entries()[name])
	}
}

// witnessed is a stage for real daemons, with a source and a receiver that count.
type witnessed struct {
	*stage
	srv  *promtest.Server
	sink *testkit.Sink
	was  int64
}

func newWitnessed(t *testing.T, binary string, now sla.Instant) *witnessed {
	t.Helper()
	w := &witnessed{stage: newStage(t, set{catalogue: corner, now: now}), sink: testkit.NewSink(t)}
	samples := cornerShop(t, sla.Span{From: now.Add(-2 * sla.Hour), To: now.Add(10 * sla.Minute)}, troubles(now.Add(-sla.Hour)))
	var err error
	if w.srv, err = promtest.New(samples, promtest.Options{Now: time.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.srv.Close() })
	w.configure(set{
		catalogue: strings.Replace(corner, "valid: {from: 2026-03-01}", "valid: {from: "+now.Add(-90*sla.Minute).String()+"}", 1),
		source:    w.srv.URL(), config: fmt.Sprintf("alerting: {alertmanagers: [{url: %q}]}\n", w.sink.URL()),
	})
	await(t, w.start(binary)) // has caught up
	w.was = asked(w.srv)
	return w
}

// told gives how many different alerts were told.
func (w *witnessed) told() int {
	told := map[string]bool{}
	for _, a := range w.sink.Alerts() {
		told[fmt.Sprint(a.Labels, a.StartsAt)] = true
	}
	return len(told)
}

func TestFault_D13_TheDaemonAsAProcessKilledEveryTwoSecondsAsksAndTellsNoMore(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds a daemon and kills it for ten seconds")
	}
	binary, now := build(t, "slmd"), sla.At(time.Now().Truncate(time.Minute))
	steady, restless := newWitnessed(t, binary, now), newWitnessed(t, binary, now)
	calm := steady.start(binary)
	for range 4 {
		d := restless.start(binary)
		<-time.After(2 * time.Second)
		d.kill()
	}
	calm.kill()
	one, many := asked(steady.srv)-steady.was, asked(restless.srv)-restless.was
	t.Logf("four lives of two seconds ask %d times and tell of %d alerts, one of eight seconds %d times and of %d", many, restless.told(), one, steady.told())
	if many > 2*max(one, 2) { // two are due each minute
		t.Errorf("%d requests, want at most twice the %d of one life as long", many, one)
	}
	if restless.told() == 0 || restless.told() > steady.told()+1 {
		t.Errorf("%d alerts are told, want the %d of one life as long", restless.told(), steady.told())
	}
}
