package report

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// alone is the input of the review mail() without what it relies on.
func alone(t *testing.T) (in Input, terms *sla.Agreement) {
	in = november(t)
	terms = &in.Book.Catalogue.Agreements[0]
	terms.ReliesOn = nil
	return in, terms
}

// facts replaces the facts of the indicator mail-up.
func facts(in *Input, entries []sla.Entry) {
	in.Book.Facts = func(_ string, w sla.Span) ([]sla.Entry, error) { return within(entries, w), nil }
}

func says(t *testing.T, r *Review, sentences ...string) {
	t.Helper()
	for _, s := range sentences {
		if !strings.Contains(r.Summary.Text, s) {
			t.Errorf("the summary %q lacks %q", r.Summary.Text, s)
		}
	}
}

func TestANewVersionWithinThePeriodMakesARowPerPart(t *testing.T) {
	in, terms := alone(t)
	in.Breaches = nil
	next := *terms
	change := clock(t, "2026-11-11 00:00:00")
	terms.Valid.To, next.Valid.From, next.Version = change, change, 3
	in.Book.Catalogue.Agreements = append(in.Book.Catalogue.Agreements, next)
	r := build(t, in)
	if len(r.Objectives) != 2 || r.Objectives[0].Part == nil || r.Objectives[1].Part == nil {
		t.Fatalf("want two parts, got %+v", r.Objectives)
	}
	if p := *r.Objectives[0].Part; p != (Part{2, "2026-11-01T00:00:00+01:00", "2026-11-11T00:00:00+01:00"}) {
		t.Errorf("first part %+v", p)
	}
	if p := *r.Objectives[1].Part; p != (Part{3, "2026-11-11T00:00:00+01:00", "2026-12-01T00:00:00+01:00"}) {
		t.Errorf("second part %+v", p)
	}
	if a, b := r.Objectives[0].State, r.Objectives[1].State; a != sla.Met || b != sla.Breached {
		t.Errorf("states %s, %s", a, b)
	}
	if s := r.Summary; r.Report.Version != 3 || s.Met != 0 || s.Judged != 1 || s.Breaches != 1 {
		t.Errorf("version %d, summary %+v", r.Report.Version, s)
	}
	says(t, r, "Version 3 applies from 11 Nov 2026, 00:00.", "Availability under version 3 was 99.82% against 99.9%")
}

func TestAFirstMonthSaysSinceWhenAnythingIsKnown(t *testing.T) {
	in, terms := alone(t)
	since := clock(t, "2026-11-10 06:00:00")
	facts(&in, uptime(sla.Span{From: since, To: in.Period.To}, nil, nil))
	r := build(t, in)
	o := r.Objectives[0]
	says(t, r, "Facts exist from 10 Nov 2026, 06:00 on; what came before is unknown.", "Availability is inconclusive: between 69.35% and 100.00%.")
	if len(o.History) != 0 || o.State != sla.Met || !o.Inconclusive || o.Unknown != "792000" {
		t.Errorf("history %v, state %s, unknown %s", o.History, o.State, o.Unknown)
	}
	if got := r.Unready(sla.MustDecimal("95")); got != "availability: completeness 69.35% is below 95%" {
		t.Errorf("it may be issued: %q", got)
	}
	terms.Valid.From = since
	r = build(t, in)
	says(t, r, "The agreement is in force from 10 Nov 2026, 06:00.")
	if o = r.Objectives[0]; o.Unknown != "0" || o.Part == nil || strings.Contains(r.Summary.Text, "exist from") {
		t.Errorf("unknown %s, part %v, summary %s", o.Unknown, o.Part, r.Summary.Text)
	}
}

func TestWithoutFactsNothingIsMadeUp(t *testing.T) {
	in, _ := alone(t)
	in.Breaches = nil
	facts(&in, nil)
	r := build(t, in)
	o := r.Objectives[0]
	if o.Compliance != nil || o.State != sla.NoData || o.Completeness.Shown != "0.00" || o.Breach != nil || len(r.Credits) != 0 {
		t.Errorf("%+v", o)
	}
	if r.Summary.Text != "No target could be judged: no data." || r.Summary.NoData != 1 || r.Measures[0].Value != "" {
		t.Errorf("summary %+v, targets met %q", r.Summary, r.Measures[0].Value)
	}
}

func TestAnOpenPeriodSaysSo(t *testing.T) {
	in, _ := alone(t)
	in.Breaches, in.Now = nil, clock(t, "2026-11-12 12:00:00")
	in.Book.Final = func(string) sla.Instant { return clock(t, "2026-11-12 11:00:00") }
	r := build(t, in)
	says(t, r, "0 of 1 targets are met so far.", "has accrued")
	if o := r.Objectives[0]; !o.Provisional || r.Unready(sla.MustDecimal("95")) == "" || r.Credits[0].Status != Accrued {
		t.Errorf("provisional %v, credits %+v", o.Provisional, r.Credits)
	}
	if last := r.Objectives[0].Days; last[len(last)-1].Date != "2026-11-12" {
		t.Errorf("days beyond now: %v", last)
	}
}

