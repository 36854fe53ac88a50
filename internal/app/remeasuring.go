package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/web"
)

// Remeasuring is a span of an indicator that somebody wants measured anew.
type Remeasuring struct {
	Indicator string
	Span      sla.Span
	Reason    string // stands in the audit log
	Actor     string
	Now       sla.Instant
}

// RemeasureMost is how much of an indicator a daemon measures anew for one request.
const RemeasureMost = 7 * sla.Day

const (
	// maxReason bounds a reason, in bytes.
	maxReason = 1000
	// remeasureTimeout bounds what a request waits for: its turn with the source,
	// and the source. It ends before the server and slmtool give up.
	remeasureTimeout = 45 * time.Second
)

// Remeasure measures a span anew in a database that no daemon has open, and
// appends revisions where the facts differ.
func Remeasure(ctx context.Context, cfg *config.Config, st *store.Store, r Remeasuring) (cycle.Revised, error) {
	c, _, err := newCycle(ctx, cfg, st)
	if err != nil {
		return cycle.Revised{}, err
	}
	if err := r.check(c); err != nil {
		return cycle.Revised{}, err
	}
	return r.into(ctx, c, st)
}

// check says why the span cannot be measured anew.
func (r *Remeasuring) check(c *cycle.Cycle) error {
	switch {
	case r.Actor == "":
		return errors.New("measuring again wants a name: as= says who acts, for the audit log")
	case strings.TrimSpace(r.Reason) == "":
		return errors.New("measuring again wants a reason: it stands in the audit log")
	case len(r.Reason) > maxReason:
		return fmt.Errorf("the reason has %d bytes: write at most %d", len(r.Reason), maxReason)
	}
	return c.Revisable(r.Indicator)
}

// into measures anew and records what differs. The audit log has it before the
// first fact is written.
func (r *Remeasuring) into(ctx context.Context, c *cycle.Cycle, st *store.Store) (cycle.Revised, error) {
	err := st.AppendAudit(ctx, store.Action{
		At: r.Now, Actor: store.Actor{Name: r.Actor}, Action: "remeasure", Object: "indicator/" + r.Indicator,
		Text: fmt.Sprintf("measured again from %s to %s: %s", r.Span.From, r.Span.To, r.Reason),
	})
	if err != nil {
		return cycle.Revised{}, err
	}
	return c.Revise(ctx, r.Indicator, r.Span, r.Now)
}

// remeasure measures anew what was asked for over HTTP. Rounds of the source
// wait for it, and it for them.
func (a *App) remeasure(ctx context.Context, asked web.Remeasuring) (any, error) {
	r := Remeasuring{Indicator: asked.Indicator, Span: asked.Span, Reason: asked.Reason, Actor: asked.Actor, Now: a.now()}
	if n := r.Span.Length(); n > RemeasureMost {
		return nil, web.Refuse("%s are too much for one request: ask for at most %s, in several spans", n.Duration(), RemeasureMost.Duration())
	}
	if err := r.check(a.cycle); err != nil {
		return nil, web.Refuse("%v", err)
	}
	ctx, cancel := context.WithTimeout(ctx, remeasureTimeout)
	defer cancel()
	done, err := r.into(ctx, a.cycle, a.store)
	if err != nil {
		return nil, inTime(ctx, err)
	}
	return done, nil
}

// inTime tells an error by the context's end apart from others.
func inTime(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("measuring again took longer than %s, and nothing was revised: ask for a shorter span, or once the rounds have caught up", remeasureTimeout)
	}
	return err
}
