package cycle

import (
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// incompleteCondition tells that too little is known of a period that is over,
// as long as samples that come late could still make up for some of it.
func (s *sitting) incompleteCondition(a *watched, ind *sla.Indicator, base sla.Condition, add func(sla.Condition)) error {
	required := s.c.o.RequiredCompleteness
	for _, p := range slices.Backward(a.periods) {
		for _, t := range p.tracked {
			v := &t.verdict
			over := p.period.To <= s.now && a.latest.Period.Kind != sla.PeriodRolling
			if !over || t.settled || v.Objective != base.Objective || v.Completeness == nil {
				continue
			}
			if v.Completeness.Ratio().Cmp(required.Ratio()) >= 0 {
				continue
			}
			can, err := s.repairable(ind, t.tally.Part())
			if err != nil {
				return err
			}
			if !can {
				continue
			}
			base.Alertname, base.Since, base.Details = sla.AlertDataMissing, p.period.To, detailsOf(v)
			base.Details.Text = fmt.Sprintf("The period is over and less is known of it than the %s that its review needs.", percent(required.String()))
			add(base)
			return nil
		}
	}
	return nil
}

// repairable reports whether anything of the span is pending, or unknown and
// not final yet.
func (s *sitting) repairable(ind *sla.Indicator, span sla.Span) (bool, error) {
	if s.book.Measured(ind.Name) < span.To {
		return true, nil
	}
	r := s.recent[ind.Name]
	if r == nil {
		return false, nil
	}
	open := sla.Span{From: s.now.Add(-s.c.o.FinaliseAfter), To: span.To}
	entries, err := r.history.Since(open.From, nil)
	return slices.ContainsFunc(entries, func(e sla.Entry) bool { return e.Unknown > 0 && e.Overlaps(open) }), err
}
