package judge

import (
	"math/big"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// company is a book written down by hand: agreements over time indicators of
// the same name, down as told and up otherwise, in UTC.
type company struct {
	sla.Catalogue
	down  map[string][]sla.Span
	facts map[string][]sla.Entry
	until sla.Instant // facts end here
	final sla.Instant
}

func newCompany() *company {
	return &company{
		down: map[string][]sla.Span{}, facts: map[string][]sla.Entry{},
		until: november.To, final: sla.Forever,
	}
}

// promise adds an agreement whose one objective is availability of the
// indicator that has the agreement's name.
func (c *company) promise(kind sla.AgreementKind, name, target string, reliesOn ...sla.Reliance) *sla.Agreement {
	d := sla.MustDecimal(target)
	c.Agreements = append(c.Agreements, sla.Agreement{
		Name: name, Version: len(c.Versions(name)) + 1, Kind: kind, Service: "s", Zone: "UTC",
		Valid: sla.Span{From: sla.Always, To: sla.Forever}, Period: sla.PeriodTerm{Kind: sla.PeriodMonth},
		Planned: sla.PlannedRemoved, Unknown: sla.UnknownRemoved, ReliesOn: reliesOn,
		Objectives: []sla.Objective{{
			Name: "availability", Indicator: name, Target: &d, Method: sla.TimeMethod,
			AtRisk: sla.DefaultAtRisk, MergeGap: sla.DefaultMergeGap,
		}},
	})
	if c.Indicator(name) == nil {
		c.Indicators = append(c.Indicators, sla.Indicator{Name: name, Kind: sla.TimeGauge, Interval: sla.Minute})
	}
	return &c.Agreements[len(c.Agreements)-1]
}

func one(name string) sla.Reliance      { return sla.Reliance{AnyOf: []string{name}} }
func any1(names ...string) sla.Reliance { return sla.Reliance{AnyOf: names} }

// minute gives the instant so many minutes into November.
func minute(n int) sla.Instant { return november.From.Add(sla.Millis(n) * sla.Minute) }

func (c *company) outage(name string, from, to int) {
	c.down[name] = append(c.down[name], sla.Span{From: minute(from), To: minute(to)})
}

func (c *company) book() Book {
	return Book{
		Catalogue: &c.Catalogue,
		Facts: func(name string, s sla.Span) ([]sla.Entry, error) {
			if f, ok := c.facts[name]; ok {
				return f, nil
			}
			return c.timeline(name, s.Intersect(sla.Span{From: s.From, To: c.until})), nil
		},
		Measured: func(string) sla.Instant { return c.until },
		Final:    func(string) sla.Instant { return c.final },
	}
}

// timeline gives an entry per stretch up or down.
func (c *company) timeline(name string, s sla.Span) []sla.Entry {
	var out []sla.Entry
	add := func(from, to sla.Instant, down bool) {
		if e := (sla.Entry{Span: sla.Span{From: from, To: to}.Intersect(s)}); !e.Empty() {
			if down {
				e.Bad = sla.Seconds(e.Length())
			} else {
				e.Good = sla.Seconds(e.Length())
			}
			out = append(out, e)
		}
	}
	at := s.From
	for _, d := range c.down[name] {
		add(at, d.From, false)
		add(d.From, d.To, true)
		at = max(at, d.To)
	}
	add(at, s.To, false)
	return out
}

func (c *company) verdicts(t *testing.T, name string, p sla.Period, now sla.Instant) []sla.Verdict {
	t.Helper()
	vs, err := c.book().Judge(name, p, now)
	if err != nil {
		t.Fatal(err)
	}
	return vs
}

func wantRat(t *testing.T, what string, got *big.Rat, want string) {
	t.Helper()
	if want == "" {
		if got != nil {
			t.Errorf("%s: got %s, want none", what, got)
		}
		return
	}
	w, ok := new(big.Rat).SetString(want)
	if !ok {
		t.Fatalf("%q is not a number", want)
	}
	if got == nil || got.Cmp(w) != 0 {
		t.Errorf("%s: got %v, want %s", what, got, want)
	}
}

func TestOutagesAreAttributedThroughThreeLevelsOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		spare sla.AgreementKind
		want  map[string]string // bad seconds by agreement, "" is own
		class map[string]sla.AttributionClass
	}{
		{
			"of two that stand in for each other the first named", sla.OLA,
			map[string]string{"host": "1200", "app": "1200", "b1": "900", "": "300"},
			map[string]sla.AttributionClass{"host": sla.ByThirdParty, "app": sla.ByInternal, "b1": sla.ByInternal, "": sla.ByOwn},
		},
		{
			"a UC before an OLA", sla.UC,
			map[string]string{"host": "1200", "app": "1200", "b2": "900", "": "300"},
			map[string]sla.AttributionClass{"host": sla.ByThirdParty, "app": sla.ByInternal, "b2": sla.ByThirdParty, "": sla.ByOwn},
		},
	} {
		k := newCompany()
		k.promise(sla.SLA, "shop", "99.9", one("app"), any1("b1", "b2"))
		k.promise(sla.OLA, "app", "99.9", one("host"))
		k.promise(sla.UC, "host", "99.9")
		k.promise(sla.OLA, "b1", "99.9")
		k.promise(c.spare, "b2", "99.9")
		k.outage("shop", 100, 160)
		k.outage("host", 90, 120)
		k.outage("app", 110, 140)
		k.outage("b1", 130, 160) // alone until 145: explains nothing
		k.outage("b2", 145, 170)
		v := k.verdicts(t, "shop", november, november.To)[0]
		if len(v.Outages) != 1 {
			t.Fatalf("%s: %d outages", c.name, len(v.Outages))
		}
		sum := new(big.Rat)
		for _, a := range v.Outages[0].Attribution {
			wantRat(t, c.name+": bad seconds of "+a.Agreement, a.Bad, c.want[a.Agreement])
			if a.Class != c.class[a.Agreement] {
				t.Errorf("%s: %q is %s", c.name, a.Agreement, a.Class)
			}
			sum.Add(sum, a.Bad)
		}
		if len(v.Outages[0].Attribution) != len(c.want) {
			t.Errorf("%s: got %v", c.name, v.Outages[0].Attribution)
		}
		wantRat(t, c.name+": all parts", sum, "3600")
	}
}

