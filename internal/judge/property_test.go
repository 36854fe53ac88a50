package judge

import (
	"encoding/json"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// drawn draws worlds until one has a verdict, of one of the methods if any are named.
func drawn(t *rapid.T, methods ...sla.Method) (*world, *sla.Verdict) {
	w := drawWorld(t)
	if len(methods) > 0 && !slices.Contains(methods, w.c.Objective.Method) {
		t.Skip()
	}
	v := w.judge(t)
	if v == nil {
		t.Skip()
	}
	return w, v
}

func (w *world) with(change func(*world)) *world {
	c := *w
	a := *w.c.Agreement
	o := *w.c.Objective
	a.Objectives = []sla.Objective{o}
	c.c.Agreement, c.c.Objective = &a, &a.Objectives[0]
	c.c.Exclusions = slices.Clone(w.c.Exclusions)
	c.entries = slices.Clone(w.entries)
	change(&c)
	return &c
}

func bytesOf(t *rapid.T, v *sla.Verdict) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// below reports whether a is less than b; a verdict without data compares with nothing.
func below(a, b *sla.Verdict) bool {
	return a.Compliance != nil && b.Compliance != nil && a.Compliance.Ratio().Cmp(b.Compliance.Ratio()) < 0
}

func TestComplianceIsAShareOrNothing(t *testing.T) {
	check(t, func(t *rapid.T) {
		_, v := drawn(t)
		if v.Compliance == nil {
			if v.State != sla.NoData {
				t.Fatalf("%s without compliance", v.State)
			}
			return
		}
		if r := v.Compliance.Ratio(); r.Sign() < 0 || r.Cmp(big.NewRat(1, 1)) > 0 {
			t.Fatal(r)
		}
	})
}

func TestEverySecondOfTheServiceHoursIsAccountedFor(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, v := drawn(t)
		hours, err := calendar.Hours(w.c.Agreement.Calendar, v.Part.Intersect(sla.Span{From: v.Part.From, To: w.now}))
		if err != nil {
			t.Fatal(err)
		}
		want := seconds(hours.Length())
		if plus(v.Scope, v.Removed).Cmp(want) != 0 {
			t.Fatalf("scope %s and removed %s, hours %s", v.Scope, v.Removed, want)
		}
		if v.Method == sla.TimeMethod && plus(plus(v.Good, v.Bad), v.Unknown).Cmp(v.Scope) != 0 {
			t.Fatalf("good %s, bad %s, unknown %s, scope %s", v.Good, v.Bad, v.Unknown, v.Scope)
		}
	})
}

func TestTurningGoodIntoBadNeverRaisesCompliance(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, v := drawn(t)
		if len(w.entries) == 0 {
			return
		}
		k := rapid.IntRange(0, len(w.entries)-1).Draw(t, "which")
		worse := w.with(func(w *world) {
			e := &w.entries[k]
			e.Bad, e.Good = e.Bad.Add(e.Good), sla.Amount{}
		}).judge(t)
		if below(v, worse) {
			t.Fatalf("%s became %s", v.Compliance.Ratio(), worse.Compliance.Ratio())
		}
		better := w.with(func(w *world) {
			e := &w.entries[k]
			e.Good, e.Bad = e.Good.Add(e.Bad), sla.Amount{}
		}).judge(t)
		if below(better, v) {
			t.Fatalf("%s became %s", v.Compliance.Ratio(), better.Compliance.Ratio())
		}
	})
}

func TestRemovingBadTimeNeverLowersAndRemovingGoodTimeNeverRaisesCompliance(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, v := drawn(t, sla.Occurrences, sla.TimeMethod)
		if len(w.entries) == 0 || w.c.Agreement.Planned != sla.PlannedRemoved {
			t.Skip()
		}
		e := rapid.SampledFrom(w.entries).Draw(t, "removed")
		without := w.with(func(w *world) {
			w.c.Exclusions = append(w.c.Exclusions, sla.Exclusion{Services: []string{"s"}, Span: e.Span, ApprovedBy: "kim"})
		}).judge(t)
		switch {
		case e.Unknown > 0:
		case e.Good.IsZero() && below(without, v):
			t.Fatalf("without bad time %s became %s", v.Compliance.Ratio(), without.Compliance.Ratio())
		case e.Bad.IsZero() && below(v, without):
			t.Fatalf("without good time %s became %s", v.Compliance.Ratio(), without.Compliance.Ratio())
		}
	})
}

