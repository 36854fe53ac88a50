package judge

import (
	"math/big"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

func budget(allowed, left int64) *sla.Budget {
	return &sla.Budget{Allowed: big.NewRat(allowed, 1), Left: big.NewRat(left, 1)}
}

// lost makes the last so many minutes lose that many requests of a thousand.
func lost(minutes int, bad int64) func(*company, []sla.Entry) []sla.Entry {
	return func(_ *company, e []sla.Entry) []sla.Entry {
		for i := len(e) - minutes; i < len(e); i++ {
			e[i].Good, e[i].Bad = sla.Whole(1000-bad), sla.Whole(bad)
		}
		return e
	}
}

func wantExhaustion(t *testing.T, got *sla.Exhaustion, in sla.Millis, window string) {
	t.Helper()
	if got == nil || got.At != day5().Add(in) || got.Window != window {
		t.Errorf("got %+v, want %s by the window %s", got, day5().Add(in), window)
	}
}

func TestABudgetLastsAsLongAsTheFasterOfItsLastHoursAndDaysLeaveIt(t *testing.T) {
	// In the last hour 60 · 10 of 600 bad events; as much in the last 6 h and 3 d.
	r := burnBook(lost(60, 10)).burn(t)
	// 1,200 left ÷ 600 in 6 h.
	wantExhaustion(t, Exhaustion(budget(5000, 1200), r, day5()), 12*sla.Hour, "6h")
	// 1 left ÷ 600 in 6 h: 36 s.
	wantExhaustion(t, Exhaustion(budget(5000, 1), r, day5()), 36*sla.Second, "6h")
	wantExhaustion(t, Exhaustion(budget(5000, 0), r, day5()), 0, "6h")
	if got := Exhaustion(budget(5000, -1), r, day5()); got != nil {
		t.Errorf("an overspent budget ends at %+v", got)
	}
	if got := Exhaustion(nil, r, day5()); got != nil {
		t.Errorf("no budget ends at %+v", got)
	}

	// For three days 10 a minute, and nothing in the last 6 h: 66 · 60 · 10 = 39,600 in 3 d.
	r = burnBook(func(k *company, e []sla.Entry) []sla.Entry {
		e = lost(3*24*60, 10)(k, e)
		return lost(6*60, 0)(k, e)
	}).burn(t)
	wantExhaustion(t, Exhaustion(budget(50_000, 13_200), r, day5()), sla.Day, "3d")

	// Nothing is being spent: nothing is foretold.
	r = burnBook(lost(0, 0)).burn(t)
	if got := Exhaustion(budget(5000, 1200), r, day5()); got != nil {
		t.Errorf("a budget that is not spent ends at %+v", got)
	}
}

func TestABudgetOfSlicesIsForetoldInItsOwnUnit(t *testing.T) {
	k := burnBook(lost(20, 100))
	at := sla.MustDecimal("10")
	o := &k.Agreements[0].Objectives[0]
	o.Method, o.Slices = sla.Timeslices, &sla.Slices{Length: 5 * sla.Minute, BadAt: &at, Empty: sla.EmptySkipped}
	// Four bad slices of 300 s in 6 h: 600 s left are half of what 6 h spend.
	wantExhaustion(t, Exhaustion(budget(2592, 600), k.burn(t), day5()), 3*sla.Hour, "6h")
	o.Method, o.Slices = sla.RatioTimeslices, &sla.Slices{Length: 5 * sla.Minute, Empty: sla.EmptySkipped}
	// Four shares of a tenth in 6 h.
	wantExhaustion(t, Exhaustion(budget(9, 1), k.burn(t), day5()), 15*sla.Hour, "6h")
}

func TestABudgetOfTimeIsForetoldInSeconds(t *testing.T) {
	k := burnBook(lost(0, 0))
	k.Indicators[0].Kind = sla.TimeGauge
	o := &k.Agreements[0].Objectives[0]
	o.Method = sla.TimeMethod
	for i := range k.facts["shop"] {
		e := &k.facts["shop"][i]
		e.Good, e.Bad = sla.Whole(60), sla.Whole(0)
		if i >= len(k.facts["shop"])-30 {
			e.Good, e.Bad = sla.Whole(0), sla.Whole(60)
		}
	}
	// 30 min were bad in 6 h: 10 min last 2 h.
	wantExhaustion(t, Exhaustion(budget(2592, 600), k.burn(t), day5()), 2*sla.Hour, "6h")
}
