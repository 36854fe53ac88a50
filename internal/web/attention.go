package web

import (
	"context"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// worry is something that somebody should look at: what, why, whose it is.
type worry struct {
	Badge  badge
	What   string
	Where  string
	Why    string
	Owner  string
	Href   string
	Since  string
	weight int
}

// worries gives what needs attention among the standings, worst first.
func (h *handler) worries(ctx context.Context, f *frame, list []*sla.Standing) ([]worry, error) {
	conditions, err := h.o.Store.Conditions(ctx, h.o.Now())
	if err != nil {
		return nil, fmt.Errorf("reading what holds: %w", err)
	}
	held := map[[2]string][]sla.Condition{}
	for _, c := range conditions {
		if c.Holds() {
			held[[2]string{c.Agreement, c.Objective}] = append(held[[2]string{c.Agreement, c.Objective}], c)
		}
	}
	var out []worry
	seen := map[string]bool{}
	for _, s := range list {
		if w, ok := h.worry(f, s, held[[2]string{s.Agreement.Name, s.Objective.Name}]); ok {
			out = append(out, w)
		}
		if seen[s.Agreement.Name] {
			continue
		}
		seen[s.Agreement.Name] = true
		for _, c := range held[[2]string{s.Agreement.Name, ""}] {
			out = append(out, worry{
				Badge: f.Badge(sla.NoData), What: titled(s.Agreement.Title, s.Agreement.Name), Where: string(s.Agreement.Kind), Why: c.Details.Text,
				Owner: h.owner(s), Href: f.To("agreements", s.Agreement.Name), weight: 0,
			})
		}
	}
	slices.SortStableFunc(out, func(a, b worry) int { return b.weight - a.weight })
	return out, nil
}

// owner says whose service it is.
func (h *handler) owner(s *sla.Standing) string {
	if svc := h.o.Catalogue().Service(s.Agreement.Service); svc != nil && svc.Owner != "" {
		return h.party(svc.Owner)
	}
	return h.party(s.Agreement.Provider)
}

// worry says why an objective needs attention; false when it does not.
func (h *handler) worry(f *frame, s *sla.Standing, held []sla.Condition) (worry, bool) {
	w := worry{
		Badge: f.badge(s.Current), What: h.service(s.Agreement.Service) + ": " + s.Objective.Name,
		Where: titled(s.Agreement.Title, s.Agreement.Name), Owner: h.owner(s),
		Href: f.To("objectives", s.Agreement.Name, s.Objective.Name),
	}
	if s.Current != nil {
		w.weight = 10 * severity(s.Current.State)
	}
	if s.Current != nil && s.Current.State != sla.Met {
		w.Why = f.sentence(s.Current, s.Objective)
	}
	for _, b := range s.Firing {
		w.Why = joined(w.Why, f.say("The budget is spent %s as fast as it may be, over %s.", f.burnText(s.Burn[b.Window]), b.Window))
		w.weight += 5
	}
	for _, c := range held {
		if (c.Alertname == sla.AlertDataMissing || c.Alertname == sla.AlertMisconfigured) && c.Details.Text != "" {
			w.Why = joined(w.Why, c.Details.Text)
			w.weight += 3
		}
	}
	if s.Current == nil && w.Why == "" {
		w.Why, w.weight = f.say("Not judged yet."), 1
	}
	return w, w.Why != ""
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}
