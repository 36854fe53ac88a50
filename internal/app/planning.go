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
	Assumed    bool     `json:"assumed"` // the source did not count the samples
}

// Plan gives the requests of a live round of all indicators that an agreement
// uses, source by source.
func Plan(ctx context.Context, cfg *config.Config, st *store.Store, now sla.Instant) ([]PlannedRequest, error) {
	cat, err := st.Catalogue(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue in force: %w", err)
	}
	if err := knownSources(cfg)(cat); err != nil {
		return nil, err
	}
	src, err := newSources(cfg, watchers{request: func(string, measure.Request) {}})
	if err != nil {
		return nil, err
	}
	bySource := map[string][]*sla.Indicator{}
	for name, span := range cycle.Needed(cat) {
		if ind := cat.Indicator(name); ind != nil && span.To > now {
			bySource[sourceOf(cfg, ind)] = append(bySource[sourceOf(cfg, ind)], ind)
		}
	}
	out := []PlannedRequest{}
	for _, s := range cfg.Sources {
		list := bySource[s.Name]
		slices.SortFunc(list, func(a, b *sla.Indicator) int { return cmp.Compare(a.Name, b.Name) })
		plan, err := src.measuring[s.Name].Plan(ctx, list, now)
		if err != nil {
			return nil, err
		}
		for _, p := range plan {
			out = append(out, PlannedRequest{s.Name, p.Ask, p.Indicators, p.Samples, p.Series, p.Assumed})
		}
	}
	return out, nil
}
