package measure

import (
	"reflect"
	"testing"
	"time"

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
	plan, err := sourceAt(t, shopAt(t, now).URL()).Plan(t.Context(), shopIndicators(), now)
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
	plan, err := sourceAt(t, "http://127.0.0.1:1").Plan(t.Context(), []*sla.Indicator{ratio()}, start)
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
