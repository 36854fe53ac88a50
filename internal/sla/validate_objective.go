package sla

import "fmt"

func (v *validation) objective(path string, a *Agreement, o *Objective) {
	known := refer(v, path+".indicator", o.Indicator, "indicator", v.indicators)
	v.goal(path, o)
	v.share(path+".at_risk", "at_risk", &o.AtRisk)
	v.credits(path, a, o)
	if o.MergeGap < 0 || o.MergeGap > 31*Day {
		v.problem(path+".merge_gap", "merge_gap must be from 0s to 31d")
	}
	if l := o.Limits.LongestOutage; l != nil && *l > 366*Day {
		v.problem(path+".limits.longest_outage", "longest_outage must be at most 366d")
	}
	if !known {
		return
	}
	i := v.indicators[o.Indicator]
	if i.Kind == "" || i.Facts() == "" {
		return // that it says not what it counts is said already
	}
	v.method(path, a, o, i)
	v.slices(path, a, o, i)
	if o.MinEvents > 0 && i.Facts() == Time {
		v.problem(path+".min_events", "min_events counts events and the indicator %s counts time: leave it out", i.Name)
	}
}

// goal asks for a target, or for one bound of a mean.
func (v *validation) goal(path string, o *Objective) {
	switch {
	case o.Target != nil && (o.AtMost != nil || o.AtLeast != nil):
		v.problem(path, "an objective has a target, or at_most or at_least for a mean: leave one out")
	case o.Target != nil:
		v.target(path+".target", *o.Target)
	case o.AtMost != nil && o.AtLeast != nil:
		v.problem(path, "a mean has one bound: leave at_most or at_least out")
	case o.AtMost == nil && o.AtLeast == nil:
		v.problem(path, "target is missing: such as target: 99.9%%, or at_most or at_least for a mean")
	}
}

// method asks that the method, the goal and what the indicator counts fit together.
func (v *validation) method(path string, a *Agreement, o *Objective, i *Indicator) {
	facts := i.Facts()
	fits := map[FactKind][]Method{
		Events: {Occurrences, Timeslices, RatioTimeslices},
		Time:   {TimeMethod, Occurrences, Timeslices, RatioTimeslices},
		Mean:   {MeanMethod},
	}[facts]
	ok := false
	for _, m := range fits {
		ok = ok || m == o.Method
	}
	switch {
	case !ok:
		v.problem(path+".method", "the method %s does not fit the indicator %s, which counts %s: write %s", o.Method, i.Name, factWord[facts], join(fits))
	case facts == Mean && o.Target != nil:
		v.problem(path+".target", "the indicator %s is a mean: write at_most or at_least instead of target", i.Name)
	case facts != Mean && o.Target == nil && (o.AtMost != nil || o.AtLeast != nil):
		v.problem(path, "the indicator %s counts %s: write a target in percent instead of at_most or at_least", i.Name, factWord[facts])
	}
	if a.Unknown == UnknownRemoved || facts == Time || o.Method == Timeslices || o.Method == RatioTimeslices {
		return
	}
	if facts == Mean {
		v.warn(path, "unknown: %s has no effect on %s, which is a mean", a.Unknown, o.Name)
		return
	}
	v.problem(path, "unknown: %s needs a time indicator or slices and %s counts plain events: write unknown: removed or give it slices", a.Unknown, o.Name)
}

var factWord = map[FactKind]string{Events: "events", Time: "time", Mean: "a sum and a count"}

func join(methods []Method) string {
	s := string(methods[0])
	for i, m := range methods[1:] {
		if i == len(methods)-2 {
			s += " or " + string(m)
		} else {
			s += ", " + string(m)
		}
	}
	return s
}

func (v *validation) slices(path string, a *Agreement, o *Objective, i *Indicator) {
	sliced := o.Method == Timeslices || o.Method == RatioTimeslices
	s := o.Slices
	switch {
	case s == nil && sliced:
		v.problem(path, "the method %s needs slices: such as slices: {length: 1m, bad_above: 5%%}", o.Method)
	case s != nil && !sliced:
		v.problem(path+".slices", "slices are for the methods timeslices and ratio_timeslices: write one of them as method")
	case s != nil:
		at := path + ".slices"
		v.sliceLength(at+".length", a.Period, s.Length)
		v.sliceRule(at, o.Method, s)
		if s.Length > 0 && s.Length < i.Interval && i.Kind != Entries {
			v.warn(at+".length", "slices of %s are shorter than the interval of %s (%s): each counts its share of a whole interval", FormatDuration(s.Length), i.Name, FormatDuration(i.Interval))
		}
	}
}

// sliceLength asks that slices fill their period evenly: a calendar's days, of
// which every period consists, a week, or the rolling window.
func (v *validation) sliceLength(path string, p PeriodTerm, length Millis) {
	switch {
	case length <= 0:
		v.problem(path, "a slice must be longer than nothing, such as 1m")
	case p.Kind == PeriodRolling && p.Rolling%length != 0:
		v.problem(path, "slices of %s do not divide the period evenly: take a length of which %s is a multiple", FormatDuration(length), FormatDuration(p.Rolling))
	case p.Kind == PeriodWeek && 7*Day%length == 0:
	case p.Kind != PeriodRolling && (length > Day || Day%length != 0):
		v.problem(path, "slices of %s do not divide the period evenly: take a length that divides a day, such as 1m, 5m or 1h", FormatDuration(length))
	}
}