func TestBadEventsAreAttributedProRataByTime(t *testing.T) {
	k := newCompany()
	a := k.promise(sla.SLA, "shop", "99.9", one("host"))
	a.Objectives[0].Method = sla.Occurrences
	k.Indicators[0].Kind = sla.Ratio
	k.promise(sla.UC, "host", "99.9")
	k.outage("host", 10, 13)
	k.facts["shop"] = []sla.Entry{{Span: sla.Span{From: minute(8), To: minute(12)}, Good: sla.Whole(60), Bad: sla.Whole(40)}}
	v := k.verdicts(t, "shop", november, november.To)[0]
	got := v.Outages[0].Attribution
	if len(got) != 2 || got[0].Agreement != "host" || got[1].Class != sla.ByOwn {
		t.Fatalf("got %+v", got)
	}
	wantRat(t, "host", got[0].Bad, "20")
	wantRat(t, "own", got[1].Bad, "20")
}

func TestAVersionThatChangesWithinThePeriodIsJudgedInParts(t *testing.T) {
	k := newCompany()
	change := minute(15 * 24 * 60)
	ten, twenty := sla.MustDecimal("10"), sla.MustDecimal("99.9")
	for i, target := range []string{"99.9", "99"} {
		a := k.promise(sla.SLA, "shop", target)
		a.Charge = &sla.Money{Minor: 3_000_001, Currency: "EUR"}
		a.Objectives[0].Credits = []sla.Band{{Below: &twenty, Percent: &ten}}
		a.Valid = sla.Span{From: sla.Always, To: change}
		if i == 1 {
			a.Valid = sla.Span{From: change, To: sla.Forever}
		}
	}
	k.outage("shop", 15*24*60-25, 15*24*60+60) // one outage on the ground, one in each part
	vs := k.verdicts(t, "shop", november, november.To)
	if len(vs) != 2 {
		t.Fatalf("%d parts", len(vs))
	}
	for i, want := range []struct {
		state                      sla.State
		version                    int
		bad, allowed, left, amount string
		partFrom, partTo           sla.Instant
		charge                     int64
		longest                    sla.Millis
	}{
		// Half of 30,000.01 is 15,000.005: the charge shows as 15,000.01, the credit is a tenth of the exact half.
		{sla.Breached, 1, "1500", "1296", "-204", "1500.00", november.From, change, 1_500_001, 25 * sla.Minute},
		{sla.Met, 2, "3600", "12960", "9360", "1500.00", change, november.To, 1_500_001, 60 * sla.Minute},
	} {
		v := vs[i]
		if v.State != want.state || v.Version != want.version || v.Part != (sla.Span{From: want.partFrom, To: want.partTo}) || v.Period != november {
			t.Errorf("part %d: %s, version %d, %v", i, v.State, v.Version, v.Part)
		}
		wantRat(t, "bad", v.Bad, want.bad)
		wantRat(t, "allowed", v.Budget.Allowed, want.allowed)
		wantRat(t, "left", v.Budget.Left, want.left)
		if v.Totals.Count != 1 || v.Totals.Longest != want.longest {
			t.Errorf("part %d: outages %+v", i, v.Totals)
		}
		if v.Credit.Amount.Decimal() != want.amount || v.Credit.Charge.Minor != want.charge {
			t.Errorf("part %d: credit %s of %s", i, v.Credit.Amount, v.Credit.Charge)
		}
	}
	if w := Worst(vs[0].State, vs[1].State); w != sla.Breached {
		t.Errorf("together %s", w)
	}
}

