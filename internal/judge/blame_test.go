package judge

import (
	"maps"
	"math/big"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// sliced turns the objective of an agreement into bad slices of five minutes.
func sliced(a *sla.Agreement) {
	at := sla.MustDecimal("100")
	a.Objectives[0].Method = sla.Timeslices
	a.Objectives[0].Slices = &sla.Slices{Length: 5 * sla.Minute, BadAt: &at, Empty: sla.EmptySkipped}
}

// wantBlame judges November at now and compares who has how many bad seconds in
// all outages; "" is own.
func (k *company) wantBlame(t *testing.T, now sla.Instant, want map[string]string) {
	t.Helper()
	v := k.verdicts(t, "shop", november, now)[0]
	got := map[string]*big.Rat{}
	for _, o := range v.Outages {
		for _, a := range o.Attribution {
			if got[a.Agreement] == nil {
				got[a.Agreement] = new(big.Rat)
			}
			got[a.Agreement].Add(got[a.Agreement], a.Bad)
		}
	}
	for name := range maps.Keys(got) {
		if _, ok := want[name]; !ok {
			t.Errorf("%q has %s", name, got[name])
		}
	}
	for name, bad := range want {
		wantRat(t, "bad seconds of "+name, got[name], bad)
	}
}

// stretchOf gives an entry of so many minutes that are down or up.
func stretchOf(from, to int, down bool) sla.Entry {
	e := sla.Entry{Span: sla.Span{From: minute(from), To: minute(to)}}
	if down {
		e.Bad = sla.Seconds(e.Length())
	} else {
		e.Good = sla.Seconds(e.Length())
	}
	return e
}

const last = 30 * 24 * 60 // minutes of November

func TestBadSlicesAreAttributedByTheTimeInThem(t *testing.T) {
	k := newCompany()
	sliced(k.promise(sla.SLA, "shop", "99", one("host")))
	k.promise(sla.UC, "host", "99")
	k.outage("shop", 100, 110)
	k.outage("host", 103, 107)
	k.outage("shop", last-5, last)
	k.outage("host", last-2, last)
	k.wantBlame(t, november.To, map[string]string{"host": "360", "": "540"})
}

func TestASliceThatIsMostlyUnknownIsNobodysFault(t *testing.T) {
	k := newCompany()
	k.until = minute(110)
	sliced(k.promise(sla.SLA, "shop", "99", one("host")))
	k.promise(sla.UC, "host", "99")
	k.facts["shop"] = []sla.Entry{stretchOf(0, 90, false), stretchOf(90, 101, true)} // of 100 to 105 one minute is known
	k.outage("host", 95, 110)
	k.wantBlame(t, minute(110), map[string]string{"host": "300", "": "300"})
}

func TestAnAgreementThatCountsSlicesIsOutInItsBadOnes(t *testing.T) {
	k := newCompany()
	k.until = minute(110)
	k.promise(sla.SLA, "shop", "99", one("host"))
	k.promise(sla.UC, "host", "99")
	sliced(&k.Agreements[1])
	k.facts["host"] = []sla.Entry{stretchOf(0, 90, false), stretchOf(90, 101, true)}
	k.outage("shop", 90, 105)
	k.wantBlame(t, minute(110), map[string]string{"host": "600", "": "300"})

	k.until = november.To
	k.facts["host"] = []sla.Entry{stretchOf(0, last-7, false), stretchOf(last-7, last, true)}
	k.down["shop"] = []sla.Span{{From: minute(last - 10), To: november.To}}
	k.wantBlame(t, november.To, map[string]string{"host": "300", "": "300"})
}

func TestVersionsAndPeriodsOfWhatIsReliedOnAreItsOwn(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("host"))
	for range 2 {
		sliced(k.promise(sla.UC, "host", "99"))
	}
	k.Agreements[1].Valid.To, k.Agreements[2].Valid.From = minute(7), minute(7)
	k.outage("shop", 0, 20)
	k.outage("host", 7, 12) // one slice of the second version, which begins anew
	k.wantBlame(t, november.To, map[string]string{"host": "300", "": "900"})

	for _, term := range []sla.PeriodTerm{{Kind: sla.PeriodDay}, {Kind: sla.PeriodWeek}, {Kind: sla.PeriodRolling, Rolling: sla.Day}} {
		k := newCompany()
		k.promise(sla.SLA, "shop", "99", one("host"))
		k.promise(sla.UC, "host", "99").Period = term
		k.outage("shop", 24*60-20, 24*60+20)
		k.outage("host", 24*60-10, 24*60+10)
		k.outage("shop", last-1, last)
		k.outage("host", last-1, last)
		k.wantBlame(t, november.To, map[string]string{"host": "1260", "": "1200"})
	}
}

