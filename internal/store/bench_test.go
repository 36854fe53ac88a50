package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// start is a quarter of an hour's beginning, so that slots fill evenly.
const start sla.Instant = 1_793_491_200_000

// minutes makes n entries of a minute each from the instant on.
func minutes(from sla.Instant, n int, good func(i int) sla.Amount) []sla.Entry {
	out := make([]sla.Entry, n)
	for i := range out {
		at := from.Add(sla.Millis(i) * sla.Minute)
		out[i] = sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}, Good: good(i), Bad: sla.Whole(int64(i % 3)), Definition: 1}
	}
	return out
}

func events(i int) sla.Amount { return sla.Whole(int64(1000 + i%777)) }

func open(tb testing.TB) *store.Store {
	tb.Helper()
	return openFile(tb, filepath.Join(tb.TempDir(), "slmd.db"))
}

func openFile(tb testing.TB, file string) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), file, store.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func record(tb testing.TB, s *store.Store, r store.Round) store.Recorded {
	tb.Helper()
	done, err := s.RecordRound(tb.Context(), r)
	if err != nil {
		tb.Fatal(err)
	}
	return done
}

// liveRound is the n-th round of many indicators, one entry each.
func liveRound(indicators, n int, state []byte) store.Round {
	from := start.Add(sla.Millis(n) * sla.Minute)
	r := store.Round{At: from.Add(90 * sla.Second), Outcomes: make([]store.Outcome, indicators)}
	for i := range r.Outcomes {
		r.Outcomes[i] = store.Outcome{
			Indicator: fmt.Sprintf("indicator-%05d", i), Definition: 1, Entries: minutes(from, 1, events),
			State: state, Cursor: from.Add(sla.Minute),
		}
	}
	return r
}

func benchmarkRecordRound(b *testing.B, indicators int) {
	s := open(b)
	state := make([]byte, 400)
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		r := liveRound(indicators, len(took), state)
		b.StartTimer()
		began := b.Elapsed()
		record(b, s, r)
		took = append(took, b.Elapsed()-began)
	}
	b.ReportMetric(float64(indicators)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	slices.Sort(took)
	b.ReportMetric(float64(took[(len(took)-1)/2])/1e6, "p50-ms")
	b.ReportMetric(float64(took[(len(took)-1)*99/100])/1e6, "p99-ms")
}

func BenchmarkRecordRound1000(b *testing.B)  { benchmarkRecordRound(b, 1000) }
func BenchmarkRecordRound10000(b *testing.B) { benchmarkRecordRound(b, 10000) }

// A backfill of a million entries: 100 indicators, a week in rounds of a day.
func BenchmarkRecordBackfill(b *testing.B) {
	total := 0
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		s := open(b)
		for day := range 7 {
			from := start.Add(sla.Millis(day) * sla.Day)
			r := store.Round{At: from, Outcomes: make([]store.Outcome, 100)}
			for i := range r.Outcomes {
				r.Outcomes[i] = store.Outcome{
					Indicator: fmt.Sprintf("indicator-%05d", i), Definition: 1, Entries: minutes(from, 1440, events), Cursor: from.Add(sla.Day),
				}
			}
			b.StartTimer()
			total += record(b, s, r).Entries
			b.StopTimer()
		}
		sizes, err := s.SizeBytes()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(sizes["slmd.db"])/1440/7/100, "B/entry")
		b.StartTimer()
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "entries/s")
}

// A month of one indicator, 43,200 entries, among nine others.
func BenchmarkEntriesMonth(b *testing.B) {
	s := open(b)
	r := store.Round{At: start}
	for i := range 10 {
		r.Outcomes = append(r.Outcomes, store.Outcome{
			Indicator: fmt.Sprint("indicator-", i), Definition: 1, Entries: minutes(start, 43200, events), Cursor: start.Add(30 * sla.Day),
		})
	}
	record(b, s, r)
	month := sla.Span{From: start, To: start.Add(30 * sla.Day)}
	b.ReportAllocs()
	for b.Loop() {
		es, err := s.Entries(b.Context(), "indicator-5", month)
		if err != nil || len(es) != 43200 {
			b.Fatal(len(es), err)
		}
	}
}
