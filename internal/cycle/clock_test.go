package cycle

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/schedule"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

var ever = sla.Span{From: 0, To: sla.Instant(1) << 60}

func (w *world) entries(indicator string) []sla.Entry {
	w.t.Helper()
	entries, err := w.store.Entries(w.t.Context(), indicator, ever)
	if err != nil {
		w.t.Fatal(err)
	}
	return entries
}

// tiles fails the test unless the ledger holds every interval from march to the end once.
func (w *world) tiles(end sla.Instant) {
	w.t.Helper()
	for _, name := range []string{"requests", "probe"} {
		at := march
		for _, e := range w.entries(name) {
			if e.From != at || e.Length() != sla.Minute {
				w.t.Fatalf("%s: %s is followed by %v", name, at, e.Span)
			}
			at = e.To
		}
		if at != end {
			w.t.Errorf("%s reaches to %s, want %s", name, at, end)
		}
	}
}

func TestFault_D1_WhenARoundTakesLongerThanTheIntervalItsWakeUpsAreSkippedAndItsDebtIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := func() sla.Instant {
			return march.Add(sla.Day + sla.MillisOf(time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))))
		}
		w := newWorld(t, simple, clock())
		w.round(clock())
		var rounds, overlaps, skipped atomic.Int32
		s := schedule.New(schedule.Options{
			Now: clock, Lag: 30 * time.Second, Skipped: func(string) { skipped.Add(1) },
			Run: func(ctx context.Context, _ schedule.Wake) {
				if w.source.inside.Add(1) > 1 {
					overlaps.Add(1)
				}
				defer w.source.inside.Add(-1)
				rounds.Add(1)
				now := clock()
				<-time.After(150 * time.Second) // what the source takes
				if _, err := w.cycle.Round(ctx, "main", Scope{}, now, nil); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			},
		})
		if err := s.Set([]schedule.Job{{ID: "requests", Expr: "* * * * *"}, {ID: "probe", Expr: "*/2 * * * *"}}); err != nil {
			t.Fatal(err)
		}
		s.Start()
		<-time.After(30*time.Minute + time.Second)
		if err := s.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if overlaps.Load() != 0 || rounds.Load() > 12 || skipped.Load() < 20 {
			t.Errorf("%d rounds of 150 s in half an hour, %d at once with another, %d wake-ups skipped", rounds.Load(), overlaps.Load(), skipped.Load())
		}
		w.round(clock())
		w.tiles(alignDown(clock().Add(-30*sla.Second), sla.Minute))
	})
}

// asked is a source that notes where its tasks begin.
type asked struct {
	*source
	tasks []string
	froms map[string][]sla.Instant
}

func (a *asked) Measure(ctx context.Context, tasks []measure.Task, now sla.Instant) []measure.Outcome {
	for _, t := range tasks {
		a.froms[t.Indicator.Name] = append(a.froms[t.Indicator.Name], t.Cursor)
		a.tasks = append(a.tasks, t.Indicator.Name)
	}
	return a.source.Measure(ctx, tasks, now)
}

func TestFault_D2_AfterThreeDaysOffWhatIsDueIsMeasuredOldestFirstWithoutAGap(t *testing.T) {
	off := march.Add(sla.Day)
	on := off.Add(3 * sla.Day)
	still, w := newWorld(t, simple, off), newWorld(t, simple, off)
	for _, each := range []*world{still, w} {
		each.source.fact = weatherOfMinutes
		each.round(off)
	}
	for now := off; now <= on; now = now.Add(sla.Hour) {
		still.round(now)
	}
	// The probe was measured a while longer than the requests when it stopped.
	if _, err := w.cycle.Round(t.Context(), "main", Scope{Want: func(i *sla.Indicator) bool { return i.Name == "probe" }}, off.Add(sla.Hour), nil); err != nil {
		t.Fatal(err)
	}
	w.source.piece = 5 * sla.Hour
	a := &asked{source: w.source, froms: map[string][]sla.Instant{}}
	o := w.options()
	o.Sources["main"] = a
	if err := w.cycle.Reload(t.Context(), o); err != nil { // as a restart does
		t.Fatal(err)
	}
	w.round(on)
	w.tiles(on.Add(-sla.Minute))
	for _, name := range []string{"requests", "probe"} {
		testkit.EqualLedgers(t, w.entries(name), still.entries(name))
		if from := a.froms[name]; !slices.IsSorted(from) || len(from) < 14 {
			t.Errorf("%s was asked for from %v", name, from)
		}
	}
	if a.tasks[0] != "requests" || a.tasks[1] != "probe" {
		t.Errorf("asked for in the order %q, want what is furthest behind first", a.tasks[:2])
	}
	w.compare()
}

