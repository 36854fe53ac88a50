package cycle

import (
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
)

// drawRecent draws entries of three hours to some days: runs of whole counts as
// they are as a rule, and among them whatever an entry can hold.
func drawRecent(r *rapid.T) []sla.Entry {
	var out []sla.Entry
	at := sla.Instant(rapid.Int64Range(-1e12, 2e12).Draw(r, "start"))
	amount := func(plain bool, name string) sla.Amount {
		switch {
		case plain:
			return sla.Whole(rapid.Int64Range(0, 5000).Draw(r, name))
		case rapid.Bool().Draw(r, name+" is of any size"):
			return sla.FromWords(rapid.Int64().Draw(r, name), rapid.Uint64().Draw(r, name))
		}
		return sla.Nanos(rapid.Int64().Draw(r, name))
	}
	for range rapid.IntRange(1, 6).Draw(r, "runs") {
		plain := rapid.IntRange(0, 3).Draw(r, "strange") > 0
		length := rapid.SampledFrom([]sla.Millis{sla.Minute, sla.Minute, 10 * sla.Second, sla.Hour}).Draw(r, "length")
		for range rapid.IntRange(1, 150).Draw(r, "entries") {
			e := sla.Entry{Span: sla.Span{From: at, To: at.Add(length)}, Definition: 1}
			e.Good, e.Bad = amount(plain, "good"), amount(plain, "bad")
			if !plain {
				e.To = e.From.Add(sla.Millis(rapid.Int64Range(1, int64(length)).Draw(r, "cut")))
				e.Unknown = sla.Millis(rapid.Int64Range(0, int64(e.Length())).Draw(r, "unknown"))
				e.Bridged = sla.Millis(rapid.Int64Range(0, int64(sla.Hour)).Draw(r, "bridged"))
				e.Approximate = rapid.Bool().Draw(r, "approximate")
				e.Definition = rapid.Int64().Draw(r, "definition")
			}
			out, at = append(out, e), e.To
		}
		at = at.Add(sla.Millis(rapid.SampledFrom([]int64{0, 0, int64(sla.Day)}).Draw(r, "gap")))
	}
	return out
}

func TestWhatIsAtHandIsWhatWasAdded(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		all := drawRecent(r)
		kept := newRecent()
		known, measured := sla.Always, sla.Always
		for _, e := range all {
			kept.add(e)
			measured = e.To
			if e.Unknown < e.Length() {
				known = e.To
			}
		}
		if kept.known != known || kept.measured != measured {
			r.Fatalf("known to %s and measured to %s, want %s and %s", kept.known, kept.measured, known, measured)
		}
		got, err := kept.history.Since(sla.Always, nil)
		if err != nil {
			r.Fatal(err)
		}
		if n := len(all) - len(got); n < 0 || !slices.Equal(got, all[n:]) || n > 0 && all[n-1].To > measured.Add(-recentSpan) {
			r.Fatalf("got %v\nof   %v", got, all)
		}
		from := rapid.SampledFrom(all).Draw(r, "since").To
		if n := len(kept.history.Packed); n > 0 && rapid.Bool().Draw(r, "since what was packed") {
			from = kept.history.Packed[rapid.IntRange(0, n-1).Draw(r, "piece")].To
		}
		from = from.Add(sla.Millis(rapid.IntRange(0, 1).Draw(r, "after")))
		some, err := kept.history.Since(from, nil)
		if n := len(got) - len(some); err != nil || n < 0 || !slices.Equal(some, got[n:]) || n > 0 && got[n-1].To >= from {
			r.Fatalf("since %s got %v, %v\nof %v", from, some, err, got)
		}
	})
}

func TestTheLastEntriesAtHandReachBackAsFarAsTheyMustAndHardlyFurther(t *testing.T) {
	kept := newRecent()
	for at := march; at < march.Add(5*sla.Day); at = at.Add(sla.Minute) {
		kept.add(sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}})
		begin := kept.measured.Add(-recentSpan)
		if begin < march {
			continue
		}
		if from := kept.history.Packed[0].From; from > begin || begin.Sub(from) > 2*packEvery*sla.Minute {
			t.Fatalf("measured to %s, entries are at hand from %s on, want %s", kept.measured, from, begin)
		}
	}
}

// daysAtHand adds days of a minute's counts to the last entries of indicators.
func daysAtHand(indicators int, days sla.Millis) []*recent {
	out := make([]*recent, indicators)
	for i := range out {
		out[i] = newRecent()
		for at := march; at < march.Add(days*sla.Day); at = at.Add(sla.Minute) {
			n := int64(at/sla.Instant(sla.Minute)) + int64(i)
			e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}, Good: sla.Whole(1000 + n%777), Definition: 1}
			if n%50 == 0 {
				e.Bad = sla.Whole(n % 53)
			}
			out[i].add(e)
		}
	}
	return out
}

// heap gives the bytes in use after build, above those before, and keeps what it built until then.
func heap(build func() []*recent) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	kept := build()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return float64(after.HeapAlloc) - float64(before.HeapAlloc)
}

func TestAnIndicatorsLastDaysTakeFewBytes(t *testing.T) {
	const indicators, perEntry = 100, 8
	kept := recentSpan / sla.Minute
	if took := heap(func() []*recent { return daysAtHand(indicators, 5) }); took > indicators*float64(kept)*perEntry {
		t.Errorf("%.0f bytes an indicator, want at most %d for each of %d entries", took/indicators, perEntry, kept)
	}
}

// BenchmarkRecent says how many bytes the last days of an indicator take, of a
// thousand indicators with three days at a minute.
func BenchmarkRecent(b *testing.B) {
	const indicators, days = 1000, 3
	var took float64
	for b.Loop() {
		took = heap(func() []*recent { return daysAtHand(indicators, days) })
	}
	b.ReportMetric(took/indicators, "bytes/indicator")
	b.ReportMetric(took/indicators/(days*24*60), "bytes/entry")
}
