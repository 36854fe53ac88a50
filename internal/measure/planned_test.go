package measure

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

func shopAt(t *testing.T, now sla.Instant) *promtest.Server {
	t.Helper()
	srv, err := promtest.New(shop(1).store(t), promtest.Options{Now: func() time.Time { return now.Time() }})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, srv)
	return srv
}

func TestPlanNamesTheRequestsOfARoundAndWhatTheyServe(t *testing.T) {
	now := start.Add(10*sla.Minute + 30*sla.Second)
	plan, err := sourceAt(t, shopAt(t, now).URL()).Plan(t.Context(), tasksOf(shopIndicators()), now)
	if err != nil {
		t.Fatal(err)
	}
	want := []Planned{
		{Ask: `probe_success{job="probe"}`, Indicators: []string{"query"}, Samples: 1, Assumed: true},
		{Ask: `{__name__="latency_bucket",job="shop",le=~"\\+Inf|0\\.3|1|1\\.0|1e\\+00|3e-01"}[60000ms]`, Indicators: []string{"fast", "within-a-second"}, Series: 9, Samples: 36},
		{Ask: `{__name__="http_requests_total",job="shop"}[60000ms]`, Indicators: []string{"requests"}, Series: 5, Samples: 20},
		{Ask: `{__name__="probe_success",job="probe"}[60000ms]`, Indicators: []string{"up"}, Series: 1, Samples: 4},
	}
	if !reflect.DeepEqual(plan, want) {
		t.Errorf("got\n%+v, want\n%+v", plan, want)
	}
}

func TestPlanWithoutASourceAssumesTheUsualDistance(t *testing.T) {
	plan, err := sourceAt(t, "http://127.0.0.1:1").Plan(t.Context(), tasksOf([]*sla.Indicator{ratio()}), start)
	if err != nil || len(plan) != 1 || !plan[0].Assumed || plan[0].Samples != 4 {
		t.Errorf("got %+v, %v", plan, err)
	}
}

func TestTotalAndBadOfOneMetricCostOneRequest(t *testing.T) {
	now := start.Add(10*sla.Minute + 30*sla.Second)
	srv := shopAt(t, now)
	src := sourceAt(t, srv.URL())
	tasks := tasksOf([]*sla.Indicator{ratio()})
	tasks[0].Cursor = start.Add(8 * sla.Minute)
	catchUp(t, src, tasks, now.Add(-sla.Minute)) // the baseline
	before := srv.Served()
	catchUp(t, src, tasks, now)
	after := srv.Served()
	if n := after.Requests["/api/v1/query"] - before.Requests["/api/v1/query"]; n != 1 {
		t.Errorf("a round made %d requests, want 1", n)
	}
	if n := after.Samples - before.Samples; n != 20 {
		t.Errorf("a round of 5 series with 4 samples each read %d samples, want 20", n)
	}
}

