package judge

import (
	"math/big"

	"github.com/slmd/slmd/internal/sla"
)

// Verdict judges what was added so far, at m; it changes nothing, so adding may
// go on. Everything is filled in but the attribution of outages.
// Scope time up to m.Now without an entry is unknown: live rounds judge at the
// end of the last measured interval. Facts that were added count, even those
// after m.Now.
func (t *Tally) Verdict(m Moment) sla.Verdict {
	end := min(max(m.Now, t.last, t.scope.part.From), t.end)
	f := t
	if t.slicer != nil {
		f = t.fork()
		f.skip(end)
		f.slicer.close(&f.outages)
		f.slicer.endRun(&f.outages)
	}
	return f.judge(m, f.clock(end))
}

// judge makes the verdict of a tally all of whose slices are closed.
func (t *Tally) judge(m Moment, k clock) sla.Verdict {
	v := t.heading()
	v.Provisional = m.Now < t.scope.part.To || m.Final < t.scope.part.To
	v.Approximate = t.approximate
	rolling := t.c.Agreement.Period.Kind == sla.PeriodRolling // judged as closed
	v.Unknown, v.Scope = k.unknown, seconds(k.scope)
	v.Removed = seconds(t.scope.removed.Clip(sla.Span{From: t.scope.part.From, To: k.end}).Length())
	if k.scope > 0 {
		v.Completeness = &sla.Share{Num: new(big.Rat).Sub(v.Scope, v.Unknown), Den: v.Scope}
	}
	var best *big.Rat
	if t.c.Objective.Method == sla.MeanMethod {
		t.judgeMean(&v, v.Provisional && !rolling)
	} else {
		best = t.judgeTarget(&v, k, stage{m.Now < t.scope.part.To && !rolling, v.Provisional && !rolling})
	}
	v.Credit = t.credit(&v, best)
	return v
}

func (t *Tally) heading() sla.Verdict {
	a, o := t.c.Agreement, t.c.Objective
	return sla.Verdict{
		Agreement: a.Name, Version: a.Version, AgreementKind: a.Kind, Service: a.Service,
		Objective: o.Name, Indicator: o.Indicator, Facts: t.facts, Method: o.Method, Target: o.Target,
		Period: t.c.Period, Part: t.scope.part,
	}
}

// judgeMean compares the mean with its bound: no budget, no bounds of compliance.
func (t *Tally) judgeMean(v *sla.Verdict, unsettled bool) {
	v.Totals.SmallBad = new(big.Rat)
	total, count := t.good.rat(), t.bad.rat()
	if count.Sign() <= 0 || count.Cmp(whole(t.c.Objective.MinEvents)) < 0 {
		v.State, v.Certain = sla.NoData, !v.Provisional
		return
	}
	v.Value = &sla.Share{Num: total, Den: count}
	switch met := t.meanMet(v.Value); {
	case met:
		v.State = sla.Met
	case unsettled:
		v.State = sla.Failing
	default:
		v.State = sla.Breached
	}
	v.Certain = !v.Provisional
}

func (t *Tally) meanMet(value *sla.Share) bool {
	o := t.c.Objective
	if o.AtLeast != nil && !atLeast(value, o.AtLeast.Rat()) {
		return false
	}
	return o.AtMost == nil || value.Num.Cmp(new(big.Rat).Mul(o.AtMost.Rat(), value.Den)) <= 0
}

// stage is how far along a part is.
type stage struct {
	open      bool // there is more of it to come
	unsettled bool // it is open, or its facts may still change
}

