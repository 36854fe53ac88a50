package cycle

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// How long things last before or while they are worth an alert.
const (
	dataMissingAfter = 15 * sla.Minute
	breachedAtLeast  = sla.Day      // a confirmed breach is told at least so long
	expiringBefore   = 30 * sla.Day // an agreement's end
	freshWithin      = 5 * sla.Minute
)

// conditionKey is what makes a condition the one that it is.
func conditionKey(c *sla.Condition) string {
	return fmt.Sprintf("%s|%s|%s|%s|%s", c.Alertname, c.Severity, c.Agreement, c.Objective, c.Window)
}

// conditionsNow compares what holds now with what held before and adds what
// began, changed or ended to the round. What the facts do not reach up to now
// for is left as it is: while catching up nothing old is announced.
func (s *sitting) conditionsNow() error {
	holds := map[string]sla.Condition{}
	stale := map[string]bool{}
	for _, a := range s.agreements {
		if err := s.conditionsOf(a, holds, stale); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(holds)) {
		s.keep(key, holds[key])
	}
	for _, key := range slices.Sorted(maps.Keys(s.watch.conditions)) {
		was := s.watch.conditions[key]
		if _, still := holds[key]; still || stale[was.Agreement+"/"+was.Objective] {
			continue
		}
		was.Until = max(s.now, was.Since) // by a clock that was ahead it began later than now
		s.round.Conditions = append(s.round.Conditions, was)
		delete(s.watch.conditions, key)
		s.watch.ended[key] = was
	}
	return nil
}

// keep takes a condition that holds: a new one begins, of an old one only the
// details change.
func (s *sitting) keep(key string, c sla.Condition) {
	if was, held := s.watch.conditions[key]; held {
		if was.Details == c.Details {
			return
		}
		details := c.Details
		c = was
		c.Details = details
	} else if before, ok := s.watch.ended[key]; ok && c.Since <= before.Since {
		// The same breach is worth an alert again: it is another one, since the first ended for good.
		c.Since = max(before.Until, before.Since+1)
	}
	s.watch.conditions[key] = c
	s.round.Conditions = append(s.round.Conditions, c)
}

// conditionsOf adds the conditions of one agreement that hold, and marks the
// objectives whose facts are too old to tell.
func (s *sitting) conditionsOf(a *watched, holds map[string]sla.Condition, stale map[string]bool) error {
	version := a.inForce(s.now)
	if version == nil {
		return nil
	}
	add := func(c sla.Condition) { holds[conditionKey(&c)] = c }
	if err := s.agreementConditions(version, sla.Expiry(a.versions), add); err != nil {
		return err
	}
	for i := range version.Objectives {
		o := &version.Objectives[i]
		ind := s.c.catalogue.Indicator(o.Indicator)
		if ind == nil {
			continue
		}
		base := s.condition(version, o)
		if err := s.incompleteCondition(a, ind, base, add); err != nil {
			return err
		}
		loc, err := calendar.Zone(version.Zone)
		if err != nil {
			return fmt.Errorf("agreement %s: %w", a.name, err)
		}
		s.dataConditions(ind, base, loc, add)
		t := a.current(version, o, s.now)
		if s.book.Measured(ind.Name) < s.now.Add(-s.freshness(ind)) {
			stale[a.name+"/"+o.Name] = true
			continue
		}
		if t == nil {
			continue
		}
		base.Details = detailsOf(&t.verdict)
		base.Since = s.moment(ind.Name).Now
		if err := s.burnConditions(t, base, add); err != nil {
			return err
		}
		if err := s.verdictConditions(a, t, base, add); err != nil {
			return err
		}
	}
	return nil
}

// freshness is how old an indicator's last fact may be for conditions to be judged by it.
func (s *sitting) freshness(ind *sla.Indicator) sla.Millis {
	return freshWithin + 3*ind.Interval
}

// condition gives what all conditions of an objective share.
func (s *sitting) condition(a *sla.Agreement, o *sla.Objective) sla.Condition {
	labels := map[string]string{"service": a.Service, "agreement_kind": string(a.Kind), "customer": a.Customer}
	if svc := s.c.catalogue.Service(a.Service); svc != nil && svc.Labels["team"] != "" {
		labels["team"] = svc.Labels["team"]
	}
	c := sla.Condition{Agreement: a.Name, Severity: "warning", Labels: labels, Since: s.now, Until: sla.Forever}
	if o != nil {
		c.Objective, c.Indicator = o.Name, o.Indicator
		maps.Copy(labels, o.Alerts.Labels)
	}
	return c
}

