package measure

import (
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
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

// BenchmarkRound measures one minute of a thousand and of ten thousand indicators
// over six series each, as it is every minute, reading included but not the
// server's own work.
func BenchmarkRound(b *testing.B) {
	for _, indicators := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(indicators), func(b *testing.B) { roundOf(b, indicators) })
	}
}

func roundOf(b *testing.B, indicators int) {
	b.Helper()
	all, series := manyJobs(indicators)
	src, err := New(Options{Read: InMemory(series)})
	if err != nil {
		b.Fatal(err)
	}
	tasks := tasksOf(all)
	now := start.Add(sla.Minute)
	catchUp(b, src, tasks, now)
	b.ReportAllocs()
	began := processorTime()
	for b.Loop() {
		for i, o := range src.Measure(b.Context(), tasks, now.Add(sla.Minute)) {
			if len(o.Entries) != 1 {
				b.Fatalf("%s: %d entries, %v", tasks[i].Indicator.Name, len(o.Entries), o.Problem)
			}
		}
	}
	b.ReportMetric(float64((processorTime()-began).Milliseconds())/float64(b.N), "cpu-ms/op")
}

// processorTime gives what the process has used of the processors: other work on
// the machine does not count in it.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// manyJobs gives n indicators over three instances with two codes each, scraped
// every 15 s.
func manyJobs(n int) (all []*sla.Indicator, series []Series) {
	for i := range n {
		job := fmt.Sprintf("job-%d", i)
		for p := range 3 {
			for _, code := range []string{"200", "500"} {
				var samples []Sample
				for k := -40; k < 40; k++ {
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
	return all, series
}

// BenchmarkReadBulk reads 30 days of 60 series, scraped every 15 s, from a
// server in the same process: as streamed chunks, as raw samples in text, and
// evaluated once a minute by query_range, which gives a quarter of the points.
// A server's own work is in all of them.
func BenchmarkReadBulk(b *testing.B) {
	const days, series = 30, 60
	store := promtest.NewStore()
	end := start.Add(days * sla.Day)
	for i := range series {
		one := store.Series(labels.FromStrings(metricName, "requests_total", "job", "shop", "instance", fmt.Sprint(i)))
		n := 1_000_000
		for t := start; t < end; t = t.Add(15 * sla.Second) {
			n += int(t/15_000+sla.Instant(i)) % 97
			if err := one.Append(int64(t), float64(n)); err != nil {
				b.Fatal(err)
			}
		}
	}
	srv, err := promtest.New(store, promtest.Options{Now: func() time.Time { return end.Time() }})
	if err != nil {
		b.Fatal(err)
	}
	closing(b, srv)
	src := sourceAt(b, srv.URL())
	selector := `{__name__="requests_total",job="shop"}`
	for name, c := range map[string]inPieces{
		"chunks": {sla.Day, func(span sla.Span) ([]Series, error) { return src.stream(b.Context(), selector, span) }},
		"text":   {sla.Hour, func(span sla.Span) ([]Series, error) { return src.readHTTP(b.Context(), "samples", selector, span) }},
		"range": {sla.Day, func(span sla.Span) ([]Series, error) {
			return src.ask(b.Context(), "query", "query_range", url.Values{
				"query": {selector}, "start": {seconds(span.From)}, "end": {seconds(span.To - 1)}, "step": {"60"},
			}, span)
		}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			c.run(b, sla.Span{From: start, To: end}, series)
		})
	}
}

// inPieces is a way of reading raw samples, a piece of time after the other.
type inPieces struct {
	piece sla.Millis
	read  func(sla.Span) ([]Series, error)
}

// run reads the span of so many series again and again, and gives the time of a sample.
func (p inPieces) run(b *testing.B, span sla.Span, series int) {
	samples := 0
	for b.Loop() {
		for from := span.From; from < span.To; from = from.Add(p.piece) {
			got, err := p.read(sla.Span{From: from, To: from.Add(p.piece)})
			if err != nil || len(got) != series {
				b.Fatal(len(got), err)
			}
			for i := range got {
				samples += len(got[i].Samples)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(samples), "ns/sample")
}

// BenchmarkReadBulkFromPrometheus2 reads ten days of 60 series, scraped every
// 30 s, from Debian's Prometheus in a process of its own.
func BenchmarkReadBulkFromPrometheus2(b *testing.B) {
	const days, series = 10, 60
	end := start.Add(days * sla.Day)
	var text strings.Builder
	for i := range series {
		n := 1_000_000
		for t := start; t < end; t = t.Add(30 * sla.Second) {
			n += int(t/15_000+sla.Instant(i)) % 97
			fmt.Fprintf(&text, "requests_total{job=\"shop\",instance=\"%d\"} %d %d.000\n", i, n, t/1000)
		}
	}
	text.WriteString("# EOF\n")
	srv := testkit.StartPrometheus(b, testkit.PrometheusOptions{OpenMetrics: strings.NewReader(text.String())})
	src, err := New(Options{Name: "main", URL: srv.URL(), MaxBody: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	selector := `{__name__="requests_total",job="shop"}`
	for name, c := range map[string]inPieces{
		"chunks": {sla.Day, func(span sla.Span) ([]Series, error) { return src.stream(b.Context(), selector, span) }},
		"text":   {sla.Hour, func(span sla.Span) ([]Series, error) { return src.readHTTP(b.Context(), "samples", selector, span) }},
	} {
		b.Run(name, func(b *testing.B) {
			c.run(b, sla.Span{From: start, To: end}, series)
		})
	}
}
