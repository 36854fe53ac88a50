package app

import (
	"sync/atomic"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/telemetry"
)

// newAlerting gives what says which alerts hold, whoever sends them: with
// alerting.mode rules, Prometheus alerts by it. While the store cannot be read,
// what was known before holds: no alert ends because of that.
func (a *App) newAlerting() func() telemetry.Alerting {
	var known atomic.Pointer[[]map[string]string]
	known.Store(&[]map[string]string{})
	return func() telemetry.Alerting {
		now := a.now()
		a.mu.Lock()
		cfg := a.cfg
		a.mu.Unlock()
		if cfg == nil {
			return telemetry.Alerting{} // still starting
		}
		out := telemetry.Alerting{Mode: cfg.Alerting.Mode, ExternalURL: a.externalURL()}
		conditions, err := a.store.Conditions(a.ctx, now)
		if err != nil {
			a.log.Error("reading what holds; the metrics show what was known before", "err", err)
			out.Firing = *known.Load()
			return out
		}
		alerts := announce.Compose(conditions, now, a.terms(cfg))
		// By rules another alert says that the database cannot be written.
		own := announce.Compose(a.storage.conditions(a.store)(now), now, a.terms(cfg))
		a.recorder.AlertsFiring(announce.Firing(append(own, alerts...), now))
		for i := range alerts {
			if alerts[i].EndsAt.After(now.Time()) {
				out.Firing = append(out.Firing, alerts[i].Labels)
			}
		}
		known.Store(&out.Firing)
		return out
	}
}
