package cycle

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// Source is where entries come from: a measure.Source, or a fault in a test.
type Source interface {
	// Measure advances every task by one bounded piece and gives the outcomes in
	// the order of the tasks.
	Measure(ctx context.Context, tasks []measure.Task, now sla.Instant) []measure.Outcome
	// Earliest gives the instant from which on the source can have samples of an
	// indicator within the span; the span's end when it has none at all.
	Earliest(ctx context.Context, ind *sla.Indicator, span sla.Span) (sla.Instant, error)
}

// Options of a Cycle. Store and Sources are needed.
type Options struct {
	Store   *store.Store
	Sources map[string]Source // by name
	First   string            // the name of the source of indicators that name none

	FinaliseAfter sla.Millis // after which facts no longer change
	BackfillLimit sla.Millis // how far back a new indicator is measured
	// RequiredCompleteness, in percent, is the completeness below which a
	// closed period's missing data is worth an alert.
	RequiredCompleteness sla.Decimal

	Log *slog.Logger
	// Recorded, when set, hears of every transaction.
	Recorded func(Recorded)
	// Clock times the transactions for Recorded, and says what is due before the
	// first round; without it they take no time and nothing is.
	Clock func() time.Time
}

// Recorded says what one transaction of a round wrote.
type Recorded struct {
	Intervals int
	Revised   int        // entries that stand in for others
	Cause     string     // of the revisions
	Rejected  []Rejected // samples that are no facts
	Took      time.Duration
}

// Rejected says of which indicator samples were refused, and why.
type Rejected struct {
	Indicator string
	measure.Rejection
}

// Cycle measures, records and judges. Its methods may be called concurrently;
// rounds of one source wait for each other.
type Cycle struct {
	o     Options
	turns turns

	mu          sync.Mutex // guards what follows, and the order of transactions
	catalogue   *sla.Catalogue
	edition     int64 // of the catalogue
	definitions map[string]int64
	heads       map[string]store.Head
	problems    map[string]store.Problem
	behind      map[string]sla.Millis // by indicator, after its last round
	final       map[string]finality   // by indicator; kept with the watch
	stands      map[string][]stand    // by indicator, oldest first
	holes       map[string][]*hole    // by indicator; nil: to be found in the ledger
	watch       *watch                // nil: to be built anew from the store

	standings atomic.Pointer[[]sla.Standing]
}

// New gives a cycle over the store's catalogue and ledger.
func New(ctx context.Context, o Options) (*Cycle, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &Cycle{o: o}
	c.standings.Store(&[]sla.Standing{})
	if err := c.Reload(ctx, o); err != nil {
		return nil, err
	}
	return c, nil
}

// Reload takes other options (the store must be the same) and reads the
// catalogue and the ledger's heads anew; what is judged is judged again.
func (c *Cycle) Reload(ctx context.Context, o Options) error {
	catalogue, edition, err := o.Store.LatestEdition(ctx)
	if err != nil {
		return fmt.Errorf("reading the catalogue: %w", err)
	}
	definitions, err := o.Store.LatestDefinitions(ctx)
	if err != nil {
		return fmt.Errorf("reading the indicators' definitions: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if o.Log == nil {
		o.Log = c.o.Log
	}
	c.o, c.catalogue, c.edition, c.definitions = o, catalogue, edition, definitions
	return c.forget(ctx)
}

// forget drops everything that was worked out from the ledger and reads anew
// where measuring goes on: after a reload, and after a commit that did not
// succeed, when what the file holds is not known.
func (c *Cycle) forget(ctx context.Context) error {
	c.watch, c.holes, c.stands = nil, nil, map[string][]stand{}
	heads, err := c.o.Store.Heads(ctx)
	if err != nil {
		return fmt.Errorf("reading where measuring goes on: %w", err)
	}
	problems, err := c.o.Store.Problems(ctx)
	if err != nil {
		return fmt.Errorf("reading what keeps indicators from being measured: %w", err)
	}
	for name, head := range heads {
		state, stands := kept(head.State)
		if head.Definition == c.definitions[name] {
			c.stands[name] = stands
		}
		head.State = state
		heads[name] = head
	}
	c.heads, c.behind, c.problems = heads, map[string]sla.Millis{}, map[string]store.Problem{}
	for _, p := range problems {
		c.problems[p.Indicator] = p
	}
	return nil
}

// Catalogue gives the catalogue in force; it must not be changed.
func (c *Cycle) Catalogue() *sla.Catalogue {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.catalogue
}

// Standings gives what is known of every objective in force, in order of
// agreement and objective, as of the last round. It must not be changed.
func (c *Cycle) Standings() []sla.Standing { return *c.standings.Load() }

// Lag is how far the measuring is behind.
type Lag struct {
	Furthest sla.Millis // of the indicator that is furthest behind
	Pending  int        // intervals that are due and not in the ledger yet
}

// Lag gives how far the measuring was behind after the last round. Of what had
// no round yet since the start or a reload, all that is due by the clock counts.
func (c *Cycle) Lag() Lag {
	now := c.clock()
	c.mu.Lock()
	defer c.mu.Unlock()
	var l Lag
	for name, behind := range c.behind {
		l.add(c.catalogue.Indicator(name), behind)
	}
	if now.IsZero() {
		return l
	}
	for name, span := range Needed(c.catalogue) {
		ind := c.catalogue.Indicator(name)
		if _, seen := c.behind[name]; seen || ind == nil || ind.Kind == sla.Entries {
			continue
		}
		for _, j := range c.jobsOf(ind, span, sla.At(now)) {
			l.add(ind, j.to.Sub(j.cursor))
		}
	}
	return l
}

func (l *Lag) add(ind *sla.Indicator, behind sla.Millis) {
	l.Furthest = max(l.Furthest, behind)
	if ind != nil {
		l.Pending += int(behind / ind.Interval)
	}
}

// sourceOf gives the name of the source that measures the indicator.
func (c *Cycle) sourceOf(ind *sla.Indicator) string {
	if ind.Source != "" {
		return ind.Source
	}
	return c.o.First
}
