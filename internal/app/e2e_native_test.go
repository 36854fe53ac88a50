package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/web"
)

// quick is a shop whose answers take a native histogram; its buckets have bounds
// at 0.5 and 1, so that how many take up to 0.7 seconds is not known exactly.
var quick = strings.Replace(strings.Replace(strings.Replace(corner, "from: 2026-03-01", "from: 2026-03-31", 1),
	"agreements:", `  - {name: half, service: shop, latency: {histogram: 'took{job="shop"}', within: 500ms}}
  - {name: seven, service: shop, latency: {histogram: 'took{job="shop"}', within: 700ms}}
agreements:`, 1),
	"      - {name: success", `      - {name: exact, indicator: half, target: 90%}
      - {name: divided, indicator: seven, target: 90%}
      - {name: success`, 1)

// took adds a native histogram that grows by two answers of 0.25 to 0.5 seconds
// and one of 0.5 to 1 in each minute.
func took(t *testing.T, st *promtest.Store, span sla.Span) {
	t.Helper()
	series := st.Series(labelsOf(t, `took{job="shop",instance="a"}`))
	n := int64(0)
	for at := span.From.Add(10*sla.Second - 15*sla.Minute); at < span.To; at = at.Add(sla.Minute) {
		n++
		h := &histogram.Histogram{
			Schema: 0, ZeroThreshold: 1e-9, Count: uint64(3 * n), Sum: float64(n),
			PositiveSpans: []histogram.Span{{Offset: -1, Length: 2}}, PositiveBuckets: []int64{2 * n, -n},
		}
		if err := series.AppendHistogram(int64(at), h); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatRestsOnDividedBucketsIsShownAsApproximateEverywhere(t *testing.T) {
	from, april := at("2026-03-31T00:00:00Z"), at("2026-04-01T00:00:00Z")
	span := sla.Span{From: from, To: april.Add(12 * sla.Hour)}
	samples := cornerShop(t, span, busy)
	took(t, samples, span)
	s := newStage(t, set{now: april.Add(3 * sla.Hour)})
	s.configure(set{catalogue: quick, source: serve(t, samples, &s.clock).URL()})
	s.open()
	s.round()
	s.rounds(april.Add(6*sla.Hour), 90*sla.Minute)
	if issued, err := s.app.IssueReviews(t.Context()); err != nil || len(issued) != 1 {
		t.Fatalf("issued are %v (%v)", issued, err)
	}
	s.app.Start()

	var status struct{ Data []web.StatusRow }
	if err := json.Unmarshal([]byte(get(t, s.app.URL()+"/api/v1/objectives")), &status); err != nil {
		t.Fatal(err)
	}
	for _, row := range status.Data {
		if row.Approximate != (row.Objective == "divided") || row.Complete == nil || *row.Complete != 1 {
			t.Errorf("%s is approximate: %v", row.Objective, row.Approximate)
		}
	}
	const explained = "a bound lies within a bucket of a native histogram"
	for objective, want := range map[string]bool{"divided": true, "exact": false} {
		for _, period := range []string{"2026-03", "2026-04"} {
			page := get(t, s.app.URL()+"/objectives/shop-sla/"+objective+"?period="+period)
			if strings.Contains(page, explained) != want || strings.Contains(page, "approximately") != want {
				t.Errorf("the page of %s in %s explains that it is approximate: %v", objective, period, !want)
			}
		}
	}
	review, err := report.Read([]byte(get(t, s.app.URL()+"/api/v1/reports/shop-sla/2026-03.json")))
	if err != nil {
		t.Fatal(err)
	}
	for i := range review.Objectives {
		if o := &review.Objectives[i]; o.Approximate != (o.Name == "divided") {
			t.Errorf("the review says of %s that it is approximate: %v", o.Name, o.Approximate)
		}
	}
	if page := get(t, s.app.URL()+"/api/v1/reports/shop-sla/2026-03.html"); !strings.Contains(page, explained) || !strings.Contains(page, "≈") {
		t.Error("the review's page does not say what is approximate")
	}
	found, err := app.Verify(t.Context(), app.Verifying{Store: s.read(), FinaliseAfter: sla.Hour, Now: s.clock.now()})
	if err != nil || len(found) != 0 {
		t.Errorf("verifying finds %q (%v), want nothing", found, err)
	}
}

func TestThePlanKnowsFromTheLedgerInWhichFormAHistogramIsRead(t *testing.T) {
	from := at("2026-03-31T00:00:00Z")
	span := sla.Span{From: from, To: from.Add(sla.Hour)}
	samples := cornerShop(t, span, busy)
	took(t, samples, span)
	s := newStage(t, set{now: span.To})
	s.configure(set{catalogue: quick, source: serve(t, samples, &s.clock).URL()})
	s.open()
	for _, c := range []struct {
		measured bool
		want     int // requests that speak of a histogram
	}{{false, 2}, {true, 1}} {
		if c.measured {
			s.round()
		}
		cfg, err := config.Parse("slmd.yml", []byte("sources: [{name: main, url: 'http://127.0.0.1:1'}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		plan, err := app.Plan(t.Context(), cfg, s.read(), s.clock.now())
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, r := range plan {
			if strings.Contains(r.Request, `"took`) {
				n++
				if !r.Assumed || (r.Note == "") != c.measured {
					t.Errorf("measured: %v: %+v", c.measured, r)
				}
			}
		}
		if n != c.want {
			t.Errorf("measured: %v: %d requests for a histogram, want %d: %+v", c.measured, n, c.want, plan)
		}
	}
}
