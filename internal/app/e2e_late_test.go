package app_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// lateness is how two stages differ: one has twenty minutes of samples when they
// are due, the other one later.
type lateness struct {
	begin, hole, end sla.Instant
	span             sla.Span
	whole            *promtest.Store
	still            *stage
	late             *stage
	server           *promtest.Server // of the late one
}

// newLateness gives the stage that has everything in time.
func newLateness(t *testing.T) *lateness {
	t.Helper()
	l := &lateness{begin: march.Add(2 * sla.Hour)}
	l.hole, l.end = l.begin.Add(30*sla.Minute), l.begin.Add(8*sla.Hour)
	l.span = sla.Span{From: march, To: l.end}
	l.whole = cornerShop(t, l.span, busy)
	l.still = newStage(t, set{now: l.end.Add(-sla.Hour)})
	l.still.configure(set{catalogue: corner, source: serve(t, l.whole, &l.still.clock).URL()})
	l.still.open()
	l.still.round()
	return l
}

// arrive gives the stage whose samples arrive so long after the hole's end.
func (l *lateness) arrive(t *testing.T, after sla.Millis) {
	t.Helper()
	l.late = newStage(t, set{now: l.begin})
	l.server = serve(t, without(t, l.span, l.hole), &l.late.clock)
	l.late.configure(set{catalogue: corner, source: l.server.URL()})
	l.late.open()
	l.late.round()
	arrival := l.hole.Add(20*sla.Minute + after)
	l.late.rounds(min(arrival, l.hole.Add(90*sla.Minute)), sla.Minute)
	l.late.rounds(arrival, sla.Hour)
	swap(t, l.server, l.whole, &l.late.clock)
	l.late.rounds(max(arrival, l.hole.Add(90*sla.Minute)), sla.Minute)
	l.late.rounds(l.end.Add(-sla.Hour), sla.Hour)
}

