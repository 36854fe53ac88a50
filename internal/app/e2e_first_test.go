package app_test

import (
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// A Prometheus keeps fifteen days, the agreement is in force for two months.
func TestFault_A21_WhatTheSourceNoLongerHasIsUnknownAndNothingIsMadeUp(t *testing.T) {
	oldest, now := at("2026-03-02T05:00:00Z"), at("2026-03-17T05:00:00Z")
	s := newStage(t, set{catalogue: corner, now: now})
	samples := cornerShop(t, sla.Span{From: oldest.Add(15 * sla.Minute), To: now.Add(sla.Day)}, busy)
	srv := serve(t, samples, &s.clock)
	s.configure(set{catalogue: strings.Replace(corner, "from: 2026-03-01", "from: 2026-01-15", 1), source: srv.URL()})
	s.open()
	s.app.Start()
	s.round()
	s.clock.add(2 * sla.Hour)
	s.round()

	for name, entries := range s.entries() {
		first := sla.Instant(0)
		next := at("2026-01-15T00:00:00Z")
		for _, e := range entries {
			if e.From != next {
				t.Fatalf("%s has a hole or an overlap at %s", name, next)
			}
			next = e.To
			known := e.Unknown < e.Length()
			if known && first == 0 {
				first = e.From
			}
			if e.From < oldest && (known || !e.Good.IsZero() || !e.Bad.IsZero()) {
				t.Errorf("%s knows something of %s, before the source's first sample", name, e.From)
			}
			if e.From > oldest && e.Unknown != 0 {
				t.Errorf("%s does not know %d ms of %s", name, e.Unknown, e.From)
			}
		}
		if first != oldest {
			t.Errorf("the facts of %s begin at %s, want %s", name, first, oldest)
		}
	}
	there := standing(t, s.app.Standings(), "there")
	unknown, _ := there.Current.Unknown.Float64()
	if want := float64(oldest.Add(10*sla.Second).Sub(march)) / 1000; unknown != want {
		t.Errorf("%v seconds of March are unknown, want the %v before the first sample", unknown, want)
	}
	if p := there.Previous; p == nil || p.Period.Name != "2026-02" || p.State != sla.NoData || p.Completeness.Num.Sign() != 0 {
		t.Errorf("February is %+v, want no data and nothing of it known", p)
	}
	page := metrics(t, s)
	if !strings.Contains(grep(page, `slmd_objective_completeness_ratio{agreement="shop-sla",kind="SLA",objective="there"`), `window="previous"} 0`) {
		t.Errorf("the metrics do not say that February is not known:\n%s", grep(page, "slmd_objective_completeness_ratio"))
	}
	for _, b := range s.breaches() {
		if b.Period.Name != "2026-03" || b.OpenedAt < oldest {
			t.Errorf("a breach is made up: %+v", b)
		}
	}
	if issued, err := s.app.IssueReviews(t.Context()); err != nil || len(issued) != 0 {
		t.Errorf("issued are %v (%v), want no review of months of which nothing is known", issued, err)
	}
	review := get(t, s.app.URL()+"/api/v1/reports/shop-sla/2026-03.json")
	if !strings.Contains(review, "2026-03-02") {
		t.Errorf("the review of March does not say since when facts exist: %s", review[:min(len(review), 6000)])
	}
	if review := get(t, s.app.URL()+"/api/v1/reports/shop-sla/2026-01.json"); !strings.Contains(review, `"no_data"`) {
		t.Errorf("the review of January does not say that there is no data: %s", tail(review))
	}
}

func (s *stage) breaches() []sla.Breach {
	s.t.Helper()
	all, err := s.read().Breaches(s.t.Context(), ever)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}
