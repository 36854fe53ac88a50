package app_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

func TestFault_D5_AClockThatIsTwoYearsAheadLetsGoOfNoFact(t *testing.T) {
	begin := march.Add(6 * sla.Day)
	s := newStage(t, set{catalogue: corner, now: begin})
	srv := serve(t, cornerShop(t, sla.Span{From: march, To: begin}, busy), &s.clock)
	s.configure(set{catalogue: corner, source: srv.URL()})
	s.open()
	s.round()
	before := s.entries()
	srv.Break(promtest.Down()) // and what is let go of cannot be measured again
	s.clock.add(730 * sla.Day)
	if n, err := s.app.Seal(context.Background()); err != nil || n == 0 {
		t.Errorf("sealed %d days, %v: the test shows nothing", n, err)
	}
	s.clock.set(begin)
	s.restart()
	s.round()
	after := s.entries()
	for _, name := range slices.Sorted(maps.Keys(before)) {
		testkit.EqualLedgers(t, after[name], before[name])
	}
	if found := s.verify(); len(found) > 0 {
		t.Errorf("found %q", found)
	}
}
