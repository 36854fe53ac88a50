package cycle

import (
	"math/big"

	"github.com/slmd/slmd/internal/sla"
)

// standings gives what is known of every objective in force at now.
func (w *watch) standings(c *Cycle, now sla.Instant) []sla.Standing {
	var out []sla.Standing
	for _, a := range w.agreements {
		version := a.inForce(now)
		if version == nil {
			continue
		}
		for i := range version.Objectives {
			out = append(out, w.standing(c, a, version, &version.Objectives[i], now))
		}
	}
	return out
}

func (w *watch) standing(c *Cycle, a *watched, version *sla.Agreement, o *sla.Objective, now sla.Instant) sla.Standing {
	s := sla.Standing{
		Agreement: version, Objective: o, Indicator: c.catalogue.Indicator(o.Indicator),
		Previous: a.previous[o.Name], Measured: sla.Always, Breaches: map[sla.AttributionClass]int64{},
	}
	if r := w.recent[o.Indicator]; r != nil {
		s.Measured = r.measured
	}
	if t := a.current(version, o, now); t != nil {
		current := t.verdict
		s.Current, s.Burn, s.Firing, s.Exhaustion = &current, t.burn, t.firing, t.spent
		s.BreachOpen = t.record != nil && counts(t.record.State)
	}
	if p := a.before(o.Name, now); p != nil {
		s.Previous = p
	}
	for _, r := range a.records[o.Name] {
		if r.State != sla.BreachConfirmed {
			continue
		}
		class := r.class
		if class == "" {
			class = sla.ByOwn
		}
		s.Breaches[class]++
	}
	return s
}

// before gives the verdict on the last period that is over but not settled yet.
func (a *watched) before(objective string, now sla.Instant) *sla.Verdict {
	var last *sla.Verdict
	for _, p := range a.periods {
		for _, t := range p.tracked {
			if t.verdict.Objective == objective && t.verdict.Part.To <= now && a.latest.Period.Kind != sla.PeriodRolling {
				v := t.verdict
				last = &v
			}
		}
	}
	return last
}

func counts(s sla.BreachState) bool { return s == sla.BreachOpen || s == sla.BreachConfirmed }

func ratOf(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }
