package app

import (
	"context"
	"errors"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/telemetry"
)

// messengers tell others what slmd knows, each at its own pace and in its own
// goroutine: rounds never wait for them. One that is not configured is nil.
type messengers struct {
	announcer *announce.Announcer
	postman   *announce.Postman
	pusher    *telemetry.Pusher
}

func (a *App) newMessengers(cfg *config.Config) (m messengers, err error) {
	if m.announcer, err = a.newAnnouncer(cfg); err != nil {
		return m, err
	}
	if m.postman, err = a.newPostman(cfg); err != nil {
		return m, err
	}
	m.pusher, err = a.newPusher(cfg)
	return m, err
}

func (m messengers) start() {
	if m.announcer != nil {
		m.announcer.Start()
	}
	if m.postman != nil {
		m.postman.Start()
	}
	if m.pusher != nil {
		m.pusher.Start()
	}
}

// wake lets those look who tell of what a round found.
func (m messengers) wake() {
	if m.announcer != nil {
		m.announcer.Wake()
	}
	if m.postman != nil {
		m.postman.Wake()
	}
}

func (m messengers) stop(ctx context.Context) error {
	var errs []error
	if m.announcer != nil {
		errs = append(errs, m.announcer.Stop(ctx))
	}
	if m.postman != nil {
		errs = append(errs, m.postman.Stop(ctx))
	}
	if m.pusher != nil {
		errs = append(errs, m.pusher.Stop(ctx))
	}
	return errors.Join(errs...)
}

// newPusher gives what pushes the metrics; nil when they are only scraped.
func (a *App) newPusher(cfg *config.Config) (*telemetry.Pusher, error) {
	push := cfg.Metrics.Push
	if push == nil {
		return nil, nil
	}
	client, err := httpClient(push.HTTP, "metrics.push")
	if err != nil {
		return nil, err
	}
	return telemetry.NewPusher(telemetry.PushOptions{
		URL: push.URL, Client: client, Every: push.Interval.Duration(), Page: a.telemetry.Write,
		Done: a.recorder.MetricsPushed, Log: a.log,
	}), nil
}