func TestDaysAddUpToThePeriodWhateverTheMethod(t *testing.T) {
	for _, method := range []sla.Method{sla.TimeMethod, sla.Timeslices} {
		in, terms := alone(t)
		in.Breaches = nil
		o := &terms.Objectives[0]
		o.Method = method
		if method == sla.Timeslices {
			above := sla.MustDecimal("5")
			o.Slices = &sla.Slices{Length: 7 * sla.Minute, BadAbove: &above, MinRun: 5 * sla.Minute, Empty: sla.EmptySkipped}
		}
		down := []sla.Span{span(t, "2026-11-03 23:50:00", "2026-11-04 00:20:00"), span(t, "2026-11-20 05:00:00", "2026-11-20 05:30:00")}
		facts(&in, uptime(in.Period.Span, down, []sla.Span{span(t, "2026-11-20 10:00:00", "2026-11-20 13:00:00")}))
		objective := build(t, in).Objectives[0]
		bad, unknown, removed := new(big.Rat), new(big.Rat), new(big.Rat)
		for _, d := range objective.Days {
			bad.Add(bad, d.Bad.Rat())
			unknown.Add(unknown, d.Unknown.Rat())
			removed.Add(removed, d.Removed.Rat())
		}
		if Exactly(bad) != objective.Bad || Exactly(unknown) != objective.Unknown || Exactly(removed) != objective.Removed {
			t.Errorf("%s: days come to %s, %s, %s, want %s, %s, %s", method,
				Exactly(bad), Exactly(unknown), Exactly(removed), objective.Bad, objective.Unknown, objective.Removed)
		}
		var dates []string
		for _, d := range objective.Days {
			dates = append(dates, d.Date)
		}
		if got := strings.Join(dates, " "); got != "2026-11-03 2026-11-04 2026-11-08 2026-11-20" {
			t.Errorf("%s: days %s", method, got)
		}
	}
}

func TestAnUnapprovedExclusionIsListedWithoutEffect(t *testing.T) {
	in, _ := alone(t)
	x := &in.Book.Catalogue.Exclusions[0]
	x.ApprovedBy, x.ApprovedOn = "", nil
	r := build(t, in)
	if row := r.Exclusions[0]; row.Effect != EffectNone || row.ApprovedBy != "" || r.Objectives[0].WithoutExclusions != nil || r.Objectives[0].Removed != "0" {
		t.Errorf("%+v, removed %s", row, r.Objectives[0].Removed)
	}
	x.Withdrawn = true
	if r = build(t, in); len(r.Exclusions) != 0 {
		t.Errorf("withdrawn, and listed: %+v", r.Exclusions)
	}
}

func TestAMeanIsShownByItsValueAndBound(t *testing.T) {
	in, terms := alone(t)
	in.Breaches = nil
	bound := sla.MustDecimal("0.25")
	o := &terms.Objectives[0]
	o.Target, o.AtMost, o.Method, o.Credits = nil, &bound, sla.MeanMethod, nil
	in.Book.Catalogue.Indicators[0].Kind = sla.MeanCounter
	facts(&in, []sla.Entry{{Span: span(t, "2026-11-20 00:00:00", "2026-11-20 01:00:00"), Good: sla.Nanos(2_711_000_000), Bad: sla.Whole(10)}})
	r := build(t, in)
	got := r.Objectives[0]
	if *got.Compliance != (Share{"0.2711", "2.711", "10"}) || got.Target.AtMost != "0.25" || got.Budget != nil || got.Good != "" || got.Credit != nil || got.Unit != UnitValue {
		t.Errorf("%+v", got)
	}
	says(t, r, "Availability was 0.2711 against at most 0.25.")
	if text := string(sealed(t, r)); !strings.Contains(text, "\"target\": {\n        \"at_most\": 0.25\n      },") {
		t.Error("the bound does not stand in the document as {at_most}")
	}
}

func TestALimitThatIsExceededIsNamed(t *testing.T) {
	in, terms := alone(t)
	in.Breaches = nil
	longest, target := 10*sla.Minute, sla.MustDecimal("99")
	terms.Objectives[0].Limits.LongestOutage, terms.Objectives[0].Target = &longest, &target
	says(t, build(t, in), "Availability was 99.8% against 99%, but a limit was exceeded: an outage of 50 min, 10 min allowed.")
}