// same fails the test unless both ledgers, and what measuring goes on from, are the same.
func (l *lateness) same(t *testing.T, states bool) {
	t.Helper()
	want := l.still.entries()
	for name, entries := range l.late.entries() {
		testkit.EqualLedgers(t, entries, want[name])
	}
	got, err := l.late.read().Heads(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	heads, err := l.still.read().Heads(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for name := range heads {
		if states && !bytes.Equal(heads[name].State, got[name].State) {
			t.Errorf("%s is measured on from another state than if the samples had been in time", name)
		}
	}
}

func TestFault_A19_SamplesThatComeWhileTheHoleIsProvisionalFillItAsIfTheyHadBeenInTime(t *testing.T) {
	l := newLateness(t)
	for _, after := range []sla.Millis{5 * sla.Second, 10 * sla.Minute, 50 * sla.Minute} {
		t.Run(fmt.Sprint(after.Duration()), func(t *testing.T) {
			l.arrive(t, after)
			l.same(t, true)
		})
	}
}

// revisions gives what the metrics say of revisions.
func revisions(hole, reconciliation, request int) string {
	return fmt.Sprintf(`slmd_revisions_total{cause="entry"} 0
slmd_revisions_total{cause="hole"} %d
slmd_revisions_total{cause="reconciliation"} %d
slmd_revisions_total{cause="request"} %d
`, hole, reconciliation, request)
}

func TestFault_A19_SamplesThatComeHoursLateBecomeRevisionsInTheNight(t *testing.T) {
	l := newLateness(t)
	l.arrive(t, 5*sla.Hour)
	if testkit.DiffLedgers(l.late.entries()["requests"], l.still.entries()["requests"]) == "" {
		t.Fatal("samples that came five hours late are in the ledger before anybody looked again")
	}
	if err := l.late.app.Reconcile(context.Background()); err != nil {
		t.Fatal(err)
	}
	l.same(t, false)
	if n := grep(metrics(t, l.late), "slmd_revisions_total"); n != revisions(0, 42, 0) {
		t.Errorf("the metrics say of revisions:\n%s", n)
	}
}

// reported is a stage whose March was judged and reviewed with a hole of twenty
// minutes in it. A day later the source has them: an outage.
type reported struct {
	*stage
	server *promtest.Server
	hole   sla.Span
	whole  *promtest.Store
	review store.Report
}

func newReported(t *testing.T) *reported {
	t.Helper()
	from, april := at("2026-03-30T00:00:00Z"), at("2026-04-01T00:00:00Z")
	hole := sla.Span{From: april.Add(-sla.Hour), To: april.Add(-40 * sla.Minute)}
	span := sla.Span{From: from, To: april.Add(40 * sla.Hour)}
	down := func(at sla.Instant) (ok, failed, probe int64) {
		if hole.Contains(at) {
			return 10, 0, 0
		}
		return 10, 0, 1
	}
	r := &reported{stage: newStage(t, set{now: april.Add(3 * sla.Hour)}), hole: hole, whole: cornerShop(t, span, down)}
	r.server = serve(t, unscraped(t, span, hole, down), &r.clock)
	terms := strings.Replace(corner, "from: 2026-03-01", "from: 2026-03-30", 1)
	r.configure(set{catalogue: terms, source: r.server.URL()})
	r.o.Lifecycle = true
	r.open()
	r.round()
	r.rounds(april.Add(6*sla.Hour), 90*sla.Minute)
	if issued, err := r.app.IssueReviews(t.Context()); err != nil || len(issued) != 1 {
		t.Fatalf("issued are %v (%v), want the review of March", issued, err)
	}
	review, err := r.read().Report(t.Context(), "shop-sla", "2026-03")
	if err != nil || len(r.breaches()) != 0 {
		t.Fatalf("%d breaches before the samples have come, want none (%v)", len(r.breaches()), err)
	}
	r.review = review
	swap(t, r.server, r.whole, &r.clock)
	r.clock.set(april.Add(26 * sla.Hour))
	r.round()
	return r
}

// reopened fails the test unless March is breached, by late facts, and its review as it was.
func (r *reported) reopened(t *testing.T) {
	t.Helper()
	b := r.breaches()
	if len(b) != 1 || b[0].State != sla.BreachConfirmed || b[0].Period.Name != "2026-03" || b[0].Transitions[0].Cause != "late facts" {
		t.Errorf("the breaches are %+v, want one of March, by late facts", b)
	}
	if p := standing(t, r.app.Standings(), "there").Previous; p == nil || p.State != sla.Breached || p.Provisional {
		t.Errorf("March is %+v, want it breached", p)
	}
	if issued, err := r.app.IssueReviews(t.Context()); err != nil || len(issued) != 0 {
		t.Errorf("issued are %v (%v), want nothing once more", issued, err)
	}
	if after, err := r.read().Report(t.Context(), "shop-sla", "2026-03"); err != nil || !bytes.Equal(after.Doc, r.review.Doc) || after.Revision != r.review.Revision {
		t.Errorf("the issued review was changed (%v)", err)
	}
	found, err := app.Verify(t.Context(), app.Verifying{Store: r.read(), FinaliseAfter: sla.Hour, Now: r.clock.now()})
	if err != nil || len(found) != 0 {
		t.Errorf("verifying finds %q (%v), want nothing", found, err)
	}
}

func TestALateOutageReopensAMonthThatWasReportedAndItsReviewStays(t *testing.T) {
	r := newReported(t)
	if err := r.app.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.reopened(t)
}

func TestWhereNothingIsReconciledNoMetricSaysThatItIsLate(t *testing.T) {
	for setting, said := range map[string]bool{"off": false, "'0 2 * * *'": true} {
		s := newStage(t, set{catalogue: corner, source: "http://127.0.0.1:1", now: at("2026-03-10T00:00:00Z"), config: "measuring: {reconcile: " + setting + "}\n"}).open()
		s.app.Start()
		if got := strings.Contains(metrics(t, s), "\nslmd_reconciled_timestamp_seconds{"); got != said {
			t.Errorf("with reconcile: %s the metric is there: %t", setting, got)
		}
	}
}
