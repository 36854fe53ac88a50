package cycle

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// Reached says how far back the facts of an indicator can go.
type Reached struct {
	Indicator string
	Wanted    sla.Instant // from when on it is measured
	First     sla.Instant // before which its source has no sample of it
	Err       error       // why the source could not be asked
}

// Reach asks, for the indicators that were never measured, how far back their
// sources have samples; in order of the indicators' names.
func (c *Cycle) Reach(ctx context.Context, now sla.Instant) []Reached {
	var out []Reached
	for name, from := range c.sourceNames() {
		for _, j := range c.jobs(name, Scope{}, now, nil) {
			if !j.first || j.earlier {
				continue
			}
			r := Reached{Indicator: j.indicator.Name, Wanted: j.cursor}
			if from == nil {
				r.Err = fmt.Errorf("the configuration names no data source %q", name)
			} else {
				r.First, r.Err = from.Earliest(ctx, j.indicator, sla.Span{From: j.cursor, To: j.to})
			}
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Reached) int { return cmp.Compare(a.Indicator, b.Indicator) })
	return out
}

// sourceNames gives the sources by name, with nil for those that indicators
// name and the configuration does not.
func (c *Cycle) sourceNames() map[string]Source {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]Source{}
	for i := range c.catalogue.Indicators {
		out[c.sourceOf(&c.catalogue.Indicators[i])] = nil
	}
	for name, s := range c.o.Sources {
		out[name] = s
	}
	return out
}
