package judge

import (
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// Step is when and why a breach record is looked at.
type Step struct {
	At         sla.Instant
	Rolling    bool       // the agreement's period is a rolling window
	Finalising sla.Millis // rolling windows only
	Cause      string     // why, in a few words such as "late facts"; empty: the verdict's own words
}

// StepBreach works out what a new verdict, judged at s.At, does to the breach
// record of its objective and period (or version part): prev is the record so
// far or nil, next the record after it, nil when there is none. added are the
// transitions that are new; they stand in next.Transitions too. The record of a
// rolling window that has ended is followed by a new one, with ID 0. prev is
// not changed.
//
// A record opens when the budget is spent or a limit exceeded, is confirmed
// when that is certain, and averted when all facts of the closed period are
// final and it met its target. What late facts or exclusions undo is withdrawn.
func StepBreach(prev *sla.Breach, v *sla.Verdict, s Step) (next *sla.Breach, added []sla.Transition) {
	next = prev
	if s.Rolling && prev != nil && prev.State != sla.BreachOpen {
		next = nil // one record per excursion
	}
	states := periodSteps(next, v)
	if s.Rolling {
		states = rollingSteps(next, v, s)
	}
	if len(states) == 0 {
		return prev, nil
	}
	if next == nil {
		next = &sla.Breach{
			Agreement: v.Agreement, Version: v.Version, Objective: v.Objective, Period: v.Period, OpenedAt: s.At,
		}
	} else {
		c := *next
		c.Transitions = slices.Clone(c.Transitions)
		next = &c
	}
	for _, state := range states {
		cause := s.Cause
		if cause == "" {
			cause = causeOf(state, v)
		}
		added = append(added, sla.Transition{At: s.At, State: state, Cause: cause})
		next.State = state
	}
	next.Transitions = append(next.Transitions, added...)
	return next, added
}

// periodSteps gives the states through which the record of a calendar period goes now.
func periodSteps(prev *sla.Breach, v *sla.Verdict) []sla.BreachState {
	over := v.State == sla.Failing || v.State == sla.Breached
	sure := v.State == sla.Breached && v.Certain
	switch {
	case prev == nil && sure:
		return []sla.BreachState{sla.BreachOpen, sla.BreachConfirmed}
	case prev == nil && over:
		return []sla.BreachState{sla.BreachOpen}
	case prev == nil:
		return nil
	case sure && prev.State != sla.BreachConfirmed:
		return []sla.BreachState{sla.BreachConfirmed}
	case over && (prev.State == sla.BreachAverted || prev.State == sla.BreachWithdrawn):
		return []sla.BreachState{sla.BreachOpen}
	case over:
		return nil
	case prev.State == sla.BreachConfirmed:
		return []sla.BreachState{sla.BreachWithdrawn}
	case prev.State == sla.BreachOpen && !v.Provisional && v.State == sla.NoData:
		return []sla.BreachState{sla.BreachWithdrawn}
	case prev.State == sla.BreachOpen && !v.Provisional:
		return []sla.BreachState{sla.BreachAverted}
	}
	return nil
}

// rollingSteps gives the state into which the record of an excursion goes now.
func rollingSteps(prev *sla.Breach, v *sla.Verdict, s Step) []sla.BreachState {
	over := v.State == sla.Failing || v.State == sla.Breached
	switch {
	case prev == nil && over:
		return []sla.BreachState{sla.BreachOpen}
	case prev == nil || over || v.State == sla.NoData: // without data nothing has been met again
		return nil
	case s.At.Sub(prev.OpenedAt) <= s.Finalising:
		return []sla.BreachState{sla.BreachAverted}
	}
	return []sla.BreachState{sla.BreachConfirmed}
}

func causeOf(state sla.BreachState, v *sla.Verdict) string {
	switch {
	case state == sla.BreachAverted:
		return "at or above the target in the end"
	case state == sla.BreachWithdrawn && v.State == sla.NoData:
		return "nothing left to judge"
	case state == sla.BreachWithdrawn:
		return "no longer below the target"
	case v.Budget == nil:
		return "mean beyond its bound"
	case v.MetTarget():
		return "met again after the finalising time"
	case v.Budget.Left.Sign() >= 0:
		return "limit exceeded"
	}
	return "budget spent"
}

// CountBreaches gives how many of the records count: the open and confirmed ones.
func CountBreaches(records []sla.Breach) int {
	n := 0
	for i := range records {
		if s := records[i].State; s == sla.BreachOpen || s == sla.BreachConfirmed {
			n++
		}
	}
	return n
}

// Worst gives the worst of the states of several parts: no data only when all have none.
func Worst(states ...sla.State) sla.State {
	worst := sla.NoData
	for _, s := range states {
		if s != sla.NoData && (worst == sla.NoData || slices.Index(sla.States, s) > slices.Index(sla.States, worst)) {
			worst = s
		}
	}
	return worst
}
