package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// swap makes a server answer from another store.
func swap(t testing.TB, srv *promtest.Server, st *promtest.Store, c *clock) {
	t.Helper()
	other := serve(t, st, c)
	srv.Break(func(w http.ResponseWriter, r *http.Request, _ http.Handler) { other.Handler().ServeHTTP(w, r) })
}

// without gives a busy shop of which 20 minutes were not scraped.
func without(t testing.TB, span sla.Span, from sla.Instant) *promtest.Store {
	t.Helper()
	return unscraped(t, span, sla.Span{From: from, To: from.Add(20 * sla.Minute)}, busy)
}

// unscraped gives a shop that was not scraped for a while.
func unscraped(t testing.TB, span, hole sla.Span, is func(sla.Instant) (ok, failed, probe int64)) *promtest.Store {
	t.Helper()
	holed := promtest.NewStore()
	var ok, failed int64
	for at := span.From.Add(10*sla.Second - 15*sla.Minute); at < span.To; at = at.Add(sla.Minute) {
		more, worse, probe := is(at)
		ok, failed = ok+more, failed+worse
		if hole.Contains(at) {
			continue
		}
		add(t, holed, `up{job="shop",instance="a"}`, at, 1)
		add(t, holed, `requests_total{job="shop",instance="a",code="200"}`, at, float64(ok))
		add(t, holed, `requests_total{job="shop",instance="a",code="500"}`, at, float64(failed))
		add(t, holed, `probe_success{job="probe",instance="b"}`, at, float64(probe))
	}
	return holed
}

// again measures an indicator anew, with the daemon stopped.
func (s *stage) again(indicator string, span sla.Span, reason string) (cycle.Revised, error) {
	s.t.Helper()
	s.stop()
	cfg, err := config.Load(s.path("slmd.yml"))
	if err != nil {
		s.t.Fatal(err)
	}
	st, err := store.Open(context.Background(), s.path("data/"+app.DatabaseFile), store.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	done, err := app.Remeasure(context.Background(), cfg, st, app.Remeasuring{
		Indicator: indicator, Span: span, Reason: reason, Actor: "ada", Now: s.clock.now(),
	})
	rows, auditErr := st.Audit(context.Background(), 0, 1000)
	if auditErr != nil {
		s.t.Fatal(auditErr)
	}
	if last := rows[len(rows)-1]; err == nil && (last.Action.Action != "remeasure" || !strings.HasSuffix(last.Text, ": "+reason) || last.Actor.Name != "ada") {
		s.t.Errorf("the audit log ends with %+v", last)
	}
	if err := st.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.open()
	return done, err
}

func TestMeasuringAgainFillsAHoleThatTheSourceHasFilled(t *testing.T) {
	begin := march.Add(sla.Day)
	span := sla.Span{From: march, To: begin}
	hole := march.Add(12 * sla.Hour)
	s := newStage(t, set{catalogue: corner, now: begin})
	srv := serve(t, without(t, span, hole), &s.clock)
	s.configure(set{catalogue: corner, source: srv.URL()})
	s.open()
	s.round()
	holed := s.entries()
	swap(t, srv, cornerShop(t, span, busy), &s.clock)
	for name, part := range map[string]sla.Span{
		"requests": {From: hole.Add(5 * sla.Minute), To: hole.Add(6 * sla.Minute)}, // the rest of the hole belongs to it
		"probe":    {From: hole.Add(-sla.Hour), To: hole.Add(sla.Hour)},
	} {
		done, err := s.again(name, part, "the network was mended")
		if err != nil || done.Changed < 20 || done.Changed > 22 || done.Kept != 0 {
			t.Errorf("%s: %+v, %v", name, done, err)
		}
	}
	whole := newStage(t, set{catalogue: corner, now: begin, source: serve(t, cornerShop(t, span, busy), &s.clock).URL()}).open()
	whole.round()
	want := whole.entries()
	for name, entries := range s.entries() {
		testkit.EqualLedgers(t, entries, want[name])
		if testkit.DiffLedgers(entries, holed[name]) == "" {
			t.Errorf("%s: nothing was revised", name)
		}
	}
	if _, err := s.again("requests", span, " "); err == nil {
		t.Error("measuring again without a reason was not refused")
	}
}

func TestFault_A22_ASourceRestoredFromAnOldBackupMakesNothingUnknown(t *testing.T) {
	begin := march.Add(sla.Day)
	span := sla.Span{From: march, To: begin}
	hole := march.Add(12 * sla.Hour)
	s := newStage(t, set{catalogue: corner, now: begin})
	srv := serve(t, cornerShop(t, span, busy), &s.clock)
	s.configure(set{catalogue: corner, source: srv.URL()})
	s.open()
	s.round()
	before := s.entries()
	for lost, backup := range map[int]*promtest.Store{60: promtest.NewStore(), 20: without(t, span, hole)} {
		swap(t, srv, backup, &s.clock)
		for name := range before {
			done, err := s.again(name, sla.Span{From: hole, To: hole.Add(sla.Hour)}, "after the restore")
			if err != nil || done.Changed != 0 || done.Kept < lost-1 {
				t.Errorf("%s: %+v, %v", name, done, err)
			}
		}
		for name, entries := range s.entries() {
			testkit.EqualLedgers(t, entries, before[name])
		}
	}
}
