package cycle_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// start is when the benchmark's agreements begin: 1 Nov 2026, UTC.
const start = sla.Instant(1793491200000)

// steady is a source that has good events in every interval, and a few bad ones.
type steady struct{}

// Measure gives one entry after the other up to now, all of a task at once.
func (steady) Measure(_ context.Context, tasks []measure.Task, now sla.Instant) []measure.Outcome {
	out := make([]measure.Outcome, len(tasks))
	for i, t := range tasks {
		o := measure.Outcome{Indicator: t.Indicator.Name, State: []byte("state"), Cursor: t.Cursor}
		for end := t.Cursor.Add(t.Indicator.Interval); end <= now; end = end.Add(t.Indicator.Interval) {
			e := sla.Entry{Span: sla.Span{From: o.Cursor, To: end}, Good: sla.Whole(1000), Definition: t.Definition}
			if end%sla.Instant(7*sla.Minute) == 0 {
				e.Bad = sla.Whole(1)
			}
			o.Entries, o.Cursor = append(o.Entries, e), end
		}
		out[i] = o
	}
	return out
}

// Earliest says that everything is there.
func (steady) Earliest(_ context.Context, _ *sla.Indicator, span sla.Span) (sla.Instant, error) {
	return span.From, nil
}

// agreements gives a catalogue of n indicators with an agreement each.
func agreements(n int) *sla.Catalogue {
	c := &sla.Catalogue{Services: []sla.Service{{Name: "shop", Status: sla.Live}}}
	target := sla.MustDecimal("99.9")
	for i := range n {
		name := fmt.Sprintf("i%05d", i)
		c.Indicators = append(c.Indicators, sla.Indicator{
			Name: name, Service: "shop", Kind: sla.Ratio, Interval: sla.Minute, Schedule: "* * * * *",
			Total: "requests_total", Bad: `requests_total{code="500"}`,
		})
		c.Agreements = append(c.Agreements, sla.Agreement{
			Name: name, Version: 1, Kind: sla.SLA, Service: "shop", Valid: sla.Span{From: start, To: sla.Forever},
			Zone: "UTC", Period: sla.PeriodTerm{Kind: sla.PeriodMonth}, Planned: sla.PlannedRemoved, Unknown: sla.UnknownRemoved,
			Objectives: []sla.Objective{{
				Name: "availability", Indicator: name, Target: &target, Method: sla.Occurrences, Severity: sla.Critical,
				AtRisk: sla.DefaultAtRisk, MergeGap: sla.DefaultMergeGap, Alerts: sla.Alerts{MinBad: sla.DefaultMinBad},
			}},
		})
	}
	return c
}

// BenchmarkRound is one live round of 1,000 indicators in the second day of a
// month, and of 10,000 in its second hour: record, judge, breach records, alert
// conditions, commit. The source answers from memory.
func BenchmarkRound(b *testing.B) {
	for n, before := range map[int]sla.Millis{1000: sla.Day, 10_000: sla.Hour} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { roundOf(b, n, before) })
	}
}

func roundOf(b *testing.B, n int, before sla.Millis) {
	b.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, filepath.Join(b.TempDir(), "slmd.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	if _, err := st.SaveCatalogue(ctx, agreements(n), nil, store.Actor{Name: "bench"}, start); err != nil {
		b.Fatal(err)
	}
	c, err := cycle.New(ctx, cycle.Options{
		Store: st, Sources: map[string]cycle.Source{"main": steady{}}, First: "main",
		FinaliseAfter: sla.Hour, BackfillLimit: 400 * sla.Day, RequiredCompleteness: sla.MustDecimal("95"),
	})
	if err != nil {
		b.Fatal(err)
	}
	now := start.Add(before)
	if _, err := c.Round(ctx, "main", cycle.Scope{}, now, nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		now = now.Add(sla.Minute)
		done, err := c.Round(ctx, "main", cycle.Scope{}, now, nil)
		if err != nil {
			b.Fatal(err)
		}
		if done.Entries != n {
			b.Fatalf("%d entries in a round, want %d", done.Entries, n)
		}
	}
	b.ReportMetric(float64(n), "indicators/round")
}
