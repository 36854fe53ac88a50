package cycle

import (
	"fmt"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// forecast says for how long the error budget lasts if it is spent as lately;
// nothing for a mean, which has none.
func (t *tracked) forecast() (string, error) {
	term := t.tally.Case().Agreement
	switch {
	case t.verdict.Budget == nil:
		return "", nil
	case t.spent == nil:
		return "Nothing is being spent.", nil
	case term.Period.Kind != sla.PeriodRolling && t.spent.At >= t.tally.Part().To:
		return fmt.Sprintf("The error budget outlasts the period if it is spent as in the last %s.", t.spent.Window), nil
	}
	loc, err := calendar.Zone(term.Zone)
	if err != nil {
		return "", fmt.Errorf("agreement %s: %w", term.Name, err)
	}
	return fmt.Sprintf("The error budget will be spent on %s (%s) if that goes on as in the last %s.",
		momentIn(t.spent.At, loc), term.Zone, t.spent.Window), nil
}
