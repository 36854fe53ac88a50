package judge

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
)

func TestALimitThatBreaksWhenTheBudgetIsJustSpentIsTheCause(t *testing.T) {
	v := &sla.Verdict{State: sla.Breached, Certain: true, Budget: &sla.Budget{Allowed: big.NewRat(10, 1), Left: new(big.Rat)}}
	if next, _ := StepBreach(nil, v, Step{At: 1}); next.Transitions[0].Cause != "limit exceeded" {
		t.Errorf("with nothing left: %s", next.Transitions[0].Cause)
	}
	v.Budget.Left = big.NewRat(-1, 1000)
	if next, _ := StepBreach(nil, v, Step{At: 1}); next.Transitions[0].Cause != "budget spent" {
		t.Errorf("overdrawn: %s", next.Transitions[0].Cause)
	}
}

func TestUnknownTimeThatBreaksALimitAsWellLeavesNothingOpen(t *testing.T) {
	for _, c := range []struct {
		name         string
		rule         sla.UnknownRule
		bad, unknown int64 // seconds
		longest      int64
		inconclusive bool
	}{
		{"good facts instead would keep the limit", sla.UnknownBad, 700, 301, 1001, true},
		{"the limit would be broken too", sla.UnknownBad, 700, 301, 1000, false},
		{"unknown time is left out", sla.UnknownRemoved, 700, 301, 1000, true},
		{"unknown time that is left out leaves less to spend", sla.UnknownRemoved, 1000, 1000, 1500, true},
		{"the limit is broken already", sla.UnknownBad, 700, 301, 699, false},
	} {
		k, _ := simple(sla.TimeGauge, "99.9", 1_000_000, 0)
		longest := sla.Millis(c.longest) * sla.Second
		k.Agreement.Unknown, k.Objective.Limits.LongestOutage = c.rule, &longest
		at := func(s int64) sla.Instant { return k.Period.From.Add(sla.Millis(s) * sla.Second) }
		v := judgeCase(t, k, []sla.Entry{
			{Span: sla.Span{From: at(0), To: at(c.bad)}, Bad: sla.Whole(c.bad)},
			{Span: sla.Span{From: at(c.bad + c.unknown), To: at(1_000_000)}, Good: sla.Whole(1_000_000 - c.bad - c.unknown)},
		}, Moment{Now: k.Period.To, Final: k.Period.To})
		if v.Inconclusive != c.inconclusive || v.Certain == c.inconclusive {
			t.Errorf("%s: %s, inconclusive %t, certain %t", c.name, v.State, v.Inconclusive, v.Certain)
		}
	}
}

func TestSharesOfLargeAmountsCompareExactly(t *testing.T) {
	check(t, func(t *rapid.T) {
		amount := func(name string) sla.Amount {
			return sla.FromWords(rapid.Int64Range(0, 1<<60).Draw(t, name+" high"), rapid.Uint64().Draw(t, name+" low"))
		}
		d := sla.Decimal{Coef: rapid.Int64Range(0, 100_000_000).Draw(t, "share"), Scale: 6}
		part, rest := amount("part"), amount("rest")
		if rapid.Bool().Draw(t, "near") { // a share of just about d
			n := new(big.Rat).Mul(part.Rat(), new(big.Rat).Sub(big.NewRat(1, 1), d.Ratio()))
			if d.Sign() > 0 {
				rest, _ = sla.FromRat(n.Quo(n, d.Ratio()), 9)
			}
		}
		all := part.Add(rest)
		want := part.Rat().Cmp(new(big.Rat).Mul(all.Rat(), d.Ratio()))
		if got := shareOf(d).cmpWhole(part, all); got != want {
			t.Fatalf("%s of %s compares with %s%% as %d, want %d", part, all, d, got, want)
		}
		if got := shareOf(d).cmp(sum{whole: part}, sum{whole: rest, part: new(big.Rat)}); got != want {
			t.Fatalf("with fractions as %d, want %d", got, want)
		}
	})
}

func TestTimeThatCountsAsGoodBurnsAsGood(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99.9").Planned = sla.PlannedGood
	k.until = minute(600)
	k.outage("shop", 545, 548)
	k.outage("shop", 580, 590)
	for _, from := range []int{100, 570} { // the first before the hour that is looked at
		k.Exclusions = append(k.Exclusions, sla.Exclusion{Services: []string{"s"}, Span: sla.Span{From: minute(from), To: minute(from + 30)}, ApprovedBy: "kim"})
	}
	r, err := k.book().Burn("shop", "availability", minute(600))
	if err != nil {
		t.Fatal(err)
	}
	wantRat(t, "1h: three minutes of sixty", r.window("1h").Rate, "50")
	wantRat(t, "good seconds in 1h", r.window("1h").Good, "3420")
	wantRat(t, "5m", r.window("5m").Rate, "0")
	k.Agreements[0].Planned = sla.PlannedRemoved
	if r, err = k.book().Burn("shop", "availability", minute(600)); err != nil {
		t.Fatal(err)
	}
	wantRat(t, "1h without it: three minutes of thirty", r.window("1h").Rate, "100")
	wantRat(t, "5m without it", r.window("5m").Rate, "")
}

