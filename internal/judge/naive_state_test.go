package judge

import (
	"math/big"

	"github.com/slmd/slmd/internal/sla"
)

// standing is where the naive kind sees an objective.
type standing struct {
	state                              sla.State
	provisional, certain, inconclusive bool
}

func (n *naive) standing(f *figures, k naiveCount) standing {
	end := n.w.c.Period.To
	if until := n.w.c.Agreement.Valid.To; until < end {
		end = until
	}
	s := standing{provisional: n.w.now < end || n.w.final < end}
	open, settled := n.w.now < end, !s.provisional
	if n.w.c.Agreement.Period.Kind == sla.PeriodRolling {
		open, settled = false, true // never closes, and is judged as if it did
	}
	o := n.w.c.Objective
	if f.compliance == nil || (n.facts == sla.Events && n.events < o.MinEvents) {
		return standing{sla.NoData, s.provisional, !s.provisional, false}
	}
	byClock := k.whole != nil
	below := f.compliance.Cmp(o.Target.Ratio()) < 0
	if byClock && open {
		below = f.left.Sign() < 0
	}
	limit := (o.Limits.Outages != nil && f.outages > *o.Limits.Outages) ||
		(o.Limits.LongestOutage != nil && f.longest > *o.Limits.LongestOutage)
	switch {
	case limit:
		s.state = sla.Breached
	case below && !byClock && !settled:
		s.state = sla.Failing
	case below:
		s.state = sla.Breached
	default:
		s.state = sla.Met
	}
	s.inconclusive = !limit && n.turns(f, k, open) && !n.limitAnyway(f, below)
	if s.state == sla.Met && open && (s.inconclusive || n.little(f)) {
		s.state = sla.AtRisk
	}
	s.certain = !s.inconclusive && (s.state == sla.Breached || !s.provisional)
	return s
}

// turns asks what the verdict would be if all that is unknown were bad, and if
// it were good.
func (n *naive) turns(f *figures, k naiveCount, open bool) bool {
	tau := n.w.c.Objective.Target.Ratio()
	if k.whole == nil || !open {
		return f.lowest.Cmp(tau) < 0 && f.highest.Cmp(tau) >= 0
	}
	// What is still to come is taken as good.
	final := func(bad *big.Rat) *big.Rat {
		good := new(big.Rat).Sub(k.whole, bad)
		return good.Quo(good, k.whole)
	}
	return final(new(big.Rat).Add(k.bad, k.unknown)).Cmp(tau) < 0 && final(k.bad).Cmp(tau) >= 0
}

// limitAnyway: where unknown time is bad and the target is missed by it, it may
// also make the longest outage too long, and good facts in one place do not help.
func (n *naive) limitAnyway(f *figures, below bool) bool {
	longest := n.w.c.Objective.Limits.LongestOutage
	if !below || longest == nil || n.w.c.Agreement.Unknown != sla.UnknownBad {
		return false
	}
	most := new(big.Rat).Add(big.NewRat(int64(f.longest), 1000), f.unknown)
	return most.Cmp(big.NewRat(int64(*longest), 1000)) > 0
}

// little reports whether less than a quarter of the budget is left.
func (n *naive) little(f *figures) bool {
	return f.allowed.Sign() > 0 && new(big.Rat).Mul(f.left, big.NewRat(4, 1)).Cmp(f.allowed) < 0
}