func TestSlicesAndRunsStartAnewInEachPart(t *testing.T) {
	k := newCompany()
	change := minute(7) // not a multiple of the slice
	at := sla.MustDecimal("100")
	for i := range 2 {
		a := k.promise(sla.SLA, "shop", "99")
		a.Objectives[0].Method = sla.Timeslices
		a.Objectives[0].Slices = &sla.Slices{Length: 5 * sla.Minute, BadAt: &at, MinRun: 10 * sla.Minute, Empty: sla.EmptySkipped}
		a.Valid = sla.Span{From: sla.Always, To: change}
		if i == 1 {
			a.Valid = sla.Span{From: change, To: sla.Forever}
		}
	}
	k.outage("shop", 0, 17)
	vs := k.verdicts(t, "shop", november, november.To)
	wantRat(t, "bad of the first part: a run of 7 minutes is too short", vs[0].Bad, "0")
	wantRat(t, "bad of the second: slices from minute 7 on, a run of 10", vs[1].Bad, "600")
}

func TestValidityThatBeginsWithinThePeriodLeavesSlicesAndChargeAsTheyAre(t *testing.T) {
	k := newCompany()
	a := k.promise(sla.SLA, "shop", "99")
	at, half := sla.MustDecimal("100"), sla.MustDecimal("50")
	a.Objectives[0].Method = sla.Timeslices
	a.Objectives[0].Slices = &sla.Slices{Length: 10 * sla.Minute, BadAt: &at, Empty: sla.EmptySkipped}
	a.Objectives[0].Credits = []sla.Band{{AtMost: &at, Percent: &half}}
	a.Charge = &sla.Money{Minor: 1000, Currency: "EUR"}
	a.Valid.From = minute(7)
	k.outage("shop", 0, 20)
	v := k.verdicts(t, "shop", november, november.To)[0]
	wantRat(t, "bad: the slice from 0 to 10 holds three minutes", v.Bad, "780")
	if v.Credit.Amount.Minor != 500 || v.Part.From != minute(7) {
		t.Errorf("credit %s, part %v", v.Credit.Amount, v.Part)
	}
}

func TestARollingWindowIsJudgedAsClosed(t *testing.T) {
	k := newCompany()
	a := k.promise(sla.SLA, "shop", "99.9")
	a.Period = sla.PeriodTerm{Kind: sla.PeriodRolling, Rolling: 30 * sla.Day}
	k.outage("shop", 100, 144) // 43 min 12 s are allowed
	k.final = november.To.Add(-sla.Hour)
	v := k.verdicts(t, "shop", november, november.To)[0]
	if v.State != sla.Breached || !v.Provisional {
		t.Errorf("got %s, provisional %t", v.State, v.Provisional)
	}
	wantRat(t, "left", v.Budget.Left, "-48")
	later := sla.Period{Name: "later", Span: sla.Span{From: minute(101), To: november.To.Add(101 * sla.Minute)}}
	k.until = later.To
	if v := k.verdicts(t, "shop", later, later.To)[0]; v.State != sla.Met {
		t.Errorf("when a minute has left the window: %s", v.State)
	}
}