func TestExclusionsAreIdempotentAndWithoutOrder(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, v := drawn(t)
		again := w.with(func(w *world) {
			w.c.Exclusions = append(w.c.Exclusions, w.c.Exclusions...)
			slices.Reverse(w.c.Exclusions)
		}).judge(t)
		if bytesOf(t, v) != bytesOf(t, again) {
			t.Fatalf("%s\n%s", bytesOf(t, v), bytesOf(t, again))
		}
	})
}

func TestAnExclusionOutsideServiceHoursChangesNothing(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, v := drawn(t)
		hours, err := calendar.Hours(w.c.Agreement.Calendar, w.c.Period.Span)
		if err != nil {
			t.Fatal(err)
		}
		again := w.with(func(w *world) {
			for _, s := range calendar.Of(w.c.Period.Span).Subtract(hours) {
				w.c.Exclusions = append(w.c.Exclusions, sla.Exclusion{Services: []string{"s"}, Span: s, ApprovedBy: "kim"})
			}
		}).judge(t)
		if bytesOf(t, v) != bytesOf(t, again) {
			t.Fatalf("%s\n%s", bytesOf(t, v), bytesOf(t, again))
		}
	})
}

func TestCountsOfTwoPartsAddUpAndTheWholeLiesBetween(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, v := drawn(t, sla.Occurrences, sla.TimeMethod)
		cut := w.within(t, w.c.Period.Span).From
		part := func(s sla.Span) *sla.Verdict { return w.with(func(w *world) { w.c.Period.Span = s }).judge(t) }
		a, b := part(sla.Span{From: w.c.Period.From, To: cut}), part(sla.Span{From: cut, To: w.c.Period.To})
		if a == nil || b == nil {
			t.Skip()
		}
		for _, x := range [][3]*big.Rat{{v.Good, a.Good, b.Good}, {v.Bad, a.Bad, b.Bad}, {v.Unknown, a.Unknown, b.Unknown}, {v.Removed, a.Removed, b.Removed}} {
			if plus(x[1], x[2]).Cmp(x[0]) != 0 {
				t.Fatalf("%s and %s do not make %s", x[1], x[2], x[0])
			}
		}
		if (below(v, a) && below(v, b)) || (below(a, v) && below(b, v)) {
			t.Fatalf("%s does not lie between %s and %s", v.Compliance.Ratio(), a.Compliance.Ratio(), b.Compliance.Ratio())
		}
	})
}

func TestAnyOrderAndDuplicationOfEntriesGivesTheSameBytes(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, v := drawn(t)
		again := w.with(func(w *world) {
			for range 3 {
				if len(w.entries) > 0 {
					w.entries = append(w.entries, rapid.SampledFrom(w.entries).Draw(t, "twice"))
				}
			}
			w.entries = rapid.Permutation(w.entries).Draw(t, "order")
		}).judge(t)
		if bytesOf(t, v) != bytesOf(t, again) {
			t.Fatalf("%s\n%s", bytesOf(t, v), bytesOf(t, again))
		}
	})
}

func TestTheNumberShownNeverLooksMetWhenTheVerdictIsNot(t *testing.T) {
	check(t, func(t *rapid.T) {
		_, v := drawn(t)
		if v.Compliance == nil || v.Compliance.Ratio().Cmp(v.Target.Ratio()) >= 0 {
			return
		}
		shown := sla.MustDecimal(v.ComplianceShown())
		if shown.Cmp(*v.Target) >= 0 {
			t.Fatalf("%s shows as %s against %s", v.Compliance.Ratio(), shown, v.Target)
		}
	})
}

// simple gives a closed month of events or seconds that are good and bad as told.
func simple(kind sla.IndicatorKind, target string, good, bad int64) (Case, []sla.Entry) {
	c := benchCase(sla.Occurrences, kind)
	if kind == sla.TimeGauge {
		c.Objective.Method = sla.TimeMethod
		c.Period.To = c.Period.From.Add(sla.Millis(good+bad) * sla.Second)
	}
	d := sla.MustDecimal(target)
	c.Objective.Target, c.Objective.Slices = &d, nil
	return c, []sla.Entry{{Span: c.Period.Span, Good: sla.Whole(good), Bad: sla.Whole(bad)}}
}

func judged1(t *rapid.T, c Case, entries []sla.Entry) *sla.Verdict {
	tally, err := NewTally(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		tally.Add(e)
	}
	v := tally.Verdict(Moment{Now: c.Period.To, Final: c.Period.To})
	return &v
}

