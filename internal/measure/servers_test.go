package measure

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// history is made up scrape by scrape, beside it what can be observed of it.
type history struct {
	samples map[string][]Sample
	names   []string
	good    map[sla.Instant]int64 // events by the start of their interval
	bad     map[sla.Instant]int64
	fast    map[sla.Instant]int64
	slow    map[sla.Instant]int64
	seen    map[sla.Instant]bool
	up      map[sla.Instant]int64 // milliseconds
	down    map[sla.Instant]int64
}

const scrape = 15 * sla.Second

func (h *history) put(series string, t sla.Instant, v int64) {
	if h.samples[series] == nil {
		h.names = append(h.names, series)
	}
	h.samples[series] = append(h.samples[series], Sample{t, Int(v)})
}

// pod is one scraped process with its counters, and what was last seen of them.
type pod struct {
	instance                     string
	ok, failed, fast             int64
	okSeen, failedSeen, fastSeen int64
	known                        bool
	lastUp                       sla.Instant
}

// live lets events happen since the scrape before.
func (p *pod) live(r *rand.Rand, failures bool) {
	ok := r.Int64N(12)
	if failures && r.IntN(60) == 0 {
		p.failed += 1 + r.Int64N(4)
	}
	p.ok, p.fast = p.ok+ok, p.fast+r.Int64N(ok+1)
}

// scraped books what a scrape at t shows for the first time, and gives the series.
func (p *pod) scraped(h *history, t sla.Instant) {
	target := fmt.Sprintf(`job="shop",instance="%s"`, p.instance)
	h.put(`up{`+target+`}`, t, 1)
	h.put(`http_requests_total{`+target+`,code="200"}`, t, p.ok)
	h.put(`latency_bucket{`+target+`,le="0.3"}`, t, p.fast)
	h.put(`latency_bucket{`+target+`,le="1.0"}`, t, p.ok)
	h.put(`latency_bucket{`+target+`,le="+Inf"}`, t, p.ok)
	failed := p.failed - p.failedSeen
	if p.failed > 0 {
		h.put(`http_requests_total{`+target+`,code="503"}`, t, p.failed)
		// An error series that was born while nobody looked starts at its first value.
		if p.failedSeen == 0 && p.known && p.lastUp <= floor(t, sla.Minute).Add(-sla.Minute) {
			failed = 0
		}
	}
	at := floor(t, sla.Minute)
	h.good[at] += p.ok - p.okSeen
	h.bad[at] += failed
	h.fast[at] += p.fast - p.fastSeen
	h.slow[at] += p.ok - p.okSeen - (p.fast - p.fastSeen)
	h.seen[at] = true
	p.okSeen, p.failedSeen, p.fastSeen, p.known, p.lastUp = p.ok, p.failed, p.fast, true, t
}

// shop makes up hours of a shop: low traffic, error series born late, deploys
// that change all targets, container restarts, scrape gaps, targets that are
// down, a probe that flaps. All samples lie exactly on scrape times, and every
// fourth one exactly on the edge of an interval.
func shop(hours int) *history {
	h := &history{samples: map[string][]Sample{}, seen: map[sla.Instant]bool{}}
	for _, m := range []*map[sla.Instant]int64{&h.good, &h.bad, &h.fast, &h.slow, &h.up, &h.down} {
		*m = map[sla.Instant]int64{}
	}
	r := rand.New(rand.NewPCG(4, 2))
	var pods []*pod
	deploys := 0
	for t := start.Add(-baseline); t < start.Add(sla.Millis(hours)*sla.Hour); t = t.Add(scrape) {
		since := t.Sub(start)
		minute := since / sla.Minute
		if since%(50*sla.Minute) == 0 || len(pods) == 0 {
			deploys++
			pods = nil
			for i := range 3 {
				pods = append(pods, &pod{instance: fmt.Sprintf("shop-%d-%d:80", deploys, i)})
			}
		}
		off := minute%97 >= 60 && minute%97 < 67 // the monitoring itself is off
		for i, p := range pods {
			restarted := i == 1 && since%(35*sla.Minute) == 0 && !off
			if restarted {
				*p = pod{instance: p.instance, known: p.known, lastUp: p.lastUp}
			}
			p.live(r, !restarted)
			switch {
			case off:
			case i == 2 && minute%43 >= 20 && minute%43 < 23:
				h.put(fmt.Sprintf(`up{job="shop",instance="%s"}`, p.instance), t, 0)
			default:
				p.scraped(h, t)
			}
		}
		if off {
			continue
		}
		if at := floor(t, sla.Minute); minute%31 >= 9 && minute%31 < 12 {
			h.put(`probe_success{job="probe"}`, t, 0)
			h.down[at] += int64(scrape)
		} else {
			h.put(`probe_success{job="probe"}`, t, 1)
			h.up[at] += int64(scrape)
		}
	}
	return h
}

// openMetrics writes the history for promtool.
func (h *history) openMetrics() string {
	var b strings.Builder
	for _, name := range h.names {
		for _, s := range h.samples[name] {
			fmt.Fprintf(&b, "%s %d %d.%03d\n", name, s.V.coef, s.T/1000, s.T%1000)
		}
	}
	return b.String() + "# EOF\n"
}