func TestTimeToRestoreAndBetweenFailures(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99.9")
	k.outage("shop", 100, 110)
	k.outage("shop", 114, 120) // four minutes later: the same outage, of 20 minutes
	k.outage("shop", 500, 540)
	v := k.verdicts(t, "shop", november, november.To)[0]
	if v.Totals.Count != 2 || v.Totals.Longest != 40*sla.Minute {
		t.Errorf("got %+v", v.Totals)
	}
	wantRat(t, "mtrs", v.Totals.MTRS, "1800")    // (20 + 40) min ÷ 2
	wantRat(t, "mtbf", v.Totals.MTBF, "1294200") // (30 d − 60 min) ÷ 2
	wantRat(t, "bad of the first", v.Outages[0].Bad, "960")
	wantRat(t, "its share of the budget", v.Outages[0].BudgetShare, "10/27") // 960 ÷ 2592
}

func TestSmallOutagesAreCountedAndSummed(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "90") // 259,200 s are allowed, 1 % of it is 43 min 12 s
	k.outage("shop", 100, 143)
	k.outage("shop", 1000, 1044)
	v := k.verdicts(t, "shop", november, november.To)[0]
	if v.Totals.Count != 2 || v.Totals.Small != 1 || !v.Outages[0].Small || v.Outages[1].Small {
		t.Errorf("got %+v, %+v", v.Totals, v.Outages)
	}
	wantRat(t, "small bad", v.Totals.SmallBad, "2580")
}

func TestCeilingsAndTheirChains(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99.95", one("app"), one("net"), any1("b1", "b2"))
	k.promise(sla.OLA, "app", "99.9", one("net"))
	k.promise(sla.UC, "net", "99")
	k.promise(sla.OLA, "b1", "90", one("disk"))
	k.promise(sla.OLA, "b2", "80", one("disk"), one("net"))
	k.promise(sla.UC, "disk", "95")
	shop := &k.Agreements[0]
	c := CeilingOf(&k.Catalogue, shop, "availability")
	// app and net once each; disk lies below both of b1 and b2, so it is in series; 1 − 0.1·0.2 = 0.98.
	wantRat(t, "ceiling", c.Ratio, new(big.Rat).Mul(big.NewRat(999*99*95, 1000*100*100), big.NewRat(98, 100)).RatString())
	if want := "app 99.9% × net 99% × disk 95% × any of (b1 90%, b2 80%)"; c.Chain != want {
		t.Errorf("chain %q, want %q", c.Chain, want)
	}
	if c := CeilingOf(&k.Catalogue, k.Catalogue.Versions("net")[0], "availability"); c != nil {
		t.Errorf("a ceiling %v without anything relied on", c)
	}
}

func TestAnAgreementReliedOnMustCoverHoursAndValidity(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("app"))
	k.promise(sla.OLA, "app", "99")
	shop, app := &k.Agreements[0], &k.Agreements[1]
	shop.Valid = sla.Span{From: november.From, To: november.To}
	app.Valid = sla.Span{From: november.From, To: minute(20 * 24 * 60)}
	gaps, err := Coverage(&k.Catalogue, shop)
	if err != nil || len(gaps) != 1 || !gaps[0].Validity || gaps[0].First != (sla.Span{From: minute(20 * 24 * 60), To: november.To}) {
		t.Errorf("validity: %+v, %v", gaps, err)
	}
	app.Valid = sla.Span{From: sla.Always, To: sla.Forever}
	app.Calendar = &sla.Calendar{Name: "office", Zone: "UTC"}
	for d := time.Monday; d <= time.Friday; d++ {
		app.Calendar.Week[d] = []sla.ClockSpan{{From: 8 * sla.Hour, To: 18 * sla.Hour}}
	}
	gaps, err = Coverage(&k.Catalogue, shop)
	if err != nil || len(gaps) != 1 || gaps[0].Validity || gaps[0].First != (sla.Span{From: november.From, To: minute(24*60 + 8*60)}) {
		t.Errorf("hours: %+v, %v", gaps, err) // the first of November is a Sunday
	}
	shop.Calendar = app.Calendar
	if gaps, err = Coverage(&k.Catalogue, shop); err != nil || len(gaps) != 0 {
		t.Errorf("the same hours: %+v, %v", gaps, err)
	}
	holiday := *app.Calendar
	holiday.Holidays = []sla.Date{{Year: 2026, Month: 11, Day: 25}}
	app.Calendar = &holiday
	if gaps, err = Coverage(&k.Catalogue, shop); err != nil || len(gaps) != 1 || gaps[0].First.From != minute(24*24*60+8*60) {
		t.Errorf("a holiday: %+v, %v", gaps, err)
	}
}
