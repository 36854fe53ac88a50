package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/schedule"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/telemetry"
)

// DatabaseFile is the name of the database in the storage directory.
const DatabaseFile = "slmd.db"

// ReportsDir is the name of the directory of the issued reviews beside it.
const ReportsDir = "reports"

// App is one slmd.
type App struct {
	o        Options
	began    sla.Instant
	realTime bool // the clock is the system's; another one is not compared with those of sources
	log      *slog.Logger

	store     *store.Store
	recorder  *telemetry.Recorder
	telemetry *telemetry.Telemetry
	cycle     *cycle.Cycle
	server    *http.Server
	listeners []net.Listener

	reloading  sync.Mutex // held by who replaces the configuration or the catalogue
	mu         sync.Mutex // guards what a reload replaces
	cfg        *config.Config
	sources    *sources
	schedulers []*schedule.Scheduler
	messengers messengers
	complaints complaints
	refusals   refusals
	started    bool

	auditHead atomic.Int64
	deeds     deeds
	storage   storage
	kept      atomic.Int64 // when it was last looked for what has become final
	issuing   sync.Mutex   // held by who issues reviews
	rounds    sync.WaitGroup
	serving   sync.WaitGroup  // ends when the server is closed, after the rounds
	ctx       context.Context //nolint:containedctx // ends with Stop
	cancel    context.CancelFunc
	closing   []func(context.Context) error // undone in reverse
	stopOnce  sync.Once
	stopErr   error
}

// New opens everything a daemon needs, applies the catalogue files that the
// configuration names, and binds the ports; nothing is measured yet. What was
// opened is closed again when there is an error.
func New(ctx context.Context, o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	realTime := o.Now == nil
	if realTime {
		o.Now = time.Now
	}
	a := &App{o: o, began: sla.At(o.Now()), realTime: realTime, log: o.Log, complaints: complaints{}}
	a.ctx, a.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	cfg, err := config.Load(a.o.ConfigFile)
	if err != nil {
		return err
	}
	a.store, err = store.Open(ctx, filepath.Join(a.o.StoragePath, DatabaseFile), store.Options{})
	if err != nil {
		return err
	}
	a.closing = append(a.closing, func(context.Context) error { return a.store.Close() })
	failpoint("app.opened")
	a.newTelemetry(cfg)
	if err := a.applyFiles(ctx, cfg); err != nil {
		return err
	}
	if a.cycle, err = cycle.New(ctx, a.cycleOptions(cfg, &sources{})); err != nil {
		return err
	}
	if err := a.use(ctx, cfg); err != nil {
		return err
	}
	failpoint("app.ready")
	a.recorder.Reloaded(true)
	return a.listen()
}

// now is the one place that asks the clock.
func (a *App) now() sla.Instant { return sla.At(a.o.Now()) }

// use builds all of a configuration before it touches any of what is in force.
func (a *App) use(ctx context.Context, cfg *config.Config) error {
	src, err := newSources(cfg, watchers{request: a.sourceAnswered, clock: a.o.Now, compare: a.realTime})
	if err != nil {
		return err
	}
	told, err := a.newMessengers(cfg)
	if err != nil {
		return err
	}
	catalogue, err := a.store.Catalogue(ctx)
	if err != nil {
		return fmt.Errorf("reading the catalogue: %w", err)
	}
	schedulers, err := a.newSchedulers(cfg, catalogue)
	if err != nil {
		return err
	}
	if err := a.cycle.Reload(ctx, a.cycleOptions(cfg, src)); err != nil {
		return err
	}
	a.mu.Lock()
	oldSchedulers, oldMessengers, started := a.schedulers, a.messengers, a.started
	a.cfg, a.sources, a.schedulers, a.messengers = cfg, src, schedulers, told
	a.mu.Unlock()
	if without := Unwritten(cfg.Reports.Formats); len(without) > 0 {
		a.log.Warn("reports.formats names what this version does not write yet: reviews come without", "formats", strings.Join(without, ", "))
	}
	err = stopAll(ctx, oldSchedulers, oldMessengers)
	if started {
		a.run()
	}
	return err
}

