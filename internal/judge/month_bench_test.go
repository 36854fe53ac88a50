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
	for i := range entries {
		t.Add(entries[i])
	}
	if v := t.Verdict(Moment{Now: november.To, Final: november.To}); v.State == sla.NoData {
		b.Error("nothing was judged")
	}
}
