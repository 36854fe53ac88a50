package app_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// replica gives the samples that one of several replicas has: it scrapes every
// quarter of a minute, so much after the full one, and its clock is off by skew.
func replica(t testing.TB, span sla.Span, offset, skew sla.Millis) *promtest.Store {
	t.Helper()
	st := promtest.NewStore()
	for at := span.From.Add(offset - 15*sla.Minute); at < span.To; at = at.Add(15 * sla.Second) {
		stamp, since := at.Add(skew), at.Sub(span.From.Add(-sla.Hour))
		restarted := span.From.Add(100*sla.Minute + 7*sla.Second)
		if at > restarted {
			since = at.Sub(restarted)
		}
		add(t, st, `up{job="shop",instance="a"}`, stamp, 1)
		add(t, st, `requests_total{job="shop",instance="a",code="200"}`, stamp, float64(since/200))
		add(t, st, `requests_total{job="shop",instance="a",code="500"}`, stamp, float64(since/9000))
		up := 1.0
		if minute := at.Sub(span.From) / sla.Minute; minute >= 60 && minute < 70 {
			up = 0
		}
		add(t, st, `probe_success{job="probe",instance="b"}`, stamp, up)
	}
	return st
}

// replicas are what measures replicas that answer in turn.
type replicas struct{ begin, end sla.Instant }

// sums measures live and gives what the indicators come to; the second replica
// may be absent.
func (r replicas) sums(t *testing.T, first, second *promtest.Store) map[string]sla.Entry {
	t.Helper()
	s := newStage(t, set{now: r.begin})
	one := serve(t, first, &s.clock)
	if second != nil {
		other := serve(t, second, &s.clock)
		var asked atomic.Int64
		one.Break(func(w http.ResponseWriter, q *http.Request, next http.Handler) {
			if asked.Add(1)%2 == 0 {
				next = other.Handler()
			}
			next.ServeHTTP(w, q)
		})
	}
	s.configure(set{catalogue: corner, source: one.URL()})
	s.open()
	s.round()
	s.rounds(r.end, sla.Minute)
	out := map[string]sla.Entry{}
	for name, entries := range s.entries() {
		var all sla.Entry
		for _, e := range entries {
			all.Good, all.Bad, all.Unknown = all.Good.Add(e.Good), all.Bad.Add(e.Bad), all.Unknown+e.Unknown
		}
		out[name] = all
	}
	return out
}

func TestFault_A23_ReplicasThatAnswerInTurnGiveTheSumsOfOne(t *testing.T) {
	r := replicas{begin: march.Add(50 * sla.Minute), end: march.Add(2 * sla.Hour)}
	span := sla.Span{From: march, To: r.end}
	first := replica(t, span, 14500, 0)
	alone := r.sums(t, first, nil)
	for name, second := range map[string]struct{ offset, skew sla.Millis }{
		"aside":                  {11 * sla.Second, 0},
		"close, behind the edge": {15200, 0},
		"its clock is ahead":     {14200, 900},
		"its clock is behind":    {800, -900},
	} {
		t.Run(name, func(t *testing.T) {
			both := r.sums(t, first, replica(t, span, second.offset, second.skew))
			// What one saw at a scrape the other has not seen yet: at the end and before
			// the restart, five a second, and at both edges of an outage.
			for name, scrapes := range map[string]int64{"requests": 2 * 80, "probe": 2*15 + 1} {
				one, two := alone[name], both[name]
				for _, of := range [][2]sla.Amount{{one.Good, two.Good}, {one.Bad, two.Bad}} {
					if d := of[0].Sub(of[1]); d.Cmp(sla.Whole(scrapes)) > 0 || d.Cmp(sla.Whole(-scrapes)) < 0 || of[0].IsZero() {
						t.Errorf("%s: replicas in turn give %s, one alone %s, want the same but for two scrapes", name, of[1], of[0])
					}
				}
				if two.Unknown > one.Unknown {
					t.Errorf("%s: %d ms are unknown of both and %d of one", name, two.Unknown, one.Unknown)
				}
			}
		})
	}
}
