// Package schedule turns cron expressions into wake-ups. It knows expressions
// and ids, not what is to be done: what is due follows from the ledger, so a
// wake-up that is missed or skipped costs a delay and nothing else.
package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/slmd/slmd/internal/cronexpr"
	"github.com/slmd/slmd/internal/sla"
)

// Job is something that wants to be woken: an id that the caller knows and the
// expression that says when.
type Job struct{ ID, Expr string }

// Wake is one wake-up: the expression that fired, the ids that have it, sorted,
// and the second in which it did, without the lag.
type Wake struct {
	Expr string
	IDs  []string
	Due  sla.Instant
}

// Options say how a Scheduler works. Run and Now are needed.
type Options struct {
	// Run is called once for each distinct expression that fires. Calls never
	// overlap; its context ends when the scheduler stops.
	Run func(context.Context, Wake)
	// Now is the clock by which jobs are due. It may jump: what it jumps over is
	// due once, within a minute, and after a jump back what is due follows from it.
	Now func() sla.Instant
	// Lag is how long after the instant of its expression a wake-up comes, so
	// that the source has the samples by then.
	Lag time.Duration
	// Skipped hears of a wake-up that was left out because the one before it,
	// of the same expression, still ran. It may be called from several
	// goroutines at once, and may be nil.
	Skipped func(expr string)
	Log     *slog.Logger
}

// Scheduler calls a function when cron expressions fire, in UTC.
type Scheduler struct {
	opts   Options
	lane   chan struct{} // holds one token: who has it runs
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	current *clockwork
	started bool
	stopped bool
	old     []<-chan struct{} // of what was replaced, closed when the calls have ended
}

// New gives a scheduler without jobs.
func New(opts Options) *Scheduler {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Scheduler{opts: opts, lane: make(chan struct{}, 1)}
	s.current = s.clockwork()
	s.lane <- struct{}{}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Set replaces all jobs. One wrong expression refuses them all, names its ids
// and leaves the jobs of before in force. Calls under way go on.
func (s *Scheduler) Set(jobs []Job) error {
	next, err := s.build(jobs)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return errors.New("the scheduler has stopped: it takes no more jobs")
	}
	if s.started {
		s.old = append(unfinished(s.old), s.current.end())
		next.start()
	}
	s.current = next
	return nil
}

// Start begins to wake. A second call does nothing.
func (s *Scheduler) Start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started || s.stopped {
		return
	}
	s.started = true
	s.current.start()
}

// Stop ends the context of the calls under way and waits for them, until ctx
// ends. It may be called again.
func (s *Scheduler) Stop(ctx context.Context) error {
	s.mu.Lock()
	if !s.stopped {
		s.old = append(unfinished(s.old), s.current.end())
	}
	s.stopped = true
	running := s.old
	s.mu.Unlock()
	s.cancel()
	for _, r := range running {
		select {
		case <-r:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the scheduled work to end: %w", ctx.Err())
		}
	}
	return nil
}

func (s *Scheduler) clockwork() *clockwork {
	return newClockwork(func() time.Time { return s.opts.Now().Time() })
}

// build gives a clockwork with one entry for each distinct expression.
func (s *Scheduler) build(jobs []Job) (*clockwork, error) {
	c := s.clockwork()
	var problems []error
	for expr, ids := range byExpression(jobs) {
		parsed, err := cronexpr.Parse(expr)
		if err != nil {
			problems = append(problems, fmt.Errorf("%q: %w", ids, err))
			continue
		}
		log := cronLog{s, expr}
		chain := cron.NewChain(cron.SkipIfStillRunning(log), cron.Recover(log))
		c.entries = append(c.entries, &entry{
			schedule: lagging{parsed, s.opts.Lag}, work: chain.Then(cron.FuncJob(func() { s.run(expr, ids) })),
		})
	}
	slices.SortFunc(problems, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return c, errors.Join(problems...)
}

// run makes one call when the lane is free, so that rounds of different
// expressions come one after the other.
func (s *Scheduler) run(expr string, ids []string) {
	due := s.opts.Now().Add(-sla.MillisOf(s.opts.Lag))
	due -= due % sla.Instant(sla.Second)
	select {
	case <-s.lane:
	case <-s.ctx.Done():
		return
	}
	defer func() { s.lane <- struct{}{} }()
	if s.ctx.Err() == nil {
		s.opts.Run(s.ctx, Wake{Expr: expr, IDs: slices.Clone(ids), Due: due})
	}
}
