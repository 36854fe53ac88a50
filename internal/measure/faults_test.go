package measure

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// bench is a server with five minutes of a shop, and a source that asks it.
type bench struct {
	*testing.T
	server *promtest.Server
	source *Source
	task   Task
	now    sla.Instant

	mu    sync.Mutex
	heard []Request
}

const benchTruth = "30/0 40/0 40/0 40/0 40/0"

func newBench(t *testing.T, change func(*Options)) *bench {
	t.Helper()
	b := &bench{T: t, now: start.Add(5 * sla.Minute)}
	store := promtest.NewStore()
	for _, s := range []Series{line(t, series("200"), "1000+10x19"), up(t, "1x19")} {
		put(t, store, s)
	}
	server, err := promtest.New(store, promtest.Options{Now: func() time.Time { return b.now.Time() }})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, server)
	o := Options{Name: "main", URL: server.URL(), HTTP: &http.Client{}, Observe: func(q Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.heard = append(b.heard, q)
	}}
	if change != nil {
		change(&o)
	}
	b.server = server
	if b.source, err = New(o); err != nil {
		t.Fatal(err)
	}
	b.task = Task{Indicator: ratio(), Cursor: start}
	return b
}

// closing ends the server with the test.
func closing(t testing.TB, server *promtest.Server) {
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
}

func put(t *testing.T, store *promtest.Store, s Series) {
	t.Helper()
	lb := labels.NewScratchBuilder(len(s.Labels))
	for _, l := range s.Labels {
		lb.Add(l.Name, l.Value)
	}
	series := store.Series(lb.Labels())
	for _, x := range s.Samples {
		f, _ := x.V.rat().Float64()
		if err := series.Append(int64(x.T), f); err != nil {
			t.Fatal(err)
		}
	}
}

// measure makes one call and takes what came of it over.
func (b *bench) measure() Outcome {
	b.Helper()
	o := b.source.Measure(context.Background(), []Task{b.task}, b.now)[0]
	b.task.State, b.task.Cursor = o.State, o.Cursor
	return o
}

// pending checks that a fault leaves the intervals pending, and that all of them
// are there once it is over.
func (b *bench) pending(fault promtest.Fault, kind ProblemKind, says string) Problem {
	b.Helper()
	b.server.Break(fault)
	o := b.measure()
	if o.Problem == nil {
		b.Fatalf("there is no problem; got %s", text(o.Entries))
	}
	if o.Problem.Kind != kind || !strings.Contains(o.Problem.Text, says) {
		b.Errorf("the problem is %s: %s; want %s with %q", o.Problem.Kind, o.Problem.Text, kind, says)
	}
	if len(o.Entries) > 0 || o.Cursor != start {
		b.Errorf("with the problem %s is recorded, the cursor is %s", text(o.Entries), o.Cursor)
	}
	b.server.Break(nil)
	b.source.o.Timeout = 30 * time.Second // a short one is for the fault alone
	b.now = b.now.Add(o.Problem.RetryAfter)
	b.restored(benchTruth)
	return *o.Problem
}

func (b *bench) restored(want string) {
	b.Helper()
	b.task.To = start.Add(5 * sla.Minute)
	o := b.measure()
	if o.Problem != nil || text(o.Entries) != want {
		b.Errorf("afterwards: %s, problem %v; want %s", text(o.Entries), o.Problem, want)
	}
}

func TestFault_A1_AfterASourceWasDownNoIntervalIsLost(t *testing.T) {
	h := shop(1)
	prometheus := testkit.StartPrometheus(t, testkit.PrometheusOptions{OpenMetrics: strings.NewReader(h.openMetrics())})
	src := sourceAt(t, prometheus.URL())
	tasks := []Task{{Indicator: ratio(), Cursor: start}}
	half := start.Add(31 * sla.Minute)
	entries := catchUp(t, src, tasks, half)[0]
	prometheus.Kill()
	for minute := range sla.Millis(20) {
		o := src.Measure(context.Background(), tasks, half.Add(minute*sla.Minute))[0]
		if minute > 0 && (o.Problem == nil || o.Problem.Kind != Pending || !o.Problem.SourceDown) {
			t.Fatalf("while the source is down the problem is %+v", o.Problem)
		}
		if len(o.Entries) > 0 {
			t.Fatalf("while the source is down %s is recorded", text(o.Entries))
		}
		tasks[0].State, tasks[0].Cursor = o.State, o.Cursor
	}
	prometheus.Restart()
	entries = append(entries, catchUp(t, src, tasks, start.Add(sla.Hour+sla.Minute))[0]...)
	compareFacts(t, "requests", entries[:60], h.truth(sla.Ratio, 60))
}

