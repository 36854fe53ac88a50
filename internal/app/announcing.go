package app

import (
	"context"
	"fmt"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/sla"
)

// newAnnouncer gives what tells every configured Alertmanager; nil when alerts
// are made by rules or not at all.
func (a *App) newAnnouncer(cfg *config.Config) (*announce.Announcer, error) {
	if cfg.Alerting.Mode != config.Push {
		return nil, nil
	}
	var instances []announce.Instance
	for i, am := range cfg.Alerting.Alertmanagers {
		client, err := httpClient(am.HTTP, fmt.Sprintf("alertmanager %d", i+1))
		if err != nil {
			return nil, err
		}
		name := withoutUser(am.URL)
		a.recorder.Alertmanager(name)
		instances = append(instances, announce.Instance{
			Name: name, Sender: &announce.Alertmanager{URL: am.URL, Client: client},
		})
	}
	return announce.New(announce.Options{
		Read: a.conditions, Own: a.storage.conditions(a.store), Now: a.now, Terms: a.terms(cfg), Instances: instances,
		Resend: cfg.Alerting.Resend.Duration(), Log: a.log,
		Sent: func(name string, n int) {
			a.recorder.NotificationsSent(name, n)
			a.deeds.told(name, n, 0)
		},
		Failed: func(name string, n int) {
			a.recorder.NotificationsFailed(name, n)
			a.deeds.told(name, 0, n)
		},
		Took:      func(name string, alerts []announce.Alert) { a.deeds.took(name, alerts, a.now()) },
		Dropped:   a.recorder.NotificationsDropped,
		Announced: a.recorder.AlertsFiring,
	}), nil
}

func (a *App) terms(cfg *config.Config) announce.Terms {
	return announce.Terms{
		Labels: cfg.Alerting.Labels, ExternalURL: a.externalURL(), Interval: cfg.Measuring.Interval,
		DashboardURL: cfg.Alerting.DashboardURL, RunbookURL: cfg.Alerting.RunbookURL,
	}
}

func (a *App) conditions(ctx context.Context, since sla.Instant) ([]sla.Condition, error) {
	return a.store.Conditions(ctx, since)
}

// Alerts gives what is announced now, exactly as it is posted.
func (a *App) Alerts(ctx context.Context) ([]byte, error) {
	now := a.now()
	conditions, err := a.store.Conditions(ctx, now.Add(-announce.Linger))
	if err != nil {
		return nil, fmt.Errorf("reading the alert conditions: %w", err)
	}
	a.mu.Lock()
	cfg := a.cfg
	a.mu.Unlock()
	conditions = append(conditions, a.storage.conditions(a.store)(now)...)
	alerts := announce.Compose(conditions, now, a.terms(cfg))
	a.recorder.AlertsFiring(announce.Firing(alerts, now))
	return announce.Encode(alerts)
}
