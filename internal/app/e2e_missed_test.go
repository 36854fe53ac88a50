package app_test

import (
	"testing"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

const dailyCatalogue = `version: 1
time_zone: UTC
parties: [{name: retail, role: customer}, {name: platform, role: internal}]
services: [{name: shop, title: Shop, status: live, owner: platform}]
indicators:
  - {name: requests, service: shop, interval: 5m, ratio: {total: 'http_requests_total{job="shop"}', bad: 'http_requests_total{job="shop",code="500"}'}}
agreements:
  - name: shop-sla
    kind: SLA
    service: shop
    provider: platform
    customer: retail
    valid: {from: 2026-02-10}
    period: day
    objectives: [{name: success, indicator: requests, target: 99%}]
`

// aDay gives a stage with the samples of 2026-02-10 at the instant.
func aDay(t *testing.T, config string, now sla.Instant) *stage {
	t.Helper()
	from := at("2026-02-10T00:00:00Z")
	st := promtest.NewStore()
	for i := range 27 * 60 {
		add(t, st, `http_requests_total{code="200",instance="one",job="shop"}`, from.Add(sla.Millis(i-10)*sla.Minute), float64(i))
		add(t, st, `up{instance="one",job="shop"}`, from.Add(sla.Millis(i-10)*sla.Minute), 1)
	}
	s := newStage(t, set{catalogue: dailyCatalogue, now: now})
	s.configure(set{source: serve(t, st, &s.clock).URL(), catalogue: dailyCatalogue, config: config})
	return s
}

func TestAReviewWhoseInstantPassedWhileNobodyRanIsIssuedAfterTheNextStart(t *testing.T) {
	s := aDay(t, "reports: {schedule: '0 6 * * *'}\n", at("2026-02-11T01:00:00Z")).open()
	s.round()
	s.stop()
	s.clock.set(at("2026-02-12T05:00:00Z"))
	s.open()
	s.app.Start()
	testkit.Eventually(t, "the review is issued", func() bool {
		reports, err := s.read().Reports(t.Context(), "shop-sla")
		if err != nil {
			t.Fatal(err)
		}
		return len(reports) == 1 && reports[0].Issued && reports[0].Period == "2026-02-10"
	})
}

func TestAReviewWaitsForItsInstantAndADraftForTheNextOne(t *testing.T) {
	s := aDay(t, "", at("2026-02-11T01:00:00Z")).open()
	s.round()
	s.stop()
	st, err := store.Open(t.Context(), s.path("data/slmd.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	catalogue, err := st.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := &app.Reviews{
		Store: st, Catalogue: catalogue, FinaliseAfter: sla.Hour, Required: sla.MustDecimal("101"),
		Dir: s.path("reports"), Program: "slmd", Schedule: "0 6 * * *",
	}
	made := func(now string) (drafts, issued int) {
		t.Helper()
		list, err := r.IssueDue(t.Context(), at(now))
		if err != nil {
			t.Fatal(err)
		}
		reports, err := st.Reports(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range reports {
			if row.At == at(now) && !row.Issued {
				drafts++
			}
		}
		return drafts, len(list)
	}
	for _, step := range []struct {
		now            string
		required       string
		drafts, issued int
	}{
		{"2026-02-11T05:59:59Z", "101", 0, 0}, // its instant has not come
		{"2026-02-11T07:00:00Z", "101", 1, 0}, // more is required than there is
		{"2026-02-11T08:00:00Z", "95", 0, 0},  // the draft waits for the next instant
		{"2026-02-12T06:00:00Z", "95", 0, 1},
		{"2026-02-12T07:00:00Z", "95", 0, 0}, // it is issued
	} {
		r.Required = sla.MustDecimal(step.required)
		if drafts, issued := made(step.now); drafts != step.drafts || issued != step.issued {
			t.Errorf("at %s %d drafts were made and %d reviews issued, want %d and %d", step.now, drafts, issued, step.drafts, step.issued)
		}
	}
}
