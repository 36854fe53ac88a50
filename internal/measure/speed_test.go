package measure

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// BenchmarkBackfill measures ten days of ten indicators over three series each,
// scraped every 30 s, over HTTP from a server in the same process: its time is
// that of both sides.
func BenchmarkBackfill(b *testing.B) {
	const days, indicators, pods = 10, 10, 3
	store := promtest.NewStore()
	end := start.Add(days * sla.Day)
	var all []*sla.Indicator
	for i := range indicators {
		job := fmt.Sprintf("job-%d", i)
		for p := range pods {
			series := store.Series(labels.FromStrings(metricName, "requests_total", "job", job, "instance", fmt.Sprint("pod-", p), "code", fmt.Sprint(200+150*p)))
			n := 1_000_000
			for t := start.Add(-baseline); t < end; t = t.Add(30 * sla.Second) {
				n += int(t) % 97
				if err := series.Append(int64(t), float64(n)); err != nil {
					b.Fatal(err)
				}
			}
		}
		all = append(all, &sla.Indicator{
			Name: job, Kind: sla.Ratio, Interval: sla.Minute,
			Total: `requests_total{job="` + job + `"}`, Bad: `requests_total{job="` + job + `",code="500"}`,
		})
	}
	srv, err := promtest.New(store, promtest.Options{Now: func() time.Time { return end.Time() }})
	if err != nil {
		b.Fatal(err)
	}
	closing(b, srv)
	b.ReportAllocs()
	samples := 0
	for b.Loop() {
		tasks := tasksOf(all)
		for _, entries := range catchUp(b, sourceAt(b, srv.URL()), tasks, end) {
			if len(entries) < days*1440-2 {
				b.Fatalf("%d entries", len(entries))
			}
		}
		samples += indicators * pods * days * 2880
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(samples), "ns/sample")
}

// BenchmarkWalk books the samples of one series that were read already.
func BenchmarkWalk(b *testing.B) {
	var samples []Sample
	for i := range 2880 {
		samples = append(samples, Sample{start.Add(sla.Millis(i) * 30 * sla.Second), Int(int64(i) * 7)})
	}
	all := []Series{NewSeries(map[string]string{metricName: "http_requests_total", "job": "shop", "instance": "a", "code": "200"}, samples)}
	read := InMemory(all)
	src, err := New(Options{Read: read, Piece: sla.Day})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		catchUp(b, src, []Task{{Indicator: ratio(), Cursor: start}}, start.Add(sla.Day))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2880, "ns/sample")
}

// BenchmarkRound measures one minute of a thousand indicators over six series
// each, as it is every minute, reading included but not the server's own work.
func BenchmarkRound(b *testing.B) {
	const indicators, pods = 1000, 3
	var all []*sla.Indicator
	var series []Series
	for i := range indicators {
		job := fmt.Sprintf("job-%d", i)
		for p := range pods {
			for _, code := range []string{"200", "500"} {
				var samples []Sample
				for k := -40; k < 400; k++ {
					samples = append(samples, Sample{start.Add(sla.Millis(k) * 15 * sla.Second), Int(int64(1000+k) * 7)})
				}
				series = append(series, NewSeries(map[string]string{metricName: "requests_total", "job": job, "instance": fmt.Sprint("pod-", p), "code": code}, samples))
			}
		}
		all = append(all, &sla.Indicator{
			Name: job, Kind: sla.Ratio, Interval: sla.Minute,
			Total: `requests_total{job="` + job + `"}`, Bad: `requests_total{job="` + job + `",code=~"5.."}`,
		})
	}
	src, err := New(Options{Read: InMemory(series)})
	if err != nil {
		b.Fatal(err)
	}
	tasks := tasksOf(all)
	now := start.Add(sla.Minute)
	catchUp(b, src, tasks, now)
	b.ReportAllocs()
	for b.Loop() {
		for i, o := range src.Measure(b.Context(), tasks, now.Add(sla.Minute)) {
			if len(o.Entries) != 1 {
				b.Fatalf("%s: %d entries, %v", tasks[i].Indicator.Name, len(o.Entries), o.Problem)
			}
		}
	}
}
