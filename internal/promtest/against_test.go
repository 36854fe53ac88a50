package promtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/testkit"
)

// odd are series with all that can come: resets, gaps, stale markers, floats
// of every size, buckets, label values that need escaping. Their samples lie
// off the whole second, so that no window of a query ends on one. There is no −0:
// remote write loses its sign.
func odd() map[string]oddSeries {
	out := map[string]oddSeries{}
	put := func(i int, v float64, pairs ...string) {
		lset := labels.FromStrings(pairs...)
		points := append(out[lset.String()].points, point{start + int64(i)*15_000 + 123, math.Float64bits(v)})
		out[lset.String()] = oddSeries{lset, points}
	}
	strange := []float64{0.1, 1e-9, 1e22, -1e21, math.Inf(1), math.Inf(-1), math.NaN(), 1 << 53, -17, 123456.789, 5e-324, math.MaxFloat64}
	for i := range 600 {
		put(i, float64(i%250*3), "__name__", "x_total", "job", "a", "code", "200")
		if i > 100 && (i < 200 || i > 330) {
			put(i, float64(i/7), "__name__", "x_total", "job", "a", "code", "500")
		}
		if i == 200 {
			put(i, promtest.Stale(), "__name__", "x_total", "job", "a", "code", "500")
		}
		put(i, strange[i%len(strange)], "__name__", "strange", "text", "quote \" slash \\ line \n ü €")
		put(i, float64(i%2), "__name__", "up", "job", "a", "instance", "one:1")
		for b, le := range []string{"0.1", "0.5", "+Inf"} {
			put(i, float64(i*(b+1)), "__name__", "seconds_bucket", "le", le)
		}
	}
	return out
}

type oddSeries struct {
	labels labels.Labels
	points []point
}

// write sends series to a real Prometheus.
func write(t *testing.T, base string, series map[string]oddSeries) {
	t.Helper()
	req := &prompb.WriteRequest{}
	for _, sr := range series {
		ts := prompb.TimeSeries{Labels: prompb.FromLabels(sr.labels, nil)}
		for _, p := range sr.points {
			ts.Samples = append(ts.Samples, prompb.Sample{Timestamp: p.t, Value: math.Float64frombits(p.bits)})
		}
		req.Timeseries = append(req.Timeseries, ts)
	}
	testkit.RemoteWrite(t, base, req)
}

