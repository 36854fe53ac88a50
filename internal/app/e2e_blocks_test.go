package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// cornerText gives the samples of a corner shop as promtool loads them: those
// whose time is wanted.
func cornerText(span sla.Span, wanted func(sla.Instant) bool) *strings.Reader {
	series := map[string]*strings.Builder{}
	var ok, failed int64
	for at := span.From.Add(10 * sla.Second); at < span.To; at = at.Add(sla.Minute) {
		more, worse, probe := busy(at)
		ok, failed = ok+more, failed+worse
		for name, v := range map[string]int64{
			`up{job="shop",instance="a"}`:                        1,
			`requests_total{job="shop",instance="a",code="200"}`: ok,
			`requests_total{job="shop",instance="a",code="500"}`: failed,
			`probe_success{job="probe",instance="b"}`:            probe,
		} {
			if series[name] == nil {
				series[name] = &strings.Builder{}
			}
			if wanted(at) {
				fmt.Fprintf(series[name], "%s %d %d\n", name, v, at/1000)
			}
		}
	}
	var all strings.Builder
	for _, text := range series {
		all.WriteString(text.String())
	}
	return strings.NewReader(all.String() + "# EOF\n")
}

// What a real Prometheus gets in blocks after its time: by holes while they are
// provisional, by the second look at night, and not when an old backup is restored.
func TestFault_A19_BlocksThatARealPrometheusGetsLaterFillHolesAndAnOldBackupTakesNothingBack(t *testing.T) {
	end := sla.At(time.Now().UTC().Truncate(time.Minute).Add(-2 * time.Hour))
	span := sla.Span{From: end.Add(-5 * sla.Hour), To: end}
	first := sla.Span{From: span.From.Add(2 * sla.Hour), To: span.From.Add(2*sla.Hour + 17*sla.Minute)}
	second := sla.Span{From: span.From.Add(4 * sla.Hour), To: span.From.Add(4*sla.Hour + 11*sla.Minute)}
	holed := func(at sla.Instant) bool { return !first.Contains(at) && !second.Contains(at) }
	server := testkit.StartPrometheus(t, testkit.PrometheusOptions{OpenMetrics: cornerText(span, holed)})
	terms := strings.Replace(corner, "from: 2026-03-01", "from: "+span.From.Time().Format(time.DateOnly), 1)
	s := newStage(t, set{source: server.URL(), catalogue: terms, config: "measuring: {finalise_after: 30s}\n"})
	s.o.Now = time.Now
	s.open()
	s.round()
	// unknown gives the minutes within a span that are unknown; all others must be right.
	unknown := func(within sla.Span) (n int) {
		t.Helper()
		entries := s.entries()["requests"]
		for _, e := range entries {
			if e.From < span.From.Add(sla.Minute) || e.To > end || e.Bridged > 0 {
				continue
			}
			ok, failed, _ := busy(e.From.Add(10 * sla.Second))
			switch {
			case e.Unknown > 0 && within.Contains(e.From):
				n++
			case e.Unknown > 0 && holed(e.From.Add(10*sla.Second)), e.Unknown == 0 && (e.Good != sla.Whole(ok) || e.Bad != sla.Whole(failed)):
				t.Errorf("the facts of %s are %+v, want %d good and %d bad", e.From, e, ok, failed)
			}
		}
		return n
	}
	fill := func(hole sla.Span) {
		t.Helper()
		testkit.CreateBlocks(t, cornerText(span, hole.Contains), server.Data)
		server.Kill()
		server.Restart()
	}
	if a, b := unknown(first), unknown(second); a != 17 || b != 11 {
		t.Fatalf("%d and %d minutes are unknown, want 17 and 11", a, b)
	}
	fill(first)
	testkit.Eventually(t, "the first hole is filled", func() bool {
		s.round()
		return unknown(first) == 0
	})
	if n := unknown(second); n != 11 {
		t.Errorf("%d minutes of the second hole are unknown, want all 11", n)
	}
	fill(second)
	if err := s.app.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := unknown(second); n != 0 {
		t.Errorf("%d minutes of the second hole are unknown after the night", n)
	}
	before := s.entries()

	backup := testkit.StartPrometheus(t, testkit.PrometheusOptions{OpenMetrics: cornerText(span, func(at sla.Instant) bool { return holed(at) && at < end.Add(-30*sla.Minute) })})
	s.configure(set{source: backup.URL(), catalogue: terms, config: "measuring: {finalise_after: 30s}\n"})
	if err := s.app.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.app.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, entries := range s.entries() {
		testkit.EqualLedgers(t, entries, before[name])
	}
	if !strings.Contains(s.log.String(), "kept=") || strings.Contains(s.log.String(), "kept=0 took=0s") {
		t.Error("the log does not say what stays as it is")
	}
}
