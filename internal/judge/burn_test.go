package judge

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
)

// burnBook gives a book of one objective over requests, a thousand good ones a
// minute but for what is changed.
func burnBook(change func(k *company, entries []sla.Entry) []sla.Entry) *company {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99.9").Objectives[0].Method = sla.Occurrences
	k.Indicators[0].Kind = sla.Ratio
	var entries []sla.Entry
	for n := range 5 * 24 * 60 {
		entries = append(entries, sla.Entry{Span: sla.Span{From: minute(n), To: minute(n + 1)}, Good: sla.Whole(1000)})
	}
	k.facts["shop"] = change(k, entries)
	return k
}

// day5 is the last measured instant.
func day5() sla.Instant { return minute(5 * 24 * 60) }

func (k *company) burn(t *testing.T) Rates {
	t.Helper()
	r, err := k.book().Burn("shop", "availability", day5())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantRates(t *testing.T, r Rates, want map[string]string) {
	t.Helper()
	for _, w := range sla.BurnWindows {
		wantRat(t, w.Name, r.window(w.Name).Rate, want[w.Name])
	}
}

func TestBurnRatesOfAnHourThatSpendsTwoPercentOfAMonth(t *testing.T) {
	k := burnBook(func(_ *company, e []sla.Entry) []sla.Entry {
		for i := len(e) - 60; i < len(e); i++ {
			e[i].Good, e[i].Bad = sla.Whole(9856), sla.Whole(144) // 1.44 %
		}
		return e
	})
	r := k.burn(t)
	wantRates(t, r, map[string]string{
		"5m": "14.4", "30m": "14.4", "1h": "14.4",
		"2h": "144/11",   // 8,640 of 660,000
		"6h": "8640/900", // of 900,000
		"1d": "8640/1980",
		"3d": "8640/4860",
	})
	rules := BurnRules(sla.MustDecimal("99.9"), 30*sla.Day, 30*sla.Day)
	firing := BurnFiring(rules, r, sla.Events, 5)
	want := []sla.BurnFiring{{Window: "1h", Severity: "critical"}, {Window: "6h", Severity: "critical"}, {Window: "1d", Severity: "warning"}, {Window: "3d", Severity: "warning"}}
	if len(firing) != len(want) {
		t.Fatalf("got %v", firing)
	}
	for i := range want {
		if firing[i] != want[i] {
			t.Errorf("got %v, want %v", firing[i], want[i])
		}
	}
}

func TestAnAlertNeedsBothWindowsAndEnoughBadEvents(t *testing.T) {
	k := burnBook(func(_ *company, e []sla.Entry) []sla.Entry {
		for i := len(e) - 60; i < len(e)-5; i++ {
			e[i].Good, e[i].Bad = sla.Amount{}, sla.Whole(1000)
		}
		return e
	})
	rules := BurnRules(sla.MustDecimal("99.9"), 30*sla.Day, 30*sla.Day)
	for _, f := range BurnFiring(rules, k.burn(t), sla.Events, 5) {
		if f.Window == "1h" {
			t.Error("the short window is clean again")
		}
	}
	few := burnBook(func(_ *company, e []sla.Entry) []sla.Entry {
		for i := range e {
			e[i].Good = sla.Amount{}
		}
		e[len(e)-1].Bad = sla.Whole(4)
		return e
	})
	if f := BurnFiring(rules, few.burn(t), sla.Events, 5); len(f) != 0 {
		t.Errorf("four bad events fire %v", f)
	}
	if f := BurnFiring(rules, few.burn(t), sla.Events, 4); len(f) != 4 {
		t.Errorf("four of at least four: %v", f)
	}
	if f := BurnFiring(rules, few.burn(t), sla.Time, 5); len(f) != 4 {
		t.Errorf("seconds have no such minimum: %v", f)
	}
}

func TestBurnRulesFitThePeriod(t *testing.T) {
	type rule struct{ severity, long, short, factor string }
	for _, c := range []struct {
		name, target  string
		period, scope sla.Millis
		want          []rule
	}{
		{"thirty days", "99.9", 30 * sla.Day, 30 * sla.Day, []rule{
			{"critical", "1h", "5m", "14.4"}, {"critical", "6h", "30m", "6"}, {"warning", "1d", "2h", "3"}, {"warning", "3d", "6h", "1"},
		}},
		{"a week of 168 hours", "99.9", 7 * sla.Day, 7 * sla.Day, []rule{
			{"critical", "1h", "5m", "3.36"}, {"critical", "6h", "30m", "1.4"}, {"warning", "1d", "2h", "1"}, {"warning", "3d", "6h", "1"},
		}},
		{"a day has no window of three", "99.9", sla.Day, sla.Day, []rule{
			{"critical", "1h", "5m", "1"}, {"critical", "6h", "30m", "1"}, {"warning", "1d", "2h", "1"},
		}},
		{"a factor that no rate can reach", "93", 30 * sla.Day, 30 * sla.Day, []rule{ // 1 ÷ 0.07 is 14.28
			{"critical", "6h", "30m", "6"}, {"warning", "1d", "2h", "3"}, {"warning", "3d", "6h", "1"}}},
		{"a factor that a rate just reaches", "95", 1000 * sla.Hour, 1000 * sla.Hour, []rule{
			{"critical", "1h", "5m", "20"}, {"critical", "6h", "30m", "25/3"}, {"warning", "1d", "2h", "25/6"}, {"warning", "3d", "6h", "25/18"},
		}},
		{"nothing may be bad", "100", 30 * sla.Day, 30 * sla.Day, nil},
	} {
		got := BurnRules(sla.MustDecimal(c.target), c.period, c.scope)
		if len(got) != len(c.want) {
			t.Errorf("%s: got %v", c.name, got)
			continue
		}
		for i, w := range c.want {
			if got[i].Severity != w.severity || got[i].Long.Name != w.long || got[i].Short.Name != w.short {
				t.Errorf("%s: got %+v, want %+v", c.name, got[i], w)
			}
			wantRat(t, c.name, got[i].Factor, w.factor)
		}
	}
}

func TestAnAmountThatBridgedAGapIsSpreadOverIt(t *testing.T) {
	k := burnBook(func(_ *company, e []sla.Entry) []sla.Entry {
		n := len(e)
		for i := n - 10; i < n-1; i++ { // nine minutes were missed
			e[i].Good, e[i].Unknown = sla.Amount{}, sla.Minute
		}
		e[n-1].Good, e[n-1].Bad, e[n-1].Bridged = sla.Whole(9000), sla.Whole(1000), 9*sla.Minute
		return e
	})
	r := k.burn(t)
	wantRat(t, "bad in 5m: half of it", r.window("5m").Bad, "500")
	wantRat(t, "bad in 30m: all of it", r.window("30m").Bad, "1000")
	wantRat(t, "5m", r.window("5m").Rate, "100")
	wantRat(t, "30m", r.window("30m").Rate, "100/3") // 1,000 of 30,000
}

func TestExclusionsAndHoursDoNotBurn(t *testing.T) {
	k := burnBook(func(k *company, e []sla.Entry) []sla.Entry {
		n := len(e)
		for i := n - 10; i < n; i++ {
			e[i].Good, e[i].Bad = sla.Amount{}, sla.Whole(1000)
		}
		k.Exclusions = []sla.Exclusion{{Services: []string{"s"}, Span: sla.Span{From: day5().Add(-8 * sla.Minute), To: day5()}, ApprovedBy: "kim"}}
		return e
	})
	wantRates(t, k.burn(t), map[string]string{
		"30m": "1000/11", // 2,000 of 22,000
		"1h":  "1000/26", "2h": "1000/56", "6h": "1000/176", "1d": "1000/716", "3d": "1000/2156",
	})
	for _, c := range []struct {
		at   sla.Instant
		want bool
	}{{day5() - 1, true}, {day5(), false}} {
		if got, err := Excluded("s", k.Exclusions, c.at); err != nil || got != c.want {
			t.Errorf("excluded at %s: %t, %v", c.at, got, err)
		}
	}
	if got, _ := Excluded("other", k.Exclusions, day5()-1); got {
		t.Error("another service is excluded")
	}
	k.Agreements[0].Planned = sla.PlannedGood
	wantRat(t, "as good time", k.burn(t).window("5m").Rate, "0")
	wantRat(t, "good events in it", k.burn(t).window("5m").Good, "5000")
}

func TestAWindowShorterThanTheIntervalIsOneInterval(t *testing.T) {
	k := burnBook(func(k *company, e []sla.Entry) []sla.Entry {
		k.Indicators[0].Interval = 10 * sla.Minute
		e[len(e)-10].Good, e[len(e)-10].Bad = sla.Amount{}, sla.Whole(1000)
		return e
	})
	wantRat(t, "5m", k.burn(t).window("5m").Rate, "100")
}

func TestWhereNothingIsCountedNothingBurns(t *testing.T) {
	k := burnBook(func(_ *company, e []sla.Entry) []sla.Entry { return e[:len(e)-60] })
	r := k.burn(t)
	if _, ok := r.ByName()["1h"]; ok || r.ByName()["2h"] == nil {
		t.Errorf("got %v", r.ByName())
	}
	d := sla.MustDecimal("100")
	k.Agreements[0].Objectives[0].Target = &d
	if by := k.burn(t).ByName(); len(by) != 0 {
		t.Errorf("without a budget: %v", by)
	}
	if _, err := k.book().Burn("shop", "speed", day5()); err == nil {
		t.Error("an objective that is not there burns")
	}
	if _, err := k.book().Burn("shop", "availability", sla.Forever-1); err != nil {
		t.Errorf("of an ended agreement: %v", err)
	}
}

func TestSlicesBurnByTheirTimeAndShares(t *testing.T) {
	k := burnBook(func(_ *company, e []sla.Entry) []sla.Entry {
		for i := len(e) - 20; i < len(e); i++ {
			e[i].Good, e[i].Bad = sla.Whole(900), sla.Whole(100)
		}
		return e
	})
	at := sla.MustDecimal("10")
	o := &k.Agreements[0].Objectives[0]
	o.Method, o.Slices = sla.Timeslices, &sla.Slices{Length: 5 * sla.Minute, BadAt: &at, MinRun: 20 * sla.Minute, Empty: sla.EmptySkipped}
	// The run of twenty minutes is bad from its first second, also seen from the last five.
	r := k.burn(t)
	wantRat(t, "timeslices 5m", r.window("5m").Rate, "1000")
	wantRat(t, "timeslices 1h", r.window("1h").Rate, "1000/3")
	o.Slices.MinRun = 25 * sla.Minute
	wantRat(t, "a run too short", k.burn(t).window("5m").Rate, "0")
	o.Method, o.Slices = sla.RatioTimeslices, &sla.Slices{Length: 5 * sla.Minute, Empty: sla.EmptySkipped}
	r = k.burn(t)
	wantRat(t, "ratio timeslices 5m", r.window("5m").Rate, "100")
	wantRat(t, "ratio timeslices 1h", r.window("1h").Rate, "100/3") // 4 · 0.1 of 12
	wantRat(t, "bad events in 1h", r.window("1h").Bad, "2000")
}

func TestAnAlertFiresSinceTheFirstIntervalOfThoseInWhichItHolds(t *testing.T) {
	k := burnBook(func(_ *company, e []sla.Entry) []sla.Entry {
		for i := len(e) - 10; i < len(e); i++ {
			e[i].Good, e[i].Bad = sla.Whole(0), sla.Whole(1000)
		}
		return e
	})
	// One bad minute of 60 and of 5 is more than 14.4 times 0.1 %, so the first of ten suffices.
	rule := BurnRules(sla.MustDecimal("99.9"), 30*sla.Day, 30*sla.Day)[0]
	for _, x := range []struct {
		back, want sla.Millis
		excluded   sla.Span
	}{
		{back: sla.Hour, want: 9 * sla.Minute},
		{back: 4 * sla.Minute, want: 4 * sla.Minute},
		{back: sla.Hour, want: 2 * sla.Minute, excluded: sla.Span{From: day5().Add(-3 * sla.Minute), To: day5().Add(-3*sla.Minute + 1)}},
	} {
		c, _ := k.book().newCase(&k.Agreements[0], &k.Agreements[0].Objectives[0], sla.Period{})
		c.Exclusions = []sla.Exclusion{{Services: []string{"s"}, Span: x.excluded, ApprovedBy: "kim"}}
		since, err := BurnSince(c, History{Loose: k.facts["shop"]}, rule, day5(), x.back)
		if got := day5().Sub(since); err != nil || got != x.want {
			t.Errorf("looking %d ms back: since %d ms, %v, want %d", x.back, got, err, x.want)
		}
	}
}

func TestAWindowBurnsAlikeWhicheverOthersAreAskedFor(t *testing.T) {
	k := newCompany()
	o := k.promise(sla.SLA, "shop", "99").Objectives
	o[0].Method, o[0].Slices = sla.Timeslices, &sla.Slices{Length: sla.Minute, BadAbove: dec("0"), MinRun: 10 * sla.Minute}
	k.outage("shop", 90, 120) // the last quarter of an hour is bad and belongs to a run of half an hour
	at := minute(105)
	all, err := k.book().Burn("shop", "availability", at)
	if err != nil {
		t.Fatal(err)
	}
	short := sla.BurnWindow{Name: "5m", Length: 5 * sla.Minute}
	long := sla.BurnWindow{Name: "100d", Length: 100 * sla.Day}
	for _, windows := range [][]sla.BurnWindow{{short}, {long, short}} {
		some, err := k.book().BurnOver("shop", "availability", at, windows)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) != len(windows) {
			t.Errorf("%d rates, want %d", len(some), len(windows))
		}
		wantRat(t, "with others", all.window("5m").Rate, "100")
		wantRat(t, "by itself", some.window("5m").Rate, "100") // a run of five minutes alone would be too short
	}
}

