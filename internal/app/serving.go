package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/common/version"
	toolkit "github.com/prometheus/exporter-toolkit/web"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/render"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/telemetry"
	"github.com/slmd/slmd/internal/web"
)

// unversioned is what a program says that was built without a version.
const unversioned = "development"

// Program names this program and its version, as reviews carry it.
func Program() string {
	if version.Version == "" {
		return "slmd (" + unversioned + ")"
	}
	return "slmd " + version.Version
}

func (a *App) reportsDir() string { return filepath.Join(a.o.StoragePath, ReportsDir) }

// newTelemetry makes the metrics page; what it shows of the configuration is
// that of the start.
func (a *App) newTelemetry(cfg *config.Config) {
	build := telemetry.Build{Version: cmp.Or(version.Version, unversioned), Revision: version.Revision, GoVersion: version.GoVersion}
	if a.o.Simulated {
		build.Revision = ""
	}
	a.recorder = telemetry.NewRecorder(build, telemetry.Readings{
		RoundLag:         func() sla.Millis { return a.cycle.Lag().Furthest },
		IntervalsPending: func() int64 { return int64(a.cycle.Lag().Pending) },
		StorageSizes:     a.storageSizes,
		StorageWritable:  func() bool { return a.store.Trouble() == nil },
		AuditHead:        a.auditHead.Load,
	})
	for _, reason := range measure.Reasons {
		a.recorder.Rejected(reason, 0)
	}
	a.telemetry = telemetry.New(telemetry.Options{
		Standings: func() []sla.Standing { return a.cycle.Standings() },
		Catalogue: func() *sla.Catalogue { return a.cycle.Catalogue() },
		Alerting:  a.newAlerting(),
		Recorder:  a.recorder, Credits: cfg.Metrics.Credits, SeriesLimit: cfg.Metrics.SeriesLimit,
		Process: !a.o.Simulated,
	})
}

func (a *App) storageSizes() map[string]int64 {
	sizes, err := a.store.SizeBytes()
	if err != nil {
		a.log.Error("measuring the size of the store", "err", err)
	}
	return sizes
}

// WriteMetrics writes the metrics page.
func (a *App) WriteMetrics(w io.Writer) error { return a.telemetry.Write(w) }

// Standings gives what is known of every objective in force, as of the last round.
func (a *App) Standings() []sla.Standing { return a.cycle.Standings() }

// listen binds the ports and makes the handler.
func (a *App) listen() error {
	if a.o.WebConfigFile != "" {
		if err := toolkit.Validate(a.o.WebConfigFile); err != nil {
			return fmt.Errorf("the web configuration %s: %w", a.o.WebConfigFile, err)
		}
	}
	for _, address := range a.o.Listen {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("listening on %s: %w", address, err)
		}
		a.closing = append(a.closing, func(context.Context) error {
			_ = l.Close() // the server has closed it if it was served
			return nil
		})
		a.listeners = append(a.listeners, l)
		if a.o.WebConfigFile == "" && !loopback(l.Addr()) {
			a.log.Warn("everybody who can reach this address sees charges and credits: configure authentication with --web.config.file", "address", address)
		}
	}
	handler, err := a.handler()
	if err != nil {
		return err
	}
	a.server = &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	a.closing = append(a.closing, a.closeServer)
	return nil
}

func (a *App) closeServer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	err := a.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = a.server.Close()
	}
	a.serving.Wait()
	return err
}

func (a *App) serve(l net.Listener) {
	a.log.Info("listening", "address", l.Addr().String())
	file, addresses, systemd := a.o.WebConfigFile, []string{}, false
	flags := &toolkit.FlagConfig{WebConfigFile: &file, WebListenAddresses: &addresses, WebSystemdSocket: &systemd}
	a.serving.Go(func() {
		if err := toolkit.Serve(l, a.server, flags, a.log); err != nil && !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("serving HTTP", "address", l.Addr().String(), "err", err)
		}
	})
}

// URL is where the daemon can be reached on this machine.
func (a *App) URL() string {
	if len(a.listeners) == 0 {
		return a.externalURL()
	}
	return "http://" + a.listeners[0].Addr().String() + a.prefix()
}

// externalURL is the address that stands in alerts and reports.
func (a *App) externalURL() string {
	if a.o.ExternalURL != "" {
		return strings.TrimSuffix(a.o.ExternalURL, "/")
	}
	if len(a.o.Listen) > 0 {
		return "http://" + reachable(a.o.Listen[0]) + a.prefix()
	}
	return ""
}

// reachable gives an address at which others reach a listener: one on all
// addresses by the name of the host.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || host != "" && !net.ParseIP(host).IsUnspecified() {
		return listen
	}
	name, err := os.Hostname()
	if err != nil {
		name = "localhost"
	}
	return net.JoinHostPort(name, port)
}