func (v *validation) sliceRule(path string, m Method, s *Slices) {
	if m == RatioTimeslices {
		if s.BadAbove != nil || s.BadAt != nil || s.MinRun != 0 {
			v.problem(path, "ratio_timeslices takes the mean of the slices: leave bad_above, bad_at and min_run out")
		}
		return
	}
	switch {
	case s.BadAbove != nil && s.BadAt != nil:
		v.problem(path, "a slice is bad above a share or at one: leave bad_above or bad_at out")
	case s.BadAbove == nil && s.BadAt == nil:
		v.problem(path, "bad_above or bad_at is missing: it says from which bad share on a slice is bad")
	case s.BadAbove != nil && s.BadAbove.Cmp(hundred) >= 0:
		v.problem(path+".bad_above", "no slice is bad by more than %s%%: write bad_at: 100%%", s.BadAbove)
	case s.BadAt != nil && s.BadAt.Sign() <= 0:
		v.problem(path+".bad_at", "every slice is bad by 0%%: write bad_above: 0%%")
	}
	v.share(path+".bad_above", "bad_above", s.BadAbove)
	v.share(path+".bad_at", "bad_at", s.BadAt)
	if s.MinRun != 0 && s.MinRun < s.Length {
		v.problem(path+".min_run", "min_run is shorter than a slice (%s): write at least that, or leave it out", FormatDuration(s.Length))
	}
}

// credits checks a credit table: each line by itself, then all together.
func (v *validation) credits(path string, a *Agreement, o *Objective) {
	for i := range o.Credits {
		v.band(fmt.Sprintf("%s.credits[%d]", path, i), a, o, &o.Credits[i])
	}
	v.share100(path+".credit_cap", "credit_cap", o.CreditCap)
	if o.CreditMinimum != nil && o.CreditMinimum.Minor < 0 {
		v.problem(path+".credit_minimum", "a credit_minimum of %s: it cannot be negative", o.CreditMinimum)
	}
	if o.CreditMinimum != nil && a.Charge != nil && a.Charge.Currency != o.CreditMinimum.Currency {
		v.problem(path+".credit_minimum", "the credit_minimum is in %s and the charge in %s: write both in one currency", o.CreditMinimum.Currency, a.Charge.Currency)
	}
	v.cover(path+".credits", o)
}

// share100 allows up to ten times the whole, as some contracts pay back more than was paid.
func (v *validation) share100(path, what string, d *Decimal) {
	if d != nil && (d.Sign() < 0 || d.Cmp(Decimal{Coef: 1000}) > 0) {
		v.problem(path, "%s of %s%%: it must be from 0%% to 1000%%", what, d)
	}
}

func (v *validation) band(path string, a *Agreement, o *Objective, b *Band) {
	v.share100(path+".credit", "a credit", b.Percent)
	if b.Fixed != nil && b.Fixed.Minor < 0 {
		v.problem(path+".credit", "a credit of %s: it cannot be negative", b.Fixed)
	}
	if b.Fixed != nil && a.Charge != nil && a.Charge.Currency != b.Fixed.Currency {
		v.warn(path+".credit", "the credit is in %s and the charge in %s: amounts of different currencies are never added", b.Fixed.Currency, a.Charge.Currency)
	}
	if b.Below != nil && b.AtMost != nil || b.AtLeast != nil && b.Above != nil {
		v.problem(path, "a band has one upper bound (below or at_most) and one lower (at_least or above): leave one out")
		return
	}
	if b.Per == 0 && b.Below == nil && b.AtMost == nil && b.AtLeast == nil && b.Above == nil {
		v.problem(path, "the band says not when it applies: give it below or at_most, such as below: 99.9%%")
	}
	if b.Per < 0 {
		v.problem(path+".per", "per must be longer than nothing, such as 30m")
	}
	v.per(path+".per", o, b)
	if o.Target != nil {
		for _, d := range []*Decimal{b.Below, b.AtMost, b.AtLeast, b.Above} {
			v.share(path, "a bound", d)
		}
	}
	s := bandSpan(b)
	if s.lo != nil && s.hi != nil && (s.lo.Cmp(*s.hi) > 0 || s.lo.Cmp(*s.hi) == 0 && (s.loOpen || s.hiOpen)) {
		v.problem(path, "the band holds no value: its lower bound must lie below its upper one")
	}
}

// per asks that what is due for each length of bad time comes with bad time.
func (v *validation) per(path string, o *Objective, b *Band) {
	counted := ""
	switch {
	case b.Per == 0:
	case o.Method == Occurrences && v.countsEvents(o):
		counted = "events"
	case o.Method == RatioTimeslices:
		counted = "the ratios of slices"
	case o.Method == MeanMethod:
		counted = "a mean"
	}
	if counted != "" {
		v.problem(path, "per is for bad time and the objective counts %s: use the method time or timeslices, or leave it out", counted)
	}
}

func (v *validation) countsEvents(o *Objective) bool {
	i, ok := v.indicators[o.Indicator]
	return ok && i.Facts() == Events
}
