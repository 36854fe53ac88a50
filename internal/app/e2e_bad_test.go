package app_test

import (
	"math"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

func TestBadSamplesAreSaidOnceAndCountedAndTheDaemonGoesOn(t *testing.T) {
	begin := march.Add(sla.Hour)
	st := promtest.NewStore()
	for at := march.Add(10*sla.Second - 15*sla.Minute); at < begin.Add(sla.Hour); at = at.Add(sla.Minute) {
		bad := at >= begin && at < begin.Add(20*sla.Minute)
		add(t, st, `up{job="shop",instance="a"}`, at, 1)
		total, probe := float64(at/1000), 1.0
		if bad {
			total, probe = -1, math.Inf(1)
		}
		add(t, st, `requests_total{job="shop",instance="a",code="200"}`, at, total)
		add(t, st, `probe_success{job="probe",instance="b"}`, at, probe)
		if bad {
			probe = math.NaN()
		}
		add(t, st, `probe_success{job="probe",instance="c"}`, at, probe)
	}
	s := newStage(t, set{now: begin})
	s.configure(set{catalogue: corner, source: serve(t, st, &s.clock).URL()})
	s.open()
	s.round()
	s.rounds(begin.Add(40*sla.Minute), sla.Minute)
	for name, entries := range s.entries() {
		unknown := 0
		for _, e := range entries {
			if e.Unknown == sla.Minute {
				unknown++
			}
		}
		if len(entries) < 90 || unknown < 19 || unknown > 21 {
			t.Errorf("%s has %d entries, %d of them unknown, want all of 100 minutes and 20 unknown", name, len(entries), unknown)
		}
	}
	page := grep(metrics(t, s), "slmd_samples_rejected_total")
	for _, want := range []string{`{reason="negative"} 20`, `{reason="nan"} 20`, `{reason="infinite"} 20`, `{reason="out_of_order"} 0`} {
		if !strings.Contains(page, want) {
			t.Errorf("the metrics page has not %s:\n%s", want, page)
		}
	}
	if n := strings.Count(s.log.String(), "samples are no facts"); n != 3 {
		t.Errorf("bad samples are said %d times, want once for each of three reasons", n)
	}
	if !strings.Contains(s.log.String(), `code=\"200\"`) {
		t.Error("the log does not name the series")
	}
}