func TestABurnWindowCountsWhatAPeriodOfItsSpanCounts(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, _ := drawn(t, sla.Occurrences, sla.TimeMethod)
		at := w.within(t, w.c.Period.Span).To
		rates, err := Burn(w.c, History{Loose: w.entries}, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rates {
			v := w.with(func(w *world) {
				w.c.Agreement.Valid = sla.Span{From: sla.Always, To: sla.Forever}
				w.c.Agreement.Unknown, w.c.Objective.MinEvents = sla.UnknownRemoved, 0
				w.c.Period.Span = sla.Span{From: at.Add(-r.Window.Length), To: at}
				w.now = at
			}).judge(t)
			if r.Good.Cmp(v.Good) != 0 || r.Bad.Cmp(v.Bad) != 0 {
				t.Fatalf("in %s good %s and bad %s, as a period %s and %s", r.Window.Name, r.Good, r.Bad, v.Good, v.Bad)
			}
			rest := new(big.Rat).Sub(big.NewRat(1, 1), v.Target.Ratio())
			if (r.Rate == nil) != (v.Compliance == nil || rest.Sign() == 0) {
				t.Fatalf("in %s rate %v, compliance %v", r.Window.Name, r.Rate, v.Compliance)
			}
			if r.Rate != nil && r.Rate.Mul(r.Rate, rest).Cmp(rest.Sub(big.NewRat(1, 1), v.Compliance.Ratio())) != 0 {
				t.Fatalf("in %s rate %s, compliance %s", r.Window.Name, r.Rate, v.Compliance.Ratio())
			}
		}
	})
}

