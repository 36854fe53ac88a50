package cycle

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

const scraped = `version: 1
parties: [{name: retail, role: customer}, {name: platform, role: internal}]
services: [{name: shop, status: live, owner: platform}]
indicators:
  - {name: requests, service: shop, ratio: {total: 'requests_total{job="shop"}', bad: 'requests_total{job="shop",code="500"}'}}
  - {name: queue, service: shop, samples: {metric: 'queue_length{job="shop"}', at_most: 5}}
  - {name: probe, service: shop, time: {metric: 'probe_success{job="shop"}'}}
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
      - {name: short, indicator: queue, target: 99%}
      - {name: there, indicator: probe, target: 99.9%}
`

// arrivals is a source's samples and when some of them arrive.
type arrivals struct {
	all  []measure.Series
	late []lateSpan
	now  sla.Instant
}

// lateSpan is time whose samples arrive at an instant only.
type lateSpan struct {
	sla.Span
	at sla.Instant
}

// read gives the samples that have arrived.
func (a *arrivals) read(ctx context.Context, selector string, span sla.Span) ([]measure.Series, error) {
	whole, err := measure.InMemory(a.all)(ctx, selector, span)
	if err != nil {
		return nil, err
	}
	var out []measure.Series
	for _, s := range whole {
		var there []measure.Sample
		for _, sample := range s.Samples {
			if !a.missing(sample.T) {
				there = append(there, sample)
			}
		}
		if len(there) > 0 {
			out = append(out, measure.Series{Labels: s.Labels, Samples: there})
		}
	}
	return out, nil
}

func (a *arrivals) missing(t sla.Instant) bool {
	for _, l := range a.late {
		if a.now < l.at && l.Contains(t) {
			return true
		}
	}
	return false
}

// scrapes makes up hours of a shop whose pods restart, are replaced, fail late,
// and are not always scraped.
func scrapes(r *rand.Rand, span sla.Span) []measure.Series {
	var out []measure.Series
	step := 15 * sla.Second
	for pod := range 40 {
		from := span.From.Add(-sla.Hour)
		life := sla.Span{From: from.Add(sla.Millis(pod/2) * sla.Hour), To: from.Add(sla.Millis(pod/2+3) * sla.Hour)}
		series := map[string][]measure.Sample{}
		put := func(name string, t sla.Instant, v int64) {
			series[name] = append(series[name], measure.Sample{T: t, V: measure.Int(v)})
		}
		var ok, failed int64
		for t := life.From.Add(sla.Millis(r.Int64N(int64(step)))); t < min(life.To, span.To); t = t.Add(step) {
			if r.IntN(700) == 0 {
				ok, failed = 0, 0
			}
			ok += r.Int64N(5)
			if r.IntN(90) == 0 {
				failed++
			}
			if r.IntN(60) == 0 {
				t = t.Add(sla.Millis(r.IntN(4)) * sla.Minute) // not scraped
			}
			put("up", t, 1)
			put("requests_total 200", t, ok)
			if failed > 0 {
				put("requests_total 500", t, failed)
			}
			put("queue_length", t, r.Int64N(7))
			put("probe_success", t, min(1, r.Int64N(30)))
		}
		for name, samples := range series {
			labels := map[string]string{"job": "shop", "instance": fmt.Sprint("pod-", pod)}
			if _, err := fmt.Sscanf(name, "requests_total %s", new(string)); err == nil {
				labels["code"] = name[len("requests_total "):]
				name = "requests_total"
			}
			labels["__name__"] = name
			out = append(out, measure.NewSeries(labels, samples))
		}
	}
	return out
}