func TestARollingWindowIsJudgedAtTheEndOfTheMonth(t *testing.T) {
	in, terms := alone(t)
	in.Breaches = nil
	terms.Period = sla.PeriodTerm{Kind: sla.PeriodRolling, Rolling: 20 * sla.Day}
	r := build(t, in)
	says(t, r, "Judged over the 20 d before 1 Dec 2026, 00:00.")
	if r.Report.Period != "2026-11" || r.Objectives[0].Scope != "1728000" || r.Objectives[0].Bad != "3000" {
		t.Errorf("period %s, scope %s, bad %s", r.Report.Period, r.Objectives[0].Scope, r.Objectives[0].Bad)
	}
	if h := r.Objectives[0].History; len(h) != 1 || h[0].Period != "2026-10" {
		t.Errorf("history %+v", h)
	}
}

func TestFiguresAreTheSameWhateverTheRevision(t *testing.T) {
	in, _ := alone(t)
	first := build(t, in)
	in.Imprint = Imprint{Revision: 9, Program: "slmd 2.0.0", AuditHead: "ff"}
	second := build(t, in)
	if same, err := SameFigures(first, second); err != nil || !same {
		t.Errorf("two revisions with the same figures differ: %v", err)
	}
	second.Summary.Text = "In other words."
	if same, err := SameFigures(first, second); err != nil || !same {
		t.Errorf("the words of a later version make a difference: %v", err)
	}
	in.Book.Catalogue.Exclusions[0].Withdrawn = true
	if same, err := SameFigures(first, build(t, in)); err != nil || same {
		t.Errorf("an exclusion less makes no difference: %v", err)
	}
}

func TestMeasuresCoverAllAgreementsOfTheCustomer(t *testing.T) {
	in, terms := alone(t)
	other := *terms
	other.Name, other.Objectives = "post-sla", []sla.Objective{terms.Objectives[0]}
	easy := sla.MustDecimal("90")
	other.Objectives[0].Target, other.ReviewEvery = &easy, 6
	in.Book.Catalogue.Agreements = append(in.Book.Catalogue.Agreements, other)
	in.Book.Catalogue.Services = append(in.Book.Catalogue.Services, sla.Service{Name: "fax", Status: sla.Live, BusinessOwner: "retail"})
	r := build(t, in)
	want := map[string]Measure{
		"targets_met":        {Value: "50.00", Previous: "100.00", Change: "-50.00"},
		"breaches_critical":  {Value: "1", Previous: "0"},
		"current_agreements": {Value: "50.00", Previous: "50.00", Change: "0.00"},
		"satisfaction":       {},
	}
	if len(r.Measures) != 12 {
		t.Errorf("%d rows of measures", len(r.Measures))
	}
	for _, m := range r.Measures {
		if w, ok := want[m.Name]; ok && (w.Value != m.Value || w.Previous != m.Previous || w.Change != m.Change) {
			t.Errorf("%s: got %+v, want %+v", m.Name, m, w)
		}
	}
}

func TestWhatDoesNotPrintIsTakenOutOfTexts(t *testing.T) {
	if got := clean("a\x00b\x7fc\xff\nd"); got != "a\ufffdb\ufffdc\ufffd\nd" {
		t.Errorf("got %q", got)
	}
}

func TestOutagesUnderOnePercentOfTheBudgetAreSummedNotListed(t *testing.T) {
	in, terms := alone(t)
	in.Breaches = nil
	easy := sla.MustDecimal("90")
	terms.Objectives[0].Target = &easy
	facts(&in, uptime(in.Period.Span, []sla.Span{
		span(t, "2026-11-03 10:00:00", "2026-11-03 10:05:00"), span(t, "2026-11-12 09:00:00", "2026-11-12 09:50:00"),
	}, nil))
	o := build(t, in).Objectives[0]
	if len(o.Outages) != 1 || o.Outages[0].Bad != "3000" || o.Totals.Count != 2 || o.Totals.Small != 1 || o.Totals.SmallBad != "300" {
		t.Errorf("listed %+v, totals %+v", o.Outages, o.Totals)
	}
}

