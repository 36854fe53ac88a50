package judge

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// hourOf judges an hour of minutes at its end, added all at once or one by one,
// of which one is approximate.
func hourOf(t *testing.T, k Case, inexact int, atOnce bool) sla.Verdict {
	t.Helper()
	tally, err := NewTally(k)
	if err != nil {
		t.Fatal(err)
	}
	entries := make([]sla.Entry, 60)
	for i := range entries {
		entries[i] = sla.Entry{Span: sla.Span{From: minute(i), To: minute(i + 1)}, Good: sla.Whole(10), Approximate: i == inexact}
	}
	entries[30].Bad = sla.Whole(10)
	if atOnce {
		tally.AddAll(entries)
	} else {
		for _, e := range entries {
			tally.Add(e)
		}
	}
	return tally.Verdict(Moment{Now: k.Period.To, Final: k.Period.To})
}

func TestAVerdictIsApproximateWhereverTheFactLiesThatIs(t *testing.T) {
	for _, method := range []sla.Method{sla.Occurrences, sla.Timeslices, sla.RatioTimeslices} {
		k := benchCase(method, sla.Ratio)
		k.Period.To = minute(60)
		for i := range 60 {
			for _, atOnce := range []bool{true, false} {
				if v := hourOf(t, k, i, atOnce); !v.Approximate {
					t.Errorf("%s, minute %d, all at once: %v: it is not approximate", method, i, atOnce)
				}
			}
		}
	}
}

func TestAVerdictIsApproximateByFactsThatItTellsApartOnly(t *testing.T) {
	for name, c := range map[string]struct {
		planned sla.Planned
		change  func(k *Case)
		want    bool
	}{
		"removed":         {sla.PlannedRemoved, nil, false},
		"counted as good": {sla.PlannedGood, nil, false},
		"counted":         {sla.PlannedCounted, nil, true},
		"another period":  {sla.PlannedCounted, func(k *Case) { k.Period.From = minute(11) }, false},
	} {
		k := benchCase(sla.Occurrences, sla.Ratio)
		k.Period.To, k.Agreement.Planned = minute(60), c.planned
		k.Exclusions = []sla.Exclusion{{Services: []string{"s"}, ApprovedBy: "kim", Span: sla.Span{From: minute(10), To: minute(11)}}}
		if c.change != nil {
			c.change(&k)
		}
		if v := hourOf(t, k, 10, true); v.Approximate != c.want {
			t.Errorf("%s: approximate is %v, want %v", name, v.Approximate, c.want)
		}
	}
}

func TestAnExactVerdictIsWrittenAsBeforeThereWasAMark(t *testing.T) {
	k := benchCase(sla.Occurrences, sla.Ratio)
	k.Period.To = minute(60)
	for minute, want := range map[int]bool{-1: false, 0: true} {
		v := hourOf(t, k, minute, true)
		text, err := json.Marshal(v)
		if err != nil || strings.Contains(string(text), `"approximate":true`) != want || strings.Contains(string(text), "approximate") != want {
			t.Errorf("%s, %v", text, err)
		}
	}
}