// both gives the address of promtest and of a real Prometheus with the same samples.
func both(t *testing.T) (ours, real string) {
	t.Helper()
	prometheus := testkit.StartPrometheus(t, testkit.PrometheusOptions{Flags: []string{"--web.enable-remote-write-receiver"}})
	store := promtest.NewStore()
	series := odd()
	for _, sr := range series {
		for _, p := range sr.points {
			if err := store.Append(sr.labels, p.t, math.Float64frombits(p.bits)); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(t, prometheus.URL(), series)
	return serve(t, store).URL(), prometheus.URL()
}

// reply is an answer of the API, its result kept as text where text counts.
type reply struct {
	code int
	body struct {
		Status, ErrorType string
		Data              json.RawMessage
	}
}

func ask(t *testing.T, base, path string, form url.Values) reply {
	t.Helper()
	resp, err := http.PostForm(base+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	r := reply{code: resp.StatusCode}
	if err := json.NewDecoder(resp.Body).Decode(&r.body); err != nil {
		t.Fatalf("%s %v: %v", path, form, err)
	}
	return r
}

// result is a matrix or vector, in the order of its labels.
type result struct {
	ResultType string
	Result     []struct {
		Metric map[string]string
		Value  []any
		Values [][]any
	}
}

func resultOf(t *testing.T, r reply) result {
	t.Helper()
	var out result
	d := json.NewDecoder(bytes.NewReader(r.body.Data))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%s: %v", r.body.Data, err)
	}
	slices.SortFunc(out.Result, func(a, b struct {
		Metric map[string]string
		Value  []any
		Values [][]any
	},
	) int {
		return labels.Compare(labels.FromMap(a.Metric), labels.FromMap(b.Metric))
	})
	return out
}

// near compares two samples: the time exactly, the value up to the order of
// additions, which differs between versions.
func near(a, b []any) bool {
	if len(a) != 2 || len(b) != 2 || a[0] != b[0] {
		return false
	}
	x, errX := strconv.ParseFloat(a[1].(string), 64)
	y, errY := strconv.ParseFloat(b[1].(string), 64)
	return a[1] == b[1] || errX == nil && errY == nil && math.Abs(x-y) <= 1e-12*math.Abs(x)
}

func TestAnswersAreThoseOfARealPrometheus(t *testing.T) {
	ours, real := both(t)
	for _, q := range []string{
		`x_total[10m]`, `x_total{code="500"}[2h]`, `strange[1h]`, `{__name__=~"x.*|up",job="a"}[3m]`, `x_total{code!="200"}[90m]`,
		`seconds_bucket[1s]`, `nothing[5m]`, `x_total{code=~"5..",job!~"b|c"}[1h]`, `x_total offset 5m`, `x_total[5m] offset 3m`, `x_total @ 1790001000`,
		`x_total`, `strange`, `up == 0`, `rate(x_total[10m])`, `increase(x_total[1h])`, `sum by (job) (rate(x_total[5m]))`,
		`avg_over_time(up[7m])`, `sum_over_time(up[1h]) / count_over_time(up[1h])`, `max_over_time(x_total[30m:1m])`, `resets(x_total[2h])`,
		`histogram_quantile(0.9, rate(seconds_bucket[5m]))`, `absent(nothing)`, `topk(1, x_total)`, `label_replace(up, "a", "$1", "job", "(.)")`,
		`sum(x_total) / 0`, `count(up) or vector(0)`, `time()`, `"text"`, `1 / 3`,
	} {
		for _, at := range []string{"1790000010", "1790003200.5", "1790009000"} {
			form := url.Values{"query": {q}, "time": {at}}
			got, want := ask(t, ours, "/api/v1/query", form), ask(t, real, "/api/v1/query", form)
			if bytes.Equal(got.body.Data, want.body.Data) && got.code == want.code {
				continue
			}
			if q == `time()` || q == `"text"` || q == `1 / 3` {
				t.Errorf("%s: %s, the real one says %s", q, got.body.Data, want.body.Data)
				continue
			}
			compare(t, q+" at "+at, resultOf(t, got), resultOf(t, want))
		}
	}
	for _, q := range []string{`x_total`, `rate(x_total[4m])`, `sum(up)`, `strange > 0`} {
		form := url.Values{"query": {q}, "start": {"1790000010"}, "end": {"1790009010"}, "step": {"70s"}}
		compare(t, q, resultOf(t, ask(t, ours, "/api/v1/query_range", form)), resultOf(t, ask(t, real, "/api/v1/query_range", form)))
	}
}

func compare(t *testing.T, what string, got, want result) {
	t.Helper()
	if got.ResultType != want.ResultType || len(got.Result) != len(want.Result) {
		t.Errorf("%s: %s of %d series, the real one gives a %s of %d", what, got.ResultType, len(got.Result), want.ResultType, len(want.Result))
		return
	}
	for i, w := range want.Result {
		g := got.Result[i]
		same := reflect.DeepEqual(g.Metric, w.Metric) && (w.Value == nil) == (g.Value == nil) && len(g.Values) == len(w.Values)
		same = same && (w.Value == nil || near(g.Value, w.Value))
		for j := range w.Values {
			same = same && near(g.Values[j], w.Values[j])
		}
		if !same {
			t.Errorf("%s: %v, the real one gives %v", what, g, w)
		}
	}
}

func TestLabelsAndSeriesAreThoseOfARealPrometheus(t *testing.T) {
	ours, real := both(t)
	for path, form := range map[string]url.Values{
		"/api/v1/labels": {"match[]": {"x_total", "up"}},
		"/api/v1/series": {"match[]": {`{__name__=~"x_total|strange"}`, "x_total"}, "start": {"1790000000"}, "end": {"1790009000"}},
	} {
		if got, want := ask(t, ours, path, form), ask(t, real, path, form); string(got.body.Data) != string(want.body.Data) {
			var g, w any
			if json.Unmarshal(got.body.Data, &g) != nil || json.Unmarshal(want.body.Data, &w) != nil || !reflect.DeepEqual(g, w) {
				t.Errorf("%s %v: %s, the real one says %s", path, form, got.body.Data, want.body.Data)
			}
		}
	}
	for _, path := range []string{"/api/v1/label/__name__/values", "/api/v1/label/code/values", "/api/v1/label/none/values", "/api/v1/labels"} {
		var bodies [2]string
		for i, base := range []string{ours, real} {
			resp, err := http.Get(base + path)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			bodies[i] = string(bytes.TrimSpace(b))
		}
		var g, w any
		if json.Unmarshal([]byte(bodies[0]), &g) != nil || json.Unmarshal([]byte(bodies[1]), &w) != nil || !reflect.DeepEqual(g, w) {
			t.Errorf("%s: %s, the real one says %s", path, bodies[0], bodies[1])
		}
	}
}

func TestRefusalsAreThoseOfARealPrometheus(t *testing.T) {
	ours, real := both(t)
	for _, c := range []struct {
		path string
		form url.Values
	}{
		{"query", url.Values{"query": {"x_total["}}},
		{"query", url.Values{"query": {""}}},
		{"query", url.Values{"query": {"rate(x_total)"}}},
		{"query", url.Values{"query": {"x_total"}, "time": {"yesterday"}}},
		{"query", url.Values{"query": {"x_total"}, "timeout": {"long"}}},
		{"query", url.Values{"query": {`up * on(job) x_total`}, "time": {"1790003200"}}},
		{"query_range", url.Values{"query": {"up"}, "start": {"10"}, "end": {"5"}, "step": {"1"}}},
		{"query_range", url.Values{"query": {"up"}, "start": {"0"}, "end": {"5"}, "step": {"0"}}},
		{"query_range", url.Values{"query": {"up"}, "start": {"0"}, "end": {"11001"}, "step": {"1"}}},
		{"query_range", url.Values{"query": {"up[5m]"}, "start": {"0"}, "end": {"1"}, "step": {"1"}}},
		{"query_range", url.Values{"query": {"up"}}},
		{"series", url.Values{}},
		{"series", url.Values{"match[]": {"x{"}}},
	} {
		got, want := ask(t, ours, "/api/v1/"+c.path, c.form), ask(t, real, "/api/v1/"+c.path, c.form)
		if got.code != want.code || got.body.Status != want.body.Status || got.body.ErrorType != want.body.ErrorType {
			t.Errorf("%s %v: %d %s %s, the real one says %d %s %s", c.path, c.form,
				got.code, got.body.Status, got.body.ErrorType, want.code, want.body.Status, want.body.ErrorType)
		}
	}
}

func TestRemoteReadGivesWhatARealPrometheusGives(t *testing.T) {
	ours, real := both(t)
	for _, streamed := range []bool{false, true} {
		for _, span := range [][2]int64{{start, start + 10_000_000}, {start + 15_123, start + 30_123}, {start + 1_000_000, start + 5_000_000}} {
			got, want := read(t, ours, streamed, ".+", span[0], span[1]), read(t, real, streamed, ".+", span[0], span[1])
			if len(want) == 0 || !reflect.DeepEqual(got, want) {
				t.Errorf("streamed %v, from %d: %d series differ from the real one's %d", streamed, span[0]-start, len(got), len(want))
			}
		}
	}
}