// scrapedWorld gives a world that measures the arrivals.
func scrapedWorld(t *testing.T, a *arrivals) *world {
	t.Helper()
	w := newWorld(t, scraped, march)
	source, err := measure.New(measure.Options{Read: a.read, Lag: 30 * sla.Second})
	if err != nil {
		t.Fatal(err)
	}
	o := w.options()
	o.Sources = map[string]Source{"main": source}
	w.replaced = o.Sources
	if err := w.cycle.Reload(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return w
}

// sameLedger compares the ledgers and, where wanted, what measuring goes on from.
func (w *world) sameLedger(want *world, states bool, seed int) bool {
	w.t.Helper()
	for _, name := range []string{"requests", "queue", "probe"} {
		ever := sla.Span{From: march, To: sla.Forever}
		got, err := w.store.Entries(w.t.Context(), name, ever)
		if err != nil {
			w.t.Fatal(err)
		}
		right, err := want.store.Entries(w.t.Context(), name, ever)
		if err != nil {
			w.t.Fatal(err)
		}
		if testkit.DiffLedgers(got, right) != "" {
			w.t.Errorf("seed %d, %s: %s", seed, name, testkit.DiffLedgers(got, right))
		}
		if states && !bytes.Equal(w.cycle.heads[name].State, want.cycle.heads[name].State) {
			w.t.Errorf("seed %d, %s: measuring goes on from another state", seed, name)
		}
	}
	return !w.t.Failed()
}

// seeds gives how many histories are drawn: SLMD_LATE_SEEDS says more.
func seeds(t *testing.T, n int) int {
	if testing.Short() {
		n = 1
	}
	return testkit.Number(t, "SLMD_LATE_SEEDS", n)
}

func TestTheLedgerIsTheSameWhenHolesAreFilledWhileTheyAreProvisional(t *testing.T) {
	fillWhileProvisional(t, 7, func(*rand.Rand, *world, *arrivals) {})
}

// fillWhileProvisional compares made-up histories of which samples come late
// with the same ones in time. Before is called before each round.
func fillWhileProvisional(t *testing.T, stream uint64, before func(r *rand.Rand, w *world, late *arrivals)) {
	t.Helper()
	const hours = 4
	end := march.Add(hours * sla.Hour)
	for seed := range seeds(t, 2) {
		r := rand.New(rand.NewPCG(uint64(seed), stream))
		all := scrapes(r, sla.Span{From: march, To: end})
		still, late := &arrivals{all: all}, &arrivals{all: all}
		for at := march.Add(sla.Millis(10+r.IntN(20)) * sla.Minute); at < end.Add(-80*sla.Minute); {
			gap := sla.Span{From: at, To: at.Add(sla.Millis(4*60+r.IntN(20*60)) * sla.Second)}
			late.late = append(late.late, lateSpan{gap, gap.To.Add(sla.Millis(r.IntN(45*60)) * sla.Second)})
			at = gap.To.Add(sla.Millis(3*60+r.IntN(40*60)) * sla.Second)
		}
		right, w := scrapedWorld(t, still), scrapedWorld(t, late)
		still.now = end.Add(2 * sla.Hour)
		right.round(still.now)
		for late.now = march.Add(sla.Hour / 2); late.now < end.Add(sla.Hour); late.now = late.now.Add(sla.Millis(30+r.IntN(60)) * sla.Second) {
			before(r, w, late)
			w.round(late.now)
		}
		late.now = end.Add(2 * sla.Hour)
		w.round(late.now)
		if !w.sameLedger(right, true, seed) {
			return
		}
		w.compare()
	}
}

// After the night every fact is the right one or the one from before: where a
// series shows up that may have been known before the time that is read, or less
// is known than was, nothing is revised.
func TestSamplesThatComeHoursLateMakeFactsRightOrLeaveThemAsTheyWere(t *testing.T) {
	end := march.Add(4 * sla.Hour)
	revised := 0
	for seed := range seeds(t, 2) {
		r := rand.New(rand.NewPCG(uint64(seed), 8))
		all := scrapes(r, sla.Span{From: march, To: end})
		still, late := &arrivals{all: all}, &arrivals{all: all}
		for at := march.Add(sla.Millis(20+r.IntN(20)) * sla.Minute); at < end.Add(-sla.Hour); {
			gap := sla.Span{From: at, To: at.Add(sla.Millis(10+r.IntN(20*60)) * sla.Second)}
			late.late = append(late.late, lateSpan{gap, end.Add(9 * sla.Hour)})
			at = gap.To.Add(sla.Millis(3*60+r.IntN(40*60)) * sla.Second)
		}
		right, w := scrapedWorld(t, still), scrapedWorld(t, late)
		still.now = end.Add(10 * sla.Hour)
		right.round(still.now)
		for _, late.now = range []sla.Instant{march.Add(sla.Hour), march.Add(100 * sla.Minute), end, end.Add(8 * sla.Hour), end.Add(10 * sla.Hour)} {
			w.round(late.now)
		}
		before := w.ledger()
		done, err := w.cycle.Reconcile(t.Context(), "main", 2*sla.Day, late.now)
		if err != nil {
			t.Fatal(err)
		}
		revised += done.Changed
		want, after := right.ledger(), w.ledger()
		for i, e := range after {
			if e != want[i] && e != before[i] {
				t.Errorf("seed %d: %+v is neither right nor as before\nright:  %+v\nbefore: %+v", seed, e, want[i], before[i])
			}
		}
		w.compare()
	}
	if revised < 100 {
		t.Errorf("%d facts were revised, want many", revised)
	}
}

// ledger gives all entries, an indicator after the other.
func (w *world) ledger() []sla.Entry {
	w.t.Helper()
	var out []sla.Entry
	for _, name := range []string{"requests", "queue", "probe"} {
		entries, err := w.store.Entries(w.t.Context(), name, sla.Span{From: march, To: sla.Forever})
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, entries...)
	}
	return out
}

func TestFault_A22_ASourceThatLostOrDroppedSamplesChangesNothing(t *testing.T) {
	end := march.Add(4 * sla.Hour)
	for seed := range seeds(t, 3) {
		r := rand.New(rand.NewPCG(uint64(seed), 9))
		a := &arrivals{all: scrapes(r, sla.Span{From: march, To: end}), now: end.Add(2 * sla.Hour)}
		w := scrapedWorld(t, a)
		w.round(a.now)
		before := w.ledger()
		for name, lost := range map[string]sla.Span{
			"it keeps less than is read": {From: 0, To: march.Add(sla.Millis(60+r.IntN(120)) * sla.Minute)},
			"an old backup was restored": {From: march.Add(sla.Millis(60+r.IntN(120)) * sla.Minute), To: sla.Forever},
			"it lost a while":            {From: march.Add(100 * sla.Minute), To: march.Add(sla.Millis(110+r.IntN(60)) * sla.Minute)},
			"it lost all":                {From: 0, To: sla.Forever},
		} {
			a.late = []lateSpan{{lost, sla.Forever}}
			if _, err := w.cycle.Reconcile(t.Context(), "main", 2*sla.Day, a.now); err != nil {
				t.Fatal(err)
			}
			for i, e := range w.ledger() {
				if e != before[i] {
					t.Fatalf("seed %d, %s: %+v was %+v", seed, name, e, before[i])
				}
			}
		}
	}
}
