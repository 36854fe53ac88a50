package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// periodRows gives the rows of all periods of a name: as the last round found
// them where they are under way, otherwise as they were settled.
func (h *handler) periodRows(r *http.Request, agreement string, p listedPeriod) ([]StatusRow, error) {
	verdicts, err := h.verdicts(r.Context(), agreement, p)
	if err != nil {
		return nil, err
	}
	current := map[key]*sla.Standing{}
	standings := h.o.Standings()
	for i := range standings {
		if v := standings[i].Current; v != nil {
			current[key{v.Agreement, v.Objective, v.Period.Name}] = &standings[i]
		}
	}
	rows := []StatusRow{}
	for i := range verdicts {
		v := &verdicts[i]
		row, err := h.rowOf(v, current[key{v.Agreement, v.Objective, v.Period.Name}])
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// rowOf gives the row of a verdict, that of the standing in its place where it
// judges the same part.
func (h *handler) rowOf(v *sla.Verdict, s *sla.Standing) (StatusRow, error) {
	if s != nil && s.Current.Part == v.Part {
		row, _, err := RowOfStanding(s)
		return row, err
	}
	zone := h.zone()
	if versions := h.o.Catalogue().Versions(v.Agreement); len(versions) > 0 {
		var err error
		if zone, err = calendar.Zone(versions[0].Zone); err != nil {
			return StatusRow{}, fmt.Errorf("agreement %s: %w", v.Agreement, err)
		}
	}
	return RowOf(v, zone, nil), nil
}

// listedPeriod is a period by its name, and a span in which it lies; without a
// name the periods under way.
type listedPeriod struct {
	name   string
	within sla.Span
}

// verdicts gives the verdicts on periods of a name, or on those under way: where
// they are not settled as the last round found them, without who caused their
// outages, otherwise as they are on record.
func (h *handler) verdicts(ctx context.Context, agreement string, p listedPeriod) ([]sla.Verdict, error) {
	out, open := h.unsettledVerdicts(agreement, p.name)
	if p.name != "" {
		settled, err := h.o.Store.Verdicts(ctx, agreement, p.within)
		if err != nil {
			return nil, fmt.Errorf("reading the verdicts of %s: %w", p.name, err)
		}
		for i := range settled {
			v := &settled[i]
			if v.Period.Name == p.name && !open[partKey{v.Agreement, v.Objective, v.Part}] {
				out = append(out, *v)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b sla.Verdict) int {
		return cmp.Or(cmp.Compare(a.Agreement, b.Agreement), cmp.Compare(a.Objective, b.Objective), cmp.Compare(a.Part.From, b.Part.From))
	})
	return out, nil
}

// partKey tells an objective in a part of a period.
type partKey struct {
	agreement, objective string
	part                 sla.Span
}

// unsettledVerdicts gives those of the standings that are of the period named, or
// under way, and which they are.
func (h *handler) unsettledVerdicts(agreement, period string) (out []sla.Verdict, open map[partKey]bool) {
	open = map[partKey]bool{}
	standings := h.o.Standings()
	for i := range standings {
		s := &standings[i]
		for _, v := range []*sla.Verdict{s.Current, s.Previous} {
			if v == nil || !v.Provisional && v != s.Current || agreement != "" && v.Agreement != agreement ||
				period == "" && v != s.Current || period != "" && v.Period.Name != period {
				continue
			}
			found := *v
			found.Outages = slices.Clone(v.Outages)
			for j := range found.Outages {
				found.Outages[j].Attribution = nil
			}
			out, open[partKey{v.Agreement, v.Objective, v.Part}] = append(out, found), true
		}
	}
	return out, open
}