func TestFault_A2_ASourceThatNeverAnswersIsGivenUpAtTheDeadline(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Timeout = 100 * time.Millisecond })
	b.pending(promtest.Slow(nil), Pending, "did not answer within 100ms")
}

func TestFault_A3_TheDeadlineCoversTheBody(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Timeout = 100 * time.Millisecond })
	b.pending(promtest.Stall(20, nil), Pending, "did not answer within 100ms")
}

func TestFault_A4_ServerErrorsArePending(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504} {
		newBench(t, nil).pending(promtest.Status(status, "not now"), Pending, "not now")
	}
}

func TestFault_A5_ASourceIsLeftAloneAsLongAsItAsks(t *testing.T) {
	b := newBench(t, nil)
	b.server.Break(promtest.TooManyRequests(20 * time.Second))
	if o := b.measure(); o.Problem == nil || o.Problem.RetryAfter != 20*sla.Second || o.Problem.Kind != Pending {
		t.Errorf("the problem is %+v, want to wait for 20 s", o.Problem)
	}
	asked := len(b.heard)
	b.now = b.now.Add(19 * sla.Second)
	if o := b.measure(); o.Problem == nil || o.Problem.RetryAfter != sla.Second || len(b.heard) != asked {
		t.Errorf("before its time is over %d requests were made, problem %+v", len(b.heard)-asked, o.Problem)
	}
	b.server.Break(promtest.TooManyRequests(time.Hour))
	b.now = b.now.Add(sla.Second)
	if o := b.measure(); o.Problem == nil || o.Problem.RetryAfter != 5*sla.Minute {
		t.Errorf("asked to wait for an hour the problem is %+v, want at most 5 minutes", o.Problem)
	}
	b.server.Break(nil)
	b.now = b.now.Add(5 * sla.Minute)
	b.restored(benchTruth)
}

func TestFault_A6_RefusalsAreDecidedByTheirText(t *testing.T) {
	newBench(t, nil).pending(promtest.QueryTimeout(), Pending, "timed out")
	newBench(t, nil).pending(promtest.APIError(422, "execution", "found duplicate series"), Misconfigured, "duplicate series")
	newBench(t, nil).pending(promtest.APIError(400, "bad_data", "1:3: parse error"), Misconfigured, "parse error")
	b := newBench(t, nil)
	b.server.Break(promtest.TooManySamples(7))
	var all []sla.Entry
	for range 200 {
		o := b.measure()
		if o.Problem != nil {
			t.Fatal(o.Problem)
		}
		if all = append(all, o.Entries...); !o.Remaining {
			break
		}
	}
	if text(all) != benchTruth {
		t.Errorf("read in pieces it is %s, want %s", text(all), benchTruth)
	}
}

func TestFault_A6_AMisconfiguredIndicatorIsUnknownAfterTheDeadlineOnly(t *testing.T) {
	b := newBench(t, nil)
	b.server.Break(promtest.APIError(400, "bad_data", "1:3: parse error"))
	b.measure() // first said now
	b.now = b.now.Add(sla.Hour - 1)
	if o := b.measure(); len(o.Entries) > 0 || o.Problem == nil {
		t.Errorf("before the deadline %s is recorded", text(o.Entries))
	}
	b.now++
	b.task.To = start.Add(5 * sla.Minute)
	o := b.measure()
	if want := "0/0?60 0/0?60 0/0?60 0/0?60 0/0?60"; text(o.Entries) != want || o.Problem == nil {
		t.Errorf("at the deadline %s is recorded, want %s", text(o.Entries), want)
	}
}

