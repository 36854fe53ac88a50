package report

import (
	"fmt"
	"math/big"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// source is what stands behind a verdict: its case and the facts that were judged.
type source struct {
	judge.Case
	entries []sla.Entry
}

func (d *desk) objectives(r *Review) error {
	past, err := d.history()
	if err != nil {
		return err
	}
	r.Objectives = []Objective{}
	for i := range d.verdicts {
		v := &d.verdicts[i]
		s, err := d.source(v)
		if err != nil {
			return err
		}
		d.sources = append(d.sources, s)
		o := d.objective(v, s)
		if o.Days, err = d.days(v, s); err != nil {
			return err
		}
		if actsIn(r.Exclusions) {
			if o.WithoutExclusions, err = d.withoutExclusions(v, s); err != nil {
				return err
			}
		}
		if o.Breach, err = d.breach(v); err != nil {
			return err
		}
		o.History = past[v.Objective]
		r.Objectives = append(r.Objectives, o)
	}
	return nil
}

// source finds the case that v judges, and reads its facts.
func (d *desk) source(v *sla.Verdict) (source, error) {
	for _, c := range d.cases {
		if c.Agreement.Version != v.Version || c.Objective.Name != v.Objective {
			continue
		}
		passed := v.Part.Intersect(sla.Span{From: v.Part.From, To: d.Now})
		entries, err := d.Book.Facts(v.Indicator, passed)
		if err != nil {
			return source{}, fmt.Errorf("reading the facts of %s: %w", v.Indicator, err)
		}
		return source{c, entries}, nil
	}
	return source{}, errNoCase(v)
}

func (d *desk) objective(v *sla.Verdict, s source) Objective {
	o := Objective{
		Name: v.Objective, Indicator: v.Indicator, Kind: v.Facts, Method: v.Method, Unit: unitOf(v),
		Severity: s.Objective.Severity, Target: targetOf(s.Objective), State: v.State,
		Provisional: v.Provisional, Certain: v.Certain, Inconclusive: v.Inconclusive,
		Compliance: achieved(v), Lowest: percent(v.Lowest, v.Target), Highest: percent(v.Highest, v.Target),
		Good: Exactly(v.Good), Bad: Exactly(v.Bad), Unknown: Exactly(v.Unknown), Removed: Exactly(v.Removed), Scope: Exactly(v.Scope),
		Completeness: percent(v.Completeness, nil), Approximate: v.Approximate, Budget: budgetOf(v),
		Outages: d.outages(v), Totals: totalsOf(v), Credit: reached(v.Credit), History: []History{},
	}
	if v.Part != d.window.Span {
		o.Part = &Part{Version: v.Version, From: d.stamp(v.Part.From), To: d.stamp(v.Part.To)}
	}
	return o
}

func unitOf(v *sla.Verdict) Unit {
	switch {
	case v.Facts == sla.Mean:
		return UnitValue
	case v.Facts == sla.Time, v.Method == sla.Timeslices:
		return UnitSeconds
	}
	return UnitEvents
}

func targetOf(o *sla.Objective) Target {
	switch {
	case o.Target != nil:
		r := o.Target.Ratio()
		return Target{Share: Share{Shown: o.Target.String(), Num: Number(r.Num().String()), Den: Number(r.Denom().String())}}
	case o.AtMost != nil:
		return Target{AtMost: number(o.AtMost.Rat(), int(o.AtMost.Scale))}
	case o.AtLeast != nil:
		return Target{AtLeast: number(o.AtLeast.Rat(), int(o.AtLeast.Scale))}
	}
	return Target{}
}

// percent gives a share as it is shown beside a target; nil of nil.
func percent(s *sla.Share, target *sla.Decimal) *Share {
	if s == nil {
		return nil
	}
	return shareOf(s.Num, s.Den, sla.ShownDecimals(target))
}

// meanDecimals is how many decimals the value of a mean is shown with.
const meanDecimals = 6

// achieved gives the compliance, or a mean's value: the sum and the count.
func achieved(v *sla.Verdict) *Share {
	if v.Value == nil {
		return percent(v.Compliance, v.Target)
	}
	return fraction(v.Value.Num, v.Value.Den, string(number(v.Value.Ratio(), meanDecimals)))
}

func budgetOf(v *sla.Verdict) *Budget {
	if v.Budget == nil {
		return nil
	}
	b := &Budget{Allowed: Exactly(v.Budget.Allowed), Left: Exactly(v.Budget.Left)}
	if v.Budget.Allowed.Sign() != 0 {
		b.LeftShare = shareOf(v.Budget.Left, v.Budget.Allowed, 2)
	}
	return b
}

func (d *desk) outages(v *sla.Verdict) []Outage {
	out := []Outage{}
	for _, o := range v.Outages {
		if o.Small {
			continue
		}
		row := Outage{From: d.stamp(o.From), To: d.stamp(o.To), Bad: Exactly(o.Bad), Attribution: []Attribution{}}
		if v.Budget != nil && v.Budget.Allowed.Sign() > 0 && o.Bad != nil {
			row.BudgetShare = shareOf(o.Bad, v.Budget.Allowed, 2)
		}
		for _, a := range o.Attribution {
			row.Attribution = append(row.Attribution, Attribution{a.Class, Text(a.Agreement), Exactly(a.Bad)})
		}
		out = append(out, row)
	}
	return out
}

func totalsOf(v *sla.Verdict) Totals {
	t := v.Totals
	return Totals{
		Count: t.Count, Small: t.Small, SmallBad: Exactly(orZero(t.SmallBad)),
		Longest: InSeconds(t.Longest), MTRS: Exactly(t.MTRS), MTBF: Exactly(t.MTBF),
	}
}

func orZero(r *big.Rat) *big.Rat {
	if r == nil {
		return new(big.Rat)
	}
	return r
}

// withoutExclusions gives the compliance by the same terms had no exclusion counted.
func (d *desk) withoutExclusions(v *sla.Verdict, s source) (*Share, error) {
	terms := *s.Agreement
	terms.Planned = sla.PlannedCounted
	s.Agreement = &terms
	again, err := judge.NewTally(s.Case)
	if err != nil {
		return nil, err
	}
	for _, e := range s.entries {
		again.Add(e)
	}
	counted := again.Verdict(d.moment(v))
	return achieved(&counted), nil
}

// moment is when the case of v was judged.
func (d *desk) moment(v *sla.Verdict) judge.Moment {
	return judge.Moment{Now: d.Now, Final: d.Book.Final(v.Indicator)}
}
