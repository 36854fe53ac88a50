package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// How many read at once, and how often a round is recorded meanwhile: twelve
// times as often as a schedule of a minute does.
const (
	manyReaders = 50
	roundsEvery = 5 * time.Second
)

// BenchmarkReaders lets fifty readers ask for pages, each for the next one as
// soon as it has the last byte of the one before, while rounds are recorded.
func BenchmarkReaders(b *testing.B) {
	b.Run("overview of 500 services", func(b *testing.B) {
		w := newWorld(b, size{services: 500, objectives: 4, periods: 12})
		b.Run("the first page", func(b *testing.B) { w.readers(b, func(int) string { return "/" }) })
		b.Run("ten pages and a filter", func(b *testing.B) {
			w.readers(b, func(n int) string {
				return []string{"/?page=", "/?state=missed&page="}[n%11/10] + fmt.Sprint(n%11)
			})
		})
		b.Run("breaches of a month", func(b *testing.B) {
			w.readers(b, func(n int) string { return fmt.Sprintf("/breaches?period=2026-%02d", 1+n%10) })
		})
		b.Run("all of a page open", func(b *testing.B) { w.readers(b, func(int) string { return "/?open=all" }) })
	})
	b.Run("objectives with 12 months of facts", func(b *testing.B) {
		const services = 4
		for name, years := range map[string]bool{"a month": false, "a year": true} {
			b.Run(name, func(b *testing.B) {
				w := newWorld(b, size{services: services, objectives: 12, years: years})
				w.year(b, services)
				w.readers(b, func(n int) string {
					return fmt.Sprintf("/objectives/service-%d-sla/objective-%d", n%services, n/services%12)
				})
			})
		}
	})
}

// minutes makes facts of a minute each.
func minutes(from, to sla.Instant) []sla.Entry {
	var out []sla.Entry
	for at := from; at < to; at = at.Add(sla.Minute) {
		e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}, Good: sla.Whole(60)}
		if (at/60_000)%5_000 < 3 {
			e.Good, e.Bad = sla.Whole(0), sla.Whole(60)
		}
		out = append(out, e)
	}
	return out
}

// year records and seals a year of minutes of the first indicators.
func (w *world) year(b *testing.B, indicators int) {
	b.Helper()
	first := now - now%sla.Instant(sla.Day) - sla.Instant(366*sla.Day)
	for at := first; at < now; at = at.Add(7 * sla.Day) {
		to := min(at.Add(7*sla.Day), now)
		r := store.Round{At: to}
		for i := range indicators {
			r.Outcomes = append(r.Outcomes, store.Outcome{Indicator: fmt.Sprintf("service-%d-up", i), Definition: 1, Entries: minutes(at, to), Cursor: to})
		}
		if _, err := w.store.RecordRound(b.Context(), r); err != nil {
			b.Fatalf("recording a week: %v", err)
		}
		if _, err := w.store.Seal(b.Context(), store.Sealing{At: to, Before: to.Add(-2 * sla.Day), Recorded: sla.Forever}); err != nil {
			b.Fatalf("sealing a week: %v", err)
		}
	}
	w.facts = func(name string, s sla.Span) ([]sla.Entry, error) { return w.store.Entries(b.Context(), name, s) }
}

// rounds records a round each while until the end of the test: a fact of every
// indicator, and standings anew.
func (w *world) rounds(b *testing.B, stop <-chan struct{}) {
	tick := time.NewTicker(roundsEvery)
	defer tick.Stop()
	for at := now; ; at = at.Add(sla.Minute) {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		standings := slices.Clone(w.standings)
		w.live.Store(&standings)
		r := store.Round{At: at}
		for i := range w.catalogue.Indicators {
			name := w.catalogue.Indicators[i].Name
			r.Outcomes = append(r.Outcomes, store.Outcome{Indicator: name, Definition: 1, Entries: minutes(at, at.Add(sla.Minute)), Cursor: at.Add(sla.Minute)})
		}
		if _, err := w.store.RecordRound(b.Context(), r); err != nil && b.Context().Err() == nil {
			b.Errorf("recording a round: %v", err)
			return
		}
	}
}

// readers asks b.N times and reports how long the slowest of a hundred took.
func (w *world) readers(b *testing.B, path func(int) string) {
	server := httptest.NewServer(w.pages)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: manyReaders, DisableCompression: true}} // readers unpack elsewhere
	stop := make(chan struct{})
	var rounds, reading sync.WaitGroup
	rounds.Go(func() { w.rounds(b, stop) })
	took, size := make([]time.Duration, b.N), atomic.Int64{}
	var next atomic.Int64
	asked := w.asked.Load()
	b.ResetTimer()
	for range manyReaders {
		reading.Go(func() {
			for n := int(next.Add(1)) - 1; n < b.N; n = int(next.Add(1)) - 1 {
				began := time.Now()
				bytes, err := read(b, client, server.URL+path(n))
				if err != nil {
					b.Errorf("reading %s: %v", path(n), err)
					return
				}
				took[n] = time.Since(began)
				size.Add(bytes)
			}
		})
	}
	reading.Wait()
	b.StopTimer()
	close(stop)
	rounds.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(size.Load())/float64(b.N), "bytes/page")
	b.ReportMetric(float64(w.asked.Load()-asked)/float64(b.N), "queries/page")
}

// read reads a page to its last byte.
func read(b *testing.B, client *http.Client, address string) (int64, error) {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("answered %s", answer.Status)
	}
	return io.Copy(io.Discard, answer.Body)
}