func TestFault_A7_AnUnusableSourceIsPendingAndNoSecretIsSaid(t *testing.T) {
	for _, status := range []int{401, 403, 404} {
		b := newBench(t, func(o *Options) {
			o.URL = strings.Replace(o.URL, "//", "//slm:hunter2@", 1)
			o.Headers = map[string]string{"X-Token": "hunter2"}
		})
		if p := b.pending(promtest.Status(status, "go away"), Unusable, "go away"); strings.Contains(p.Text, "hunter2") || !p.SourceDown {
			t.Errorf("the problem is %+v", p)
		}
		b = newBench(t, func(o *Options) { o.URL = "http://slm:hunter2@127.0.0.1:1" })
		if o := b.measure(); o.Problem == nil || strings.Contains(o.Problem.Text, "slm") || !o.Problem.SourceDown {
			t.Errorf("the problem is %+v", o.Problem)
		}
	}
}

func TestFault_A8_APageThatIsNotTheAPIIsPendingAndSaysWhatCame(t *testing.T) {
	newBench(t, nil).pending(promtest.HTMLPage(), Unusable, "Please sign in")
}

func TestFault_A9_OfACutAnswerNothingIsUsed(t *testing.T) {
	for n := 1; n < 400; n += 13 {
		newBench(t, nil).pending(promtest.Cut(n), Pending, "")
		newBench(t, nil).pending(promtest.Truncate(n), Pending, "broke off")
	}
}

func TestFault_A10_WarningsArePendingUntilTheDeadlineThenUnknown(t *testing.T) {
	newBench(t, nil).pending(promtest.Warn("one store is down"), Partial, "one store is down")
	b := newBench(t, nil)
	b.task.To = start.Add(5 * sla.Minute)
	b.server.Break(promtest.Warn("one store is down"))
	b.measure()
	b.now = b.now.Add(sla.Hour)
	o := b.measure()
	if want := "0/0?60 0/0?60 0/0?60 0/0?60 0/0?60"; text(o.Entries) != want || o.Problem == nil {
		t.Errorf("after the deadline %s is recorded, want %s", text(o.Entries), want)
	}
	newBench(t, nil).pending(promtest.Body(`{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]}}`), Partial, "not complete")
}

func TestFault_A11_WithInfosTheValueCounts(t *testing.T) {
	b := newBench(t, nil)
	b.server.Break(promtest.Inform("a remark"))
	b.restored(benchTruth)
	if len(b.heard) == 0 || len(b.heard[0].Infos) != 1 || b.heard[0].Infos[0] != "a remark" {
		t.Errorf("heard is %+v, want the remark", b.heard)
	}
}

func TestFault_A12_WhatIsNoNumberIsUnknownAndCounted(t *testing.T) {
	src, err := New(Options{Read: InMemory([]Series{line(t, series("200"), "-0 10 20 30 NaN NaN +Inf 70 80 -1 100 110 stale 130 140 150")})})
	if err != nil {
		t.Fatal(err)
	}
	o := src.Measure(context.Background(), []Task{{Indicator: ratio(), Cursor: start}}, start.Add(4*sla.Minute))[0]
	if got, want := text(o.Entries), "30/0 40/0?60 40/0?60 40/0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	counts := map[string]int{}
	for _, r := range o.Rejected {
		counts[r.Reason] = r.Count
		if r.Series != series("200") && !strings.Contains(r.Series, `code="200"`) {
			t.Errorf("a rejection names %s", r.Series)
		}
	}
	if counts[ReasonNaN] != 2 || counts[ReasonInfinite] != 1 || counts[ReasonNegative] != 1 || len(counts) != 3 {
		t.Errorf("rejected is %v", counts)
	}
}

func TestFault_A13_AnEmptyAnswerIsZeroEventsOnlyWhereATargetWasUp(t *testing.T) {
	got := measured(t, ratio(), 4, up(t, "1x3 0x3 1x3"))
	if text(got) != "0/0 0/0?60 0/0 0/0?60" {
		t.Errorf("got %s", text(got))
	}
}

