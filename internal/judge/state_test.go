package judge

import (
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

func TestFewerEventsThanTheObjectiveWantsAreNoData(t *testing.T) {
	for _, c := range []struct {
		min  int64
		want sla.State
	}{{100_000, sla.Breached}, {100_001, sla.NoData}} {
		v := monthOf(t, 200, func(_ *sla.Agreement, o *sla.Objective) { o.MinEvents = c.min })
		if v.State != c.want || (v.Compliance == nil) != (c.want == sla.NoData) {
			t.Errorf("of at least %d: %s", c.min, v.State)
		}
	}
}

func TestBoundsFillUnknownTimeOfEventsAtTheMeanRate(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99").Objectives[0].Method = sla.Occurrences
	k.Indicators[0].Kind = sla.Ratio
	p := sla.Period{Name: "p", Span: sla.Span{From: minute(0), To: minute(40)}}
	k.facts["shop"] = []sla.Entry{ // thirty minutes known, ten not
		{Span: sla.Span{From: minute(0), To: minute(20)}, Good: sla.Whole(298), Bad: sla.Whole(2)},
		{Span: sla.Span{From: minute(20), To: minute(40)}, Unknown: 10 * sla.Minute},
	}
	v := k.verdicts(t, "shop", p, p.To)[0]
	wantRat(t, "lowest", v.Lowest.Ratio(), "298/400")   // a hundred more events, all bad
	wantRat(t, "highest", v.Highest.Ratio(), "398/400") // or all good
	wantRat(t, "completeness", v.Completeness.Ratio(), "3/4")
	if v.State != sla.Met || !v.Inconclusive || v.Certain {
		t.Errorf("got %s, inconclusive %t, certain %t", v.State, v.Inconclusive, v.Certain)
	}
	if v = k.verdicts(t, "shop", p, p.To-1)[0]; v.State != sla.AtRisk {
		t.Errorf("under way: %s", v.State)
	}
}

// timeCase is a million seconds at 99.9 %: a thousand may be bad.
func timeCase(t *testing.T, bad, unknown, measured int64, change func(a *sla.Agreement, o *sla.Objective)) *sla.Verdict {
	t.Helper()
	c, _ := simple(sla.TimeGauge, "99.9", 1_000_000, 0)
	change(c.Agreement, c.Objective)
	end := c.Period.From.Add(sla.Millis(measured) * sla.Second)
	e := sla.Entry{
		Span: sla.Span{From: c.Period.From, To: end}, Good: sla.Whole(measured - bad - unknown), Bad: sla.Whole(bad),
		Unknown: sla.Millis(unknown) * sla.Second,
	}
	return judgeCase(t, c, []sla.Entry{e}, Moment{Now: end, Final: end})
}

func TestStatesOfTimeAtTheirEdges(t *testing.T) {
	as := func(rule sla.UnknownRule) func(*sla.Agreement, *sla.Objective) {
		return func(a *sla.Agreement, _ *sla.Objective) { a.Unknown = rule }
	}
	limit := func(count int, longest sla.Millis) func(*sla.Agreement, *sla.Objective) {
		return func(_ *sla.Agreement, o *sla.Objective) {
			o.Limits = sla.Limits{Outages: &count, LongestOutage: &longest}
		}
	}
	removed := as(sla.UnknownRemoved)
	for _, c := range []struct {
		name                   string
		bad, unknown, measured int64
		change                 func(*sla.Agreement, *sla.Objective)
		state                  sla.State
		certain, inconclusive  bool
	}{
		{"a quarter of the budget is left", 750, 0, 10_000, removed, sla.Met, false, false},
		{"less is left", 751, 0, 10_000, removed, sla.AtRisk, false, false},
		{"nothing is left", 1000, 0, 10_000, removed, sla.AtRisk, false, false},
		{"overdrawn", 1001, 0, 10_000, removed, sla.Breached, true, false},
		{"closed with little left", 999, 0, 1_000_000, removed, sla.Met, true, false},
		{"closed and overdrawn", 1001, 0, 1_000_000, removed, sla.Breached, true, false},
		{"a minute unknown on the first day decides nothing", 0, 60, 10_000, removed, sla.Met, false, false},
		{"as much unknown as is left: still nothing", 700, 300, 10_000, removed, sla.Met, false, false},
		{"a second more does", 700, 301, 10_000, removed, sla.AtRisk, false, true},
		{"closed, and unknown time could turn it", 700, 301, 1_000_000, removed, sla.Met, false, true},
		{"unknown time counts as bad and overdraws", 700, 301, 10_000, as(sla.UnknownBad), sla.Breached, false, true},
		{"unknown time leaves less to spend", 1000, 1000, 10_000, removed, sla.Breached, false, true},
		{"unknown time as good", 1000, 1000, 1_000_000, as(sla.UnknownGood), sla.Met, false, true},
		{"overdrawn whatever is unknown", 1001, 1000, 10_000, removed, sla.Breached, true, false},
		{"at the limit", 600, 0, 1_000_000, limit(1, 1_000_000*sla.Second), sla.Met, true, false},
		{"one outage too many", 600, 0, 10_000, limit(0, 1_000_000*sla.Second), sla.Breached, true, false},
		{"an outage too long", 600, 0, 10_000, limit(1, 9_999*sla.Second), sla.Breached, true, false},
		{"a limit decides, whatever is unknown", 700, 301, 10_000, limit(0, sla.Day), sla.Breached, true, false},
	} {
		v := timeCase(t, c.bad, c.unknown, c.measured, c.change)
		if v.State != c.state || v.Certain != c.certain || v.Inconclusive != c.inconclusive || v.Provisional != (c.measured < 1_000_000) {
			t.Errorf("%s: got %s, certain %t, inconclusive %t, provisional %t", c.name, v.State, v.Certain, v.Inconclusive, v.Provisional)
		}
	}
}

func TestEventsFailUntilTheirFactsAreFinal(t *testing.T) {
	c, entries := simple(sla.Ratio, "99.9", 998, 2)
	for _, x := range []struct {
		m       Moment
		want    sla.State
		certain bool
	}{
		{Moment{Now: c.Period.To - 1, Final: c.Period.To}, sla.Failing, false},
		{Moment{Now: c.Period.To, Final: c.Period.To - 1}, sla.Failing, false},
		{Moment{Now: c.Period.To, Final: c.Period.To}, sla.Breached, true},
	} {
		if v := judgeCase(t, c, entries, x.m); v.State != x.want || v.Certain != x.certain {
			t.Errorf("%+v: %s, certain %t", x.m, v.State, v.Certain)
		}
	}
}

func TestAnEntryThatComesLateOrTwiceIsRefused(t *testing.T) {
	c, _ := simple(sla.Ratio, "99.9", 1, 0)
	tally, err := NewTally(c)
	if err != nil {
		t.Fatal(err)
	}
	e := sla.Entry{Span: sla.Span{From: minute(10), To: minute(11)}, Good: sla.Whole(1)}
	for _, x := range []struct {
		name string
		e    sla.Entry
		want bool
	}{
		{"in time", e, true},
		{"twice", e, false},
		{"before", sla.Entry{Span: sla.Span{From: minute(9), To: minute(10)}, Good: sla.Whole(1)}, false},
		{"empty", sla.Entry{Span: sla.Span{From: minute(12), To: minute(12)}}, false},
		{"next", sla.Entry{Span: sla.Span{From: minute(11), To: minute(12)}, Good: sla.Whole(1)}, true},
	} {
		if got := tally.Add(x.e); got != x.want {
			t.Errorf("%s: %t", x.name, got)
		}
	}
	v := tally.Verdict(Moment{Now: c.Period.To, Final: c.Period.To})
	wantRat(t, "good", v.Good, "2")
}

func TestTheTermsOfAWrongZoneOrCronAreRefused(t *testing.T) {
	c, _ := simple(sla.Ratio, "99.9", 1, 0)
	c.Agreement.Calendar = &sla.Calendar{Name: "office", Zone: "Mars/Olympus"}
	if _, err := NewTally(c); err == nil {
		t.Error("a zone that does not exist is taken")
	}
	c.Agreement.Calendar = nil
	c.Exclusions = []sla.Exclusion{{Services: []string{"s"}, ApprovedBy: "kim", Every: &sla.Recurrence{Cron: "daily", Zone: "UTC"}}}
	if _, err := NewTally(c); err == nil {
		t.Error("a cron expression that is none is taken")
	}
}
