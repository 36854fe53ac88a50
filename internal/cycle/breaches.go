package cycle

import (
	"math/big"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// stepBreach moves the breach record of what is tracked along with its verdict
// and adds the new transitions to the round.
func (s *sitting) stepBreach(t *tracked, v *sla.Verdict) error {
	var before *sla.Breach
	if t.record != nil {
		before = &t.record.Breach
	}
	step := judge.Step{
		At: s.now, Rolling: t.agreement.latest.Period.Kind == sla.PeriodRolling, Finalising: s.c.o.FinaliseAfter,
	}
	if s.late.touches(v.Indicator, v.Part) {
		step.Cause = lateFacts
	}
	next, added := judge.StepBreach(before, v, step)
	if len(added) == 0 {
		return nil
	}
	if before == nil || next.ID != before.ID { // it opens: when is a matter of the ledger, not of this round
		at, err := s.exhausted(t)
		if err != nil {
			return err
		}
		step.At = at
		next, _ = judge.StepBreach(before, v, step)
		t.record = &record{}
		t.agreement.records[v.Objective] = append(t.agreement.records[v.Objective], t.record)
	}
	t.record.Breach = *next
	s.round.Breaches = append(s.round.Breaches, *next)
	s.opened = append(s.opened, t)
	return nil
}

// lateFacts is the cause of a transition that revised facts bring about.
const lateFacts = "late facts"

// mainCause gives the class with the largest bad amount of a verdict's outages:
// own where nothing else is known.
func mainCause(v *sla.Verdict) sla.AttributionClass {
	sums := map[sla.AttributionClass]*big.Rat{}
	for _, outage := range v.Outages {
		for _, part := range outage.Attribution {
			if sums[part.Class] == nil {
				sums[part.Class] = new(big.Rat)
			}
			sums[part.Class].Add(sums[part.Class], part.Bad)
		}
	}
	main, most := sla.ByOwn, new(big.Rat)
	for _, class := range []sla.AttributionClass{sla.ByOwn, sla.ByInternal, sla.ByThirdParty, sla.ByCustomer, sla.ByForceMajeure} {
		if sums[class] != nil && sums[class].Cmp(most) > 0 {
			main, most = class, sums[class]
		}
	}
	return main
}
