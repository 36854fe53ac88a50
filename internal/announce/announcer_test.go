package announce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// receiver records what it is sent and answers by the function, when set.
type receiver struct {
	mu     sync.Mutex
	got    map[string]int // by objective
	times  []sla.Instant
	ends   map[string]time.Time // the newest, by objective
	answer func(ctx context.Context, alerts []Alert) error
}

func (r *receiver) Send(ctx context.Context, alerts []Alert) error {
	r.mu.Lock()
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		if err := answer(ctx, alerts); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.got == nil {
		r.got, r.ends = map[string]int{}, map[string]time.Time{}
	}
	r.times = append(r.times, clock())
	for i := range alerts {
		r.got[alerts[i].Labels["objective"]]++
		r.ends[alerts[i].Labels["objective"]] = alerts[i].EndsAt
	}
	return nil
}

func (r *receiver) set(answer func(context.Context, []Alert) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// counts gives how often each objective's alert arrived.
func (r *receiver) counts() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.got)
}

func (r *receiver) sends() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.times)
}

// clock is the bubble's clock.
func clock() sla.Instant { return sla.At(time.Now()) }

// holding gives a reader of conditions that hold.
func holding(objectives ...string) func(context.Context, sla.Instant) ([]sla.Condition, error) {
	var all []sla.Condition
	for _, o := range objectives {
		c := breached(o)
		c.Since = 0
		all = append(all, c)
	}
	return func(context.Context, sla.Instant) ([]sla.Condition, error) { return all, nil }
}

// names gives n names of objectives.
func names(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("objective-%05d", i)
	}
	return out
}

// begin starts an announcer that stops with the test.
func begin(t *testing.T, opts Options) *Announcer {
	t.Helper()
	opts.Now = clock
	a := New(opts)
	a.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return a
}

// slowly answers after d.
func slowly(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pass lets d go by and everything settle.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestWhatHoldsIsResentEachMinuteToEveryInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a, b receiver
		begin(t, Options{Read: holding("availability"), Instances: []Instance{{"a", &a}, {"b", &b}}})
		pass(3*time.Minute + time.Second)
		for _, r := range []*receiver{&a, &b} {
			if r.counts()["availability"] != 4 {
				t.Errorf("arrived %v times in three minutes, want at once and three times more", r.counts())
			}
		}
	})
}

func TestAChangeIsAnnouncedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r receiver
		var now atomic.Pointer[[]sla.Condition]
		now.Store(&[]sla.Condition{})
		a := begin(t, Options{Instances: []Instance{{"a", &r}}, Read: func(context.Context, sla.Instant) ([]sla.Condition, error) {
			return *now.Load(), nil
		}})
		pass(10 * time.Second)
		if r.sends() != 0 {
			t.Error("nothing holds, and something was sent")
		}
		now.Store(&[]sla.Condition{breached("availability")})
		a.Wake()
		a.Wake()
		pass(time.Second)
		if r.counts()["availability"] == 0 {
			t.Error("a change waits for the minute to pass")
		}
	})
}

func TestFault_B3_ADeadAndASlowInstanceDoNotHoldUpTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var well, hole, slow receiver
		var tries atomic.Int64
		hole.set(func(ctx context.Context, _ []Alert) error { tries.Add(1); <-ctx.Done(); return ctx.Err() })
		slow.set(func(ctx context.Context, _ []Alert) error { return slowly(ctx, 9*time.Second) })
		begin(t, Options{Read: holding(names(1000)...), Instances: []Instance{{"hole", &hole}, {"slow", &slow}, {"well", &well}}})
		pass(time.Second)
		if len(well.counts()) != 1000 {
			t.Errorf("the well one has %d of 1000 alerts after a second", len(well.counts()))
		}
		pass(40 * time.Second)
		if n := tries.Load(); n != 3 { // ten seconds, a pause of five, and so on
			t.Errorf("%d tries at the dead one in 41 s, want 3", n)
		}
		if len(slow.counts()) != 1000 || len(hole.counts()) != 0 {
			t.Errorf("the slow one has %d of 1000, the dead one %d", len(slow.counts()), len(hole.counts()))
		}
	})
}

func TestASlowInstanceHearsOfAllInTurnAndNothingStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow receiver
		slow.set(func(ctx context.Context, alerts []Alert) error {
			if !alerts[0].EndsAt.After(time.Now()) {
				t.Errorf("an alert that holds arrives with the past end %v at %v", alerts[0].EndsAt, clock())
			}
			return slowly(ctx, 9*time.Second)
		})
		begin(t, Options{Read: holding(names(100)...), Batch: 2, Instances: []Instance{{"slow", &slow}}})
		pass(8 * time.Minute) // 50 batches take seven and a half
		if got := len(slow.counts()); got != 100 {
			t.Errorf("%d of 100 alerts arrived", got)
		}
	})
}

func TestFault_B1_AnInstanceThatReturnsAfterTwoHoursHearsWhatStillHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r receiver
		var failed atomic.Int64
		var log bytes.Buffer
		r.set(func(context.Context, []Alert) error { return errors.New("connection refused") })
		begin(t, Options{
			Read: holding(names(300)...), Instances: []Instance{{"a", &r}},
			Failed: func(_ string, n int) { failed.Add(int64(n)) }, Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
		pass(2 * time.Hour)
		r.set(nil)
		pass(10 * time.Second)
		if got := len(r.counts()); got != 300 {
			t.Errorf("%d of 300 alerts within ten seconds of the return", got)
		}
		if failed.Load() == 0 {
			t.Error("nothing counted as failed")
		}
		if n := strings.Count(log.String(), "not delivered"); n != 1 {
			t.Errorf("the failure is said %d times, want once", n)
		}
	})
}

