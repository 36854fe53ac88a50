package measure

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// triable is a quarter of an hour of what is worth a word, for servers of which
// every line is a series, a value and seconds or milliseconds.
func triable(unit int64) string {
	var b strings.Builder
	put := func(series string, value func(k int64) int64) {
		for k := range int64(60) {
			fmt.Fprintf(&b, "%s %d %d\n", series, value(k), (int64(start)+k*15_000)/unit)
		}
	}
	rising := func(k int64) int64 { return k }
	put(`events_total{job="shop",instance="a",code="200"}`, rising)
	put(`events_total{job="shop",instance="a",code="500"}`, rising)
	for _, le := range []string{"0.1", "0.3", "+Inf"} {
		put(`took_bucket{job="shop",instance="a",le="`+le+`"}`, rising)
	}
	put(`queue_length{job="shop",instance="a"}`, func(k int64) int64 { return 9 })
	put(`orders_total{job="shop",instance="a"}`, rising)
	put(`temperature{job="shop"}`, func(k int64) int64 { return 50 + k*7%5 })
	for k := range explodes + 1 {
		fmt.Fprintf(&b, "visits_total{job=\"shop\",customer=\"%d\"} 1 %d\n", k, (int64(start)+870_000)/unit)
	}
	return b.String()
}

// metadataOf waits until a Prometheus knows the types of what it scrapes.
func metadataOf(t *testing.T, url string) {
	t.Helper()
	testkit.Eventually(t, "the server knows the types of its metrics", func() bool {
		resp, err := http.Get(url + "/api/v1/metadata?metric=queue_length")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		return strings.Contains(string(text), `"gauge"`)
	})
}

func TestTryingNamesWhatIsWrongOnRealServers(t *testing.T) {
	if testing.Short() {
		t.Skip("what is asked does not depend on the race detector")
	}
	scrapes := func(t *testing.T) string {
		exporter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "# TYPE queue_length gauge\nqueue_length 1\n# TYPE orders_total counter\norders_total 1\n")
		}))
		t.Cleanup(exporter.Close)
		srv := testkit.StartPrometheus(t, testkit.PrometheusOptions{
			OpenMetrics: strings.NewReader(triable(1000) + "# EOF\n"),
			Config: "scrape_configs: [{job_name: shop, scrape_interval: 250ms, scrape_timeout: 200ms, static_configs: [{targets: ['" +
				strings.TrimPrefix(exporter.URL, "http://") + "']}]}]\n",
		})
		metadataOf(t, srv.URL())
		return srv.URL()
	}
	exports := func(t *testing.T) string {
		srv := testkit.StartVictoriaMetrics(t)
		srv.Import(strings.NewReader(triable(1)))
		return srv.URL()
	}
	ratioOf := func(total, bad string) *sla.Indicator {
		return &sla.Indicator{Name: "x", Kind: sla.Ratio, Interval: sla.Minute, Total: total, Bad: bad}
	}
	gauge := func(metric string) *sla.Indicator {
		return &sla.Indicator{Name: "x", Kind: sla.TimeGauge, Interval: sla.Minute, Metric: metric}
	}
	sound := ratioOf(`events_total{job="shop"}`, `events_total{job="shop",code="500"}`)
	cases := []struct {
		name  string
		ind   *sla.Indicator
		typed bool // only a server that knows the types of metrics can say so
		want  string
	}{
		{"nothing", sound, false, ""},
		{"no metric", gauge(`tempreature{job="shop"}`), false, "the source has no metric of the name tempreature"},
		{"no such value", gauge(`temperature{job="shup"}`), false, `no series of temperature has job="shup"`},
		{"no errors yet", ratioOf(`events_total{job="shop"}`, `events_total{job="shop",code="503"}`), false, "right as long as nothing of the kind has happened"},
		{"a gauge by its type", ratioOf(`queue_length{job="shop"}`, `queue_length{job="shop"}`), true, "queue_length is a gauge and a counter is wanted"},
		{"a counter by its type", gauge(`orders_total{job="shop"}`), true, "orders_total is a counter and a gauge is wanted"},
		{"a gauge by its values", ratioOf(`temperature{job="shop"}`, `temperature{job="shop"}`), false, "falls again and again"},
		{"between the buckets", &sla.Indicator{Name: "x", Kind: sla.Latency, Interval: sla.Minute, Histogram: `took{job="shop"}`, Within: sla.MustDecimal("0.25")}, false, "0.25s is not the bound of a bucket of took{job=\"shop\"}; the next ones are 0.1s and 0.3s"},
		{"a label that explodes", ratioOf(`visits_total{job="shop"}`, `visits_total{job="shop"}`), false, "the label customer alone has 10001 values"},
		{"a query of many", &sla.Indicator{Name: "x", Kind: sla.Query, Interval: sla.Minute, Expr: `events_total`}, false, "gives 2 numbers and one is wanted"},
		{"a query of none", &sla.Indicator{Name: "x", Kind: sla.Query, Interval: sla.Minute, Expr: `nothing`}, false, "it has no value now"},
	}
	for name, serve := range map[string]func(*testing.T) string{"Prometheus 2.42": scrapes, "VictoriaMetrics 1.79": exports} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := sourceAt(t, serve(t))
			for _, c := range cases {
				if c.typed && name != "Prometheus 2.42" {
					continue
				}
				findings, err := src.Try(t.Context(), c.ind, start.Add(15*sla.Minute-1))
				if err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
				if c.want == "" && len(findings) > 0 || c.want != "" && !strings.Contains(fmt.Sprint(findings), c.want) {
					t.Errorf("%s: got %q, want %q", c.name, findings, c.want)
				}
			}
		})
	}
}
