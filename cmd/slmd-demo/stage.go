package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slmd/slmd/cmd/slmd-demo/company"
	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/promtest"
)

// publicURL stands in alerts and reports of a demo that is done at once; one that
// is live is reached where it listens.
const publicURL = "http://localhost:9596"

// settling is how long before its present the demo does the measuring of the
// past: by the present, what was measured then is final.
const settling = 90 * time.Minute

// stage is a company with its history, the Prometheus that has it, and slmd.
type stage struct {
	clock   atomic.Int64 // Unix nanoseconds of the simulated time
	company *company.Company
	prom    *promtest.Server
	app     *app.App
	dir     string
	close   []func()
}

// now is the simulated time.
func (s *stage) now() time.Time { return time.Unix(0, s.clock.Load()).UTC() }

func (s *stage) set(t time.Time) { s.clock.Store(t.UnixNano()) }

// play says how a stage is set up.
type play struct {
	flags
	now       time.Time
	log       *slog.Logger
	simulated bool
}

// setUp makes up the history, starts the Prometheus and opens slmd; nothing is
// measured yet.
func setUp(ctx context.Context, p play) (*stage, error) {
	s := &stage{}
	if err := s.begin(ctx, p); err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

func (s *stage) begin(ctx context.Context, p play) error {
	s.set(p.now)
	began := time.Now()
	say("making up the history of a web shop …")
	var err error
	if s.company, err = company.New(p.seed, p.now); err != nil {
		return err
	}
	store := promtest.NewStore()
	if err := s.company.Generate(store); err != nil {
		return fmt.Errorf("making up the history: %w", err)
	}
	series, samples := store.Samples()
	say("  %d series, %.1f million samples since %s (%s)", series, float64(samples)/1e6,
		s.company.First().Time().Format("2 Jan 2006"), time.Since(began).Round(100*time.Millisecond))
	if s.prom, err = promtest.New(store, promtest.Options{Now: s.now}); err != nil {
		return fmt.Errorf("starting the in-process Prometheus: %w", err)
	}
	s.close = append(s.close, func() { _ = s.prom.Close() })
	if s.dir, err = os.MkdirTemp("", "slmd-demo-"); err != nil {
		return fmt.Errorf("making a directory for the database: %w", err)
	}
	s.close = append(s.close, func() { _ = os.RemoveAll(s.dir) })
	if err := s.configure(p); err != nil {
		return err
	}
	s.set(p.now.Add(-settling))
	s.app, err = app.New(ctx, app.Options{
		ConfigFile: filepath.Join(s.dir, "slmd.yml"), StoragePath: filepath.Join(s.dir, "data"),
		Listen: s.listen(p), ExternalURL: p.address(), Log: p.log, Now: s.now, Simulated: p.simulated,
	})
	if err != nil {
		return err
	}
	s.close = append(s.close, func() { _ = s.app.Stop(context.WithoutCancel(ctx)) })
	return nil
}

// address gives what stands in alerts and reports.
func (p *play) address() string {
	if p.once || p.simulated {
		return publicURL
	}
	return "" // of the first listener
}

// listen gives the addresses of slmd; a run that only writes files needs none.
func (s *stage) listen(p play) []string {
	if p.once {
		return nil
	}
	return []string{p.listen}
}

// configure writes slmd.yml and the catalogue.
func (s *stage) configure(p play) error {
	catalogue := filepath.Join(s.dir, "catalogue")
	if err := os.Mkdir(catalogue, 0o750); err != nil {
		return fmt.Errorf("making the catalogue: %w", err)
	}
	if err := s.company.WriteCatalogue(catalogue); err != nil {
		return fmt.Errorf("writing the catalogue: %w", err)
	}
	mode, managers := "push", []string{}
	for _, url := range p.alertmanager {
		managers = append(managers, fmt.Sprintf("{url: %q}", url))
	}
	if len(managers) == 0 && !p.once {
		mode = "off"
	}
	if p.once { // nothing is sent: what would be is written to a file
		managers = []string{`{url: "http://localhost:9093"}`}
	}
	text := fmt.Sprintf(`time_zone: %s
catalogue: [catalogue/]
sources: [{name: main, url: %q, lag: 30s}]
alerting: {mode: %s, labels: {environment: demo}, alertmanagers: [%s]}
reports: {formats: [html, json, csv]}
metrics: {credits: true}
`, company.ZoneName, s.prom.URL(), mode, strings.Join(managers, ", "))
	return os.WriteFile(filepath.Join(s.dir, "slmd.yml"), []byte(text), 0o600)
}

// step is how far apart the rounds after the catching up are.
const step = 5 * time.Minute

// catchUp measures the whole history, and then bit by bit what lies between
// then and the present, as a daemon that was there would have.
func (s *stage) catchUp(ctx context.Context, now time.Time) error {
	began := time.Now()
	say("measuring the past: every raw sample is read once …")
	bar := app.NewBar(os.Stderr)
	if err := s.app.Round(ctx, bar.Show); err != nil {
		return fmt.Errorf("measuring the past: %w", err)
	}
	for t := now.Add(-settling + step); !t.After(now); t = t.Add(step) {
		s.set(t)
		if err := s.app.Round(ctx, nil); err != nil {
			return fmt.Errorf("measuring: %w", err)
		}
	}
	bar.Done()
	say("  measured and judged (%s)", time.Since(began).Round(100*time.Millisecond))
	say("writing the service reviews of the closed months …")
	issued, err := s.app.IssueReviews(ctx)
	if err != nil {
		return fmt.Errorf("issuing the service reviews: %w", err)
	}
	say("  %d issued", len(issued))
	return ctx.Err()
}

// end undoes everything, last first.
func (s *stage) end() {
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