func TestWhatLiesBelowAGroupIsToBlameOnlyWhileAllOfTheGroupAreOut(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", any1("b1", "b2"))
	k.promise(sla.OLA, "b1", "99", one("disk"))
	k.promise(sla.OLA, "b2", "99")
	k.promise(sla.UC, "disk", "99")
	k.outage("shop", 100, 120)
	k.outage("b1", 100, 120)
	k.outage("disk", 100, 115)
	k.outage("b2", 110, 120)
	k.wantBlame(t, november.To, map[string]string{"disk": "300", "b1": "300", "": "600"})
}

func TestAnAgreementOnTwoWaysIsAsDeepAsTheLonger(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("net"), one("app"))
	k.promise(sla.OLA, "net", "99")
	k.promise(sla.OLA, "app", "99", one("net"))
	k.outage("shop", 100, 110)
	k.outage("net", 100, 106)
	k.outage("app", 103, 110)
	k.wantBlame(t, november.To, map[string]string{"net": "360", "app": "240"})
}

func TestACircleOrAMissingAgreementExplainsNothing(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("app"), one("gone"))
	k.promise(sla.OLA, "app", "99", one("shop"))
	k.outage("shop", 100, 110)
	k.outage("app", 105, 110)
	k.wantBlame(t, november.To, map[string]string{"app": "300", "": "300"})
	if c := CeilingOf(&k.Catalogue, &k.Agreements[0], "availability"); c == nil || c.Ratio.Cmp(big.NewRat(99, 100)) != 0 {
		t.Errorf("the ceiling is %+v", c)
	}
}

func TestAnAgreementWhoseIndicatorIsGoneExplainsNothing(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("host"))
	k.promise(sla.UC, "host", "99")
	k.outage("shop", 100, 110)
	k.outage("host", 100, 110)
	k.Indicators = k.Indicators[:1]
	k.wantBlame(t, november.To, map[string]string{"": "600"})
}

func TestACircleFurtherDownEnds(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("app"))
	k.promise(sla.OLA, "app", "99", one("host"))
	k.promise(sla.OLA, "host", "99", one("app"))
	k.outage("shop", 100, 110)
	k.outage("app", 100, 110)
	k.outage("host", 105, 110)
	k.wantBlame(t, november.To, map[string]string{"host": "300", "app": "300"})
}

func TestOnOneLevelASupplierIsToBlameBeforeAnyTeam(t *testing.T) {
	k := newCompany()
	names := []string{"t1", "t2", "t3", "u1", "t4", "u2", "t5", "u3"}
	var all []sla.Reliance
	for _, name := range names {
		all = append(all, one(name))
	}
	k.promise(sla.SLA, "shop", "99", all...)
	k.outage("shop", 100, 110)
	for _, name := range names {
		kind := sla.OLA
		if name[0] == 'u' {
			kind = sla.UC
		}
		k.promise(kind, name, "99")
		k.outage(name, 100, 110)
	}
	k.wantBlame(t, november.To, map[string]string{"u1": "600"})
}

func TestPlannedTimeThatCountsAsGoodHasNoBadAmountToShareOut(t *testing.T) {
	k := newCompany()
	a := k.promise(sla.SLA, "shop", "99", one("host"))
	a.Planned, a.Service = sla.PlannedGood, "planned"
	k.promise(sla.UC, "host", "99")
	k.Exclusions = []sla.Exclusion{{Services: []string{"planned"}, Span: sla.Span{From: minute(105), To: minute(110)}, ApprovedBy: "kim"}}
	k.outage("shop", 100, 112)
	k.outage("host", 104, 111)
	k.wantBlame(t, november.To, map[string]string{"host": "120", "": "300"}) // 104 to 105 and 110 to 111
}

func TestABadSliceIsSharedOutOverAllItsTimePlannedToo(t *testing.T) {
	k := newCompany()
	a := k.promise(sla.SLA, "shop", "99", one("host"))
	sliced(a)
	at := sla.MustDecimal("40")
	a.Objectives[0].Slices.BadAt = &at
	a.Planned, a.Service = sla.PlannedGood, "planned"
	k.promise(sla.UC, "host", "99")
	k.Exclusions = []sla.Exclusion{{Services: []string{"planned"}, Span: sla.Span{From: minute(107), To: minute(110)}, ApprovedBy: "kim"}}
	k.outage("shop", 105, 110)
	k.outage("host", 106, 108)
	k.wantBlame(t, november.To, map[string]string{"host": "120", "": "180"}) // two minutes of five
}