func TestSlicesBurnAcrossTheBeginningOfAPeriodAndOfAVersion(t *testing.T) {
	k := newCompany()
	for range 2 {
		sliced(k.promise(sla.SLA, "shop", "99.9"))
	}
	k.Agreements[0].Valid.To, k.Agreements[1].Valid.From = minute(-3), minute(-3)
	k.until = minute(30)
	k.outage("shop", -12, 7) // slices from the month's bounds on: -10 to -5, -5 to 0, 0 to 5
	r, err := k.book().Burn("shop", "availability", minute(30))
	if err != nil {
		t.Fatal(err)
	}
	wantRat(t, "1h: three slices of twelve", r.window("1h").Rate, "250")
	wantRat(t, "30m: one of six", r.window("30m").Rate, "500/3")
	wantRat(t, "bad seconds in 1h", r.window("1h").Bad, "1140")
}

func TestCoverageLooksAtTwoYearsAndAtEveryDayThatIsNamed(t *testing.T) {
	day := func(y, m, d int) sla.Date { return sla.Date{Year: y, Month: m, Day: d} }
	all := func(name string) *sla.Calendar {
		c := &sla.Calendar{Name: name, Zone: "UTC"}
		for d := range c.Week {
			c.Week[d] = []sla.ClockSpan{{From: 8 * sla.Hour, To: 18 * sla.Hour}}
		}
		return c
	}
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("app"), one("gone"))
	k.promise(sla.OLA, "app", "99", one("host"), one("shop"))
	k.promise(sla.UC, "host", "99")
	shop, app, host := &k.Agreements[0], &k.Agreements[1], &k.Agreements[2]
	shop.Calendar, app.Calendar, host.Calendar = all("shop"), all("app"), all("host")
	shop.Valid.From, app.Valid.From = november.From, november.From.Add(-sla.Day)
	gaps := func() []CoverageGap {
		t.Helper()
		out, err := Coverage(&k.Catalogue, shop)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := gaps(); len(got) != 0 {
		t.Errorf("alike: %+v", got)
	}
	// A holiday ten years on, of what is relied on below.
	host.Calendar.Holidays = []sla.Date{day(2036, 12, 25)}
	noon := sla.Instant(2113819200000) // 2036-12-25T12:00:00Z
	want := CoverageGap{Agreement: "host", First: sla.Span{From: noon.Add(-4 * sla.Hour), To: noon.Add(6 * sla.Hour)}}
	if got := gaps(); len(got) != 1 || got[0] != want {
		t.Errorf("holiday: %+v, want %+v", got, want)
	}
	// The agreement ends before it.
	shop.Valid.To = noon.Add(-4 * sla.Hour)
	if got := gaps(); len(got) != 0 {
		t.Errorf("after the end: %+v", got)
	}
	shop.Valid.To = sla.Forever
	// A day of its own that is longer than those of what it relies on.
	host.Calendar.Holidays = nil
	shop.Calendar.Special = []sla.SpecialDay{{Date: day(2036, 12, 25), Hours: []sla.ClockSpan{{From: 7 * sla.Hour, To: 18 * sla.Hour}}}}
	got := gaps()
	if len(got) != 2 || got[0].Agreement != "app" || got[1].Agreement != "host" || got[0].First != (sla.Span{From: noon.Add(-5 * sla.Hour), To: noon.Add(-4 * sla.Hour)}) {
		t.Errorf("special day: %+v", got)
	}
	// Only the version in force then matters, and a validity with a gap is one.
	shop.Calendar.Special = nil
	k.promise(sla.UC, "host", "99")
	shop, host = &k.Agreements[0], &k.Agreements[2]
	later := &k.Agreements[3]
	later.Calendar, later.Valid.From = all("later"), november.To
	host.Valid.To = november.To.Add(-sla.Day)
	got = gaps()
	if len(got) != 1 || !got[0].Validity || got[0].First != (sla.Span{From: november.To.Add(-sla.Day), To: november.To}) {
		t.Errorf("validity: %+v", got)
	}
}