// agreementConditions are those of the agreement as a whole, which ends at end.
func (s *sitting) agreementConditions(a *sla.Agreement, end sla.Instant, add func(sla.Condition)) error {
	loc, err := calendar.Zone(a.Zone)
	if err != nil {
		return fmt.Errorf("agreement %s: %w", a.Name, err)
	}
	c := s.condition(a, nil)
	c.Severity = "info"
	if end != sla.Forever && s.now >= end.Add(-expiringBefore) {
		c.Alertname, c.Since = sla.AlertExpiring, end.Add(-expiringBefore)
		c.Details.Text = "The agreement ends on " + dateIn(end, loc) + "."
		add(c)
	}
	if due := a.ReviewDue(loc); s.now >= due {
		c.Alertname, c.Since = sla.AlertReviewOverdue, due
		c.Details.Text = "The review was due on " + dateIn(due, loc) + "."
		add(c)
	}
	return nil
}

func dateIn(i sla.Instant, loc *time.Location) string { return i.In(loc).Format("2 Jan 2006") }

func momentIn(i sla.Instant, loc *time.Location) string { return i.In(loc).Format("2 Jan 2006, 15:04") }

// dataConditions tell that an indicator gives no data or is refused by its source.
func (s *sitting) dataConditions(ind *sla.Indicator, base sla.Condition, loc *time.Location, add func(sla.Condition)) {
	if p, ok := s.problem(ind.Name); ok && p.Kind == store.Misconfigured {
		base.Alertname, base.Since, base.Details.Text = sla.AlertMisconfigured, p.Since, ind.Name+": "+p.Text
		add(base)
	}
	since, ok := s.lastKnown(ind)
	if !ok || s.now.Sub(since) < dataMissingAfter+s.freshness(ind) {
		return
	}
	p, had := s.problem(ind.Name)
	if (!had || p.Kind == store.NoProblem) && s.book.Measured(ind.Name) < s.now.Add(-s.freshness(ind)) {
		return // catching up, nothing is missing
	}
	base.Alertname, base.Since = sla.AlertDataMissing, since.Add(dataMissingAfter)
	base.Details.Text = fmt.Sprintf("Indicator %s has had no data since %s (%s).", ind.Name, momentIn(since, loc), loc)
	add(base)
}

// lastKnown gives the end of the last interval of which anything is known; of
// an indicator that never had data, the beginning of its measuring.
func (s *sitting) lastKnown(ind *sla.Indicator) (sla.Instant, bool) {
	head, measured := s.c.heads[ind.Name]
	if ind.Kind == sla.Entries || !measured {
		return 0, false
	}
	if r := s.recent[ind.Name]; r != nil && r.known != sla.Always {
		return r.known, true
	}
	return head.First, true
}

// problem gives the problem of an indicator as of this round.
func (s *sitting) problem(indicator string) (store.Problem, bool) {
	for _, p := range s.round.Problems {
		if p.Indicator == indicator {
			if was, had := s.c.problems[indicator]; had && was.Kind == p.Kind {
				p.Since = was.Since
			}
			return p, true
		}
	}
	p, ok := s.c.problems[indicator]
	return p, ok
}

// burnConditions tell how fast the budget is being spent; during an approved
// exclusion they are silent.
func (s *sitting) burnConditions(t *tracked, base sla.Condition, add func(sla.Condition)) error {
	t.burn, t.firing, t.spent = nil, nil, nil
	k, r := t.tally.Case(), s.recent[t.indicator]
	if k.Objective.Target == nil || r == nil {
		return nil
	}
	at := s.moment(t.indicator).Now
	rates, err := judge.Burn(k, r.history, at)
	if err != nil {
		return fmt.Errorf("burn rates of %s/%s: %w", base.Agreement, base.Objective, err)
	}
	t.burn, t.spent = rates.ByName(), judge.Exhaustion(t.verdict.Budget, rates, at)
	excluded, err := judge.Excluded(k.Agreement.Service, k.Exclusions, at)
	if err != nil {
		return fmt.Errorf("exclusions of %s: %w", k.Agreement.Service, err)
	}
	if excluded || k.Objective.Alerts.BurnOff {
		return nil
	}
	scope, _ := t.tally.Scope()
	rules := judge.BurnRules(*k.Objective.Target, k.Period.Length(), scope.Length())
	t.firing = judge.BurnFiring(rules, rates, k.Indicator.Facts(), k.Objective.Alerts.MinBad)
	for _, f := range t.firing {
		c := base
		c.Alertname, c.Severity, c.Window = sla.AlertBurn, f.Severity, f.Window
		if _, held := s.watch.conditions[conditionKey(&c)]; !held {
			i := slices.IndexFunc(rules, func(r judge.BurnRule) bool { return r.Long.Name == f.Window && r.Severity == f.Severity })
			if c.Since, err = judge.BurnSince(k, r.history, rules[i], at, burnBack); err != nil {
				return fmt.Errorf("since when %s/%s burns: %w", base.Agreement, base.Objective, err)
			}
		}
		add(c)
	}
	return nil
}

