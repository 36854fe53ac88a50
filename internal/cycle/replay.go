package cycle

import (
	"slices"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// exhausted gives the end of the entry with which the budget ran out. It is
// found by counting the period again, so that it does not depend on how the
// rounds were cut.
func (s *sitting) exhausted(t *tracked) (sla.Instant, error) {
	return s.began(t, func(state sla.State) bool { return state == sla.Failing || state == sla.Breached })
}

// began gives the end of the first entry after which a state was as wanted: the
// first such day, and the entry within it. Without one, and for a rolling
// window, which is another one at every instant, it is the judging instant.
func (s *sitting) began(t *tracked, wanted func(sla.State) bool) (sla.Instant, error) {
	at := min(s.moment(t.indicator).Now, t.tally.Part().To)
	if t.agreement.latest.Period.Kind == sla.PeriodRolling {
		return at, nil
	}
	entries, err := s.book.Facts(t.indicator, t.tally.Part())
	if err != nil {
		return 0, err
	}
	look := func(from int, every sla.Millis) (found *sla.Entry, err error) {
		err = replay(t.tally.Case(), entries, from, every, func(e *sla.Entry, state sla.State) bool {
			if wanted(state) {
				found = e
			}
			return found == nil
		})
		return found, err
	}
	day, err := look(0, sla.Day)
	if err != nil || day == nil {
		return at, err
	}
	exact, err := look(dayOf(entries, day), 1)
	if err != nil || exact == nil {
		return day.To, err
	}
	return exact.To, nil
}

// holdsSince gives the end of the entry since which the state has been what it
// is: in the first day from which on every day ended so, after the last entry
// that was otherwise.
func (s *sitting) holdsSince(t *tracked) (sla.Instant, error) {
	at := min(s.moment(t.indicator).Now, t.tally.Part().To)
	if t.agreement.latest.Period.Kind == sla.PeriodRolling {
		return at, nil
	}
	entries, err := s.book.Facts(t.indicator, t.tally.Part())
	if err != nil {
		return 0, err
	}
	since := func(from int, every sla.Millis, until sla.Instant) (first *sla.Entry, err error) {
		err = replay(t.tally.Case(), entries, from, every, func(e *sla.Entry, state sla.State) bool {
			if state != t.verdict.State {
				first = nil
			} else if first == nil {
				first = e
			}
			return e.To < until
		})
		return first, err
	}
	day, err := since(0, sla.Day, sla.Forever)
	if err != nil || day == nil {
		return at, err
	}
	exact, err := since(dayOf(entries, day), 1, day.To)
	if err != nil || exact == nil {
		return day.To, err
	}
	return exact.To, nil
}

// dayOf gives the index of the first entry of the UTC day in which e ends.
func dayOf(entries []sla.Entry, e *sla.Entry) int {
	day := alignDown(e.To-1, sla.Day)
	return slices.IndexFunc(entries, func(other sla.Entry) bool { return other.To > day })
}

// replay counts a case again and shows the state after each entry from the
// given one on, once per stretch of the given length, until see has seen enough.
func replay(c judge.Case, entries []sla.Entry, from int, every sla.Millis, see func(*sla.Entry, sla.State) bool) error {
	tally, err := judge.NewTally(c)
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		tally.Add(*e)
		last := i+1 == len(entries) || alignDown(e.To-1, every) != alignDown(entries[i+1].To-1, every)
		if i >= from && last && !see(e, tally.Verdict(judge.Moment{Now: e.To}).State) {
			return nil
		}
	}
	return nil
}
