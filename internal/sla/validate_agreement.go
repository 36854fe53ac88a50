package sla

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

func (v *validation) agreementsOf() {
	for i := range v.c.Agreements {
		v.agreement(fmt.Sprintf("agreements[%d]", i), &v.c.Agreements[i])
	}
	v.overlaps()
}

func (v *validation) agreement(path string, a *Agreement) {
	if s, ok := v.services[a.Service]; ok && s.Status == Retired && a.Valid.To == Forever {
		v.problem(path+".service", "the service %s is retired and the agreement %s has no end: give it valid.until", a.Service, a.Name)
	}
	refer(v, path+".service", a.Service, "service", v.services)
	refer(v, path+".provider", a.Provider, "party", v.parties)
	refer(v, path+".customer", a.Customer, "party", v.parties)
	v.zone(path+".time_zone", a.Zone)
	if a.Valid.Empty() {
		v.problem(path+".valid", "the validity ends before it begins: until must be later than from")
	}
	v.period(path+".period", a.Period)
	if a.Charge != nil && a.Charge.Minor < 0 {
		v.problem(path+".charge", "a charge of %s: it cannot be negative", a.Charge)
	}
	for j, rel := range a.ReliesOn {
		for k, name := range rel.AnyOf {
			at := fmt.Sprintf("%s.relies_on[%d]", path, j)
			if len(rel.AnyOf) > 1 {
				at = fmt.Sprintf("%s.any_of[%d]", at, k)
			}
			refer(v, at, name, "agreement", v.agreements)
		}
	}
	if len(a.Objectives) == 0 {
		v.problem(path+".objectives", "the agreement %s promises nothing: give it at least one objective", a.Name)
	}
	seen := map[string]bool{}
	for j := range a.Objectives {
		o, at := &a.Objectives[j], fmt.Sprintf("%s.objectives[%d]", path, j)
		v.name(at+".name", o.Name)
		if seen[o.Name] {
			v.problem(at+".name", "the objective %q stands twice in %s: give one of them another name", o.Name, a.Name)
		}
		seen[o.Name] = true
		v.objective(at, a, o)
	}
}

func (v *validation) period(path string, p PeriodTerm) {
	switch p.Kind {
	case PeriodDay, PeriodWeek, PeriodMonth, PeriodQuarter, PeriodHalf, PeriodYear:
	case PeriodRolling:
		if p.Rolling < Hour || p.Rolling > 366*Day {
			v.problem(path, "a rolling period must be from 1h to 366d long")
		}
	default:
		v.problem(path, "the period is %q: write day, week, month, quarter, half, year or {rolling: 30d}", p.Kind)
	}
}

// overlaps refuses versions of one agreement that are in force at the same time.
func (v *validation) overlaps() {
	order := make([]int, len(v.c.Agreements))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &v.c.Agreements[i], &v.c.Agreements[j]
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Valid.From, b.Valid.From))
	})
	for k := 1; k < len(order); k++ {
		a, b := &v.c.Agreements[order[k-1]], &v.c.Agreements[order[k]]
		if a.Name != b.Name || !a.Valid.Overlaps(b.Valid) {
			continue
		}
		path := fmt.Sprintf("agreements[%d]", order[k])
		if a.Valid.From == b.Valid.From {
			v.problem(path+".valid.from", "two versions of %s begin at %s: give them successive validities, or one of them another name", b.Name, onDay(b.Zone, b.Valid.From))
			continue
		}
		v.problem(path+".valid.from", "this version of %s begins while the one from %s is in force: end that with valid.until %s at the latest", b.Name, onDay(b.Zone, a.Valid.From), onDay(b.Zone, b.Valid.From))
	}
}

// onDay writes an instant as a day where it is midnight in the zone.
func onDay(zone string, i Instant) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return i.String()
	}
	if t := i.In(loc); t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0 {
		return t.Format(time.DateOnly)
	}
	return i.In(loc).Format(time.RFC3339)
}

// cycles refuses services and agreements that need themselves.
func (v *validation) cycles() {
	services := map[string][]string{}
	for _, s := range v.c.Services {
		services[s.Name] = s.DependsOn
	}
	for i, s := range v.c.Services {
		if chain := cycle(s.Name, services); chain != "" {
			v.problem(fmt.Sprintf("services[%d].depends_on", i), "services depend on each other in a circle (%s): take one of these links away", chain)
		}
	}
	agreements := map[string][]string{}
	for _, a := range v.c.Agreements {
		for _, rel := range a.ReliesOn {
			agreements[a.Name] = append(agreements[a.Name], rel.AnyOf...)
		}
	}
	reported := map[string]bool{}
	for i, a := range v.c.Agreements {
		if chain := cycle(a.Name, agreements); chain != "" && !reported[a.Name] {
			reported[a.Name] = true
			v.problem(fmt.Sprintf("agreements[%d].relies_on", i), "agreements rely on each other in a circle (%s): take one of these links away", chain)
		}
	}
}

// cycle gives a chain that leads from a name back to itself, empty when there
// is none. Of a circle only its first name in the alphabet reports it.
func cycle(from string, edges map[string][]string) string {
	before := map[string]string{}
	queue := []string{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, next := range edges[at] {
			if next == from {
				return chain(from, at, before)
			}
			if _, seen := before[next]; !seen {
				before[next] = at
				queue = append(queue, next)
			}
		}
	}
	return ""
}

// chain writes the way from a name to the last one before it comes back; empty
// when another name of the circle is the one that reports it.
func chain(from, last string, before map[string]string) string {
	text := from
	for at := last; at != from; at = before[at] {
		if at < from {
			return ""
		}
		text = at + " → " + text
	}
	return from + " → " + text
}
