package measure

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// observed is a process with a native histogram, and what was seen of it.
type observed struct {
	counts  map[int32]int64 // by bucket, of schema 0: (2^(i−1), 2^i] seconds
	instant sla.Instant
}

// nativeHistory makes up an hour of two processes: restarts, a new process, a
// gap. Observations lie within 2⁻³ and 2² seconds; those up to half a second are
// fast. It gives the histograms by instance, and the truth by minute.
func nativeHistory() (samples map[string][]observed, truth map[sla.Instant]*sla.Entry) {
	r := rand.New(rand.NewPCG(8, 8))
	samples, truth = map[string][]observed{}, map[sla.Instant]*sla.Entry{}
	counts := map[string]map[int32]int64{"a": {}, "b": {}}
	for t := start.Add(-baseline); t < start.Add(sla.Hour+sla.Minute); t = t.Add(scrape) {
		since := t.Sub(start)
		if since == 20*sla.Minute {
			counts["a"] = map[int32]int64{} // restarted
		}
		if since == 30*sla.Minute {
			delete(counts, "b")
			counts["c"] = map[int32]int64{} // deployed anew
		}
		gap := since >= 40*sla.Minute && since < 43*sla.Minute
		for _, instance := range sortedKeys(counts) {
			e := truth[floor(t, sla.Minute)]
			if e == nil {
				from := floor(t, sla.Minute)
				e = &sla.Entry{Span: sla.Span{From: from, To: from.Add(sla.Minute)}, Unknown: sla.Minute}
				truth[from] = e
			}
			for i := int32(-2); i <= 2; i++ {
				n := r.Int64N(4)
				counts[instance][i] += n
				if gap { // what was observed meanwhile is seen after it
					e = truthAfter(truth, start.Add(43*sla.Minute))
				}
				if i <= -1 {
					e.Good = e.Good.Add(sla.Whole(n))
				} else {
					e.Bad = e.Bad.Add(sla.Whole(n))
				}
			}
			if !gap {
				e.Unknown = 0
				samples[instance] = append(samples[instance], observed{instant: t, counts: cloned(counts[instance])})
			}
		}
	}
	return samples, truth
}

func truthAfter(truth map[sla.Instant]*sla.Entry, at sla.Instant) *sla.Entry {
	if truth[at] == nil {
		truth[at] = &sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}, Unknown: sla.Minute}
	}
	return truth[at]
}

