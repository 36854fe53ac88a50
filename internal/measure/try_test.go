package measure

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// tried gives what trying an indicator says about a source that has a quarter
// of an hour of the series; value gives the samples' values.
func tried(t *testing.T, ind *sla.Indicator, store *promtest.Store, o Options) []string {
	t.Helper()
	now := start.Add(15 * sla.Minute)
	serverClock := func() time.Time { return now.Time() }
	if o.Clock != nil {
		serverClock = o.Clock
	}
	srv, err := promtest.New(store, promtest.Options{Now: serverClock})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, srv)
	o.Name, o.URL = "main", srv.URL()
	src, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := src.Try(t.Context(), ind, now)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range findings {
		out = append(out, f.Field+": "+f.Text)
	}
	return out
}

// stocked gives a store in which each series has a sample every 15 seconds.
func stocked(t *testing.T, value func(k int) float64, series ...string) *promtest.Store {
	t.Helper()
	store := promtest.NewStore()
	for _, name := range series {
		sel, err := parseSelector(name)
		if err != nil {
			t.Fatal(err)
		}
		b := labels.NewScratchBuilder(4)
		for _, m := range sel.matchers {
			b.Add(m.Name, m.Value)
		}
		b.Sort()
		for k := range 60 {
			if err := store.Append(b.Labels(), int64(start)+int64(k)*15_000, value(k)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return store
}

func grows(k int) float64 { return float64(k) }

func TestSoundSelectorsGiveNoFindings(t *testing.T) {
	store := stocked(t, grows, `http_requests_total{job="shop",instance="a",code="200"}`, `http_requests_total{job="shop",instance="a",code="500"}`,
		`latency_bucket{job="shop",instance="a",le="0.3"}`, `latency_bucket{job="shop",instance="a",le="+Inf"}`, `probe_success{job="probe"}`)
	store.Describe("http_requests_total", promtest.Metadata{Type: "counter"})
	store.Describe("latency", promtest.Metadata{Type: "histogram"})
	for _, ind := range shopIndicators() {
		if ind.Name == "within-a-second" {
			continue
		}
		if got := tried(t, ind, store, Options{}); len(got) > 0 {
			t.Errorf("%s: %q", ind.Name, got)
		}
	}
}

func TestTryingNamesWhatIsWrongWithASelector(t *testing.T) {
	shop := `http_requests_total{job="shop",instance="a",code="200"}`
	total := func(total, bad string) *sla.Indicator {
		return &sla.Indicator{Name: "x", Kind: sla.Ratio, Interval: sla.Minute, Total: total, Bad: bad}
	}
	gauge := func(metric string) *sla.Indicator {
		return &sla.Indicator{Name: "x", Kind: sla.TimeGauge, Interval: sla.Minute, Metric: metric}
	}
	for name, c := range map[string]struct {
		ind    *sla.Indicator
		series []string
		value  func(int) float64
		types  map[string]string
		want   string
	}{
		"no metric":         {ind: gauge(`upp{job="shop"}`), want: `the source has no metric of the name upp`},
		"no such value":     {ind: gauge(`http_requests_total{job="shup"}`), want: `no series of http_requests_total has job="shup"`},
		"no such label":     {ind: gauge(`http_requests_total{jobb="shop"}`), want: `no series of http_requests_total has a label jobb`},
		"no errors yet":     {ind: total(shop, `http_requests_total{job="shop",code="500"}`), want: `ratio.bad: http_requests_total{job="shop",code="500"} has no series within the last hour: right as long as nothing of the kind has happened; no series of http_requests_total has code="500"`},
		"bad label of part": {ind: total(shop, `http_requests_total{job="shop",status="500"}`), want: `has a label status`},
		"gauge by its type": {ind: total(shop, shop), types: map[string]string{"http_requests_total": "gauge"}, want: `ratio.total: http_requests_total is a gauge and a counter is wanted`},
		"counter by type":   {ind: gauge(shop), types: map[string]string{"http_requests_total": "counter"}, want: `time.metric: http_requests_total is a counter and a gauge is wanted`},
		"gauge by its values": {
			ind: total(shop, shop), value: func(k int) float64 { return 100 - float64(k%3) },
			want: `ratio.total: http_requests_total{code="200",instance="a",job="shop"} falls again and again`,
		},
		"between the buckets": {
			ind:    &sla.Indicator{Name: "x", Kind: sla.Latency, Interval: sla.Minute, Histogram: `latency{job="shop"}`, Within: sla.MustDecimal("0.4")},
			series: []string{`latency_bucket{job="shop",le="0.1"}`, `latency_bucket{job="shop",le="0.3"}`, `latency_bucket{job="shop",le="1.0"}`, `latency_bucket{job="shop",le="+Inf"}`},
			want:   `latency.histogram: 0.4s is not the bound of a bucket of latency{job="shop"}; the next ones are 0.3s and 1s`,
		},
		"a query of many": {
			ind:    &sla.Indicator{Name: "x", Kind: sla.Query, Interval: sla.Minute, Expr: `http_requests_total`},
			series: []string{shop, `http_requests_total{code="500"}`}, want: `it gives 2 numbers and one is wanted`,
		},
		"a query of none": {ind: &sla.Indicator{Name: "x", Kind: sla.Query, Interval: sla.Minute, Expr: `nothing > 1`}, want: `it has no value now`},
	} {
		t.Run(name, func(t *testing.T) {
			if c.value == nil {
				c.value = grows
			}
			if c.series == nil {
				c.series = []string{shop}
			}
			store := stocked(t, c.value, c.series...)
			for metric, kind := range c.types {
				store.Describe(metric, promtest.Metadata{Type: kind})
			}
			got := tried(t, c.ind, store, Options{})
			if !strings.Contains(strings.Join(got, "\n"), c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTryingNamesTheLabelThatExplodes(t *testing.T) {
	store := promtest.NewStore()
	for k := range explodes + 1 {
		lset := labels.FromStrings("__name__", "requests", "job", "shop", "customer", fmt.Sprint(k))
		if err := store.Append(lset, int64(start.Add(10*sla.Minute)), 1); err != nil {
			t.Fatal(err)
		}
	}
	got := tried(t, &sla.Indicator{Name: "x", Kind: sla.TimeGauge, Metric: "requests", Interval: sla.Minute}, store, Options{})
	want := "time.metric: it selects 10001 series, and every one of them is read in every round: the label customer alone has 10001 values; leave such labels out of the metric, or narrow the selector down"
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTryingSaysThatReadingIsSlow(t *testing.T) {
	var calls atomic.Int64
	clock := func() time.Time { return start.Time().Add(time.Duration(calls.Add(1)) * 3 * time.Second) }
	got := tried(t, &sla.Indicator{Name: "x", Kind: sla.TimeGauge, Metric: "probe", Interval: sla.Minute}, stocked(t, grows, "probe"), Options{Clock: clock})
	if !strings.Contains(strings.Join(got, "\n"), "rounds will be slow") {
		t.Errorf("got %q", got)
	}
}
