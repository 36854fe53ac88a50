package announce

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Instance is one receiver of alerts; Name is how it is called in metrics and
// logs, and holds no secret.
type Instance struct {
	Name   string
	Sender Sender
}

// Options say what an Announcer reads and whom it tells. Read and Now are
// needed; what is zero elsewhere is filled in.
type Options struct {
	// Read gives the conditions that hold and those that ended at or after the
	// instant since.
	Read func(ctx context.Context, since sla.Instant) ([]sla.Condition, error)
	// Own gives the conditions of the daemon itself, which cannot be on record
	// where it is the record that fails; may be nil.
	Own func(now sla.Instant) []sla.Condition
	// Now is the clock that ends and lingering are told by.
	Now       func() sla.Instant
	Terms     Terms
	Instances []Instance

	Resend  time.Duration // between two announcements; one minute
	Timeout time.Duration // of one request; ten seconds
	Batch   int           // alerts in one request; 256
	// Limit bounds the alerts that wait for one instance; 20,000. Of more than
	// these, the least urgent are dropped.
	Limit int

	// Sent, Failed and Dropped hear how many alerts reached an instance, were
	// refused by it or could not be brought to it, and were over the limit. They
	// may be called from several goroutines at once.
	Sent, Failed, Dropped func(instance string, alerts int)
	// Took, which may be nil, hears which alerts an instance took, as Sent does.
	Took func(instance string, alerts []Alert)
	// Announced hears how many alerts hold, by name, each time they are announced.
	Announced func(firing map[string]int)
	Log       *slog.Logger
}

// Announcer tells every instance what holds, each at its own pace.
type Announcer struct {
	opts     Options
	couriers []*courier
	wake     chan struct{}
	cancel   context.CancelFunc
	done     chan struct{}

	known []sla.Condition // as last read
}

// New gives an announcer that has not begun.
func New(opts Options) *Announcer {
	opts.Resend = cmp.Or(opts.Resend, time.Minute)
	opts.Timeout = cmp.Or(opts.Timeout, 10*time.Second)
	opts.Batch = cmp.Or(opts.Batch, 256)
	opts.Limit = cmp.Or(opts.Limit, 20_000)
	for _, hook := range []*func(string, int){&opts.Sent, &opts.Failed, &opts.Dropped} {
		if *hook == nil {
			*hook = func(string, int) {}
		}
	}
	if opts.Took == nil {
		opts.Took = func(string, []Alert) {}
	}
	if opts.Own == nil {
		opts.Own = func(sla.Instant) []sla.Condition { return nil }
	}
	if opts.Announced == nil {
		opts.Announced = func(map[string]int) {}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	a := &Announcer{opts: opts, wake: make(chan struct{}, 1), done: make(chan struct{})}
	for _, i := range opts.Instances {
		a.couriers = append(a.couriers, &courier{Instance: i, opts: &a.opts, post: make(chan []Alert, 1)})
	}
	return a
}

// Start announces at once and from then on each Resend. It is called once.
func (a *Announcer) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	a.cancel = cancel
	var running sync.WaitGroup
	for _, c := range a.couriers {
		running.Go(func() { c.run(ctx) })
	}
	running.Go(func() { a.run(ctx) })
	go func() {
		running.Wait()
		close(a.done)
	}()
}

// Wake announces now: something began or ended. It never waits.
func (a *Announcer) Wake() {
	select {
	case a.wake <- struct{}{}:
	default: // one is pending and will see the change
	}
}

// Stop ends requests under way and waits until all is quiet or ctx ends.
// Nothing is announced as resolved. It may be called again, and before Start.
func (a *Announcer) Stop(ctx context.Context) error {
	if a.cancel == nil {
		return nil
	}
	a.cancel()
	select {
	case <-a.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the last alerts to be sent: %w", ctx.Err())
	}
}

// run announces until ctx ends.
func (a *Announcer) run(ctx context.Context) {
	resend := time.NewTicker(a.opts.Resend)
	defer resend.Stop()
	for {
		a.announce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-resend.C:
		case <-a.wake:
		}
	}
}

// announce gives every courier what holds now. When the conditions cannot be
// read, those known last are told again: an alert must not end because the
// database is busy.
func (a *Announcer) announce(ctx context.Context) {
	now := a.opts.Now()
	conditions, err := a.opts.Read(ctx, now.Add(-Linger))
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		a.opts.Log.Error("reading what holds; announcing what was known before", "err", err)
	} else {
		a.known = conditions
	}
	alerts := Compose(slices.Concat(a.known, a.opts.Own(now)), now, a.opts.Terms)
	a.opts.Announced(Firing(alerts, now))
	alerts = a.bound(alerts)
	for _, c := range a.couriers {
		c.offer(alerts)
	}
}

// bound drops the least urgent alerts over the limit: what has ended, then by
// severity. The others keep their order.
func (a *Announcer) bound(alerts []Alert) []Alert {
	over := len(alerts) - a.opts.Limit
	if over <= 0 {
		return alerts
	}
	now := a.opts.Now().Time()
	slices.SortStableFunc(alerts, func(x, y Alert) int { return cmp.Compare(urgency(&x, now), urgency(&y, now)) })
	kept := alerts[:a.opts.Limit]
	slices.SortFunc(kept, func(x, y Alert) int { return cmp.Compare(x.key, y.key) })
	for _, c := range a.couriers {
		a.opts.Dropped(c.Name, over)
	}
	a.opts.Log.Error("more alerts than the limit: the least urgent are left out", "limit", a.opts.Limit, "left_out", over)
	return kept
}

// urgency ranks an alert, the most urgent lowest.
func urgency(a *Alert, now time.Time) int {
	rank := slices.Index([]string{"critical", "warning", "info"}, a.Labels["severity"])
	if rank < 0 {
		rank = 3
	}
	if !a.EndsAt.After(now) {
		rank += 4
	}
	return rank
}