func TestACeilingIsOfTheVersionAndObjectiveThatFit(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99.9", one("host"))
	k.promise(sla.UC, "host", "99")
	k.promise(sla.UC, "host", "98")
	shop, v1, v2 := &k.Agreements[0], &k.Agreements[1], &k.Agreements[2]
	v1.Valid = sla.Span{From: minute(0), To: minute(100)}
	v2.Valid = sla.Span{From: minute(100), To: minute(200)}
	speed, mean := sla.MustDecimal("95"), sla.MustDecimal("4")
	v2.Objectives = append([]sla.Objective{{Name: "marks", AtLeast: &mean}, {Name: "speed", Target: &speed}}, v2.Objectives...)
	for _, c := range []struct {
		from      int
		objective string
		want      string
	}{
		{-1, "availability", "0.99"},
		{0, "availability", "0.99"},
		{99, "availability", "0.99"},
		{100, "availability", "0.98"},
		{300, "availability", "0.98"}, // all have ended: the last
		{100, "speed", "0.95"},
		{100, "throughput", "0.95"}, // the first with a target
		{100, "marks", "0.95"},
	} {
		shop.Valid.From = minute(c.from)
		wantRat(t, c.objective, CeilingOf(&k.Catalogue, shop, c.objective).Ratio, c.want)
	}
	v2.Objectives = v2.Objectives[:1]
	if got := CeilingOf(&k.Catalogue, shop, "availability"); got != nil {
		t.Errorf("of a mean: %+v", got)
	}
}

func TestAGroupWithAMemberInSeriesAddsNoRisk(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "90", any1("net", "spare"), one("net"))
	k.promise(sla.UC, "net", "99")
	k.promise(sla.UC, "spare", "98")
	c := CeilingOf(&k.Catalogue, &k.Agreements[0], "availability")
	if wantRat(t, "ceiling", c.Ratio, "0.99"); c.Chain != "net 99%" {
		t.Errorf("chain %q", c.Chain)
	}
	k.Agreements[0].ReliesOn = []sla.Reliance{any1("net", "gone")}
	c = CeilingOf(&k.Catalogue, &k.Agreements[0], "availability")
	if wantRat(t, "with one that is not there", c.Ratio, "1"); c.Chain != "any of (net 99%, gone)" {
		t.Errorf("chain %q", c.Chain)
	}
}

func TestOfSeveralOnOneLevelTheFirstNamedIsToBlame(t *testing.T) {
	for _, kind := range []sla.AgreementKind{sla.UC, sla.OLA} {
		k := newCompany()
		k.promise(sla.SLA, "shop", "99", one("u4"), one("u2"), one("u3"), one("u1"))
		k.outage("shop", 100, 110)
		for i, name := range []string{"u1", "u2", "u3", "u4"} {
			k.promise(kind, name, "99")
			k.outage(name, 100, 110-i) // the first named ends first
		}
		k.wantBlame(t, november.To, map[string]string{"u4": "420", "u2": "120", "u1": "60"})
	}
}

func TestARollingAgreementIsOutOverTheWholeStretchLookedAt(t *testing.T) {
	k := newCompany()
	k.promise(sla.SLA, "shop", "99", one("host"))
	k.promise(sla.UC, "host", "99").Period = sla.PeriodTerm{Kind: sla.PeriodRolling, Rolling: sla.Day}
	midnight := 24 * 60
	k.outage("shop", midnight-5, midnight+10)
	k.outage("host", midnight-2, midnight)
	k.outage("host", midnight+3, midnight+5) // one outage with the one before
	k.wantBlame(t, november.To, map[string]string{"host": "420", "": "480"})
}

func TestOfSuppliersOnOneLevelTheOneNamedFirstAnswersForWhatSeveralExplain(t *testing.T) {
	for _, order := range [][]string{{"a", "b", "c", "d"}, {"d", "c", "b", "a"}, {"c", "a", "d", "b"}} {
		k := newCompany()
		k.promise(sla.SLA, "shop", "99", one(order[0]), one(order[1]), one(order[2]), one(order[3]))
		for _, name := range []string{"a", "b", "c", "d"} {
			k.promise(sla.UC, name, "99")
		}
		k.outage("shop", 100, 140)
		k.outage(order[3], 100, 140)
		k.outage(order[2], 100, 130)
		k.outage(order[1], 100, 120)
		k.outage(order[0], 100, 110)
		k.wantBlame(t, november.To, map[string]string{order[0]: "600", order[1]: "600", order[2]: "600", order[3]: "600"})
	}
}
