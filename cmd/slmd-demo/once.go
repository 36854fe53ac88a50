package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/web"
)

// once does everything on the simulated clock and writes what came of it.
func once(ctx context.Context, f flags, now time.Time) error {
	s, err := setUp(ctx, play{flags: f, now: now, simulated: true})
	if err != nil {
		return err
	}
	defer s.end()
	if err := s.catchUp(ctx, now); err != nil {
		return err
	}
	if err := os.MkdirAll(f.out, 0o750); err != nil {
		return fmt.Errorf("making the directory for the results: %w", err)
	}
	results := map[string]func() ([]byte, error){
		"alerts.json": func() ([]byte, error) { return s.app.Alerts(ctx) },
		"status.json": func() ([]byte, error) { return web.StatusDocument(s.app.Standings()) },
	}
	for _, name := range []string{"alerts.json", "status.json"} {
		content, err := results[name]()
		if err != nil {
			return fmt.Errorf("making %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(f.out, name), content, 0o600); err != nil {
			return fmt.Errorf("writing the results: %w", err)
		}
	}
	var metrics bytes.Buffer
	if err := s.app.WriteMetrics(&metrics); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(f.out, "metrics.txt"), metrics.Bytes(), 0o600); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	if err := copyReports(filepath.Join(s.dir, "data", app.ReportsDir), filepath.Join(f.out, "reports")); err != nil {
		return err
	}
	say("wrote status.json, metrics.txt, alerts.json and reports/ to %s", f.out)
	return nil
}

// copyReports puts the issued reviews in place of those that were there.
func copyReports(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return fmt.Errorf("clearing the old reviews: %w", err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return fmt.Errorf("writing the reviews: %w", err)
	}
	return nil
}
