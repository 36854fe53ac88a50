package schedule

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// now is the bubble's clock, which begins at 2000-01-01T00:00:00Z.
func now() sla.Instant { return sla.At(time.Now()) }

// stop ends s and fails the test when it does not end.
func stop(t *testing.T, s *Scheduler) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func TestWakesOncePerDistinctExpressionWithItsLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		s := New(Options{Now: now, Lag: 30 * time.Second, Run: func(_ context.Context, w Wake) {
			got = append(got, fmt.Sprintf("%s at %s for %v due %s", w.Expr, now(), w.IDs, w.Due))
		}})
		err := s.Set([]Job{{"b", "*/2 * * * *"}, {"a", "*/2 * * * *"}, {"a", "*/2 * * * *"}, {"c", "*/3 * * * *"}})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		wait(4 * time.Minute)
		stop(t, s)
		want := []string{
			"*/2 * * * * at 2000-01-01T00:00:30Z for [a b] due 2000-01-01T00:00:00Z",
			"*/2 * * * * at 2000-01-01T00:02:30Z for [a b] due 2000-01-01T00:02:00Z",
			"*/3 * * * * at 2000-01-01T00:00:30Z for [c] due 2000-01-01T00:00:00Z",
			"*/3 * * * * at 2000-01-01T00:03:30Z for [c] due 2000-01-01T00:03:00Z",
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("wake-ups:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// wait lets d pass on the bubble's clock and everything settle.
func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestALongCallSkipsItsOwnWakeUpsAndNeverOverlapsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running, calls := 0, 0
		var skipped atomic.Int32
		s := New(Options{Now: now, Skipped: func(string) { skipped.Add(1) }, Run: func(ctx context.Context, _ Wake) {
			running++
			calls++
			if running > 1 {
				t.Error("two calls at once")
			}
			select {
			case <-time.After(90 * time.Second):
			case <-ctx.Done():
			}
			running--
		}})
		if err := s.Set([]Job{{"a", "* * * * *"}, {"b", "*/5 * * * *"}}); err != nil {
			t.Fatal(err)
		}
		s.Start()
		wait(10*time.Minute + time.Second)
		stop(t, s)
		if calls < 5 || skipped.Load() < 4 {
			t.Errorf("%d calls and %d skipped in ten minutes of calls that take 90 s", calls, skipped.Load())
		}
	})
}

func TestAPanicEndsOneCallOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		calls := 0
		s := New(Options{Now: now, Log: slog.New(slog.NewTextHandler(&log, nil)), Run: func(context.Context, Wake) {
			calls++
			panic("a bad round")
		}})
		if err := s.Set([]Job{{"a", "* * * * *"}}); err != nil {
			t.Fatal(err)
		}
		s.Start()
		wait(3*time.Minute + time.Second)
		stop(t, s)
		if calls != 3 {
			t.Errorf("%d calls in three minutes, want 3", calls)
		}
		if !strings.Contains(log.String(), "a bad round") {
			t.Errorf("the log does not name the panic: %s", &log)
		}
	})
}

func TestSetReplacesAllJobsOrNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		s := New(Options{Now: now, Run: func(_ context.Context, w Wake) { got = append(got, w.IDs...) }})
		if err := s.Set([]Job{{"old", "* * * * *"}}); err != nil {
			t.Fatal(err)
		}
		s.Start()
		err := s.Set([]Job{{"new", "* * * * *"}, {"bad", "TZ="}, {"worse", "0 0 31 2 *"}})
		if err == nil || !strings.Contains(err.Error(), "bad") || !strings.Contains(err.Error(), "worse") {
			t.Errorf("Set with two wrong jobs = %v, want both named", err)
		}
		wait(time.Minute + time.Second)
		if err := s.Set([]Job{{"new", "* * * * *"}}); err != nil {
			t.Fatal(err)
		}
		wait(time.Minute)
		stop(t, s)
		if want := []string{"old", "new"}; !slices.Equal(got, want) {
			t.Errorf("woken: %v, want %v", got, want)
		}
		if err := s.Set(nil); err == nil {
			t.Error("a stopped scheduler took jobs")
		}
	})
}

func TestStopCancelsTheCallAndWaitsWithinItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var cancelled atomic.Bool
		s := New(Options{Now: now, Run: func(ctx context.Context, _ Wake) {
			<-ctx.Done()
			cancelled.Store(true)
			<-release
		}})
		if err := s.Set([]Job{{"a", "* * * * *"}}); err != nil {
			t.Fatal(err)
		}
		s.Start()
		wait(time.Minute + time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Stop of a call that hangs = %v, want the deadline", err)
		}
		if !cancelled.Load() {
			t.Error("the call was not told to end")
		}
		close(release)
		stop(t, s) // a second time, and now it ends
	})
}

// jumping is a clock that can be set beside the bubble's, and what it woke when.
type jumping struct {
	ahead atomic.Int64
	mu    sync.Mutex
	woken []sla.Instant
}

func (j *jumping) now() sla.Instant   { return now().Add(sla.Millis(j.ahead.Load())) }
func (j *jumping) jump(by sla.Millis) { j.ahead.Add(int64(by)) }

func (j *jumping) wakes() []sla.Instant {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.woken)
}

// wake starts a scheduler with one job.
func (j *jumping) wake(t *testing.T, expr string) {
	t.Helper()
	s := New(Options{Now: j.now, Run: func(context.Context, Wake) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.woken = append(j.woken, j.now())
	}})
	if err := s.Set([]Job{{"a", expr}}); err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { stop(t, s) })
}

func TestFault_D6_AMachineThatWasSuspendedForEightHoursIsWokenWithinAMinute(t *testing.T) {
	for _, expr := range []string{"* * * * *", "0 * * * *", "30 5 * * *", "@every 5h"} {
		synctest.Test(t, func(t *testing.T) {
			var clock jumping
			clock.wake(t, expr)
			wait(10 * time.Second)
			clock.jump(8 * sla.Hour) // timers stood still meanwhile
			resumed := clock.now()
			wait(time.Minute)
			woken := clock.wakes()
			if n := len(woken); n == 0 || woken[0] > resumed.Add(sla.Minute) || n > 2 {
				t.Errorf("%s: woken at %v after %s, want within a minute, and not once for each time that was missed", expr, woken, resumed)
			}
		})
	}
}

func TestAClockThatIsSetBackWakesByWhatItShows(t *testing.T) {
	for _, back := range []sla.Millis{sla.Second, sla.Hour, sla.Day, 365 * sla.Day} {
		for _, expr := range []string{"* * * * *", "@every 1m"} {
			synctest.Test(t, func(t *testing.T) {
				var clock jumping
				clock.jump(400 * sla.Day)
				clock.wake(t, expr)
				wait(10*time.Minute + time.Second)
				clock.jump(-back)
				before := len(clock.wakes())
				wait(10 * time.Minute)
				if n := len(clock.wakes()) - before; n < 9 || n > 12 {
					t.Errorf("%s: %d wake-ups in the ten minutes after the clock was set back by %d ms", expr, n, back)
				}
			})
		}
	}
}