// measured gives a measure by its name.
func measured(t *testing.T, r *Review, name string) Measure {
	t.Helper()
	for _, m := range r.Measures {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("there is no measure %s", name)
	return Measure{}
}

func TestABreachCountsForThoseWhoCausedMostOfIt(t *testing.T) {
	r := build(t, november(t))
	if m := measured(t, r, "breaches_third_party"); m.Value != "1" || m.Previous != "0" {
		t.Errorf("third party: %+v", m)
	}
	if m := measured(t, r, "breaches_internal"); m.Value != "0" {
		t.Errorf("internal: %+v", m)
	}
}

func TestAnAgreementWhoseReviewIsOverdueIsNotCurrent(t *testing.T) {
	in, terms := alone(t)
	terms.ReviewEvery = 6
	if m := measured(t, build(t, in), "current_agreements"); m.Value != "0.00" {
		t.Errorf("ten months after it began, reviewed every six: %+v", m)
	}
	terms.ReviewEvery = 12
	if m := measured(t, build(t, in), "current_agreements"); m.Value != "100.00" {
		t.Errorf("ten months after it began, reviewed every twelve: %+v", m)
	}
}

func TestAGapAfterEarlierFactsIsNoBeginning(t *testing.T) {
	in, _ := alone(t)
	october := uptime(month(t, "2026-10").Span, nil, nil)
	facts(&in, append(october, uptime(span(t, "2026-11-10 00:00:00", "2026-12-01 00:00:00"), nil, nil)...))
	if r := build(t, in); strings.Contains(r.Summary.Text, "exist from") {
		t.Errorf("facts of October exist: %s", r.Summary.Text)
	}
}

func TestAReviewCanBeComparedWithoutThePastThatIsGone(t *testing.T) {
	r := &Review{
		Objectives: []Objective{{History: []History{{Period: "2026-09"}, {Period: "2026-10"}}}},
		Measures:   []Measure{{Name: "targets_met", Value: "100.00", Previous: "50.00", Change: "50.00"}},
	}
	bare := r.WithoutPast(func(period string) bool { return period < "2026-10" }, true)
	if h := bare.Objectives[0].History; len(h) != 1 || h[0].Period != "2026-10" {
		t.Errorf("the history is %+v", h)
	}
	if bare.Measures[0] != (Measure{Name: "targets_met", Value: "100.00"}) {
		t.Errorf("the measure is %+v", bare.Measures[0])
	}
	if len(r.Objectives[0].History) != 2 || r.Measures[0].Previous != "50.00" {
		t.Error("the review itself was changed")
	}
	if kept := r.WithoutPast(func(string) bool { return false }, false); len(kept.Objectives[0].History) != 2 || kept.Measures[0].Change != "50.00" {
		t.Errorf("what is kept is left out: %+v", kept)
	}
}

func TestWhatRestsOnApproximateFactsIsMarkedAndNothingElse(t *testing.T) {
	in := november(t)
	given := in.Book.Facts
	in.Book.Facts = func(name string, w sla.Span) ([]sla.Entry, error) {
		entries, err := given(name, w)
		entries = slices.Clone(entries)
		if october := month(t, "2026-10").Span; name == "mail-up" && w.From >= october.From && w.To <= october.To {
			for i := range entries {
				entries[i].Approximate = true
			}
		}
		return entries, err
	}
	plain, marked := build(t, november(t)), build(t, in)
	if plain.Approximate() || !marked.Approximate() {
		t.Fatalf("approximate: %v where nothing is, %v where October is", plain.Approximate(), marked.Approximate())
	}
	if o := marked.Objectives[0]; o.Approximate || !o.History[len(o.History)-1].Approximate {
		t.Errorf("November is approximate: %v; October: %+v", o.Approximate, o.History)
	}
	text, err := plain.Marshal()
	if err != nil || strings.Contains(string(text), "approximate") {
		t.Errorf("an exact review speaks of approximation (%v)", err)
	}
	if same, err := SameFigures(plain, marked); err != nil || !same {
		t.Errorf("a review of before the mark differs from one with it (%v)", err)
	}
	other := build(t, in)
	other.Objectives[0].Approximate = true
	if same, err := SameFigures(marked, other); err != nil || same {
		t.Errorf("reviews that mark different figures are the same (%v)", err)
	}
	if !marked.Objectives[0].History[len(marked.Objectives[0].History)-1].Approximate {
		t.Error("comparing took the mark out of the review itself")
	}
}

func TestASupporterThatIsApproximateIsMarked(t *testing.T) {
	in := november(t)
	given := in.Book.Facts
	in.Book.Facts = func(name string, w sla.Span) ([]sla.Entry, error) {
		entries, err := given(name, w)
		entries = slices.Clone(entries)
		for i := range entries {
			entries[i].Approximate = name != "mail-up"
		}
		return entries, err
	}
	r := build(t, in)
	if s := r.Supporting.Agreements; len(s) == 0 || !s[0].Approximate || r.Objectives[0].Approximate || !r.Approximate() {
		t.Errorf("the supporters are %+v, the objective is approximate: %v", s, r.Objectives[0].Approximate)
	}
	if bare := build(t, november(t)); bare.Supporting.Agreements[0].Approximate {
		t.Error("an exact supporter is marked")
	} else if same, err := SameFigures(bare, r); err != nil || !same {
		t.Errorf("a review of before the mark differs from one with it (%v)", err)
	}
}