func TestEqualityIsMetAndOneMoreBadIsNot(t *testing.T) {
	check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]sla.IndicatorKind{sla.Ratio, sla.TimeGauge}).Draw(t, "kind")
		coef := rapid.Int64Range(1, 9999).Draw(t, "target") // hundredths of a percent
		target := sla.Decimal{Coef: coef, Scale: 2}.String()
		n := rapid.Int64Range(1, 200).Draw(t, "times")
		c, entries := simple(kind, target, coef*n, (10000-coef)*n)
		if v := judged1(t, c, entries); v.State != sla.Met || !v.Certain {
			t.Fatalf("exactly %s%% is %s", target, v.State)
		}
		c, entries = simple(kind, target, coef*n-1, (10000-coef)*n+1)
		if v := judged1(t, c, entries); v.State != sla.Breached {
			t.Fatalf("one bad more than %s%% is %s", target, v.State)
		}
	})
}

func TestCreditsGrowAsComplianceFallsAndStayWithinTheCap(t *testing.T) {
	check(t, func(t *rapid.T) {
		bands, most := drawBands(t)
		charge := sla.Money{Minor: rapid.Int64Range(0, 10_000_000).Draw(t, "charge"), Currency: "EUR"}
		limit := sla.Decimal{Coef: rapid.Int64Range(0, 120).Draw(t, "cap")}
		credit := func(good, bad int64) int64 {
			c, entries := simple(sla.Ratio, "99.9", good, bad)
			c.Agreement.Charge, c.Objective.Credits, c.Objective.CreditCap = &charge, bands, &limit
			v := judged1(t, c, entries)
			if v.Credit == nil || v.Credit.Amount == nil || !v.Credit.Owed {
				t.Fatalf("credit %+v", v.Credit)
			}
			return v.Credit.Amount.Minor
		}
		good := rapid.Int64Range(1, 9999).Draw(t, "good")
		better, worse := credit(good, 10000-good), credit(good-1, 10001-good)
		if worse < better {
			t.Fatalf("%d of 10000 earn %d, one less earns %d", good, better, worse)
		}
		top := charge.Times(limit.Ratio()).Minor
		if better < 0 || worse > top || worse > charge.Times(most.Ratio()).Minor {
			t.Fatalf("credit %d to %d, cap %d", better, worse, top)
		}
	})
}

// drawBands draws bands whose credits grow as their bounds fall.
func drawBands(t *rapid.T) (bands []sla.Band, most sla.Decimal) {
	bound, percent := int64(999), int64(0)
	for range rapid.IntRange(1, 5).Draw(t, "bands") {
		percent += rapid.Int64Range(0, 30).Draw(t, "more")
		upper, credit := sla.Decimal{Coef: bound, Scale: 1}, sla.Decimal{Coef: percent}
		b := sla.Band{Percent: &credit}
		if rapid.Bool().Draw(t, "inclusive") {
			b.AtMost = &upper
		} else {
			b.Below = &upper
		}
		bands, most = append(bands, b), credit
		bound -= rapid.Int64Range(1, 150).Draw(t, "step")
	}
	return bands, most
}

func TestAStricterTargetBreachesASuperset(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, _ := drawn(t, sla.Occurrences, sla.TimeMethod, sla.Timeslices)
		w.c.Objective.Limits = sla.Limits{} // events are bad intervals by the target, so limits see other outages
		stricter := w.with(func(w *world) {
			d := sla.MustDecimal("99.95")
			w.c.Objective.Target = &d
		}).judge(t)
		if v := w.judge(t); v.Target.Cmp(*stricter.Target) < 0 && over(v) && !over(stricter) {
			t.Fatalf("%s at %s, %s at %s", v.State, v.Target, stricter.State, stricter.Target)
		}
	})
}

func over(v *sla.Verdict) bool { return v.State == sla.Failing || v.State == sla.Breached }

func TestAtATargetOfAHundredPercentAnyBadSecondBreaches(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, _ := drawn(t, sla.TimeMethod)
		d := sla.MustDecimal("100")
		v := w.with(func(w *world) { w.c.Objective.Target = &d }).judge(t)
		if v.Bad.Sign() > 0 && v.State != sla.Breached {
			t.Fatalf("%s bad seconds: %s", v.Bad, v.State)
		}
		if v.Bad.Sign() == 0 && v.Unknown.Sign() == 0 && v.State != sla.Met && v.State != sla.NoData {
			t.Fatalf("no bad second: %s", v.State)
		}
	})
}

