package app_test

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

func TestThirtyDaysInARealPrometheusAreMeasuredExactlyAndOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it imports a month into a real Prometheus and measures it, half a minute; go test without -short plays it")
	}
	t.Parallel()
	// A real server has the real time, and one whose clock differs is not measured.
	until := sla.At(time.Now().UTC().Truncate(24 * time.Hour).Add(-48 * time.Hour))
	from := until.Add(-days * sla.Day)
	h := shop(from)
	prometheus := testkit.StartPrometheus(t, testkit.PrometheusOptions{OpenMetrics: h.openMetrics()})
	s := newStage(t, set{source: prometheus.URL(), catalogue: shopTerms(from, until), config: "measuring: {finalise_after: 0s}\n"})
	s.o.Now = time.Now
	s.open()
	s.round()
	first := s.entries()
	for _, name := range slices.Sorted(maps.Keys(h.truth.facts)) {
		compareWithTruth(t, name, first[name], h.truth.facts[name])
	}

	s.round()
	s.restart()
	s.round()
	second := s.entries()
	for name := range first {
		if !slices.Equal(first[name], second[name]) {
			t.Errorf("%s: measuring again changed the ledger: %s", name, testkit.DiffLedgers(second[name], first[name]))
		}
	}
	verdicts, err := s.read().Verdicts(context.Background(), "shop-sla", sla.Span{From: from, To: until})
	if want := 4 * months(from, until); err != nil || len(verdicts) != want {
		t.Fatalf("%d verdicts are settled, want %d (%v)", len(verdicts), want, err)
	}
	for _, v := range verdicts {
		compareVerdict(t, &v, &h.truth)
	}
}

// months counts those that the time touches.
func months(from, until sla.Instant) int {
	last := until.Add(-1).Time()
	return 12*(last.Year()-from.Time().Year()) + int(last.Month()) - int(from.Time().Month()) + 1
}

// compareVerdict compares the counts of a verdict with the truth of its part.
func compareVerdict(t *testing.T, v *sla.Verdict, tr *truth) {
	t.Helper()
	want, unit := fact{}, int64(1)
	if v.Indicator == "probe" {
		unit = int64(sla.Second)
	}
	for i := v.Part.From; i < v.Part.To; i = i.Add(sla.Minute) {
		want.add(*tr.at(v.Indicator, i))
	}
	if v.Good.Cmp(big.NewRat(want.good, unit)) != 0 || v.Bad.Cmp(big.NewRat(want.bad, unit)) != 0 ||
		v.Unknown.Cmp(big.NewRat(want.unknown, int64(sla.Second))) != 0 {
		t.Errorf("%s in %s: good %s, bad %s, unknown %s s, want %s", v.Objective, v.Period.Name, v.Good, v.Bad, v.Unknown, want)
	}
}

// compareWithTruth compares the sums of each day and of the whole, and then
// minute by minute.
func compareWithTruth(t *testing.T, name string, entries []sla.Entry, want []fact) {
	t.Helper()
	if len(entries) != len(want) {
		t.Errorf("%s: %d entries, want %d", name, len(entries), len(want))
		return
	}
	seconds := name == "probe"
	whole, wholeWant := fact{}, fact{}
	for day := range days {
		got, right := fact{}, fact{}
		for i := day * 24 * 60; i < (day+1)*24*60; i++ {
			got.add(factOf(entries[i], seconds))
			right.add(want[i])
		}
		if got != right {
			t.Errorf("%s, day %d: %s, want %s", name, day, got, right)
		}
		whole.add(got)
		wholeWant.add(right)
	}
	if whole != wholeWant || whole.good == 0 || whole.bad == 0 || whole.unknown == 0 {
		t.Errorf("%s in all: %s, want %s, none of it zero", name, whole, wholeWant)
	}
	for i, wrong := 0, 0; i < len(entries) && wrong < 5; i++ {
		if got := factOf(entries[i], seconds); got != want[i] {
			t.Errorf("%s from %s: %s, want %s", name, entries[i].From, got, want[i])
			wrong++
		}
	}
}

func factOf(e sla.Entry, seconds bool) fact {
	unit := int64(1e9)
	if seconds {
		unit = 1e6
	}
	good, _ := e.Good.Int64()
	bad, _ := e.Bad.Int64()
	return fact{good: good / unit, bad: bad / unit, unknown: int64(e.Unknown)}
}

func (f *fact) add(o fact) {
	f.good, f.bad, f.unknown = f.good+o.good, f.bad+o.bad, f.unknown+o.unknown
}

func (f fact) String() string {
	return fmt.Sprintf("good %d, bad %d, unknown %d ms", f.good, f.bad, f.unknown)
}