func TestFault_A14_OfSeveralSeriesNoneIsPicked(t *testing.T) {
	b := newBench(t, nil)
	b.task.Indicator = &sla.Indicator{Name: "query", Kind: sla.Query, Interval: sla.Minute, Expr: `{job="shop"}`, Bound: sla.Bound{Kind: sla.AtLeast}}
	b.restored("0/0?60 0/0?60 0/0?60 0/0?60 0/0?60")
	b.task = Task{Indicator: &sla.Indicator{Name: "query", Kind: sla.Query, Interval: sla.Minute, Expr: `sum(increase(http_requests_total[$interval]))`, Bound: sla.Bound{Kind: sla.AtLeast, Value: sla.Decimal{Coef: 40}}}, Cursor: start}
	b.restored("60/0 60/0 60/0 60/0 60/0")
}

func TestFault_A16_AWrongResultTypeIsUnknownAfterTheDeadline(t *testing.T) {
	wrong := promtest.Body(`{"status":"success","data":{"resultType":"vector","result":[]}}`)
	newBench(t, nil).pending(wrong, Partial, `"vector"`)
}

func TestFault_A17_MoreBadEventsThanEventsAreUnknown(t *testing.T) {
	ind := &sla.Indicator{Name: "excess", Kind: sla.Ratio, Interval: sla.Minute, Total: "all_total", Bad: "bad_total"}
	got := measured(t, ind, 3, line(t, "all_total", "0+1x3 4+10x8"), line(t, "bad_total", "0+2x12"))
	if want := "0/0?60 23/8 32/8"; text(got) != want {
		t.Errorf("got %s, want %s", text(got), want)
	}
}

func TestFault_A18_AfterAResetTheValueCounts(t *testing.T) {
	if got, want := text(measured(t, ratio(), 2, line(t, series("200"), "1000 1010 7 17 27 37 0 5"))), "27/0 25/0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFault_A24_ARedirectToAnotherHostIsNotFollowed(t *testing.T) {
	asked := false
	elsewhere, err := promtest.New(promtest.NewStore(), promtest.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, elsewhere)
	elsewhere.Break(func(w http.ResponseWriter, r *http.Request, next http.Handler) { asked = true })
	newBench(t, nil).pending(promtest.RedirectTo(elsewhere.URL()), Unusable, "another host")
	if asked {
		t.Error("the other host was asked")
	}
	b := newBench(t, nil)
	b.server.Break(promtest.Times(1, promtest.RedirectTo("")))
	b.restored(benchTruth)
}

