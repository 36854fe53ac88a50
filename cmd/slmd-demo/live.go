package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"
)

// liveEvery is how often the company's history goes on.
const liveEvery = 5 * time.Second

// live shows the company and lets its history go on until it is stopped.
func live(ctx context.Context, f flags, now time.Time) error {
	began := time.Now()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := setUp(ctx, play{flags: f, now: now, log: log})
	if err != nil {
		return err
	}
	defer s.end()
	if err := s.catchUp(ctx, now); err != nil {
		return err
	}
	offset := now.Sub(began)
	tick := func() error {
		t := time.Now().Add(offset)
		if err := s.company.Advance(t); err != nil {
			return fmt.Errorf("going on with the history: %w", err)
		}
		s.set(t)
		return nil
	}
	if err := tick(); err != nil {
		return err
	}
	s.app.Start()
	s.introduce(time.Since(began))
	ticker := time.NewTicker(liveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			say("stopping")
			return nil
		case <-ticker.C:
			if err := tick(); err != nil {
				return err
			}
		}
	}
}

// introduce says where to look.
func (s *stage) introduce(took time.Duration) {
	fmt.Printf(`
slmd is ready after %s:

  overview     %s/
  reports      %s/reports
  metrics      %s/metrics
  Prometheus   %s  (the source, for curl or Grafana)

What happened at the shop:
`, took.Round(100*time.Millisecond), s.app.URL(), s.app.URL(), s.app.URL(), s.prom.URL())
	for _, e := range s.company.Story() {
		fmt.Printf("  %s  %s\n", e.From.Time().Format("2 Jan 15:04"), e.Text)
	}
	fmt.Println("\nThe history goes on live; stop with Ctrl-C.")
}