// store gives the history to the in-process server.
func (h *history) store(t *testing.T) *promtest.Store {
	store := promtest.NewStore()
	for _, name := range h.names {
		sel, err := parseSelector(name)
		if err != nil {
			t.Fatal(err)
		}
		b := labels.NewScratchBuilder(4)
		for _, m := range sel.matchers {
			b.Add(m.Name, m.Value)
		}
		b.Sort()
		series := store.Series(b.Labels())
		for _, s := range h.samples[name] {
			if err := series.Append(int64(s.T), float64(s.V.coef)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return store
}

// truth gives what the entries of an indicator must be.
func (h *history) truth(kind sla.IndicatorKind, minutes int) []sla.Entry {
	var out []sla.Entry
	for i := range minutes {
		at := start.Add(sla.Millis(i) * sla.Minute)
		e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}}
		switch kind {
		case sla.Ratio:
			e.Good, e.Bad = sla.Whole(h.good[at]), sla.Whole(h.bad[at])
		case sla.Latency:
			e.Good, e.Bad = sla.Whole(h.fast[at]), sla.Whole(h.slow[at])
		default:
			e.Good, e.Bad = sla.Seconds(sla.Millis(h.up[at])), sla.Seconds(sla.Millis(h.down[at]))
		}
		if !h.seen[at] {
			e.Unknown = sla.Minute
		}
		out = append(out, e)
	}
	return out
}

func shopIndicators() []*sla.Indicator {
	return []*sla.Indicator{
		ratio(),
		{Name: "fast", Kind: sla.Latency, Interval: sla.Minute, Histogram: `latency{job="shop"}`, Within: sla.MustDecimal("0.30")},
		{Name: "within-a-second", Kind: sla.Latency, Interval: sla.Minute, Histogram: `latency{job="shop"}`, Within: sla.MustDecimal("1")},
		{Name: "up", Kind: sla.TimeGauge, Interval: sla.Minute, Metric: `probe_success{job="probe"}`, Bound: sla.Bound{Kind: sla.AtLeast, Value: sla.Decimal{Coef: 1}}},
		{Name: "query", Kind: sla.Query, Interval: sla.Minute, Expr: `probe_success{job="probe"}`, Bound: sla.Bound{Kind: sla.Above, Value: sla.Decimal{}}},
	}
}

// catchUp measures up to now in as many calls as it takes.
func catchUp(t testing.TB, src *Source, tasks []Task, now sla.Instant) (all [][]sla.Entry) {
	t.Helper()
	all = make([][]sla.Entry, len(tasks))
	for more := true; more; {
		more = false
		for i, o := range src.Measure(context.Background(), tasks, now) {
			if o.Problem != nil {
				t.Fatalf("%s: %s", o.Indicator, o.Problem.Text)
			}
			all[i] = append(all[i], o.Entries...)
			tasks[i].State, tasks[i].Cursor = o.State, o.Cursor
			more = more || o.Remaining
		}
	}
	return all
}

func tasksOf(indicators []*sla.Indicator) []Task {
	var out []Task
	for _, ind := range indicators {
		out = append(out, Task{Indicator: ind, Cursor: start})
	}
	return out
}

func TestEntriesEqualTheKnownTruthOnEveryServer(t *testing.T) {
	hours := 8
	if testing.Short() {
		hours = 2
	}
	h := shop(hours)
	now := start.Add(sla.Millis(hours) * sla.Hour).Add(30 * sla.Second)
	for name, server := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := server.serve(t, h)
			src := sourceAt(t, url)
			once := catchUp(t, src, tasksOf(shopIndicators()), now)
			for i, ind := range shopIndicators() {
				if ind.Kind == sla.Query || ind.Name == "within-a-second" {
					continue
				}
				compareFacts(t, ind.Name, once[i], h.truth(ind.Kind, hours*60))
			}
			live := make([][]sla.Entry, len(once))
			src = sourceAt(t, url)
			tasks := tasksOf(shopIndicators())
			for at := start.Add(sla.Minute + 30*sla.Second); at <= now; at = at.Add(sla.Minute) {
				for i, entries := range catchUp(t, src, tasks, at) {
					live[i] = append(live[i], entries...)
				}
			}
			for i, ind := range shopIndicators() {
				testkit.EqualLedgers(t, live[i], once[i])
				if len(live[i]) != hours*60 {
					t.Errorf("%s: %d entries, want %d", ind.Name, len(live[i]), hours*60)
				}
			}
		})
	}
}

func sourceAt(t testing.TB, url string) *Source {
	t.Helper()
	src, err := New(Options{Name: "main", URL: url, HTTP: &http.Client{}, Lag: 30 * sla.Second})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// compareFacts compares amounts and unknown time; of gaps only the length of
// the bridge is our own reckoning.
func compareFacts(t *testing.T, name string, got, want []sla.Entry) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d entries, want %d", name, len(got), len(want))
	}
	wrong := 0
	for i := range got {
		g := got[i]
		g.Bridged = 0
		if g != want[i] {
			if wrong++; wrong < 6 {
				t.Errorf("%s, minute %d: %s/%s unknown %d, want %s/%s unknown %d", name, i, g.Good, g.Bad, g.Unknown, want[i].Good, want[i].Bad, want[i].Unknown)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%s: %d of %d entries are wrong", name, wrong, len(want))
	}
}