func TestFault_B7_ABadAlertIsNamedAndTheOthersAreDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r receiver
		var sent, failed atomic.Int64
		var log bytes.Buffer
		requests := 0
		r.set(func(_ context.Context, alerts []Alert) error {
			requests++
			for i := range alerts {
				if alerts[i].Labels["objective"] == "objective-00123" {
					return &RefusedError{Status: 400, Text: "start time must be before end time"}
				}
			}
			return nil
		})
		begin(t, Options{
			Read: holding(names(500)...), Instances: []Instance{{"a", &r}}, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Sent:   func(_ string, n int) { sent.Add(int64(n)) },
			Failed: func(_ string, n int) { failed.Add(int64(n)) },
		})
		pass(time.Second)
		if len(r.counts()) != 499 || sent.Load() != 499 || failed.Load() != 1 {
			t.Errorf("%d alerts arrived, %d counted as sent, %d as failed; want 499, 499, 1", len(r.counts()), sent.Load(), failed.Load())
		}
		if requests > 20 {
			t.Errorf("%d requests to find one bad alert", requests)
		}
		if !strings.Contains(log.String(), "objective-00123") || !strings.Contains(log.String(), "start time must be before end time") {
			t.Errorf("the log does not name the bad alert and the reason: %s", &log)
		}
	})
}

func TestAnInstanceThatRefusesEverythingIsNotFlooded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r receiver
		requests := 0
		r.set(func(context.Context, []Alert) error {
			requests++
			return &RefusedError{Status: 400, Text: "no"}
		})
		begin(t, Options{Read: holding(names(10_000)...), Instances: []Instance{{"a", &r}}})
		pass(time.Second)
		if requests > maxSplits+10_000/256+20 {
			t.Errorf("%d requests for one delivery", requests)
		}
	})
}

func TestFault_B9_TenThousandAtOnceAllArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r receiver
		r.set(func(ctx context.Context, alerts []Alert) error {
			if len(alerts) > 256 {
				t.Errorf("a batch of %d", len(alerts))
			}
			return slowly(ctx, 500*time.Millisecond)
		})
		begin(t, Options{Read: holding(names(10_000)...), Instances: []Instance{{"a", &r}}})
		pass(30 * time.Second)
		if got := len(r.counts()); got != 10_000 {
			t.Errorf("%d of 10,000 after 30 s", got)
		}
	})
}

func TestOverTheLimitTheLeastUrgentAreDroppedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r receiver
		var dropped atomic.Int64
		read := func(context.Context, sla.Instant) ([]sla.Condition, error) {
			all := make([]sla.Condition, 0, 12)
			for _, name := range names(12) {
				all = append(all, breached(name))
			}
			for i := range all {
				all[i].Since = 0
			}
			all[0].Severity, all[1].Until = "warning", clock() // one less urgent, one over
			return all, nil
		}
		begin(t, Options{Read: read, Limit: 10, Instances: []Instance{{"a", &r}}, Dropped: func(_ string, n int) { dropped.Add(int64(n)) }})
		pass(time.Second)
		got := r.counts()
		if len(got) != 10 || got["objective-00000"] != 0 || got["objective-00001"] != 0 || dropped.Load() != 2 {
			t.Errorf("arrived %v, dropped %d", got, dropped.Load())
		}
	})
}

func TestAStoreThatCannotBeReadEndsNoAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r receiver
		var broken atomic.Bool
		read := holding("availability")
		begin(t, Options{Instances: []Instance{{"a", &r}}, Read: func(ctx context.Context, since sla.Instant) ([]sla.Condition, error) {
			if broken.Load() {
				return nil, errors.New("database is locked")
			}
			return read(ctx, since)
		}})
		pass(time.Second)
		broken.Store(true)
		pass(10 * time.Minute)
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.ends["availability"].After(time.Now()) {
			t.Errorf("the alert ran out at %v", r.ends["availability"])
		}
	})
}

func TestTheConditionsOfTheLastQuarterHourAreAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r receiver
		begin(t, Options{Instances: []Instance{{"a", &r}}, Read: func(_ context.Context, since sla.Instant) ([]sla.Condition, error) {
			if since != clock().Add(-15*sla.Minute) {
				t.Errorf("asked since %v at %v", since, clock())
			}
			return nil, nil
		}})
		pass(time.Second)
	})
}

func TestStopWaitsWithinItsBoundAndMayBeCalledTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r receiver
		release := make(chan struct{})
		r.set(func(context.Context, []Alert) error { <-release; return nil }) // does not heed its deadline
		a := New(Options{Now: clock, Read: holding("availability"), Instances: []Instance{{"a", &r}}})
		if err := a.Stop(context.Background()); err != nil {
			t.Errorf("Stop before Start = %v", err)
		}
		a.Start()
		pass(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if err := a.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Stop = %v, want its deadline", err)
		}
		close(release)
		if err := a.Stop(context.Background()); err != nil {
			t.Errorf("the second Stop = %v", err)
		}
	})
}
