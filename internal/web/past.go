package web

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// The overview of a period that has ended: how the objectives came out of it,
// in the tiles, the list of what was missed, and the columns beside the matrix.

// then is how an objective came out of a period.
type then struct {
	*sla.Glance
	period sla.Period
	owed   *sla.Money // nil where nothing is
}

// spell is a kind of period in a zone.
type spell struct {
	term sla.PeriodTerm
	zone string
}

// asOf gives the objectives as they came out of the periods in which the instant
// lies. Where that period is still under way they stand as they do now; a
// rolling window has no past period.
func (o *overview) asOf(ctx context.Context, at sla.Instant) ([]look, error) {
	periods, names, err := o.spells(at)
	if err != nil {
		return nil, err
	}
	found := map[key]*sla.Glance{}
	for s, p := range periods {
		if err := o.glances(ctx, slices.Sorted(maps.Keys(names[s])), p, found); err != nil {
			return nil, err
		}
	}
	var out []look
	for i := range o.sight.looks {
		l := &o.sight.looks[i]
		p, ok := periods[spellOf(l)]
		switch {
		case !ok:
		case p.Contains(o.now):
			out = append(out, *l)
		default:
			out = append(out, o.sight.back(l, p, found[key{l.Agreement.Name, l.Objective.Name, p.Name}]))
		}
	}
	return out, o.owed(ctx, out)
}

func spellOf(l *look) spell { return spell{l.Agreement.Period, l.Agreement.Zone} }

// spells gives for each kind of period that there is the one in which the
// instant lies, and the agreements that have it.
func (o *overview) spells(at sla.Instant) (map[spell]sla.Period, map[spell]map[string]bool, error) {
	periods, names := map[spell]sla.Period{}, map[spell]map[string]bool{}
	for i := range o.sight.looks {
		l := &o.sight.looks[i]
		s := spellOf(l)
		if s.term.Kind == sla.PeriodRolling {
			continue
		}
		if names[s] == nil {
			zone, err := calendar.Zone(s.zone)
			if err != nil {
				return nil, nil, fmt.Errorf("agreement %s: %w", l.Agreement.Name, err)
			}
			periods[s], names[s] = calendar.PeriodAt(s.term, zone, at), map[string]bool{}
		}
		names[s][l.Agreement.Name] = true
	}
	return periods, names, nil
}

// glances reads how objectives came out of a period; of several parts the worst stands.
func (o *overview) glances(ctx context.Context, agreements []string, p sla.Period, found map[key]*sla.Glance) error {
	list, err := o.h.o.Store.Glances(ctx, agreements, p.Span)
	if err != nil {
		return fmt.Errorf("reading the verdicts of %s: %w", p.Name, err)
	}
	for i := range list {
		g := &list[i]
		k := key{g.Agreement, g.Objective, g.Period}
		if old := found[k]; g.Period == p.Name && (old == nil || worse(g, old)) {
			found[k] = g
		}
	}
	return nil
}

// back gives an objective as it came out of a period; what was not judged then
// has no data.
func (s *sight) back(l *look, p sla.Period, g *sla.Glance) look {
	was := *l.Standing
	was.Current, was.Firing, was.Burn, was.Exhaustion = nil, nil, nil, nil
	if v := l.Previous; v != nil && v.Period.Name == p.Name && v.Part == p.Span {
		latest := v.Glance() // as the cells of the matrix have it
		g = &latest
	}
	out := look{Standing: &was, state: sla.NoData, then: &then{Glance: g, period: p}}
	if g == nil {
		out.severity = severity(sla.NoData)
		return out
	}
	out.state, out.severity, out.left = g.State, severity(g.State), g.Left
	if g.Version != l.Agreement.Version {
		for _, a := range s.catalogue.Versions(l.Agreement.Name) {
			if of := a.Objective(l.Objective.Name); a.Version == g.Version && of != nil {
				was.Agreement, was.Objective = a, of
			}
		}
	}
	return out
}

// owed fills in the credits of the objectives that were missed, whose verdicts
// alone are read for it.
func (o *overview) owed(ctx context.Context, looks []look) error {
	read := map[string][]sla.Verdict{}
	for i := range looks {
		l := &looks[i]
		if l.then == nil || l.then.Glance == nil || l.severity < severity(sla.Failing) {
			continue
		}
		if v := l.Previous; v != nil && v.Period.Name == l.then.period.Name && v.Part == l.then.period.Span {
			l.then.owed = plus(nil, v.Credit) // the store may not have it yet
			continue
		}
		name := l.Agreement.Name
		if _, done := read[name]; !done {
			list, err := o.h.o.Store.Verdicts(ctx, name, l.then.period.Span)
			if err != nil {
				return fmt.Errorf("reading the credits of %s: %w", name, err)
			}
			read[name] = list
		}
		for j := range read[name] {
			if v := &read[name][j]; v.Objective == l.Objective.Name && v.Period.Name == l.then.period.Name {
				l.then.owed = plus(l.then.owed, v.Credit)
			}
		}
	}
	return nil
}

// plus adds a credit to what is owed; parts of a period share their currency.
func plus(sum *sla.Money, c *sla.Credit) *sla.Money {
	switch {
	case c == nil || c.Amount == nil || c.Amount.Minor == 0:
		return sum
	case sum == nil:
		return c.Amount
	}
	return &sla.Money{Minor: sum.Minor + c.Amount.Minor, Currency: sum.Currency}
}

// credit gives what an objective's credit comes to, nil for nothing.
func (l *look) credit() *sla.Money {
	if l.then != nil {
		return l.then.owed
	}
	if l.Current == nil || l.Current.Credit == nil || l.Current.Credit.Amount == nil || l.Current.Credit.Amount.Minor == 0 {
		return nil
	}
	return l.Current.Credit.Amount
}

// missed gives the worst of what was missed in a period that has ended, and how
// much that is altogether.
func (o *overview) missed() (list []worry, all int) {
	var found []*look
	for _, l := range o.chosen {
		if l.then != nil && l.severity >= severity(sla.Failing) {
			found = append(found, l)
		}
	}
	slices.SortStableFunc(found, rank)
	for _, l := range found[:min(len(found), mostWorries)] {
		list = append(list, o.miss(l))
	}
	return list, len(found)
}

func (o *overview) miss(l *look) worry {
	f, a, g := o.f, l.Agreement, l.then.Glance
	svc := o.sight.service(a.Service)
	w := worry{
		Badge: badge{g.State, g.Provisional, f}, What: titled(svc.Title, svc.Name) + ": " + l.Objective.Name, Where: titled(a.Title, a.Name),
		Owner: o.sight.owner(a), Href: o.href(l),
		Why: f.say("The target is missed: %s.", f.say("%s against %s", f.glanced(g, l.Objective), f.target(l.Objective))),
	}
	if bad := rat(g.Bad); bad != nil && bad.Sign() > 0 {
		w.Why = joined(w.Why, f.say("%s in all.", f.amountBad(g.Timed, bad)))
	}
	if m := l.then.owed; m != nil {
		w.Why = joined(w.Why, f.say("A credit of %s is owed.", f.Money(m.Decimal(), m.Currency)))
	}
	return w
}

// href gives the address of an objective's page, of the period that is looked at.
func (o *overview) href(l *look) string {
	to := o.f.To("objectives", l.Agreement.Name, l.Objective.Name)
	if l.then != nil {
		to += "?period=" + l.then.period.Name
	}
	return to
}
