package web

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// worry is something that somebody should look at: what, why, whose it is.
type worry struct {
	Badge badge
	What  string
	Where string
	Why   string
	Owner string
	Href  string
}

// candidate is what a worry is made of.
type candidate struct {
	look   *look
	held   []sla.Condition // of the objective; without it of the agreement
	whole  bool            // the worry is about the agreement
	weight int
}

// worries gives the worst of what needs attention among the chosen objectives,
// and how much that is altogether.
func (h *handler) worries(ctx context.Context, o *overview) (list []worry, all int, err error) {
	conditions, err := h.o.Store.Conditions(ctx, h.o.Now())
	if err != nil {
		return nil, 0, fmt.Errorf("reading what holds: %w", err)
	}
	held := map[[2]string][]sla.Condition{}
	for _, c := range conditions {
		if c.Holds() {
			held[[2]string{c.Agreement, c.Objective}] = append(held[[2]string{c.Agreement, c.Objective}], c)
		}
	}
	var found []candidate
	seen := map[string]bool{}
	for _, l := range o.chosen {
		if c := weigh(l, held[[2]string{l.Agreement.Name, l.Objective.Name}]); c.weight > 0 {
			found = append(found, c)
		}
		if seen[l.Agreement.Name] {
			continue
		}
		seen[l.Agreement.Name] = true
		for _, c := range held[[2]string{l.Agreement.Name, ""}] {
			found = append(found, candidate{look: l, held: []sla.Condition{c}, whole: true})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return b.weight - a.weight })
	for _, c := range found[:min(len(found), mostWorries)] {
		list = append(list, o.worry(c))
	}
	return list, len(found), nil
}

// weigh says how much an objective needs attention; nothing when it does not.
func weigh(l *look, held []sla.Condition) candidate {
	c := candidate{look: l, weight: 5 * len(l.Firing)}
	if l.state != sla.Met && l.Current != nil {
		c.weight += 10 * l.severity
	}
	for _, x := range held {
		if (x.Alertname == sla.AlertDataMissing || x.Alertname == sla.AlertMisconfigured) && x.Details.Text != "" {
			c.held = append(c.held, x)
			c.weight += 3
		}
	}
	if l.Current == nil && c.weight == 0 {
		c.weight = 1
	}
	return c
}

// owner says whose service it is.
func (s *sight) owner(a *sla.Agreement) string {
	if svc := s.service(a.Service); svc.Owner != "" {
		return s.party(svc.Owner)
	}
	return s.party(a.Provider)
}

func (o *overview) worry(c candidate) worry {
	f, l, a := o.f, c.look, c.look.Agreement
	title := titled(a.Title, a.Name)
	if c.whole {
		return worry{
			Badge: f.Badge(sla.NoData), What: title, Where: string(a.Kind), Why: c.held[0].Details.Text, Owner: o.sight.owner(a), Href: f.To("agreements", a.Name),
		}
	}
	svc := o.sight.service(a.Service)
	w := worry{
		Badge: f.badge(l.Current), What: titled(svc.Title, svc.Name) + ": " + l.Objective.Name, Where: title,
		Owner: o.sight.owner(a), Href: f.To("objectives", a.Name, l.Objective.Name),
	}
	if l.state != sla.Met && l.Current != nil {
		w.Why = f.sentence(l.Current, l.Objective)
	}
	var burning []string
	for _, b := range l.Firing {
		burning = append(burning, f.say("%s over %s", f.burnText(l.Burn[b.Window]), b.Window))
	}
	if len(burning) > 0 {
		w.Why = joined(w.Why, f.say("The budget is spent too fast: %s.", strings.Join(burning, ", ")))
	}
	for _, x := range c.held {
		w.Why = joined(w.Why, x.Details.Text)
	}
	if w.Why == "" {
		w.Why = f.say("Not judged yet.")
	}
	return w
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}