func (a *App) prefix() string {
	prefix := a.o.RoutePrefix
	if prefix == "" {
		if u, err := url.Parse(a.o.ExternalURL); err == nil {
			prefix = u.Path
		}
	}
	prefix = strings.Trim(prefix, "/")
	if prefix == "" {
		return ""
	}
	return "/" + prefix
}

func (a *App) handler() (http.Handler, error) {
	o := web.Options{
		Store: a.store, Catalogue: a.cycle.Catalogue, Standings: a.cycle.Standings, Now: a.now,
		Metrics: a.telemetry, Count: a.recorder.Handler, Ready: a.store.Trouble,
		Review: a.reviewFile, Prefix: a.prefix(), Book: a.book, Works: a.works, Asked: a.deeds.askedOf, Mail: a.mailStatus, Zone: a.zone,
		Status: map[string]func(context.Context) (any, error){
			"config":      func(context.Context) (any, error) { return a.config().Redacted() },
			"buildinfo":   func(context.Context) (any, error) { return buildInfo(), nil },
			"runtimeinfo": func(context.Context) (any, error) { return a.runtimeInfo(), nil },
			"sources":     func(context.Context) (any, error) { return a.sourceStatus(), nil },
			"storage":     func(context.Context) (any, error) { return a.storageSizes(), nil },
			"mail":        func(ctx context.Context) (any, error) { return a.mailStatus(ctx) },
		},
	}
	if a.o.Lifecycle {
		o.Reload, o.Apply, o.Enter, o.Remeasure = a.Reload, a.applyTexts, a.enterFacts, a.remeasure
	}
	return web.New(o)
}

func (a *App) config() *config.Config {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cfg
}

func (a *App) sourceStatus() []SourceStatus {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sources.status()
}

func buildInfo() map[string]string {
	return map[string]string{
		"version": cmp.Or(version.Version, unversioned), "revision": version.Revision, "branch": version.Branch,
		"buildUser": version.BuildUser, "buildDate": version.BuildDate, "goVersion": version.GoVersion,
	}
}

func (a *App) runtimeInfo() map[string]any {
	lag := a.cycle.Lag()
	return map[string]any{
		"goroutines": runtime.NumGoroutine(), "gomaxprocs": runtime.GOMAXPROCS(0),
		"storagePath": a.o.StoragePath, "intervalsPending": lag.Pending, "lagSeconds": lag.Furthest.Duration().Seconds(),
	}
}

// applyTexts applies catalogue files that came over HTTP, and takes up what they changed.
func (a *App) applyTexts(ctx context.Context, files map[string][]byte, actor string, prune, dry bool) (any, error) {
	dir, err := os.MkdirTemp("", "slmd-apply-")
	if err != nil {
		return nil, fmt.Errorf("making room for the files: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a leftover in the temporary directory harms nobody
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("making room for the files: %w", err)
	}
	defer root.Close() //nolint:errcheck // nothing was written through it that matters later
	for name, text := range files {
		if err := root.WriteFile(filepath.Base(name), text, 0o600); err != nil {
			return nil, web.Refuse("the file name %q cannot be used: %v", name, err)
		}
	}
	a.reloading.Lock()
	defer a.reloading.Unlock()
	applied, err := Apply(ctx, a.store, Application{
		Paths: []string{dir}, Under: dir + string(filepath.Separator), Zone: a.config().Zone, Prune: prune, DryRun: dry, Actor: actor, At: a.now(), Accept: KnownSources(a.config()),
	})
	if err != nil {
		return nil, web.Refuse("%s", strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	}
	if dry || len(applied.Changes) == 0 {
		return applied.Changes, nil
	}
	return applied.Changes, a.use(ctx, a.config())
}

// reviewFile gives a review as one of its files, such as 2026-11.html.
func (a *App) reviewFile(ctx context.Context, agreement, period, file string) (web.Document, error) {
	versions := a.cycle.Catalogue().Versions(agreement)
	if len(versions) == 0 {
		return web.Document{}, web.Missing("there is no agreement %q", agreement)
	}
	loc, err := calendar.Zone(versions[len(versions)-1].Zone)
	if err != nil {
		return web.Document{}, fmt.Errorf("agreement %s: %w", agreement, err)
	}
	p, err := calendar.Parse(period, loc)
	if err != nil {
		return web.Document{}, web.Refuse("%v", err)
	}
	format := render.Format(strings.TrimPrefix(filepath.Ext(file), "."))
	review, err := a.reviews().Review(ctx, agreement, p, a.now())
	if err != nil {
		return web.Document{}, web.Refuse("%v", err)
	}
	files, err := render.Files(review, format)
	if err != nil {
		return web.Document{}, web.Refuse("%v", err)
	}
	return web.Document{Type: mediaTypes[format], Content: files[0].Content}, nil
}

var mediaTypes = map[render.Format]string{
	render.HTML: "text/html; charset=utf-8",
	render.JSON: "application/json",
	render.CSV:  "text/csv; charset=utf-8",
}
