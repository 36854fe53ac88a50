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
	if last != 0 && !passed(keepEvery, sla.Instant(last), now) || !a.kept.CompareAndSwap(last, int64(now)) {
		return
	}
	if _, err := a.Seal(ctx); err != nil && ctx.Err() == nil {
		a.log.Error("sealing days of the ledger", "err", err)
	}
	if err := a.issueMissed(ctx); err != nil && ctx.Err() == nil {
		a.log.Error("issuing service reviews that are overdue", "err", err)
	}
}

// passed reports whether that much time has passed since the instant. What lies
// ahead of now was told by a clock that has been set back since.
func passed(much sla.Millis, since, now sla.Instant) bool {
	return now < since || now.Sub(since) >= much
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
	newest, err := a.newest(ctx)
	if err != nil {
		return n, err
	}
	gone, err := a.store.Expire(ctx, min(now, newest).Add(-keep), now)
	if err != nil {
		return n, fmt.Errorf("letting go of facts older than %s: %w", sla.FormatDuration(keep), err)
	}
	failpoint("app.expired")
	if gone > 0 {
		a.log.Info("let go of facts that are older than they are kept", "days", gone)
	}
	return n, a.readAuditHead(ctx)
}

// newest gives where the ledger ends: facts are as old as it says, and a clock
// that is ahead lets go of none early.
func (a *App) newest(ctx context.Context) (sla.Instant, error) {
	cursors, err := a.store.Cursors(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading how far the ledger reaches: %w", err)
	}
	var newest sla.Instant
	for _, cursor := range cursors {
		newest = max(newest, cursor)
	}
	return newest, nil
}
