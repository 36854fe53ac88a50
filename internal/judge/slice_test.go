package judge

import (
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// tenths writes a time line of five-minute slices: G good, B bad, H half bad,
// E without events, U unknown, u unknown for three minutes of five, _ no entry.
func tenths(line string) []sla.Entry {
	var out []sla.Entry
	for i, c := range line {
		span := sla.Span{From: minute(5 * i), To: minute(5*i + 5)}
		e := sla.Entry{Span: span}
		switch c {
		case 'G':
			e.Good = sla.Whole(100)
		case 'B':
			e.Bad = sla.Whole(100)
		case 'H':
			e.Good, e.Bad = sla.Whole(50), sla.Whole(50)
		case 'U':
			e.Unknown = 5 * sla.Minute
		case 'u':
			e.Bad, e.Unknown = sla.Whole(100), 3*sla.Minute
		case '_':
			continue
		}
		out = append(out, e)
	}
	return out
}

func TestSlicesOfEveryKind(t *testing.T) {
	for _, c := range []struct {
		name, line string
		minRun     int // slices
		empty      sla.EmptyRule
		unknown    sla.UnknownRule
		excluded   [2]int // slices, as good
		good, bad  int    // slices
		outages    int
	}{
		{name: "good and bad", line: "GGBBGH", good: 4, bad: 2, outages: 1},
		{name: "empty ones are skipped", line: "GEEB", empty: sla.EmptySkipped, good: 1, bad: 1, outages: 1},
		{name: "empty ones are good", line: "GEEB", empty: sla.EmptyGood, good: 3, bad: 1, outages: 1},
		{name: "empty ones are bad, and out", line: "GEEG", empty: sla.EmptyBad, good: 2, bad: 2, outages: 1},
		{name: "unknown ones are left out", line: "GU_uB", good: 1, bad: 1, outages: 1},
		{name: "unknown ones count as good", line: "GU_uB", unknown: sla.UnknownGood, good: 4, bad: 1, outages: 1},
		{name: "unknown ones count as bad, but are not out", line: "GU_uG", unknown: sla.UnknownBad, good: 2, bad: 3},
		{name: "a run too short is good", line: "GBBGBBBG", minRun: 3, good: 5, bad: 3, outages: 1},
		{name: "an empty slice ends a run, though it is bad", line: "BBEBB", minRun: 3, empty: sla.EmptyBad, good: 4, bad: 1, outages: 1},
		{name: "an unknown slice ends a run", line: "BBUBB", minRun: 3, unknown: sla.UnknownBad, good: 4, bad: 1},
		{name: "the end of the period ends a run", line: "GGBB", minRun: 3, good: 4},
		{name: "in an exclusion bad events are good", line: "GBBB", excluded: [2]int{1, 3}, good: 3, bad: 1, outages: 1},
		{name: "in an exclusion unknown time is good", line: "GU_B", excluded: [2]int{1, 3}, good: 3, bad: 1, outages: 1},
		{name: "in an exclusion silence is good", line: "GEEB", empty: sla.EmptyBad, excluded: [2]int{1, 3}, good: 3, bad: 1, outages: 1},
	} {
		k := benchCase(sla.Timeslices, sla.Ratio)
		above := sla.MustDecimal("50")
		k.Objective.MergeGap = 0
		k.Objective.Slices = &sla.Slices{Length: 5 * sla.Minute, BadAbove: &above, Empty: c.empty, MinRun: sla.Millis(c.minRun) * 5 * sla.Minute}
		k.Agreement.Unknown, k.Agreement.Planned = c.unknown, sla.PlannedGood
		k.Period.To = minute(5 * len(c.line))
		k.Exclusions = []sla.Exclusion{{
			Services: []string{"s"}, ApprovedBy: "kim", Span: sla.Span{From: minute(5 * c.excluded[0]), To: minute(5 * c.excluded[1])},
		}}
		v := judgeCase(t, k, tenths(c.line), Moment{Now: k.Period.To, Final: k.Period.To})
		wantRat(t, c.name+": good", v.Good, seconds(sla.Millis(c.good)*5*sla.Minute).RatString())
		wantRat(t, c.name+": bad", v.Bad, seconds(sla.Millis(c.bad)*5*sla.Minute).RatString())
		if v.Totals.Count != c.outages {
			t.Errorf("%s: %d outages, want %d", c.name, v.Totals.Count, c.outages)
		}
	}
}

func TestRatioTimeslicesAreTheMeanOfTheSlicesRatios(t *testing.T) {
	for _, c := range []struct {
		name, line          string
		empty               sla.EmptyRule
		compliance, allowed string
		left                string
		outages             int
	}{
		// One slice in ten may be bad.
		{"each slice once", "GGHB", sla.EmptySkipped, "5/8", "2/5", "-11/10", 1},
		{"empty ones skipped", "GEEB", sla.EmptySkipped, "1/2", "1/5", "-4/5", 1},
		{"empty ones good", "GEEB", sla.EmptyGood, "3/4", "2/5", "-3/5", 1},
		{"empty ones bad", "GEEG", sla.EmptyBad, "1/2", "2/5", "-8/5", 1},
		{"unknown ones left out", "GUUB", sla.EmptySkipped, "1/2", "1/5", "-4/5", 1},
		{"all good", "GGGG", sla.EmptySkipped, "1", "2/5", "2/5", 0},
	} {
		k := benchCase(sla.RatioTimeslices, sla.Ratio)
		k.Objective.Target = dec("90")
		k.Objective.MergeGap = 0
		k.Objective.Slices = &sla.Slices{Length: 5 * sla.Minute, Empty: c.empty}
		k.Period.To = minute(5 * len(c.line))
		v := judgeCase(t, k, tenths(c.line), Moment{Now: k.Period.To, Final: k.Period.To})
		wantRat(t, c.name+": compliance", v.Compliance.Ratio(), c.compliance)
		wantRat(t, c.name+": allowed", v.Budget.Allowed, c.allowed)
		wantRat(t, c.name+": left", v.Budget.Left, c.left)
		if v.Totals.Count != c.outages {
			t.Errorf("%s: %d outages", c.name, v.Totals.Count)
		}
	}
}

func TestABandWithoutBoundsOfAMeanAppliesWhenItsBoundIsMissed(t *testing.T) {
	for _, c := range []struct{ sum, minor int64 }{{42, 0}, {41, 5000}} {
		k := benchCase(sla.MeanMethod, sla.MeanCounter)
		k.Objective.Target, k.Objective.Slices, k.Objective.AtLeast = nil, nil, dec("4.2")
		k.Objective.Credits = []sla.Band{{Fixed: money(t, "50.00 EUR")}}
		e := []sla.Entry{{Span: k.Period.Span, Good: sla.Whole(c.sum), Bad: sla.Whole(10)}}
		if v := judgeCase(t, k, e, Moment{Now: k.Period.To, Final: k.Period.To}); v.Credit.Amount.Minor != c.minor {
			t.Errorf("%d: %s", c.sum, v.Credit.Amount)
		}
	}
}

func TestPlannedTimeThatCountsAsGoodIsGoodInItsSlice(t *testing.T) {
	k := newCompany()
	a := k.promise(sla.SLA, "shop", "99")
	sliced(a)
	at := sla.MustDecimal("50")
	a.Objectives[0].Slices.BadAt = &at
	a.Planned = sla.PlannedGood
	k.Exclusions = []sla.Exclusion{{Services: []string{"s"}, Span: sla.Span{From: minute(107), To: minute(110)}, ApprovedBy: "kim"}}
	k.outage("shop", 105, 110) // two minutes of five are bad
	if v := k.verdicts(t, "shop", november, november.To)[0]; len(v.Outages) != 0 || v.Bad.Sign() != 0 {
		t.Errorf("bad are %s, in %+v", v.Bad, v.Outages)
	}
}

func TestPartsOfASecondAreExact(t *testing.T) {
	wantRat(t, "1,500 ms", seconds(1500), "3/2")
	wantRat(t, "2,000 ms", seconds(2000), "2")
}