func cloned(m map[int32]int64) map[int32]int64 {
	out := map[int32]int64{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// histogramOf gives the counts as a native histogram of schema 0.
func histogramOf(counts map[int32]int64) *histogram.Histogram {
	h := &histogram.Histogram{Schema: 0, ZeroThreshold: 1e-9, PositiveSpans: []histogram.Span{{Offset: -2, Length: 5}}}
	last := int64(0)
	for i := int32(-2); i <= 2; i++ {
		n := counts[i]
		h.PositiveBuckets = append(h.PositiveBuckets, n-last)
		h.Count += uint64(n)
		h.Sum += float64(n)
		last = n
	}
	return h
}

// nativeServers are those that hold native histograms.
var nativeServers = map[string]func(*testing.T, map[string][]observed) string{
	"Prometheus 3": func(t *testing.T, samples map[string][]observed) string {
		store := promtest.NewStore()
		for _, instance := range sortedKeys(samples) {
			of := func(name string) *promtest.Series {
				return store.Series(labels.FromStrings(metricName, name, "job", "shop", "instance", instance))
			}
			took, up := of("took"), of("up")
			for _, x := range samples[instance] {
				if err := took.AppendHistogram(int64(x.instant), histogramOf(x.counts)); err != nil {
					t.Fatal(err)
				}
				if err := up.Append(int64(x.instant), 1); err != nil {
					t.Fatal(err)
				}
			}
		}
		return serving(t, store, start.Add(2*sla.Hour)).URL()
	},
	"Prometheus 2.42": func(t *testing.T, samples map[string][]observed) string {
		srv := testkit.StartPrometheus(t, testkit.PrometheusOptions{Flags: []string{"--web.enable-remote-write-receiver", "--enable-feature=native-histograms"}})
		req := &prompb.WriteRequest{}
		for _, instance := range sortedKeys(samples) {
			of := func(name string) prompb.TimeSeries {
				return prompb.TimeSeries{Labels: []prompb.Label{{Name: metricName, Value: name}, {Name: "instance", Value: instance}, {Name: "job", Value: "shop"}}}
			}
			took, up := of("took"), of("up")
			for _, x := range samples[instance] {
				took.Histograms = append(took.Histograms, prompb.FromIntHistogram(int64(x.instant), histogramOf(x.counts)))
				up.Samples = append(up.Samples, prompb.Sample{Timestamp: int64(x.instant), Value: 1})
			}
			req.Timeseries = append(req.Timeseries, took, up)
		}
		testkit.RemoteWrite(t, srv.URL(), req)
		return srv.URL()
	},
}

func tookWithin(within string) *sla.Indicator {
	return &sla.Indicator{Name: "within " + within, Kind: sla.Latency, Interval: sla.Minute, Histogram: `took{job="shop"}`, Within: sla.MustDecimal(within)}
}

func TestNativeHistogramsAreCountedExactlyAtTheirBounds(t *testing.T) {
	samples, truth := nativeHistory()
	var want []sla.Entry
	for i := range 60 {
		want = append(want, *truth[start.Add(sla.Millis(i)*sla.Minute)])
	}
	for name, serve := range nativeServers {
		t.Run(name, func(t *testing.T) {
			url := serve(t, samples)
			now := start.Add(sla.Hour + 30*sla.Second)
			inds := []*sla.Indicator{tookWithin("0.5"), tookWithin("0.7")}
			src, requests := counted(t, url, nil)
			bulk := tasksOf(inds)
			whole := catchUp(t, src, bulk, now)
			if requests("samples by samples") != 0 || requests("samples by stream") == 0 {
				t.Errorf("%d samples came by queries and %d by streams", requests("samples by samples"), requests("samples by stream"))
			}
			compareFacts(t, "within half a second", whole[0][:60], want)
			for i, e := range whole[1][:60] {
				between := e.Good.Cmp(want[i].Good) >= 0 && e.Good.Add(e.Bad) == want[i].Good.Add(want[i].Bad)
				if e.Approximate != (want[i].Unknown == 0) || !between {
					t.Errorf("minute %d: with a bound between those of the histogram: %+v, with one below %+v", i, e, want[i])
				}
			}
			live := tasksOf(inds)
			calls := append(everyMinute(now)[:60:60], now)
			for i, entries := range inCalls(t, sourceAt(t, url), live, calls) {
				testkit.EqualLedgers(t, entries, whole[i][:len(entries)])
				if len(entries) < 60 {
					t.Errorf("live there are %d entries", len(entries))
				}
			}
		})
	}
}

func TestABoundBetweenTheBoundsDividesTheBucketAsPromQLDoes(t *testing.T) {
	h := Histogram{Count: 100, Buckets: []Bucket{{-1, 1, 10}, {1, 2, 40}, {2, 4, 50}}}
	for _, c := range []struct{ bound, want float64 }{{1, 10}, {2, 50}, {4, 100}, {9, 100}, {0.5, 5}, {1.4142135623730951, 30}, {3, 79.248125}} {
		n, exact := h.upTo(c.bound)
		if n != c.want || exact != (c.bound == 1 || c.bound == 2 || c.bound >= 4) {
			t.Errorf("up to %v: %v, exact %v; want %v", c.bound, n, exact, c.want)
		}
	}
}

func TestAHistogramIsReadInTheFormThatCameFirst(t *testing.T) {
	natives := func(from, to int) (out Series) {
		out = NewSeries(map[string]string{metricName: "took", "job": "shop", "instance": "a"}, nil)
		for i := from; i < to; i++ {
			out.Native = append(out.Native, Histogram{T: start.Add(sla.Millis(i) * scrape), Count: float64(2 * i), Buckets: []Bucket{{0.25, 0.5, float64(2 * i)}}})
		}
		return out
	}
	buckets := func(values string) []Series {
		return []Series{
			line(t, `took_bucket{job="shop",instance="a",le="0.5"}`, values),
			line(t, `took_bucket{job="shop",instance="a",le="+Inf"}`, values),
		}
	}
	for name, c := range map[string]struct {
		series []Series
		want   string
	}{
		"only native":                     {[]Series{natives(0, 12)}, "6/0 8/0 8/0"},
		"only classic":                    {buckets("0+1x11"), "3/0 4/0 4/0"},
		"both at once":                    {append(buckets("0+1x11"), natives(0, 12)), "3/0 4/0 4/0"},
		"native first":                    {append(buckets("_x6 0+1x5"), natives(0, 12)), "6/0 8/0 8/0"},
		"classic first, and then no more": {append(buckets("0+1x3"), natives(6, 12)), "3/0 0/0?60 0/0?60"},
	} {
		t.Run(name, func(t *testing.T) {
			want, state := inCuts(t, tookWithin("0.5"), c.series, sla.Day, []sla.Instant{start.Add(4 * sla.Minute)})
			if got := text(want[:3]); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			cut, cutState := inCuts(t, tookWithin("0.5"), c.series, 7001, []sla.Instant{start.Add(100_000), start.Add(4 * sla.Minute)})
			if text(cut) != text(want) || !bytes.Equal(state, cutState) {
				t.Errorf("in pieces %s, at once %s", text(cut), text(want))
			}
		})
	}
}

func TestAnEntryThatWasReadInPiecesIsAsApproximateAsAtOnce(t *testing.T) {
	s := NewSeries(map[string]string{metricName: "took", "job": "shop"}, nil)
	for i := range 12 {
		h := Histogram{T: start.Add(sla.Millis(i) * scrape), Count: float64(8), Buckets: []Bucket{{0.25, 0.5, 8}}}
		if i > 4 { // only the sample in the middle of the second minute and later ones
			h.Count, h.Buckets = 11, []Bucket{{0.25, 0.5, 8}, {0.5, 1, 3}}
		}
		s.Native = append(s.Native, h)
	}
	ind, end := tookWithin("0.7"), start.Add(4*sla.Minute)
	whole, _ := inCuts(t, ind, []Series{s}, sla.Day, []sla.Instant{end})
	cut, _ := inCuts(t, ind, []Series{s}, 7001, []sla.Instant{start.Add(100_000), end})
	testkit.EqualLedgers(t, cut, whole)
	if whole[0].Approximate || !whole[1].Approximate || !whole[2].Approximate {
		t.Errorf("got %+v", whole[:3])
	}
	last := s
	last.Native = last.Native[:6] // the minute has no sample after the one that makes it approximate
	whole, _ = inCuts(t, ind, []Series{last}, sla.Day, []sla.Instant{end})
	cut, _ = inCuts(t, ind, []Series{last}, 7001, []sla.Instant{start.Add(80_000), end})
	testkit.EqualLedgers(t, cut, whole)
	if !cut[1].Approximate {
		t.Errorf("got %+v", cut)
	}
}

func TestOnlyTheFormThatIsReadIsAskedFor(t *testing.T) {
	s := NewSeries(map[string]string{metricName: "took", "job": "shop"}, nil)
	for i := range 20 {
		s.Native = append(s.Native, Histogram{T: start.Add(sla.Millis(i) * scrape), Count: float64(i), Buckets: []Bucket{{0.25, 0.5, float64(i)}}})
	}
	src, a := recording(t, Options{}, s)
	tasks := tasksOf([]*sla.Indicator{tookWithin("0.5")})
	catchUp(t, src, tasks, start.Add(2*sla.Minute))
	if all := a.take(); len(all) != 2 {
		t.Errorf("at first asked was %q", all)
	}
	got := catchUp(t, src, tasks, start.Add(3*sla.Minute))
	if all := a.take(); len(all) != 1 || !strings.HasPrefix(all[0], `{__name__="took",job="shop"} 120-180`) || text(got[0]) != "4/0" {
		t.Errorf("then asked was %q, measured %s", all, text(got[0]))
	}
}

func TestANativeHistogramWhereANumberIsWantedMakesItsIntervalUnknown(t *testing.T) {
	s := line(t, series("200"), "100+10x11")
	s.Native = []Histogram{{T: start.Add(70 * sla.Second), Count: 1}}
	src, err := New(Options{Read: InMemory([]Series{s})})
	if err != nil {
		t.Fatal(err)
	}
	o := src.Measure(context.Background(), []Task{{Indicator: ratio(), Cursor: start}}, start.Add(3*sla.Minute))[0]
	if text(o.Entries) != "30/0 40/0?60 40/0" || len(o.Rejected) != 1 || o.Rejected[0].Reason != ReasonType {
		t.Errorf("got %s, rejected %v", text(o.Entries), o.Rejected)
	}
}

func TestAStateFromBeforeNativeHistogramsIsGoneOnFrom(t *testing.T) {
	ind := tookWithin("0.5")
	all := []Series{
		line(t, `took_bucket{job="shop",instance="a",le="0.5"}`, "0+1x11"),
		line(t, `took_bucket{job="shop",instance="a",le="+Inf"}`, "0+1x11"),
	}
	src, a := recording(t, Options{}, all...)
	task := Task{Indicator: ind, Cursor: start}
	o := src.Measure(t.Context(), []Task{task}, start.Add(2*sla.Minute))[0]
	s, err := decodeState(o.State)
	if err != nil {
		t.Fatal(err)
	}
	s.lanes, s.form = s.lanes[:1], undecided
	a.take()
	task.State, task.Cursor = s.encode(), o.Cursor
	o = src.Measure(t.Context(), []Task{task}, start.Add(3*sla.Minute))[0]
	if asked := a.take(); text(o.Entries) != "4/0" || len(asked) != 1 || !strings.HasSuffix(asked[0], " 120-180") {
		t.Errorf("got %s, asked %q", text(o.Entries), asked)
	}
}

func TestTryingNamesTheBoundsOfANativeHistogramAroundTheThreshold(t *testing.T) {
	store := promtest.NewStore()
	took := store.Series(labels.FromStrings(metricName, "took", "job", "shop"))
	for i := range int64(60) {
		if err := took.AppendHistogram(int64(start)+i*15_000, histogramOf(map[int32]int64{-1: i, 0: 2 * i, 1: i})); err != nil {
			t.Fatal(err)
		}
	}
	if got := tried(t, tookWithin("0.5"), store, Options{}); len(got) > 0 {
		t.Errorf("of a bound of the histogram: %q", got)
	}
	want := `latency.histogram: 0.7s lies between the bounds 0.5s and 1s of the native histogram took{job="shop"}: the events in it are divided, so their split is approximate`
	if got := tried(t, tookWithin("0.7"), store, Options{}); len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
