package cycle

import (
	"context"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// world is a cycle over a store of its own and a source that knows everything.
type world struct {
	t      *testing.T
	store  *store.Store
	source *source
	cycle  *Cycle
	now    sla.Instant
	// Where replaced is set it holds the sources instead.
	replaced map[string]Source
}

// source gives facts by a function of indicator and time, in pieces, up to half
// a minute before now.
type source struct {
	fact    func(indicator string, at sla.Instant) sla.Entry // amounts only
	piece   sla.Millis
	begins  sla.Instant      // of its data
	problem *measure.Problem // instead of facts, while it is set
	calls   chan struct{}    // when set, a call takes one before it answers
	unsure  []sla.Instant    // of which Again says so
	inside  atomic.Int32     // calls under way
}

func (s *source) Measure(_ context.Context, tasks []measure.Task, now sla.Instant) []measure.Outcome {
	s.inside.Add(1)
	defer s.inside.Add(-1)
	if s.calls != nil {
		<-s.calls
	}
	out := make([]measure.Outcome, len(tasks))
	for i, t := range tasks {
		goal := min(alignDown(now.Add(-30*sla.Second), t.Indicator.Interval), t.To)
		o := measure.Outcome{Indicator: t.Indicator.Name, Cursor: t.Cursor, State: []byte("{}"), Problem: s.problem}
		end := min(goal, t.Cursor.Add(max(s.piece, t.Indicator.Interval)))
		for s.problem == nil && o.Cursor.Add(t.Indicator.Interval) <= end {
			e := s.fact(t.Indicator.Name, o.Cursor)
			e.Span = sla.Span{From: o.Cursor, To: o.Cursor.Add(t.Indicator.Interval)}
			o.Entries, o.Cursor = append(o.Entries, e), e.To
		}
		o.Remaining = s.problem == nil && o.Cursor < goal
		o.Behind = max(0, alignDown(now.Add(-30*sla.Second), t.Indicator.Interval).Sub(o.Cursor))
		out[i] = o
	}
	return out
}

func (s *source) Earliest(_ context.Context, _ *sla.Indicator, span sla.Span) (sla.Instant, error) {
	if s.problem != nil {
		return 0, s.problem
	}
	return min(max(s.begins, span.From), span.To), nil
}

// dice gives a number from 0 to n−1 that follows from what it is thrown for.
func dice(n int64, of ...any) int64 {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, of...)
	return int64(h.Sum64()>>1) % n
}

// newWorld gives a cycle over the catalogue at now.
func newWorld(t *testing.T, text string, now sla.Instant) *world {
	t.Helper()
	w := &world{t: t, now: now, source: &source{piece: sla.Day, fact: fine}}
	var err error
	if w.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "slmd.db"), store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	w.apply(text)
	if w.cycle, err = New(t.Context(), w.options()); err != nil {
		t.Fatal(err)
	}
	return w
}

// fine is a minute with ten good events, or all of it good.
func fine(indicator string, _ sla.Instant) sla.Entry {
	if indicator == "probe" {
		return sla.Entry{Good: sla.Seconds(sla.Minute)}
	}
	return sla.Entry{Good: sla.Whole(10)}
}

func (w *world) options() Options {
	return Options{
		Store: w.store, Sources: map[string]Source{"main": w.source}, First: "main",
		FinaliseAfter: sla.Hour, BackfillLimit: 400 * sla.Day, RequiredCompleteness: sla.Decimal{Coef: 95},
	}
}

// apply writes the catalogue as slmtool apply does.
func (w *world) apply(text string) {
	w.t.Helper()
	files, _, err := catalogue.Parse("catalogue.yml", []byte(text), catalogue.Options{Zone: "UTC"})
	if err != nil {
		w.t.Fatal(err)
	}
	current, err := w.store.Catalogue(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	cursors, err := w.store.Cursors(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	merged, changes, err := catalogue.Merge(current, files, catalogue.MergeOptions{At: w.now, JudgedUntil: func(name string) sla.Instant {
		until := sla.Always
		for _, v := range current.Versions(name) {
			for i := range v.Objectives {
				if cursor, ok := cursors[v.Objectives[i].Indicator]; ok {
					until = max(until, cursor)
				}
			}
		}
		return until
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.store.SaveCatalogue(w.t.Context(), merged, changes, store.Actor{Name: "test"}, w.now); err != nil {
		w.t.Fatal(err)
	}
}

// reload takes up what was applied, as a restart does.
func (w *world) reload() {
	w.t.Helper()
	if err := w.cycle.Reload(w.t.Context(), w.options()); err != nil {
		w.t.Fatal(err)
	}
}

// round measures up to now.
func (w *world) round(now sla.Instant) {
	w.t.Helper()
	w.now = now
	if _, err := w.cycle.Round(w.t.Context(), "main", Scope{}, now, nil); err != nil {
		w.t.Fatalf("a round at %s: %v", now, err)
	}
}

// book gives the store as slmtool reads it.
func (w *world) book() judge.Book {
	w.t.Helper()
	cat, err := w.store.Catalogue(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	book, err := Book(w.t.Context(), Reading{Store: w.store, Catalogue: cat, FinaliseAfter: sla.Hour, Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	return book
}

func (w *world) breaches() []sla.Breach {
	w.t.Helper()
	all, err := w.store.Breaches(w.t.Context(), sla.Span{From: 0, To: sla.Instant(1) << 60})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// holding gives the conditions of that name that hold.
func (w *world) holding(alertname string) []sla.Condition {
	w.t.Helper()
	all, err := w.store.Conditions(w.t.Context(), w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(c sla.Condition) bool { return c.Alertname != alertname || !c.Holds() })
}

// simple is one agreement with an objective over events and one over time.
const simple = `version: 1
parties: [{name: retail, role: customer}, {name: platform, role: internal}]
services: [{name: shop, status: live, owner: platform}]
indicators:
  - {name: requests, service: shop, ratio: {total: requests_total, bad: failures_total}}
  - {name: probe, service: shop, time: {metric: probe_success}}
agreements:
  - name: shop-sla
    kind: SLA
    service: shop
    provider: platform
    customer: retail
    valid: {from: 2026-03-01}
    period: month
    objectives:
      - {name: success, indicator: requests, target: 99%}
      - {name: there, indicator: probe, target: 99.9%}
`

const march = sla.Instant(1772323200000) // 2026-03-01T00:00:00Z
