package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// Remeasuring is a span of an indicator that somebody wants measured anew.
type Remeasuring struct {
	Config    *config.Config
	Store     *store.Store
	Indicator string
	Span      sla.Span
	Reason    string // stands in the audit log
	Actor     string
	Now       sla.Instant
}

// Remeasure measures a span anew and appends revisions where the facts differ.
// The audit log has it before the first of them is written.
func Remeasure(ctx context.Context, r Remeasuring) (cycle.Revised, error) {
	if strings.TrimSpace(r.Reason) == "" {
		return cycle.Revised{}, errors.New("measuring again wants a reason: it stands in the audit log")
	}
	c, _, err := newCycle(ctx, r.Config, r.Store)
	if err != nil {
		return cycle.Revised{}, err
	}
	if err := known(c.Catalogue(), []string{r.Indicator}); err != nil {
		return cycle.Revised{}, err
	}
	err = r.Store.AppendAudit(ctx, store.Action{
		At: r.Now, Actor: store.Actor{Name: r.Actor}, Action: "remeasure", Object: "indicator/" + r.Indicator,
		Text: fmt.Sprintf("measured again from %s to %s: %s", r.Span.From, r.Span.To, r.Reason),
	})
	if err != nil {
		return cycle.Revised{}, err
	}
	return c.Revise(ctx, r.Indicator, r.Span, r.Now)
}
