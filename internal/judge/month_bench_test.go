package judge

import (
	"runtime"
	"sync"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// BenchmarkMonthOf1000Objectives judges a month at one minute for 1,000
// objectives on all cores: a quarter each by occurrences, time, timeslices and
// ratio timeslices.
func BenchmarkMonthOf1000Objectives(b *testing.B) {
	const objectives = 1000
	var cases []Case
	var facts [][]sla.Entry
	for _, x := range benchCases {
		c := benchCase(x.method, x.kind)
		cases, facts = append(cases, c), append(facts, minutes(c.Indicator.Facts(), november.Span))
	}
	b.ReportAllocs()
	for b.Loop() {
		next := make(chan int)
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for i := range next {
					judgeAll(b, cases[i%len(cases)], facts[i%len(cases)])
				}
			})
		}
		for i := range objectives {
			next <- i
		}
		close(next)
		wg.Wait()
	}
}

func judgeAll(b *testing.B, c Case, entries []sla.Entry) {
	t, err := NewTally(c)
	if err != nil {
		b.Error(err)
		return
	}
	t.AddAll(entries)
	if v := t.Verdict(Moment{Now: november.To, Final: november.To}); v.State == sla.NoData {
		b.Error("nothing was judged")
	}
}

// BenchmarkVerdictOfUnlikeSlices judges a month in which each slice has bad
// events and another number of events, so that no two shares have a denominator
// in common.
func BenchmarkVerdictOfUnlikeSlices(b *testing.B) {
	c := benchCase(sla.RatioTimeslices, sla.Ratio)
	t, err := NewTally(c)
	if err != nil {
		b.Fatal(err)
	}
	random := uint64(1)
	entries := minutes(sla.Events, november.Span)
	for i := range entries {
		random = random*6364136223846793005 + 1442695040888963407
		entries[i].Good, entries[i].Bad = sla.Whole(60_000+int64(random>>48)), sla.Whole(int64(random>>40%17))
	}
	t.AddAll(entries)
	b.ReportAllocs()
	for b.Loop() {
		t.Verdict(Moment{Now: november.To, Final: november.To})
	}
}