func TestFault_A9_AnAnswerShorterThanAnnouncedBrokeOff(t *testing.T) {
	newBench(t, nil).pending(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"matrix","result":[]}}`)
	}, Pending, "the answer of source main broke off before its end")
}

func TestFault_A24_ARedirectThatLosesTheQuestionIsTheSourcesFaultAndNotTheQuestions(t *testing.T) {
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther} {
		newBench(t, nil).pending(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if r.URL.Path == "/there" {
				refusal := promtest.APIError(http.StatusBadRequest, "bad_data", "invalid parameter \"query\": no expression found in input")
				refusal(w, r, next)
				return
			}
			http.Redirect(w, r, "/there", status)
		}, Unusable, "name the address that it leads to in slmd.yml")
	}
}

func TestFault_A20_ASourceWhoseClockIsOffIsPendingUntilItAgrees(t *testing.T) {
	for name, c := range map[string]struct {
		off  time.Duration
		says string
	}{
		"ten minutes ahead":  {10 * time.Minute, "the clock of source main is about 10 minutes ahead of ours"},
		"ten minutes behind": {-10 * time.Minute, "the clock of source main is about 10 minutes behind ours"},
		"just beyond":        {32 * time.Second, "is more than 30 seconds ahead of ours"},
	} {
		t.Run(name, func(t *testing.T) {
			var b *bench
			b = newBench(t, func(o *Options) { o.Clock, o.CompareClock = func() time.Time { return b.now.Time() }, true })
			p := b.pending(promtest.Clock(c.off), Pending, c.says)
			if !p.SourceDown {
				t.Error("only the query is said to be concerned, not the source")
			}
		})
	}
}

func TestASourceWhoseClockIsNearlyRightIsUsed(t *testing.T) {
	var b *bench
	b = newBench(t, func(o *Options) { o.Clock, o.CompareClock = func() time.Time { return b.now.Time() }, true })
	b.server.Break(promtest.Clock(-29 * time.Second))
	b.restored(benchTruth)
}

func TestFault_A5_AnInstantUntilWhichToWaitIsByTheSourcesClock(t *testing.T) {
	b := newBench(t, nil)
	b.server.Break(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Date", "Tue, 10 Mar 2026 12:00:00 GMT")
		w.Header().Set("Retry-After", "Tue, 10 Mar 2026 12:00:40 GMT")
		http.Error(w, "busy", http.StatusTooManyRequests)
	})
	if o := b.measure(); o.Problem == nil || o.Problem.RetryAfter != 40*sla.Second {
		t.Errorf("the problem is %+v, want to wait for 40 s", o.Problem)
	}
}

func TestFault_A7_ASourceThatRepeatsWhatWasSentDoesNotGiveItAway(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Headers = map[string]string{"X-Token": "planted-token", "X-Scope-OrgID": "team-a"} })
	b.source.o.HTTP.Transport = sending("bWU6cGxhbnRlZC1wYXNzd29yZA==") // me:planted-password
	b.server.Break(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, password, _ := r.BasicAuth()
		http.Error(w, fmt.Sprintf("%s of %s may not: %s, %s", password, r.Header.Get("X-Scope-OrgID"), r.Header.Get("Authorization"), r.Header.Get("X-Token")), http.StatusForbidden)
	})
	o := b.measure()
	if o.Problem == nil || !strings.Contains(o.Problem.Text, "<secret> of team-a may not: Basic <secret>, <secret>") {
		t.Errorf("the problem is %+v, want the words without secrets", o.Problem)
	}
	if why := b.heard[0].Why; why != o.Problem.Text {
		t.Errorf("of the request is heard %q, want the words of the problem", why)
	}
}

// sending is a transport that adds credentials to a copy of the request, as
// those of a configuration do.
type sending string

func (s sending) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Basic "+string(s))
	return http.DefaultTransport.RoundTrip(r)
}

func TestWhereASourceRefusesToLookBackOrSaysOnlyPartMeasuringBeginsAtTheFront(t *testing.T) {
	span := sla.Span{From: start.Add(-2 * sla.Day), To: start}
	for name, fault := range map[string]promtest.Fault{
		"a refusal": promtest.APIError(http.StatusBadRequest, "bad_data", "parse error: unknown function present_over_time"),
		"warnings":  promtest.Warn("a store is away"),
	} {
		b := newBench(t, nil)
		b.server.Break(fault)
		if from, err := b.source.Earliest(context.Background(), ratio(), span); err != nil || from != span.From {
			t.Errorf("after %s measuring begins at %s, %v; want %s", name, from, err, span.From)
		}
		b.server.Break(promtest.Status(http.StatusServiceUnavailable, "not yet"))
		if _, err := b.source.Earliest(context.Background(), ratio(), span); err == nil {
			t.Error("without an answer it is said how far the source reaches back")
		}
	}
}

func TestFault_A1_AConnectionThatTheSourceClosedMeanwhileIsNoFault(t *testing.T) {
	b := newBench(t, func(o *Options) { o.HTTP = &http.Client{Transport: &http.Transport{}} })
	var mu sync.Mutex
	used := map[string]bool{} // connections by their address
	b.server.Break(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		mu.Lock()
		again := used[r.RemoteAddr]
		used[r.RemoteAddr] = true
		mu.Unlock()
		if !again {
			if len(r.Header.Values("Idempotency-Key")) > 0 {
				t.Error("the source is sent a key")
			}
			next.ServeHTTP(w, r)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
	})
	for minute := range sla.Millis(4) {
		b.task.To = start.Add((minute + 1) * sla.Minute)
		if o := b.measure(); o.Problem != nil || len(o.Entries) != 1 {
			t.Errorf("minute %d gave %s, problem %v", minute, text(o.Entries), o.Problem)
		}
	}
}
