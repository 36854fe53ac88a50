package measure

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// everyKind gives an indicator of each kind that is measured from samples.
func everyKind() []*sla.Indicator {
	atLeast := sla.Bound{Kind: sla.AtLeast, Value: sla.Decimal{Coef: 1}}
	kinds := []*sla.Indicator{
		ratio(),
		{Name: "good", Kind: sla.Ratio, Total: "all_total", Good: "good_total"},
		{Name: "mean", Kind: sla.MeanCounter, Sum: "all_total", Count: "good_total"},
		{Name: "latency", Kind: sla.Latency, Histogram: "duration", Within: sla.MustDecimal("0.5")},
		{Name: "samples", Kind: sla.Samples, Metric: "gauge", Bound: atLeast},
	}
	for _, rule := range []sla.Combine{{}, {Rule: sla.CombineAny}, {Rule: sla.CombineAll}, {Rule: sla.CombineAtLeast, N: 2}} {
		kinds = append(kinds, &sla.Indicator{Name: fmt.Sprintf("time-%v", rule), Kind: sla.TimeGauge, Metric: "gauge", Bound: atLeast, Combine: rule})
	}
	for _, k := range kinds {
		k.Interval = sla.Minute
	}
	return kinds
}

// minutes is how long the drawn history is.
const minutes = 30

// draw makes up a history: targets that come, go, restart and are not scraped.
func draw(r *rand.Rand) []Series {
	var out []Series
	for _, instance := range []string{"a", "b", "c"} {
		step := pick(r, []sla.Millis{10_000, 15_000, 15_001, 40_000, 100_000}...)
		jitter := pick(r, []int{0, 0, 7000}...)
		begin := start.Add(-baseline + sla.Millis(r.IntN(901))*sla.Second)
		var times []sla.Instant
		var alive []bool
		for at := begin; at < start.Add(minutes*sla.Minute); at = at.Add(step) {
			if r.IntN(41) == 0 {
				at = at.Add(sla.Millis(r.IntN(301)) * sla.Second)
			}
			times = append(times, at.Add(sla.Millis(r.IntN(jitter+1))))
			alive = append(alive, r.IntN(31) != 0)
		}
		target := map[string]string{"job": "shop", "instance": instance}
		if r.IntN(6) > 0 {
			out = append(out, drawSeries(target, "up", nil, times, func(i int) (Value, bool) {
				if alive[i] {
					return Int(1), true
				}
				return Int(0), true
			}))
		}
		if began := int64(begin) / 1000; r.IntN(3) == 0 {
			out = append(out, drawSeries(target, startMetric, nil, times, func(i int) (Value, bool) {
				if r.IntN(20) == 0 {
					began = int64(times[i])/1000 - int64(r.IntN(100))
				}
				return Int(began), alive[i]
			}))
		}
		for _, s := range []struct{ name, label, value string }{
			{"http_requests_total", "code", "200"},
			{"http_requests_total", "code", "500"},
			{"all_total", "", ""},
			{"good_total", "", ""},
			{"duration_bucket", "le", "0.5"},
			{"duration_bucket", "le", "+Inf"},
		} {
			n := int64(pick(r, []int{0, 5, 1 << 40}...))
			away := 0
			out = append(out, drawSeries(target, s.name, []string{s.label, s.value}, times, func(i int) (Value, bool) {
				switch r.IntN(61) {
				case 0:
					n = int64(r.IntN(4))
				case 1:
					if s.label == "le" {
						break // buckets of a histogram come together
					}
					away = (1 + r.IntN(8))
				case 2:
					return Value{kind: notANumber}, alive[i]
				default:
					n += int64(r.IntN(21))
				}
				away--
				return Value{coef: n}, alive[i] && away < 0
			}))
		}
		out = append(out, drawSeries(target, "gauge", nil, times, func(i int) (Value, bool) {
			v := pick(r, []Value{Int(0), Int(1), Int(1), Int(1), {kind: notANumber}, {kind: stale}}...)
			return v, alive[i]
		}))
	}
	return out
}

func drawSeries(target map[string]string, name string, label []string, times []sla.Instant, next func(int) (Value, bool)) Series {
	labels := map[string]string{metricName: name}
	for k, v := range target {
		labels[k] = v
	}
	if len(label) == 2 && label[0] != "" {
		labels[label[0]] = label[1]
	}
	var samples []Sample
	for i, at := range times {
		if v, ok := next(i); ok {
			samples = append(samples, Sample{at, v})
		}
	}
	return NewSeries(labels, samples)
}

// inCuts measures up to end, in calls at the given times, with a source that
// refuses spans longer than limit.
func inCuts(t testing.TB, ind *sla.Indicator, all []Series, limit sla.Millis, calls []sla.Instant) ([]sla.Entry, []byte) {
	read := InMemory(all)
	src, err := New(Options{Read: func(ctx context.Context, selector string, span sla.Span) ([]Series, error) {
		if span.Length() > limit {
			return nil, fmt.Errorf("drawn: %w", errTooMuch)
		}
		return read(ctx, selector, span)
	}})
	if err != nil {
		t.Fatal(err)
	}
	task := Task{Indicator: ind, Definition: 3, Cursor: start}
	var entries []sla.Entry
	for _, now := range calls {
		for {
			o := src.Measure(context.Background(), []Task{task}, now)[0]
			if o.Problem != nil {
				t.Fatalf("%s: %v", ind.Name, o.Problem)
			}
			for _, e := range o.Entries {
				if e.From != task.Cursor {
					t.Fatalf("%s: an entry begins at %s, the cursor is %s", ind.Name, e.From, task.Cursor)
				}
				task.Cursor = e.To
			}
			if task.Cursor != o.Cursor {
				t.Fatalf("%s: the entries end at %s, the cursor is %s", ind.Name, task.Cursor, o.Cursor)
			}
			entries = append(entries, o.Entries...)
			task.State = o.State
			if !o.Remaining {
				break
			}
		}
	}
	return entries, task.State
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// histories is how many are drawn: SLMD_HISTORIES of them, or so many that every
// kind is cut in every way.
func histories(t *testing.T) int {
	t.Helper()
	n := 200
	if testing.Short() {
		n = 50
	}
	return testkit.Number(t, "SLMD_HISTORIES", n)
}

func TestEntriesAndStateDoNotDependOnHowReadingWasCut(t *testing.T) {
	for seed := range histories(t) {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		all := draw(r)
		ind := pick(r, everyKind()...)
		end := start.Add(minutes*sla.Minute + 20*sla.Minute)
		whole, state := inCuts(t, ind, all, sla.Day, []sla.Instant{end})
		var calls []sla.Instant
		for now := start; now < end; now = now.Add(sla.Millis(1000 + r.IntN(700_000))) {
			calls = append(calls, now)
		}
		limit := sla.Millis(pick(r, 7001, 45_000, 61_000, 600_000, 3_600_000))
		cut, cutState := inCuts(t, ind, all, limit, append(calls, end))
		if len(whole) != len(cut) {
			t.Fatalf("seed %d, %s: %d entries at once, %d in pieces", seed, ind.Name, len(whole), len(cut))
		}
		for i := range whole {
			if whole[i] != cut[i] {
				t.Fatalf("seed %d, %s: at once %+v, in pieces %+v", seed, ind.Name, whole[i], cut[i])
			}
		}
		if !bytes.Equal(state, cutState) {
			t.Fatalf("seed %d, %s: the states differ", seed, ind.Name)
		}
	}
}