// weatherOfMinutes is weather with intervals of a minute.
func weatherOfMinutes(indicator string, at sla.Instant) sla.Entry {
	if indicator == "probe" {
		bad := sla.Millis(0)
		if dice(200, indicator, at/sla.Instant(sla.Hour)) == 0 {
			bad = sla.Minute / 2
		}
		return sla.Entry{Bad: sla.Seconds(bad), Good: sla.Seconds(sla.Minute - bad)}
	}
	return sla.Entry{Good: sla.Whole(50 + dice(100, at)), Bad: sla.Whole(dice(3, "bad", at) / 2)}
}

func TestFault_D3_TwoMonthsThatEndedWhileItWasOffAreClosedOnceAndInOrder(t *testing.T) {
	w := newWorld(t, strings.ReplaceAll(simple, "service: shop, ", "service: shop, interval: 10m, "), march.Add(20*sla.Day))
	w.source.fact = func(indicator string, at sla.Instant) sla.Entry {
		if indicator == "probe" && at.Sub(march)/sla.Day%30 == 25 { // after it was stopped, in each of the two months
			return sla.Entry{Bad: sla.Seconds(10 * sla.Minute)}
		}
		if indicator == "probe" {
			return sla.Entry{Good: sla.Seconds(10 * sla.Minute)}
		}
		return fine(indicator, at)
	}
	w.round(march.Add(20 * sla.Day))
	w.reload()
	back := march.Add((31 + 30 + 4) * sla.Day) // the fifth of May
	var closed []string
	for _, now := range []sla.Instant{back, back.Add(sla.Hour + sla.Minute), back.Add(3 * sla.Hour)} {
		w.round(now)
		w.reload()
		judged, err := w.store.Judgements(t.Context(), "shop-sla", ever)
		if err != nil {
			t.Fatal(err)
		}
		closed = nil
		for i := range judged {
			if v := &judged[i]; !v.Provisional {
				closed = append(closed, fmt.Sprintf("%s %s %s", v.Period.Name, v.Objective, v.State))
			}
		}
	}
	want := []string{"2026-03 success met", "2026-03 there breached", "2026-04 success met", "2026-04 there breached"}
	if slices.Sort(closed); !slices.Equal(closed, want) {
		t.Errorf("closed are %q, want %q, once each", closed, want)
	}
	b := w.breaches()
	if len(b) != 2 || b[0].Period.Name != "2026-03" || b[1].Period.Name != "2026-04" || b[0].OpenedAt >= b[1].OpenedAt || b[0].ID >= b[1].ID {
		t.Fatalf("the breaches are %+v, want one of March, then one of April", b)
	}
	for i := range b {
		if !b[i].Period.Contains(b[i].OpenedAt) || len(b[i].Transitions) != 2 || b[i].State != sla.BreachConfirmed {
			t.Errorf("the breach of %s is %+v, want it opened in its period and confirmed once", b[i].Period.Name, b[i])
		}
	}
}

func TestFault_D4_AClockThatGoesBackMeasuresNothingTwiceAndNothingBackwards(t *testing.T) {
	for i, back := range []sla.Millis{sla.Second, sla.Minute, sla.Hour, sla.Day, sla.Day} {
		restart := i%2 == 1
		t.Run(fmt.Sprint(back.Duration(), " restart ", restart), func(t *testing.T) { setBack(t, back, restart) })
	}
}

