package app_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
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
	if n := grep(metrics(t, l.late), "slmd_revisions_total"); n != "slmd_revisions_total{cause=\"hole\"} 0\nslmd_revisions_total{cause=\"reconciliation\"} 42\n" {
		t.Errorf("the metrics say of revisions:\n%s", n)
	}
}