func TestUnknownTimeIsWorstAsBadAndBestAsGood(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, v := drawn(t)
		if v.Compliance == nil {
			return
		}
		by := map[sla.UnknownRule]*big.Rat{}
		for _, rule := range []sla.UnknownRule{sla.UnknownBad, sla.UnknownRemoved, sla.UnknownGood} {
			x := w.with(func(w *world) { w.c.Agreement.Unknown = rule }).judge(t)
			by[rule] = x.Compliance.Ratio()
			if x.Lowest.Ratio().Cmp(v.Lowest.Ratio()) != 0 || x.Highest.Ratio().Cmp(v.Highest.Ratio()) != 0 {
				t.Fatalf("bounds depend on the term %s", rule)
			}
		}
		low, high := v.Lowest.Ratio(), v.Highest.Ratio()
		order := []*big.Rat{low, by[sla.UnknownBad], by[sla.UnknownRemoved], by[sla.UnknownGood], high}
		if w.c.Objective.Method == sla.Occurrences {
			order = []*big.Rat{low, by[sla.UnknownRemoved], high}
		}
		if !slices.IsSortedFunc(order, func(a, b *big.Rat) int { return a.Cmp(b) }) {
			t.Fatal(order)
		}
	})
}

func TestJudgingInIncrementsEqualsJudgingAtOnce(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, _ := drawn(t)
		step, err := NewTally(w.c)
		if err != nil {
			t.Fatal(err)
		}
		once, _ := NewTally(w.c)
		for i, e := range w.entries {
			step.Add(e)
			once.Add(e)
			if rapid.IntRange(0, 3).Draw(t, "look") == 0 {
				m := Moment{Now: e.To, Final: e.From}
				a, b := step.Verdict(m), judgedUpTo(t, w, i, m)
				if bytesOf(t, &a) != bytesOf(t, &b) {
					t.Fatalf("on the way %s\n%s", bytesOf(t, &a), bytesOf(t, &b))
				}
			}
		}
		m := Moment{Now: w.c.Period.To, Final: w.c.Period.To}
		a, b := step.Verdict(m), once.Verdict(m)
		if bytesOf(t, &a) != bytesOf(t, &b) {
			t.Fatalf("%s\n%s", bytesOf(t, &a), bytesOf(t, &b))
		}
		w.now, w.final = w.c.Period.To, sla.Forever
		c := w.judge(t)
		if bytesOf(t, c) != bytesOf(t, &a) {
			t.Fatalf("%s\n%s", bytesOf(t, c), bytesOf(t, &a))
		}
	})
}

// judgedUpTo judges the first entries up to i at once.
func judgedUpTo(t *rapid.T, w *world, i int, m Moment) sla.Verdict {
	tally, err := NewTally(w.c)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range w.entries[:i+1] {
		tally.Add(e)
	}
	return tally.Verdict(m)
}

func TestASerialCeilingIsNoHigherThanAnyPartAndARedundantOneNoLower(t *testing.T) {
	check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 5).Draw(t, "parts")
		cat := &sla.Catalogue{}
		var names []string
		var targets []*big.Rat
		for i := range n {
			d := sla.Decimal{Coef: rapid.Int64Range(1, 1000).Draw(t, "target"), Scale: 1}
			name := string(rune('a' + i))
			names, targets = append(names, name), append(targets, d.Ratio())
			cat.Agreements = append(cat.Agreements, sla.Agreement{
				Name: name, Valid: sla.Span{From: sla.Always, To: sla.Forever},
				Objectives: []sla.Objective{{Name: "o", Target: &d}},
			})
		}
		top := sla.Agreement{Name: "top", Valid: sla.Span{From: sla.Always, To: sla.Forever}}
		for _, name := range names {
			top.ReliesOn = append(top.ReliesOn, sla.Reliance{AnyOf: []string{name}})
		}
		serial := CeilingOf(cat, &top, "o")
		top.ReliesOn = []sla.Reliance{{AnyOf: names}}
		redundant := CeilingOf(cat, &top, "o")
		for _, x := range targets {
			if serial.Ratio.Cmp(x) > 0 || redundant.Ratio.Cmp(x) < 0 {
				t.Fatalf("serial %s, redundant %s, part %s", serial.Ratio, redundant.Ratio, x)
			}
		}
	})
}
