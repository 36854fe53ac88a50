package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// PlannedRequest is one request of a live round.
type PlannedRequest struct {
	Source     string   `json:"source"`
	Request    string   `json:"request"`
	Indicators []string `json:"indicators"`
	Samples    int      `json:"samples"`
	Series     int      `json:"series"`
	Assumed    bool     `json:"assumed"`        // the source did not count the samples
	Note       string   `json:"note,omitempty"` // why it brings nothing, or is made all the same
}

// Plan gives the requests of a live round of all indicators that an agreement
// uses, source by source.
func Plan(ctx context.Context, cfg *config.Config, st *store.Store, now sla.Instant) ([]PlannedRequest, error) {
	cat, err := st.Catalogue(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue in force: %w", err)
	}
	if err := KnownSources(cfg)(cat); err != nil {
		return nil, err
	}
	src, err := newSources(cfg, watchers{request: func(string, measure.Request) {}})
	if err != nil {
		return nil, err
	}
	tasks, err := tasksOf(ctx, st)
	if err != nil {
		return nil, err
	}
	bySource := map[string][]measure.Task{}
	for name, span := range cycle.Needed(cat) {
		if ind := cat.Indicator(name); ind != nil && span.To > now {
			source := sourceOf(cfg, ind)
			bySource[source] = append(bySource[source], tasks(ind))
		}
	}
	out := []PlannedRequest{}
	for _, s := range cfg.Sources {
		list := bySource[s.Name]
		slices.SortFunc(list, func(a, b measure.Task) int { return cmp.Compare(a.Indicator.Name, b.Indicator.Name) })
		plan, err := src.measuring[s.Name].Plan(ctx, list, now)
		if err != nil {
			return nil, err
		}
		for _, p := range plan {
			out = append(out, PlannedRequest{s.Name, p.Ask, p.Indicators, p.Samples, p.Series, p.Assumed, p.Note})
		}
	}
	return out, nil
}

// tasksOf gives what measuring an indicator goes on from.
func tasksOf(ctx context.Context, st *store.Store) (func(*sla.Indicator) measure.Task, error) {
	definitions, err := st.LatestDefinitions(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the indicators' definitions: %w", err)
	}
	heads, err := st.Heads(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading where measuring goes on: %w", err)
	}
	return func(ind *sla.Indicator) measure.Task {
		head := heads[ind.Name]
		return measure.Task{Indicator: ind, Definition: definitions[ind.Name], State: head.State, Cursor: head.Cursor}
	}, nil
}