// setBack lets an outage begin and end, and sets the clock back within it, at
// its end and after it.
func setBack(t *testing.T, back sla.Millis, restart bool) {
	begin := march.Add(sla.Day - sla.Hour)
	still, w := newWorld(t, simple, begin), newWorld(t, simple, begin)
	for _, each := range []*world{still, w} {
		each.source.fact = earlyOutage
		each.round(begin)
	}
	end := begin.Add(4 * sla.Hour)
	for now := begin; now <= end; now = now.Add(10 * sla.Minute) {
		still.round(now)
		w.round(now)
		if since := now.Sub(begin); since != 100*sla.Minute && since != 120*sla.Minute && since != 150*sla.Minute {
			continue
		}
		before := len(w.entries("probe"))
		if restart {
			w.reload()
		}
		for wrong := now.Add(-back); wrong < now; wrong = wrong.Add(max(back/7, 1)) {
			w.round(wrong)
		}
		if after := len(w.entries("probe")); after != before {
			t.Errorf("while the clock is set back from %s %d entries are recorded", now, after-before)
		}
	}
	w.tiles(end.Add(-sla.Minute))
	for _, name := range []string{"requests", "probe"} {
		testkit.EqualLedgers(t, w.entries(name), still.entries(name))
	}
	w.compare()
	if b := w.breaches(); len(b) != 1 || b[0].OpenedAt != still.breaches()[0].OpenedAt || b[0].State != sla.BreachConfirmed {
		t.Errorf("the breaches are %+v, want those of a clock that was right: %+v", b, still.breaches())
	}
	all, err := w.store.Conditions(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.Until < c.Since {
			t.Errorf("%s ends before it begins: %+v", c.Alertname, c)
		}
	}
	for _, name := range []string{sla.AlertBreached, sla.AlertBurn, sla.AlertAtRisk} {
		if got, want := len(w.holding(name)), len(still.holding(name)); got != want {
			t.Errorf("%d of %s hold, of a clock that was right %d", got, name, want)
		}
	}
}

// counters is a server with two days of samples, by a clock that is right.
func counters(t *testing.T, now func() sla.Instant) *promtest.Server {
	t.Helper()
	samples := promtest.NewStore()
	for at := march.Add(10*sla.Second - 15*sla.Minute); at < march.Add(2*sla.Day); at = at.Add(sla.Minute) {
		minutes := float64(at.Sub(march)/sla.Minute) + 1000
		for name, v := range map[string]float64{"requests_total": 10 * minutes, "failures_total": minutes, "probe_success": 1, "up": 1} {
			set := labels.FromStrings("__name__", name, "job", "shop", "instance", "a")
			if err := samples.Append(set, int64(at), v); err != nil {
				t.Fatal(err)
			}
		}
	}
	server, err := promtest.New(samples, promtest.Options{Now: func() time.Time { return now().Time() }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// from makes the world measure from the server; clock is that of this machine.
func (w *world) from(server *promtest.Server, clock func() sla.Instant) {
	w.t.Helper()
	source, err := measure.New(measure.Options{
		Name: "main", URL: server.URL(), HTTP: &http.Client{}, Lag: 30 * sla.Second,
		Clock: func() time.Time { return clock().Time() }, CompareClock: true,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	o := w.options()
	o.Sources["main"] = source
	if err := w.cycle.Reload(w.t.Context(), o); err != nil {
		w.t.Fatal(err)
	}
}

func TestFault_D5_AfterAClockThatWasAYearAheadNothingIsDuePastTheSourcesOwnTime(t *testing.T) {
	var right atomic.Int64
	server := counters(t, func() sla.Instant { return sla.Instant(right.Load()) })
	terms := strings.Replace(simple, "valid: {from: 2026-03-01}", "valid: {from: 2026-03-01, until: 2027-03-20}", 1)
	begin := march.Add(sla.Day)
	right.Store(int64(begin))
	w := newWorld(t, terms, begin)
	var ahead sla.Millis
	clock := func() sla.Instant { return sla.Instant(right.Load()).Add(ahead) }
	w.from(server, clock)
	w.round(clock())
	for _, off := range []sla.Millis{0, 365 * sla.Day, 0, -sla.Day, 0} {
		ahead = off
		before := len(w.entries("probe"))
		for range 3 {
			right.Add(int64(10 * sla.Minute))
			w.round(clock())
		}
		w.from(server, clock) // as a restart does
		w.round(clock())
		if n := len(w.entries("probe")) - before; off != 0 && n != 0 {
			t.Errorf("by a clock that is off by %s %d intervals are recorded", off.Duration(), n)
		}
		if off > 0 && len(w.holding(sla.AlertExpiring)) != 1 {
			t.Error("the clock is a year ahead, and the agreement's end is not told: the test shows nothing")
		}
	}
	w.tiles(sla.Instant(right.Load()).Add(-sla.Minute))
	if told := w.holding(sla.AlertExpiring); len(told) != 0 {
		t.Errorf("with the right clock %+v is told", told)
	}
	w.compare()
	if p, err := w.store.Problems(t.Context()); err != nil || len(p) != 0 {
		t.Errorf("problems are left: %v, %v", p, err)
	}
}
