package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

func TestFault_A6_ARepairAppendsRevisionsForTheTimeInWhichTheQueryWasRefused(t *testing.T) {
	begin := march.Add(sla.Hour)
	s := newStage(t, set{now: begin})
	srv := serve(t, cornerShop(t, sla.Span{From: march, To: begin.Add(6 * sla.Hour)}, busy), &s.clock)
	refused := promtest.APIError(422, "execution", "broken_total is not to be read")
	srv.Break(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.Contains(r.FormValue("query"), "broken_total") {
			refused(w, r, next)
			return
		}
		if r.URL.Path == "/api/v1/read" {
			http.NotFound(w, r) // no other way in
			return
		}
		next.ServeHTTP(w, r)
	})
	s.configure(set{catalogue: strings.ReplaceAll(corner, "requests_total", "broken_total"), source: srv.URL()})
	s.open()
	s.round()
	s.rounds(begin.Add(3*sla.Hour), 10*sla.Minute)
	// unknown counts the minutes that are unknown, and finds other facts wrong.
	unknown := func() (n int) {
		t.Helper()
		for _, e := range s.entries()["requests"] {
			ok, failed, _ := busy(e.From.Add(10 * sla.Second))
			switch {
			case e.Unknown > 0:
				n++
			case e.Good != sla.Whole(ok) || e.Bad != sla.Whole(failed):
				t.Errorf("the facts of %s are %+v, want %d good and %d bad", e.From, e, ok, failed)
			}
		}
		return n
	}
	before := unknown()
	if before < 170 {
		t.Fatalf("%d minutes are unknown, want those whose deadline has passed", before)
	}
	s.configure(set{catalogue: corner, source: srv.URL()})
	if err := s.app.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.round()
	if n := len(s.entries()["requests"]); n != 4*60-1 {
		t.Errorf("after the repair there are %d entries, want those of four hours", n)
	}
	s.rounds(begin.Add(3*sla.Hour+10*sla.Minute), sla.Minute)
	if n := unknown(); n >= before {
		t.Errorf("%d minutes are unknown ten minutes after the repair, want less than the %d before: some were provisional", n, before)
	}
	if err := s.app.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := unknown(); n != 0 {
		t.Errorf("%d minutes are unknown after the night, want none", n)
	}
}
