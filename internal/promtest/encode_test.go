package promtest

import (
	"encoding/json"
	"math"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"
)

func TestEveryFloatReadsBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(
			rapid.Float64(),
			rapid.Map(rapid.Int64(), func(n int64) float64 { return float64(n) }),
			rapid.Map(rapid.Int64(), func(n int64) float64 { return float64(n) / 512 }),
			rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), 1 << 53, -1 << 53, math.MinInt64, math.MaxInt64, 1e21, 1e-6, 1e-7}),
		).Draw(t, "v")
		text := string(appendFloat(nil, v))
		back, err := strconv.ParseFloat(text[1:len(text)-1], 64)
		if err != nil || math.Float64bits(back) != math.Float64bits(v) {
			t.Fatalf("%v was written %s", v, text)
		}
	})
}

func TestEveryStringReadsBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		var back string
		if err := json.Unmarshal(appendString(nil, s), &back); err != nil || back != s {
			t.Fatalf("%q was written %s: %v", s, appendString(nil, s), err)
		}
	})
}

func TestTimesAreSecondsWithThreeDecimals(t *testing.T) {
	for ms, want := range map[int64]string{0: "0", 1: "0.001", 1050: "1.050", -1: "-0.001", 1790000000999: "1790000000.999"} {
		if got := string(appendTime(nil, ms)); got != want {
			t.Errorf("%d ms: %s, want %s", ms, got, want)
		}
	}
}

func TestNativeHistogramsAreKeptAndShown(t *testing.T) {
	store := NewStore()
	sr := store.Series(labels.FromStrings("__name__", "seconds"))
	for i := range int64(3) {
		h := &histogram.Histogram{
			Count: 3 * uint64(i+1), Sum: float64(i), Schema: 0,
			PositiveSpans: []histogram.Span{{Offset: 0, Length: 2}}, PositiveBuckets: []int64{i + 1, i + 1},
		}
		if err := sr.AppendHistogram(i*30_000, h); err != nil {
			t.Fatal(err)
		}
	}
	s := build(store, Options{Now: func() time.Time { return time.UnixMilli(60_000) }})
	for query, want := range map[string]string{
		"seconds":     `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"seconds"},"histogram":[60,{"count":"9","sum":"2","buckets":[[0,"0.5","1","3"],[0,"1","2","6"]]}]}]}}`,
		"seconds[1m]": `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"seconds"},"histograms":[[30,{"count":"6","sum":"1","buckets":[[0,"0.5","1","2"],[0,"1","2","4"]]}],[60,{"count":"9","sum":"2","buckets":[[0,"0.5","1","3"],[0,"1","2","6"]]}]]}]}}`,
	} {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/query?query="+query, nil))
		if got := w.Body.String(); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", query, got, want)
		}
	}
}

// sink takes an answer and forgets it.
type sink struct{ *httptest.ResponseRecorder }

func (sink) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkMatrixJSON answers an hour of 1,000 counters, found, unpacked and written.
func BenchmarkMatrixJSON(b *testing.B) {
	store := NewStore()
	const series, samples = 1000, 240
	for i := range series {
		sr := store.Series(labels.FromStrings("__name__", "x_total", "instance", strconv.Itoa(i), "job", "shop"))
		for j := range int64(samples) {
			if err := sr.Append(j*15_000, float64(j*j*int64(i+1))); err != nil {
				b.Fatal(err)
			}
		}
	}
	s := build(store, Options{Now: func() time.Time { return time.UnixMilli(0) }})
	h := s.Handler()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(sink{httptest.NewRecorder()}, httptest.NewRequest("GET", "/api/v1/query?query=x_total[1h]&time=3585", nil))
	}
	read := float64(s.Served().Samples)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/read, "ns/sample")
}
