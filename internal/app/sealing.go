package app

import (
	"context"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// reread is how long after a day's end its facts may still be read again.
const reread = 48 * sla.Hour

// keepEvery is how often it is looked for what has become final.
const keepEvery = sla.Hour

// keepHouse seals what is final and issues the reviews whose turn came while
// nobody could issue them, unless that was done within the hour.
func (a *App) keepHouse(ctx context.Context) {
	now := a.now()
	last := a.kept.Load()
	if last != 0 && now.Sub(sla.Instant(last)) < keepEvery || !a.kept.CompareAndSwap(last, int64(now)) {
		return
	}
	if _, err := a.Seal(ctx); err != nil && ctx.Err() == nil {
		a.log.Error("sealing days of the ledger", "err", err)
	}
	if err := a.issueMissed(ctx); err != nil && ctx.Err() == nil {
		a.log.Error("issuing service reviews that are overdue", "err", err)
	}
}

// Seal packs the days whose facts are final, lets go of facts older than the
// configuration keeps them, and gives how many days it sealed.
func (a *App) Seal(ctx context.Context) (int, error) {
	a.mu.Lock()
	cfg := a.cfg
	a.mu.Unlock()
	now := a.now()
	final := now.Add(-cfg.Measuring.FinaliseAfter)
	failpoint("app.sealing")
	n, err := a.store.Seal(ctx, store.Sealing{At: now, Before: final.Add(-reread), Recorded: final})
	if n > 0 {
		a.log.Info("sealed days of the ledger", "days", n)
	}
	if err != nil {
		return n, err
	}
	failpoint("app.sealed")
	// What a new indicator would measure again is kept.
	keep := max(cfg.Storage.Facts, cfg.Measuring.BackfillLimit+sla.Day)
	gone, err := a.store.Expire(ctx, now.Add(-keep), now)
	if err != nil {
		return n, fmt.Errorf("letting go of facts older than %s: %w", sla.FormatDuration(keep), err)
	}
	failpoint("app.expired")
	if gone > 0 {
		a.log.Info("let go of facts that are older than they are kept", "days", gone)
	}
	return n, a.readAuditHead(ctx)
}