// stopWithin bounds how long what is replaced or ended may take.
const stopWithin = 8 * time.Second

func stopAll(ctx context.Context, schedulers []*schedule.Scheduler, told messengers) error {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	var errs []error
	for _, s := range schedulers {
		errs = append(errs, s.Stop(ctx))
	}
	return errors.Join(append(errs, told.stop(ctx))...)
}

func (a *App) cycleOptions(cfg *config.Config, src *sources) cycle.Options {
	return cycle.Options{
		Store: a.store, Sources: src.byName, First: src.first,
		FinaliseAfter: cfg.Measuring.FinaliseAfter, BackfillLimit: cfg.Measuring.BackfillLimit,
		RequiredCompleteness: orDefault(cfg.Reports.RequiredCompleteness),
		Log:                  a.log, Recorded: a.recorded, Clock: a.o.Now,
	}
}

// applyFiles applies the catalogue files that the configuration names.
func (a *App) applyFiles(ctx context.Context, cfg *config.Config) error {
	if len(cfg.Catalogue) == 0 {
		return nil
	}
	applied, err := Apply(ctx, a.store, Application{Paths: cfg.Catalogue, Under: filepath.Dir(a.o.ConfigFile) + string(filepath.Separator), Zone: cfg.Zone, Actor: "slmd", At: a.now(), Accept: KnownSources(cfg)})
	for _, w := range applied.Warnings {
		a.log.Warn("catalogue: "+w.Text, "at", w.Position.String())
	}
	if err != nil {
		return fmt.Errorf("the catalogue was not applied:\n%w", err)
	}
	failpoint("app.applied")
	for _, change := range applied.Changes {
		a.log.Info("catalogue: "+change.Text, "action", change.Action, "object", change.Object, "name", change.Name)
	}
	return a.readAuditHead(ctx)
}

func (a *App) readAuditHead(ctx context.Context) error {
	head, err := a.store.AuditHead(ctx)
	if err != nil {
		return fmt.Errorf("reading the head of the audit log: %w", err)
	}
	a.auditHead.Store(head.Seq)
	return nil
}

// Start begins to serve, to measure and to announce. What is due is caught up
// with in the background.
func (a *App) Start() {
	for _, l := range a.listeners {
		a.serve(l)
	}
	a.mu.Lock()
	a.started = true
	a.mu.Unlock()
	a.run()
}

// run starts the schedulers and the messengers in force, and a first round of
// every source: what is due does not wait for a wake-up.
func (a *App) run() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.schedulers {
		s.Start()
	}
	a.messengers.start()
	a.rounds.Go(func() { a.keepHouse(a.ctx) })
	for _, src := range a.cfg.Sources {
		a.rounds.Go(func() { a.round(a.ctx, src.Name, cycle.Scope{}) })
	}
}

// Reload reads configuration and catalogue anew. On an error what was in force
// stays, a gauge says so, and so does the log.
func (a *App) Reload(ctx context.Context) error {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	err := a.reload(ctx)
	a.recorder.Reloaded(err == nil)
	if err != nil {
		a.log.Error("reloading: what was in force stays in force", "err", err)
		return err
	}
	a.log.Info("reloaded configuration and catalogue")
	return nil
}

func (a *App) reload(ctx context.Context) error {
	cfg, err := config.Load(a.o.ConfigFile)
	if err != nil {
		return err
	}
	if err := a.applyFiles(ctx, cfg); err != nil {
		return err
	}
	return a.use(ctx, cfg)
}

// Stop ends everything in the reverse order of its beginning, within the bound
// of ctx. It may be called again.
func (a *App) Stop(ctx context.Context) error {
	a.stopOnce.Do(func() {
		a.cancel()
		a.mu.Lock()
		schedulers, told := a.schedulers, a.messengers
		a.mu.Unlock()
		errs := []error{stopAll(ctx, schedulers, told)}
		a.rounds.Wait()
		for _, undo := range slices.Backward(a.closing) {
			errs = append(errs, undo(ctx))
		}
		a.stopErr = errors.Join(errs...)
	})
	return a.stopErr
}