// tookPlan gives the plan of an indicator over the histogram took{job="shop"}, a
// line for each request: samples, selector, and whether a note says why.
func tookPlan(t *testing.T, src *Source, task Task, now sla.Instant) string {
	t.Helper()
	plan, err := src.Plan(context.Background(), []Task{task}, now)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range plan {
		name, _, _ := strings.Cut(strings.TrimPrefix(p.Ask, `{__name__="`), `"`)
		line := fmt.Sprintf("%s %d of %d", name, p.Samples, p.Series)
		if p.Assumed {
			line = name + " assumed"
		}
		if i := strings.Index(p.Note, " histogram"); i >= 0 {
			line += ", " + p.Note[:i]
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

// tookAt serves the histogram in the forms asked for, scraped up to an instant.
func tookAt(t *testing.T, asClassic, asNative bool, end, now sla.Instant) *promtest.Server {
	t.Helper()
	store := promtest.NewStore()
	labelled := func(name string, more ...string) *promtest.Series {
		return store.Series(labels.FromStrings(append([]string{metricName, name, "job", "shop", "instance", "a"}, more...)...))
	}
	for at := start.Add(-baseline); at < end; at = at.Add(scrape) {
		if err := labelled("up").Append(int64(at), 1); err != nil {
			t.Fatal(err)
		}
		n := int64(at.Sub(start.Add(-baseline)) / scrape)
		if asNative {
			if err := labelled("took").AppendHistogram(int64(at), histogramOf(map[int32]int64{-1: n, 1: n})); err != nil {
				t.Fatal(err)
			}
		}
		for _, le := range []string{"0.5", "+Inf"} {
			if !asClassic {
				break
			}
			if err := labelled("took_bucket", "le", le).Append(int64(at), float64(n)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return serving(t, store, now)
}

func TestThePlanAsksForAHistogramInTheFormThatItHas(t *testing.T) {
	now := start.Add(10*sla.Minute + 30*sla.Second)
	const both = ", until its first sample is seen a"
	for name, c := range map[string]struct {
		classic, native bool
		want            string
	}{
		"native":  {false, true, "took 4 of 1"},
		"classic": {true, false, "took_bucket 8 of 2"},
		"both":    {true, true, "took_bucket 8 of 2"},
		"neither": {false, false, "took_bucket 0 of 0" + both + "; took 0 of 0" + both},
	} {
		srv := tookAt(t, c.classic, c.native, now, now)
		src := sourceAt(t, srv.URL())
		task := Task{Indicator: tookWithin("0.5"), Definition: 1, Cursor: start}
		if got := tookPlan(t, src, task, now); got != c.want {
			t.Errorf("%s, never measured: %s, want %s", name, got, c.want)
		}
		tasks := []Task{task}
		catchUp(t, src, tasks, now)
		if got := tookPlan(t, src, tasks[0], now); got != c.want {
			t.Errorf("%s, measured: %s, want %s", name, got, c.want)
		}
		if !c.classic && !c.native {
			continue
		}
		before := srv.Served()
		catchUp(t, src, tasks, now.Add(sla.Minute))
		if after := srv.Served(); after.Requests["/api/v1/query"]-before.Requests["/api/v1/query"] > 1+1 { // and the evidence
			t.Errorf("%s: a round makes more requests than are planned", name)
		}
	}
}

func TestThePlanSaysWhyARequestBringsNothing(t *testing.T) {
	end, now := start.Add(10*sla.Minute), start.Add(3*sla.Hour)
	for asClassic, want := range map[bool]string{
		false: "took 0 of 0, the source has no such series now; this",
		true:  "took_bucket 0 of 0, the source has no such series now; this",
	} {
		src := sourceAt(t, tookAt(t, asClassic, !asClassic, end, now).URL())
		tasks := []Task{{Indicator: tookWithin("0.5"), Definition: 1, Cursor: start}}
		catchUp(t, src, tasks, start.Add(9*sla.Minute))
		if got := tookPlan(t, src, tasks[0], now); got != want {
			t.Errorf("of a histogram that is gone: %s, want %s", got, want)
		}
	}
	src := sourceAt(t, tookAt(t, false, false, end, now).URL())
	plan, err := src.Plan(t.Context(), tasksOf([]*sla.Indicator{ratio()}), now)
	if err != nil || len(plan) != 1 || plan[0].Note != "the source has no such series now" {
		t.Errorf("of counters that are not there: %+v, %v", plan, err)
	}
	if got := tookPlan(t, sourceAt(t, "http://127.0.0.1:1"), Task{Indicator: tookWithin("0.5")}, now); strings.Count(got, "assumed, until") != 2 {
		t.Errorf("of a source that does not answer: %s, want both forms", got)
	}
}

func TestThePlanCountsNativeHistogramsOnEveryServerThatHasThem(t *testing.T) {
	samples, _ := nativeHistory()
	for name, serve := range nativeServers {
		t.Run(name, func(t *testing.T) {
			got := tookPlan(t, sourceAt(t, serve(t, samples)), Task{Indicator: tookWithin("0.5")}, start.Add(20*sla.Minute))
			if got != "took 8 of 2" {
				t.Errorf("%s, want the four histograms of two instances and nothing else", got)
			}
		})
	}
}