func TestBurnRatesAreTheSameHoweverTheHistoryIsPacked(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, _ := drawn(t, sla.Occurrences, sla.TimeMethod, sla.Timeslices, sla.RatioTimeslices)
		at := w.within(t, w.c.Period.Span).To
		for i := range w.entries {
			if rapid.IntRange(0, 19).Draw(t, "bridges") == 0 {
				w.entries[i].Bridged = sla.Millis(rapid.Int64Range(0, int64(2*sla.Hour)).Draw(t, "gap"))
			}
		}
		want, err := Burn(w.c, History{Loose: w.entries}, at)
		if err != nil {
			t.Fatal(err)
		}
		h := History{Loose: w.entries}
		for len(h.Loose) > 0 && rapid.IntRange(0, 9).Draw(t, "more") > 0 {
			n := rapid.IntRange(1, len(h.Loose)).Draw(t, "packed together")
			some := h.Loose[:n]
			h.Packed = append(h.Packed, Sum(some, func(out []sla.Entry) ([]sla.Entry, error) { return append(out, some...), nil }))
			h.Loose = h.Loose[n:]
		}
		got, err := Burn(w.c, h, at)
		if err != nil || len(got) != len(want) {
			t.Fatalf("got %v, %v", got, err)
		}
		for i, r := range got {
			v := want[i]
			if r.Good.Cmp(v.Good) != 0 || r.Bad.Cmp(v.Bad) != 0 || (r.Rate == nil) != (v.Rate == nil) || r.Rate != nil && r.Rate.Cmp(v.Rate) != 0 || r.Spent != nil && r.Spent.Cmp(v.Spent) != 0 {
				t.Fatalf("packed %+v, loose %+v", r, v)
			}
		}
	})
}

func TestADamagedHistoryGivesNoBurnRates(t *testing.T) {
	for _, method := range []sla.Method{sla.Occurrences, sla.Timeslices} {
		c := benchCase(method, sla.Ratio)
		at := november.From.Add(10 * sla.Day)
		damaged := errors.New("damaged")
		h := History{Packed: []Packed{Sum(minutes(sla.Events, BurnSpan(sla.Minute, at)), func([]sla.Entry) ([]sla.Entry, error) { return nil, damaged })}}
		if _, err := Burn(c, h, at); !errors.Is(err, damaged) {
			t.Errorf("%s: got %v", method, err)
		}
	}
}