// verdictConditions tell that a target is at risk or missed.
func (s *sitting) verdictConditions(a *watched, t *tracked, base sla.Condition, add func(sla.Condition)) error {
	if t.verdict.State == sla.AtRisk {
		c := base
		c.Alertname = sla.AlertAtRisk
		if _, held := s.watch.conditions[conditionKey(&c)]; !held {
			var err error
			if c.Since, err = s.holdsSince(t); err != nil {
				return err
			}
		}
		var err error
		if c.Details.Text, err = t.forecast(); err != nil {
			return err
		}
		add(c)
	}
	base.Alertname = sla.AlertBreached
	if t.agreement.latest.Kind == sla.SLA {
		base.Severity = "critical"
	}
	if r := s.tellBreach(a, base.Objective); r != nil {
		base.Since = r.ConfirmedAt(s.c.o.FinaliseAfter)
		add(base)
	} else if s.tellFailing(t) {
		if t.record != nil {
			base.Since = max(t.record.OpenedAt, s.tenth(t))
		}
		add(base)
	}
	return nil
}

// tellBreach gives the confirmed breach that is still to be told: until its
// period ends, and at least for a day.
func (s *sitting) tellBreach(a *watched, objective string) *record {
	records := a.records[objective]
	for _, r := range slices.Backward(records) {
		if r.State == sla.BreachConfirmed && s.now < max(r.Period.To, r.ConfirmedAt(s.c.o.FinaliseAfter).Add(breachedAtLeast)) {
			return r
		}
	}
	return nil
}

// tellFailing reports whether a target that is missed so far is worth an alert:
// a tenth of the scope has passed and enough was bad.
func (s *sitting) tellFailing(t *tracked) bool {
	v := &t.verdict
	if v.State != sla.Failing && !(v.State == sla.Breached && t.agreement.latest.Period.Kind == sla.PeriodRolling) {
		return false
	}
	if s.moment(t.indicator).Now < s.tenth(t) {
		return false
	}
	minBad := t.tally.Case().Objective.Alerts.MinBad
	return v.Facts != sla.Events || v.Bad == nil || v.Bad.Cmp(ratOf(minBad)) >= 0
}

// tenth gives when a tenth of the whole scope has passed.
func (s *sitting) tenth(t *tracked) sla.Instant {
	scope, _ := t.tally.Scope()
	left := scope.Length() / 10
	for _, span := range scope {
		if span.Length() >= left {
			return span.From.Add(left)
		}
		left -= span.Length()
	}
	return t.tally.Part().To
}

// detailsOf gives the numbers of a verdict as alerts show them.
func detailsOf(v *sla.Verdict) sla.Details {
	d := sla.Details{Period: v.Period.Name, Compliance: percent(v.ComplianceShown()), Completeness: percent(v.CompletenessShown())}
	if v.Target != nil {
		d.Target = percent(v.Target.String())
	}
	if v.Value != nil {
		d.Compliance = sla.Truncate(v.Value.Ratio(), 3)
	}
	if spent, _ := v.BudgetShown(); spent != "" {
		d.BudgetUsed = percent(spent)
	}
	return d
}

func percent(shown string) string {
	if shown == "" {
		return ""
	}
	return shown + "%"
}

// current gives what is tracked of an objective in the period under way, nil
// before its first fact.
func (a *watched) current(version *sla.Agreement, o *sla.Objective, now sla.Instant) *tracked {
	for _, p := range slices.Backward(a.periods) {
		for _, t := range p.tracked {
			k := t.tally.Case()
			if k.Objective.Name == o.Name && k.Agreement.Version == version.Version &&
				(t.tally.Part().Contains(now) || k.Period.To == t.verdict.Part.To && version.Period.Kind == sla.PeriodRolling) {
				return t
			}
		}
	}
	return nil
}