func TestCoverageOfWhatHasNoBeginningStartsWithWhatItReliesOn(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("host"))
	k.promise(sla.UC, "host", "99").Calendar = &sla.Calendar{Name: "none", Zone: "UTC"}
	got, err := Coverage(&k.Catalogue, &k.Agreements[0])
	if err != nil || len(got) != 1 || got[0].First != (sla.Span{From: 0, To: sla.Instant(2 * 366 * sla.Day)}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestOfAnAmountAndAPercentageOfAPartsChargeTheLargerIsTaken(t *testing.T) {
	k := newCompany()
	change := minute(15 * 24 * 60)
	for i, percent := range []string{"6", "11"} {
		a := k.promise(sla.SLA, "shop", "99.9")
		a.Charge = money(t, "1000.00 EUR")
		a.Objectives[0].Credits = []sla.Band{
			{Below: dec("99.9"), AtLeast: dec("0"), Fixed: money(t, "50.00 EUR")}, {Below: dec("99.9"), AtLeast: dec("0"), Percent: dec(percent)},
		}
		if a.Valid.To = change; i == 1 {
			a.Valid = sla.Span{From: change, To: sla.Forever}
		}
	}
	k.outage("shop", 100, 200)
	k.outage("shop", 15*24*60+100, 15*24*60+200)
	for i, want := range []string{"50.00 EUR", "55.00 EUR"} { // half of the charge: 30.00 and 55.00
		if got := k.verdicts(t, "shop", november, november.To)[i].Credit.Amount.String(); got != want {
			t.Errorf("part %d: %s, want %s", i, got, want)
		}
	}
}

func TestAnOutageOfJustOneHundredthOfTheBudgetIsListed(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "75") // 10,800 minutes may be bad
	k.outage("shop", 100, 207)
	k.outage("shop", 1000, 1108)
	v := k.verdicts(t, "shop", november, november.To)[0]
	if !v.Outages[0].Small || v.Outages[1].Small || v.Totals.Small != 1 {
		t.Errorf("got %+v", v.Outages)
	}
}

func TestAMeanBurnsNothing(t *testing.T) {
	k := newCompany()
	o := &k.promise(sla.SLA, "shop", "99").Objectives[0]
	k.Indicators[0].Kind = sla.MeanCounter
	o.Method, o.Target, o.AtLeast = sla.MeanMethod, nil, dec("4")
	r, err := k.book().Burn("shop", "availability", november.To)
	if err != nil || len(r) != len(sla.BurnWindows) || len(r.ByName()) != 0 {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestWhatIsReachedOnSeveralWaysOrInACircleIsReachedOnce(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("app"), any1("host", "net"))
	k.promise(sla.OLA, "app", "99", one("host"), one("shop"))
	k.promise(sla.UC, "host", "99", one("app"))
	k.promise(sla.UC, "net", "99")
	if got := Reached(&k.Catalogue, &k.Agreements[0]); !slices.Equal(got, []string{"app", "host", "net"}) {
		t.Errorf("got %v", got)
	}
}

func TestACapBoundsAFixedAmountOfItsOwnCurrencyOnly(t *testing.T) {
	for _, c := range []struct{ fixed, limit, charge, want string }{
		{"50.00 EUR", "10", "1000.00 EUR", "50.00 EUR"},
		{"100.00 EUR", "10", "1000.00 EUR", "100.00 EUR"},
		{"100.01 EUR", "10", "1000.00 EUR", "100.00 EUR"},
		{"100.01 USD", "10", "1000.00 EUR", "100.01 USD"},
		{"100.01 EUR", "10", "", "100.01 EUR"},
	} {
		v := monthOf(t, 200, func(a *sla.Agreement, o *sla.Objective) {
			o.Credits, o.CreditCap = []sla.Band{{Below: dec("99.9"), Fixed: money(t, c.fixed)}}, dec(c.limit)
			if c.charge != "" {
				a.Charge = money(t, c.charge)
			}
		})
		if got := v.Credit.Amount.String(); got != c.want {
			t.Errorf("%s, at most %s%% of %s: %s, want %s", c.fixed, c.limit, c.charge, got, c.want)
		}
	}
}

func TestOutsideOfAValidityThePartIsEmpty(t *testing.T) {
	c, _ := simple(sla.TimeGauge, "99", 1000, 0)
	c.Agreement.Valid = sla.Span{From: c.Period.From.Add(-2 * sla.Hour), To: c.Period.From.Add(-sla.Hour)}
	tally, err := NewTally(c)
	if err != nil {
		t.Fatal(err)
	}
	if p := tally.Part(); p.From != p.To {
		t.Errorf("from %s to %s", p.From, p.To)
	}
}

func TestPlannedTimeIsGoodInASlicesOwnRatio(t *testing.T) {
	k := newCompany()
	a := k.promise(sla.SLA, "shop", "90")
	a.Planned = sla.PlannedGood
	a.Objectives[0].Method, a.Objectives[0].Slices = sla.RatioTimeslices, &sla.Slices{Length: 10 * sla.Minute, Empty: sla.EmptySkipped}
	k.Exclusions = []sla.Exclusion{{Services: []string{"s"}, Span: sla.Span{From: minute(5), To: minute(10)}, ApprovedBy: "kim"}}
	k.outage("shop", 0, 4)
	k.outage("shop", 6, 9) // within the exclusion
	v := k.verdicts(t, "shop", november, november.To)[0]
	wantRat(t, "spent: four minutes of ten", v.Budget.Spent(), "0.4")
}
