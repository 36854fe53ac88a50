package web

import (
	"context"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// now is when the worlds of these tests are looked at.
var now = sla.At(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))

// size says how large a world is.
type size struct {
	services, objectives int // objectives of each service
	periods              int // closed months with verdicts
	odd                  string
	rolling              bool // windows of 30 days instead of months
	years                bool // years instead of months
}

// world is a store with a catalogue, verdicts and a breach, and pages over it.
type world struct {
	store     *store.Store
	catalogue *sla.Catalogue
	standings []sla.Standing
	live      atomic.Pointer[[]sla.Standing] // instead of the standings, once rounds go on
	facts     func(string, sla.Span) ([]sla.Entry, error)
	pages     http.Handler
	odd       string
	asked     atomic.Int64 // statements that read the store
}

func (w *world) standing() []sla.Standing {
	if live := w.live.Load(); live != nil {
		return *live
	}
	return w.standings
}

// newWorld makes a world. All texts that people write say what odd says.
func newWorld(t testing.TB, of size) *world {
	t.Helper()
	w := &world{catalogue: &sla.Catalogue{}}
	var err error
	w.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "slmd.db"), store.Options{Asked: func(string) { w.asked.Add(1) }})
	if err != nil {
		t.Fatalf("opening a store: %v", err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	w.fill(of)
	if _, err := w.store.SaveCatalogue(t.Context(), w.catalogue, nil, store.Actor{Name: "test"}, now); err != nil {
		t.Fatalf("saving the catalogue: %v", err)
	}
	if _, err := w.store.RecordRound(t.Context(), w.round(of)); err != nil {
		t.Fatalf("recording a round: %v", err)
	}
	if of.odd != "" {
		places := []sla.Origin{{Kind: "agreement", Name: "service-0-sla", File: of.odd, Line: 7}, {Kind: "service", Name: "service-0", File: of.odd, Line: 1}}
		if err := w.store.SaveOrigins(t.Context(), places); err != nil {
			t.Fatalf("saving where the catalogue stands: %v", err)
		}
		draft := store.Report{Agreement: "service-0-sla", Period: "2026-10", Reason: of.odd, Doc: []byte("{}"), At: now, By: of.odd}
		if _, err := w.store.SaveDraft(t.Context(), draft); err != nil {
			t.Fatalf("saving a draft: %v", err)
		}
	}
	w.odd = of.odd
	w.serve(t)
	return w
}

// serve makes the pages, with nothing kept from before.
func (w *world) serve(t testing.TB) {
	t.Helper()
	var err error
	w.pages, err = New(Options{
		Store: w.store, Catalogue: func() *sla.Catalogue { return w.catalogue }, Standings: w.standing,
		Now: func() sla.Instant { return now }, Metrics: http.NotFoundHandler(), Ready: func() error { return nil },
		Book: func(context.Context) (judge.Book, error) { return w.book(), nil },
		Works: func() Works {
			return Works{
				Sources: []SourceState{{
					Name: "main", URL: "http://localhost:9090", Lag: "30s", LastError: w.odd, Version: w.odd, Tried: now, Can: map[string]bool{"streamed chunks": true},
				}},
				Rounds: map[string]RoundState{"service-0-up": {Measured: now, Next: now}}, Last: LastRound{Source: "main", At: now, Took: time.Second},
				CatchUp:  &CatchUp{Began: now.Add(-10 * sla.Second), From: now.Add(-sla.Day), At: now.Add(-sla.Hour), All: 100, Pending: 25},
				Receiver: []ReceiverState{{Name: w.odd, Sent: 2}}, Mode: "push",
				Took: func(c *sla.Condition) []Delivery {
					if c.Alertname != sla.AlertDataMissing {
						return nil
					}
					return []Delivery{{Receiver: "taker " + w.odd, At: now.Add(-sla.Minute)}}
				},
			}
		},
		Asked: func(_ string, takes func(string) bool) (out []Asked) {
			for _, query := range []string{"up{job=\"" + w.odd + "\"}[60000ms]", "sup[60000ms]"} {
				if takes(query) {
					old := Asked{Kind: "samples", Result: "ok", At: now.Add(-sla.Hour), Query: query + " earlier"}
					out = append(out, Asked{Kind: "samples", Result: "ok", At: now, Query: query, Span: sla.Span{From: now.Add(-sla.Minute), To: now}}, old)
				}
			}
			return out
		},
	})
	if err != nil {
		t.Fatalf("making the pages: %v", err)
	}
}

func (w *world) book() judge.Book {
	facts := w.facts
	if facts == nil {
		facts = func(string, sla.Span) ([]sla.Entry, error) { return nil, nil }
	}
	at := func(string) sla.Instant { return now }
	return judge.Book{Catalogue: w.catalogue, Facts: facts, Measured: at, Final: at}
}

func (w *world) fill(of size) {
	target := sla.MustDecimal("99.9")
	c := w.catalogue
	c.Parties = []sla.Party{{Name: "customer", Title: of.odd, Role: sla.Customer}, {Name: "team", Title: of.odd, Role: sla.Internal}}
	for i := range of.services {
		name := fmt.Sprintf("service-%d", i)
		c.Services = append(c.Services, sla.Service{Name: name, Title: of.odd, Description: of.odd, Status: sla.Live, Owner: "team", Labels: map[string]string{"team": of.odd}})
		c.Indicators = append(c.Indicators, sla.Indicator{
			Name: name + "-up", Service: name, Interval: sla.Minute, Schedule: "* * * * *", Kind: sla.TimeGauge, Metric: `up{job="` + of.odd + `"}`,
			Bound: sla.Bound{Kind: sla.AtLeast, Value: sla.MustDecimal("1")},
		})
		a := sla.Agreement{
			Name: name + "-sla", Version: 1, Kind: sla.SLA, Title: of.odd, Service: name, Provider: "team", Customer: "customer",
			Valid: sla.Span{From: now.Add(-500 * sla.Day), To: sla.Forever}, Zone: "Europe/Berlin", Period: sla.PeriodTerm{Kind: sla.PeriodMonth},
			Planned: sla.PlannedRemoved, Unknown: sla.UnknownRemoved, Reason: of.odd,
		}
		if of.years {
			a.Period = sla.PeriodTerm{Kind: sla.PeriodYear}
		}
		if of.rolling {
			a.Period = sla.PeriodTerm{Kind: sla.PeriodRolling, Rolling: 30 * sla.Day}
		}
		for j := range of.objectives {
			a.Objectives = append(a.Objectives, sla.Objective{
				Name: fmt.Sprintf("objective-%d", j), Indicator: name + "-up", Target: &target, Method: sla.TimeMethod, Severity: sla.Major, AtRisk: sla.DefaultAtRisk,
			})
		}
		c.Agreements = append(c.Agreements, a)
	}
	c.Exclusions = []sla.Exclusion{{
		Name: "upgrade", Services: []string{"service-0"}, Category: sla.Maintenance, Reason: of.odd, ApprovedBy: of.odd,
		Span: sla.Span{From: now.Add(-2 * sla.Day), To: now.Add(-2 * sla.Day).Add(sla.Hour)},
	}}
	for i := range c.Agreements {
		a := &c.Agreements[i]
		for j := range a.Objectives {
			v := verdictOf(a, &a.Objectives[j], now.Add(-sla.Minute), (i+j)%7 == 3)
			w.standings = append(w.standings, sla.Standing{
				Agreement: a, Objective: &a.Objectives[j], Indicator: &c.Indicators[i], Current: &v, Measured: now, Burn: map[string]*big.Rat{"1h": big.NewRat(1, 3)},
			})
		}
	}
}

// verdictOf makes up a verdict on the month in which at lies.
func verdictOf(a *sla.Agreement, o *sla.Objective, at sla.Instant, missed bool) sla.Verdict {
	zone, _ := calendar.Zone(a.Zone)
	p := calendar.PeriodAt(a.Period, zone, at)
	bad, state := int64(600), sla.Met
	if missed {
		bad, state = 3600, sla.Breached
	}
	whole := int64(p.Length() / sla.Second)
	share := &sla.Share{Num: big.NewRat(whole-bad, 1), Den: big.NewRat(whole, 1)}
	return sla.Verdict{
		Agreement: a.Name, Version: a.Version, AgreementKind: a.Kind, Service: a.Service, Objective: o.Name, Indicator: o.Indicator,
		Facts: sla.Time, Method: o.Method, Target: o.Target, Period: p, Part: p.Span, State: state, Provisional: p.Contains(now), Certain: true,
		Good: share.Num, Bad: big.NewRat(bad, 1), Unknown: new(big.Rat), Removed: new(big.Rat), Scope: share.Den,
		Compliance: share, Lowest: share, Highest: share, Completeness: &sla.Share{Num: share.Den, Den: share.Den},
		Budget: &sla.Budget{Allowed: big.NewRat(2592, 1), Left: big.NewRat(2592-bad, 1)},
		Outages: []sla.Outage{{
			Span: sla.Span{From: p.From.Add(sla.Day), To: p.From.Add(sla.Day).Add(sla.Millis(bad) * sla.Second)}, Duration: sla.Millis(bad) * sla.Second,
			Bad: big.NewRat(bad, 1), BudgetShare: big.NewRat(bad, 2592),
		}},
		Totals: sla.Totals{Count: 1, Longest: sla.Millis(bad) * sla.Second, SmallBad: new(big.Rat)},
	}
}

func (w *world) round(of size) store.Round {
	r := store.Round{At: now}
	for i := range w.catalogue.Agreements {
		a := &w.catalogue.Agreements[i]
		for j := range a.Objectives {
			for n := range of.periods {
				r.Verdicts = append(r.Verdicts, verdictOf(a, &a.Objectives[j], now.Add(-sla.Millis(n+1)*30*sla.Day-5*sla.Day), (i+j+n)%11 == 5))
			}
		}
	}
	if of.odd != "" {
		a := &w.catalogue.Agreements[0]
		v := verdictOf(a, &a.Objectives[0], now, true)
		r.Breaches = []sla.Breach{{
			Agreement: a.Name, Version: 1, Objective: v.Objective, Period: v.Period, State: sla.BreachOpen, OpenedAt: now,
			Transitions: []sla.Transition{{At: now, State: sla.BreachOpen, Cause: of.odd}},
		}}
		r.Conditions = []sla.Condition{{
			Alertname: sla.AlertDataMissing, Severity: "warning", Agreement: a.Name, Objective: v.Objective, Since: now, Until: sla.Forever,
			Details: sla.Details{Text: of.odd},
		}}
		r.Problems = []store.Problem{{Indicator: v.Indicator, Kind: store.Misconfigured, Text: of.odd, Since: now}}
	}
	return r
}

// get asks for a page.
func (w *world) get(t testing.TB, path string) *httptest.ResponseRecorder {
	t.Helper()
	out := httptest.NewRecorder()
	w.pages.ServeHTTP(out, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return out
}
