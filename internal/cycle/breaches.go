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

// exhausted gives the end of the entry with which the budget ran out, found by
// counting the period again: first day by day, then within the day, so that it
// does not depend on how the rounds were cut.
func (s *sitting) exhausted(t *tracked) (sla.Instant, error) {
	judged := s.moment(t.indicator).Now
	if t.agreement.latest.Period.Kind == sla.PeriodRolling {
		return judged, nil
	}
	entries, err := s.book.Facts(t.indicator, t.tally.Part())
	if err != nil {
		return 0, err
	}
	day, err := firstBelow(t.tally.Case(), entries, sla.Day)
	if err != nil || day == nil {
		return min(judged, t.tally.Part().To), err
	}
	i := 0
	for i < len(entries) && entries[i].From < alignDown(day.To-1, sla.Day) {
		i++
	}
	exact, err := firstBelowFrom(t.tally.Case(), entries, i, 1)
	if err != nil || exact == nil {
		return day.To, err
	}
	return exact.To, nil
}

func firstBelow(c judge.Case, entries []sla.Entry, every sla.Millis) (*sla.Entry, error) {
	return firstBelowFrom(c, entries, 0, every)
}

// firstBelowFrom gives the first entry, from the given one on, after which the
// budget is exhausted, looking once per stretch of the given length.
func firstBelowFrom(c judge.Case, entries []sla.Entry, from int, every sla.Millis) (*sla.Entry, error) {
	tally, err := judge.NewTally(c)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		tally.Add(*e)
		last := i+1 == len(entries) || alignDown(e.To-1, every) != alignDown(entries[i+1].To-1, every)
		if i < from || !last {
			continue
		}
		switch tally.Verdict(judge.Moment{Now: e.To}).State {
		case sla.Failing, sla.Breached:
			return e, nil
		}
	}
	return nil, nil
}

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
