package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/render"
	"github.com/slmd/slmd/internal/schedule"
	"github.com/slmd/slmd/internal/sla"
)

// reportsJob is the id of the wake-ups that issue reviews.
const reportsJob = "reports"

// newSchedulers gives one scheduler per source, which fires behind the cron
// instants by the source's lag, and one for the reviews.
func (a *App) newSchedulers(cfg *config.Config, catalogue *sla.Catalogue) ([]*schedule.Scheduler, error) {
	if err := KnownSources(cfg)(catalogue); err != nil {
		return nil, err
	}
	jobs := map[string][]schedule.Job{}
	for i := range catalogue.Indicators {
		if ind := &catalogue.Indicators[i]; ind.Kind != sla.Entries {
			name := sourceOf(cfg, ind)
			jobs[name] = append(jobs[name], schedule.Job{ID: ind.Name, Expr: ind.Schedule})
		}
	}
	var out []*schedule.Scheduler
	for _, s := range cfg.Sources {
		sched := schedule.New(schedule.Options{
			Now: a.now, Lag: s.Lag.Duration(), Log: a.log, Skipped: func(string) { a.recorder.RoundSkipped() },
			Run: func(ctx context.Context, w schedule.Wake) { a.round(ctx, s.Name, wanted(w.IDs)) },
		})
		if err := sched.Set(jobs[s.Name]); err != nil {
			return nil, fmt.Errorf("the schedules of source %s: %w", s.Name, err)
		}
		out = append(out, sched)
	}
	reports := schedule.New(schedule.Options{
		Now: a.now, Log: a.log,
		Run: func(ctx context.Context, _ schedule.Wake) {
			if _, err := a.IssueReviews(ctx); err != nil {
				a.log.Error("issuing service reviews", "err", err)
			}
		},
	})
	if err := reports.Set([]schedule.Job{{ID: reportsJob, Expr: cfg.Reports.Schedule}}); err != nil {
		return nil, fmt.Errorf("the schedule of the service reviews: %w", err)
	}
	reconciling, err := a.newReconciling(cfg)
	if err != nil {
		return nil, err
	}
	return append(out, reports, reconciling), nil
}

// sourceOf gives the name of the source that measures an indicator: the first
// one where it names none.
func sourceOf(cfg *config.Config, ind *sla.Indicator) string {
	if ind.Source == "" && len(cfg.Sources) > 0 {
		return cfg.Sources[0].Name
	}
	return ind.Source
}

// KnownSources refuses a catalogue that wants to be measured from a source that
// the configuration does not name.
func KnownSources(cfg *config.Config) func(*sla.Catalogue) error {
	return func(c *sla.Catalogue) error {
		for i := range c.Indicators {
			ind := &c.Indicators[i]
			name := sourceOf(cfg, ind)
			if ind.Kind == sla.Entries || slices.ContainsFunc(cfg.Sources, func(s config.Source) bool { return s.Name == name }) {
				continue
			}
			if name == "" {
				return fmt.Errorf("indicator %s cannot be measured: the configuration names no data source", ind.Name)
			}
			return fmt.Errorf("indicator %s wants the data source %q, which the configuration does not name", ind.Name, name)
		}
		return nil
	}
}

// wanted narrows a round to the indicators of a wake-up.
func wanted(ids []string) cycle.Scope {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return cycle.Scope{Want: func(i *sla.Indicator) bool { return set[i.Name] }}
}

// Round measures what is due of every source, one after the other, and returns
// when no more can be had.
func (a *App) Round(ctx context.Context, progress func(cycle.Lag)) error {
	a.mu.Lock()
	list := a.cfg.Sources
	a.mu.Unlock()
	var errs []error
	for _, s := range list {
		errs = append(errs, a.roundOf(ctx, s.Name, cycle.Scope{}, progress))
	}
	return errors.Join(errs...)
}

// round is a round of one source whose errors go to the log.
func (a *App) round(ctx context.Context, source string, scope cycle.Scope) {
	last := a.o.Now()
	err := a.roundOf(ctx, source, scope, func(l cycle.Lag) {
		if now := a.o.Now(); l.Pending > 0 && now.Sub(last) >= progressEvery {
			a.log.Info("catching up", "source", source, "intervals_pending", l.Pending, "behind", l.Furthest.Duration())
			last = now
		}
	})
	if err != nil && ctx.Err() == nil {
		a.log.Error("a round did not succeed", "source", source, "err", err)
	}
	a.probe(ctx, source)
	if ctx.Err() == nil {
		a.rounds.Go(func() { a.keepHouse(a.ctx) }) // the next round does not wait for it
	}
}

const (
	// probeEvery is how often it is tried what a source can do.
	probeEvery = sla.Hour
	// probeAfter is how long a daemon lives before it first does: one that is
	// started over and over asks no more than it has to.
	probeAfter = 10 * sla.Second
)

