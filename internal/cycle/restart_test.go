package cycle

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
)

// redeployed makes up a shop of one pod that is replaced at an instant; requests
// fail from the beginning, and the new pod has counted some before it is first scraped.
func redeployed(span sla.Span, at sla.Instant) []measure.Series {
	var out []measure.Series
	for pod, life := range map[string]sla.Span{"old": {From: span.From, To: at}, "new": {From: at, To: span.To}} {
		series := map[string][]measure.Sample{}
		for t, n := life.From.Add(5*sla.Second), int64(30); t < life.To; t, n = t.Add(15*sla.Second), n+7 {
			for name, v := range map[string]int64{"up": 1, "200": 10 * n, "500": n, "queue_length": n % 9, "probe_success": 1} {
				series[name] = append(series[name], measure.Sample{T: t, V: measure.Int(v)})
			}
		}
		for name, samples := range series {
			labels := map[string]string{"__name__": name, "job": "shop", "instance": pod}
			if name == "200" || name == "500" {
				labels["__name__"], labels["code"] = "requests_total", name
			}
			out = append(out, measure.NewSeries(labels, samples))
		}
	}
	return out
}

// A gap in the scrapes, the samples of which come late or never, holds a
// deployment; slmd is restarted in it, after it, or not at all.
func TestARestartInAGapWithADeploymentMakesNoDifferenceToTheFacts(t *testing.T) {
	begin, end := march.Add(-sla.Hour), march.Add(2*sla.Hour)
	gap := sla.Span{From: march.Add(70 * sla.Minute), To: march.Add(90*sla.Minute + 20*sla.Second)}
	all := redeployed(sla.Span{From: begin, To: end}, march.Add(80*sla.Minute))
	for _, c := range []struct {
		name   string
		arrive sla.Instant
	}{
		{"never", sla.Forever},
		{"within the hour in which facts are provisional", gap.To.Add(20 * sla.Minute)},
	} {
		run := func(restarts ...sla.Instant) *world {
			a := &arrivals{all: all, late: []lateSpan{{gap, c.arrive}}}
			w := scrapedWorld(t, a)
			for a.now = march.Add(sla.Hour); a.now < end.Add(10*sla.Minute); a.now = a.now.Add(sla.Minute) {
				for _, r := range restarts {
					if r == a.now {
						w.restart(a)
					}
				}
				w.round(a.now)
			}
			return w
		}
		still := run()
		for name, at := range map[string]sla.Instant{"in the gap": gap.From.Add(8 * sla.Minute), "after the deployment": gap.To.Add(-5 * sla.Minute), "after the gap": gap.To.Add(5*sla.Minute - 20*sla.Second)} {
			if w := run(at); !w.sameLedger(still, true, 0) {
				t.Errorf("samples come %s, restarted %s", c.name, name)
			}
		}
	}
}

// restart begins anew with what the store holds.
func (w *world) restart(a *arrivals) {
	w.t.Helper()
	source, err := measure.New(measure.Options{Read: a.read, Lag: 30 * sla.Second})
	if err != nil {
		w.t.Fatal(err)
	}
	o := w.options()
	o.Sources = map[string]Source{"main": source}
	if w.cycle, err = New(w.t.Context(), o); err != nil {
		w.t.Fatal(err)
	}
}

// beginsAround reports whether a gap begins at about that time: where measuring
// stood before it is kept once the first of it is recorded.
func (a *arrivals) beginsAround(now sla.Instant) bool {
	return slices.ContainsFunc(a.late, func(l lateSpan) bool {
		return l.From > now.Add(-5*sla.Minute) && l.From < now.Add(3*sla.Minute)
	})
}

func TestRestartsMakeNoDifferenceToHowHolesAreFilled(t *testing.T) {
	restarts := 0
	fillWhileProvisional(t, 11, func(r *rand.Rand, w *world, late *arrivals) {
		if r.IntN(5) == 0 && !late.beginsAround(late.now) {
			w.restart(late)
			restarts++
		}
	})
	if restarts < 10 {
		t.Errorf("%d restarts, want many", restarts)
	}
}