// judgeTarget judges all other methods. best is the compliance of a part under
// way in the end if all goes well from now on, nil where that says nothing.
func (t *Tally) judgeTarget(v *sla.Verdict, k clock, at stage) (best *big.Rat) {
	c := t.count(k)
	v.FactGood, v.FactBad = t.factsCounted(k)
	v.Good, v.Bad = v.FactGood, v.FactBad
	if v.Method == sla.Timeslices {
		v.Good, v.Bad = c.countedGood, c.countedBad
	}
	target := v.Target.Ratio()
	allowed := c.allowed(target, t.c.Agreement.Unknown)
	v.Budget = &sla.Budget{Allowed: allowed, Left: new(big.Rat).Sub(allowed, c.countedBad)}
	t.tellOutages(v, k)

	v.Compliance = c.compliance()
	if v.Compliance == nil || t.tooFew(v) {
		v.Compliance, v.State, v.Certain = nil, sla.NoData, !v.Provisional
		return nil
	}
	v.Lowest, v.Highest = c.bounds(k)
	broken := t.limitBroken(v)
	v.State = t.state(v, at, c.whole == nil, broken)
	v.Inconclusive = !broken && !t.limitToo(v) && c.turnable(target, v.Lowest, v.Highest)
	if at.open && v.Inconclusive && v.State == sla.Met {
		v.State = sla.AtRisk
	}
	v.Certain = !v.Inconclusive && (!v.Provisional || v.State == sla.Breached)
	if at.open {
		best = c.atBest(t.c.Agreement.Unknown)
	}
	return best
}

// tooFew reports whether fewer events were counted than the objective wants.
func (t *Tally) tooFew(v *sla.Verdict) bool {
	return t.facts == sla.Events && plus(v.FactGood, v.FactBad).Cmp(whole(t.c.Objective.MinEvents)) < 0
}

func (t *Tally) limitBroken(v *sla.Verdict) bool {
	l := t.c.Objective.Limits
	return (l.Outages != nil && v.Totals.Count > *l.Outages) ||
		(l.LongestOutage != nil && v.Totals.Longest > *l.LongestOutage)
}

// limitToo reports whether a target that is missed because unknown time counts
// as bad comes with a limit that such time can break as well. Then good facts
// in its place are no longer what decides.
func (t *Tally) limitToo(v *sla.Verdict) bool {
	limit := t.c.Objective.Limits.LongestOutage
	if limit == nil || v.State != sla.Breached || t.c.Agreement.Unknown != sla.UnknownBad {
		return false
	}
	return plus(seconds(v.Totals.Longest), v.Unknown).Cmp(seconds(*limit)) > 0
}

// state says where the objective stands. The budget decides: of a part that is
// over it is spent exactly when compliance is below the target, and of one
// under way it says what "below the target" means.
func (t *Tally) state(v *sla.Verdict, at stage, events, broken bool) sla.State {
	switch spent := v.Budget.Left.Sign() < 0; {
	case broken:
		return sla.Breached
	case spent && at.unsettled && events:
		return sla.Failing
	case spent:
		return sla.Breached
	case at.open && t.littleLeft(v.Budget):
		return sla.AtRisk
	}
	return sla.Met
}

func (t *Tally) littleLeft(b *sla.Budget) bool {
	left := b.Share()
	return left != nil && left.Cmp(t.c.Objective.AtRisk.Ratio()) < 0
}

// tellOutages lists the outages and sums them up.
func (t *Tally) tellOutages(v *sla.Verdict, k clock) {
	var sum sla.Millis
	totals := sla.Totals{SmallBad: new(big.Rat)}
	knownIn := new(big.Rat)
	one := big.NewRat(1, 100)
	for i := range t.outages.list {
		s := &t.outages.list[i]
		o := sla.Outage{Span: s.Span, Duration: s.duration(), Bad: s.amount()}
		if v.Budget.Allowed.Sign() > 0 {
			o.BudgetShare = new(big.Rat).Quo(o.Bad, v.Budget.Allowed)
			o.Small = o.BudgetShare.Cmp(one) < 0
		}
		if o.Small {
			totals.Small++
			totals.SmallBad.Add(totals.SmallBad, o.Bad)
		}
		totals.Longest = max(totals.Longest, o.Duration)
		sum += o.Duration
		known := s.end.known.minus(s.start.known)
		knownIn.Add(knownIn, known.rat())
		v.Outages = append(v.Outages, o)
	}
	if totals.Count = len(v.Outages); totals.Count > 0 {
		count := whole(int64(totals.Count))
		totals.MTRS = new(big.Rat).Quo(seconds(sum), count)
		known := new(big.Rat).Sub(seconds(k.scope), k.unknown)
		totals.MTBF = known.Sub(known, knownIn).Quo(known, count)
	}
	v.Totals = totals
}
