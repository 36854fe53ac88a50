package measure

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// servers start each of the servers that are measured from, with a history in it.
var servers = map[string]struct {
	serve func(*testing.T, *history) string
	bulk  string // what long spans are read by
}{
	"Prometheus 2.42": {bulk: "stream ok", serve: func(t *testing.T, h *history) string {
		return testkit.StartPrometheus(t, testkit.PrometheusOptions{OpenMetrics: strings.NewReader(h.openMetrics())}).URL()
	}},
	"Prometheus 3": {bulk: "stream ok", serve: func(t *testing.T, h *history) string {
		return serving(t, h.store(t), sceneEnd.Add(2*sla.Minute)).URL()
	}},
	"VictoriaMetrics 1.79": {bulk: "export ok", serve: func(t *testing.T, h *history) string {
		srv := testkit.StartVictoriaMetrics(t)
		srv.Import(strings.NewReader(h.lines()))
		return srv.URL()
	}},
}

func TestEverySceneIsMeasuredExactlyOnEveryServerInEveryWay(t *testing.T) {
	h, all := perform()
	now := sceneEnd.Add(90 * sla.Second)
	var inds []*sla.Indicator
	for _, s := range all {
		inds = append(inds, s.inds...)
	}
	for name, server := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := server.serve(t, h)
			src, requests := counted(t, url, nil)
			src.o.Lag = 30 * sla.Second
			backfill := tasksOf(inds)
			whole := catchUp(t, src, backfill, now)
			if n := requests("samples by samples"); requests(server.bulk) == 0 || n != 0 {
				t.Errorf("long spans were read by %d requests of the kind %q; %d samples came by queries", requests(server.bulk), server.bulk, n)
			}
			i := 0
			for _, s := range all {
				for range s.inds {
					s.check(t, inds[i], whole[i])
					i++
				}
			}
			ways := map[string][]sla.Instant{"in pieces": atRandom(now)}
			if !testing.Short() {
				ways["live"] = everyMinute(now)
			}
			for way, calls := range ways {
				tasks := tasksOf(inds)
				got := inCalls(t, sourceAt(t, url), tasks, calls)
				for i, ind := range inds {
					if diff := testkit.DiffLedgers(got[i], whole[i]); diff != "" {
						t.Errorf("%s, %s: %s", ind.Name, way, diff)
					}
					if !bytes.Equal(tasks[i].State, backfill[i].State) {
						t.Errorf("%s, %s: the state differs", ind.Name, way)
					}
				}
			}
		})
	}
}

// everyMinute gives the times of live rounds.
func everyMinute(now sla.Instant) (out []sla.Instant) {
	for at := start.Add(90 * sla.Second); at <= now; at = at.Add(sla.Minute) {
		out = append(out, at)
	}
	return out
}

// atRandom gives times from seconds to an hour apart.
func atRandom(now sla.Instant) (out []sla.Instant) {
	r := rand.New(rand.NewPCG(3, 4))
	for at := start; at < now; at = at.Add(sla.Millis(1000 + r.IntN(pick(r, 50_000, 500_000, 3_600_000)))) {
		out = append(out, at)
	}
	return append(out, now)
}

// inCalls measures at each of the times.
func inCalls(t *testing.T, src *Source, tasks []Task, calls []sla.Instant) [][]sla.Entry {
	t.Helper()
	out := make([][]sla.Entry, len(tasks))
	for _, now := range calls {
		for i, entries := range catchUp(t, src, tasks, now) {
			out[i] = append(out[i], entries...)
		}
	}
	return out
}

// check compares what was measured of a scene's indicator with what could be seen.
func (s *scene) check(t *testing.T, ind *sla.Indicator, got []sla.Entry) {
	t.Helper()
	const minutes = sceneHours * 60
	if len(got) < minutes {
		t.Fatalf("%s: %d entries, want %d", ind.Name, len(got), minutes)
	}
	var want []sla.Entry
	var sum sla.Entry
	for i := range minutes {
		at := start.Add(sla.Millis(i) * sla.Minute)
		e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}, Unknown: sla.Minute}
		if x := s.truth[ind.Name][at]; x != nil {
			e = *x
		}
		want = append(want, e)
		sum.Good, sum.Bad = sum.Good.Add(e.Good), sum.Bad.Add(e.Bad)
	}
	compareFacts(t, ind.Name, got[:minutes], want)
	if sum.Good.IsZero() || sum.Bad.IsZero() {
		t.Errorf("%s: the scene shows nothing: good %s, bad %s", ind.Name, sum.Good, sum.Bad)
	}
	if s.edges > 0 {
		s.checkEdges(t, got[:minutes])
	}
}

// checkEdges compares the time that a target was seen down with the time that
// it was down: each edge is seen one scrape late at most.
func (s *scene) checkEdges(t *testing.T, got []sla.Entry) {
	t.Helper()
	var down sla.Amount
	for _, e := range got {
		down = down.Add(e.Bad)
	}
	off := down.Sub(sla.Seconds(s.down))
	if off.Sign() < 0 {
		off = off.Neg()
	}
	if most := sla.Seconds(sla.Millis(s.edges) * scrape); off.Cmp(most) > 0 || s.edges < 10 {
		t.Errorf("%s: down for %s s, in truth for %s s: %s off in %d edges", s.job, down, sla.Seconds(s.down), off, s.edges)
	}
}
