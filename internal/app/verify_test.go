package app

import (
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

func TestAVerdictOfBeforeTheMarkOfWhatIsApproximateIsNotHeldAgainstIt(t *testing.T) {
	exact, marked := sla.Verdict{Objective: "fast"}, sla.Verdict{Objective: "fast", Approximate: true}
	for _, c := range []struct {
		kept, judged sla.Verdict
		want         bool
	}{
		{exact, exact, true},
		{marked, marked, true},
		{exact, marked, true},
		{marked, exact, false},
	} {
		same, err := sameVerdict(&c.kept, []sla.Verdict{c.judged})
		if err != nil || same != c.want {
			t.Errorf("kept as approximate: %v, judged as: %v: the same is %v (%v), want %v", c.kept.Approximate, c.judged.Approximate, same, err, c.want)
		}
	}
}