// probe tries what a source can do, now and then. That it does not answer is a
// round's to say.
func (a *App) probe(ctx context.Context, source string) {
	a.mu.Lock()
	src, well := a.sources.measuring[source], a.sources.well(source)
	a.mu.Unlock()
	now := a.now()
	if src == nil || !well || !passed(probeAfter, a.began, now) || !passed(probeEvery, src.Capabilities().At, now) {
		return
	}
	if err := src.Probe(ctx, now); err != nil && ctx.Err() == nil {
		a.log.Debug("what a source can do could not be tried", "source", source, "err", err)
	}
}

// progressEvery is how often catching up says how far it is.
const progressEvery = 10 * time.Second

func (a *App) roundOf(ctx context.Context, source string, scope cycle.Scope, progress func(cycle.Lag)) error {
	began := a.o.Now()
	failpoint("app.round_begins")
	done, err := a.cycle.Round(ctx, source, scope, a.now(), func(l cycle.Lag) {
		a.deeds.behind(l, a.now())
		if progress != nil {
			progress(l)
		}
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	a.deeds.round(source, sla.At(began), a.o.Now().Sub(began))
	failpoint("app.round_done")
	result := "ok"
	if err != nil {
		result = "failed"
	}
	a.recorder.RoundDone(result, a.o.Now().Sub(began))
	if n := done.Revised.Changed; n > 0 {
		a.log.Info("late samples filled holes", "source", source, "intervals", n)
	}
	a.noteProblems(source, done)
	a.mu.Lock()
	told := a.messengers
	a.mu.Unlock()
	told.wake() // also of a round that failed: that is told too
	return err
}

func (a *App) recorded(r cycle.Recorded) {
	a.recorder.IntervalsMeasured(r.Intervals)
	a.recorder.StorageTx(r.Took)
	if r.Revised > 0 {
		a.recorder.Revised(r.Cause, r.Revised)
	}
	for _, x := range r.Rejected {
		a.recorder.Rejected(x.Reason, x.Count)
	}
	a.noteRejected(r.Rejected)
}

// sourceAnswered hears of every request to a source.
func (a *App) sourceAnswered(source string, r measure.Request) {
	if (r.Kind == "check" || r.Kind == "probe") && r.Result == string(measure.Unusable) {
		// It lacks an API that measuring does without.
		a.recorder.SourceRequest(source, r.Kind, r.Result, r.Took)
		a.deeds.request(source, r, a.now())
		return
	}
	up := r.Result == "ok" || r.Result == measure.Missing || r.Result == "split" || r.Result == string(measure.Misconfigured) || r.Result == string(measure.Partial)
	a.recorder.SourceRequest(source, r.Kind, r.Result, r.Took)
	a.recorder.SourceUp(source, up)
	a.deeds.request(source, r, a.now())
	a.recorder.Samples(source, r.Samples)
	a.mu.Lock()
	src := a.sources
	a.mu.Unlock()
	if src == nil {
		return
	}
	if up {
		r.Why = "" // it concerns an indicator, not the source
	}
	src.note(source, up, r.Why)
}

// reviews gives what makes service reviews under the configuration in force.
func (a *App) reviews() *Reviews {
	a.mu.Lock()
	cfg := a.cfg
	a.mu.Unlock()
	return &Reviews{
		Store: a.store, Catalogue: a.cycle.Catalogue(), FinaliseAfter: cfg.Measuring.FinaliseAfter,
		Required: orDefault(cfg.Reports.RequiredCompleteness), Formats: writable(cfg.Reports.Formats),
		Dir: a.reportsDir(), Program: Program(),
		Told: func(f render.Format, err error) {
			result := "ok"
			if err != nil {
				result = "failed"
			}
			a.recorder.ReportIssued(string(f), result)
		},
	}
}

// writable gives the formats that this version writes. JSON is always the first:
// a database that was put back learns from it what had been issued.
func writable(formats []string) []render.Format {
	out := []render.Format{render.JSON}
	for _, f := range render.Formats {
		if f != render.JSON && slices.Contains(formats, string(f)) {
			out = append(out, f)
		}
	}
	return out
}

// Unwritten gives the formats among those asked for that this version does not write.
func Unwritten(formats []string) []string {
	return slices.DeleteFunc(slices.Clone(formats), func(f string) bool { return slices.Contains(render.Formats, render.Format(f)) })
}

// IssueReviews issues the reviews that are due now and gives their ids.
func (a *App) IssueReviews(ctx context.Context) ([]string, error) {
	return a.issue(ctx, a.reviews())
}

// issueMissed issues those whose instant of the schedule has passed: the daemon
// did not run then, or did not have the facts yet.
func (a *App) issueMissed(ctx context.Context) error {
	r := a.reviews()
	r.Schedule = a.config().Reports.Schedule
	_, err := a.issue(ctx, r)
	return err
}

func (a *App) issue(ctx context.Context, r *Reviews) ([]string, error) {
	a.issuing.Lock()
	defer a.issuing.Unlock()
	issued, err := r.IssueDue(ctx, a.now())
	for _, id := range issued {
		a.log.Info("issued a service review", "report", id)
	}
	if head := a.readAuditHead(ctx); head != nil && err == nil {
		err = head
	}
	return issued, err
}
