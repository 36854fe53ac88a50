package app

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/schedule"
)

// reconcileJob is the id of the wake-ups that read the last days once more.
const reconcileJob = "reconcile"

// reconcileSpread is over how long after the scheduled instant the daemons of a
// company begin, so that one source does not answer all of them at once.
const reconcileSpread = time.Hour

// newReconciling gives what wakes the reconciliation of all sources; it never
// wakes where the configuration says so.
func (a *App) newReconciling(cfg *config.Config) (*schedule.Scheduler, error) {
	for _, cause := range []string{cycle.ByHole, cycle.ByReconciliation, cycle.ByRequest, cycle.ByEntry} {
		a.recorder.Revised(cause, 0)
	}
	sched := schedule.New(schedule.Options{
		Now: a.now, Lag: spread(a.externalURL(), reconcileSpread), Log: a.log,
		Run: func(ctx context.Context, _ schedule.Wake) {
			if err := a.Reconcile(ctx); err != nil && ctx.Err() == nil {
				a.log.Error("reading the last days once more", "err", err)
			}
		},
	})
	if cfg.Measuring.Reconcile == "" {
		return sched, nil
	}
	for _, s := range cfg.Sources {
		a.recorder.Reconciles(s.Name)
	}
	if err := sched.Set([]schedule.Job{{ID: reconcileJob, Expr: cfg.Measuring.Reconcile}}); err != nil {
		return nil, fmt.Errorf("the schedule of the reconciliation: %w", err)
	}
	return sched, nil
}

// spread gives a time below most that is always the same for one name.
func spread(name string, most time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return time.Duration(h.Sum64() % uint64(most))
}

// Reconcile reads what the last days hold of every source once more, one after
// the other, and appends revisions where the facts differ.
func (a *App) Reconcile(ctx context.Context) error {
	var errs []error
	for _, s := range a.config().Sources {
		began, now := a.o.Now(), a.now()
		done, err := a.cycle.Reconcile(ctx, s.Name, reread, now)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("source %s: %w", s.Name, err))
			continue
		}
		a.log.Info("read the last days once more", "source", s.Name, "indicators", done.Indicators, "intervals", done.Compared,
			"revised", done.Changed, "kept", done.Kept, "took", a.o.Now().Sub(began))
		if done.Failed > 0 {
			a.log.Warn("indicators could not be read once more", "source", s.Name, "count", done.Failed, "why", done.Why)
			continue
		}
		a.recorder.Reconciled(s.Name, now)
	}
	return errors.Join(errs...)
}
