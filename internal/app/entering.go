package app

import (
	"context"
	"fmt"
	"io"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/web"
)

// Entering is facts that somebody wrote down, as catalogue.ReadEntries reads them.
type Entering struct {
	Indicator string
	Facts     io.Reader
	Actor     string
	Now       sla.Instant
}

// Enter records facts in a database that no daemon has open.
func Enter(ctx context.Context, cfg *config.Config, st *store.Store, e Entering) (cycle.Entered, error) {
	c, _, err := newCycle(ctx, cfg, st)
	if err != nil {
		return cycle.Entered{}, err
	}
	return e.into(ctx, c, st)
}

// into reads the facts and records them. The audit log has it before the first
// of them is written.
func (e *Entering) into(ctx context.Context, c *cycle.Cycle, st *store.Store) (cycle.Entered, error) {
	ind := c.Catalogue().Indicator(e.Indicator)
	if ind == nil {
		return cycle.Entered{}, fmt.Errorf("there is no indicator %q in the catalogue", e.Indicator)
	}
	entries, err := catalogue.ReadEntries(e.Facts, ind)
	if err != nil {
		return cycle.Entered{}, err
	}
	if err := c.Enterable(e.Indicator, entries, e.Now); err != nil || len(entries) == 0 {
		return cycle.Entered{}, err
	}
	err = st.AppendAudit(ctx, store.Action{
		At: e.Now, Actor: store.Actor{Name: e.Actor}, Action: "enter", Object: "indicator/" + e.Indicator,
		Text: fmt.Sprintf("%d facts written down, the first of %s to %s", len(entries), entries[0].From, entries[0].To),
	})
	if err != nil {
		return cycle.Entered{}, err
	}
	return c.Enter(ctx, e.Indicator, entries, e.Now)
}

// enterFacts records facts that came over HTTP.
func (a *App) enterFacts(ctx context.Context, indicator, actor string, facts io.Reader) (any, error) {
	e := Entering{Indicator: indicator, Facts: facts, Actor: actor, Now: a.now()}
	done, err := e.into(ctx, a.cycle, a.store)
	if err != nil {
		return nil, web.Refuse("%v", err)
	}
	return done, nil
}
