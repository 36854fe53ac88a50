package schedule

import (
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

const (
	// glance is how long the clock goes unread at most. Timers stand still while a
	// machine is suspended and know nothing of a clock that is set: what is due by
	// the clock is noticed at the next glance.
	glance = 30 * time.Second
	// shortest bounds how often a clock is read that lags behind the timers.
	shortest = 10 * time.Millisecond
)

// entry is work with the instant at which it is due next; the zero time is never.
type entry struct {
	schedule cron.Schedule
	work     cron.Job
	next     time.Time
}

// clockwork calls its entries when they are due by the clock. It runs once.
type clockwork struct {
	now     func() time.Time
	entries []*entry
	stop    chan struct{}
	calls   sync.WaitGroup
}

func newClockwork(now func() time.Time) *clockwork {
	return &clockwork{now: now, stop: make(chan struct{})}
}

// start begins to call.
func (c *clockwork) start() {
	now := c.now()
	for _, e := range c.entries {
		e.next = e.schedule.Next(now)
	}
	c.calls.Go(c.run)
}

func (c *clockwork) run() {
	for {
		timer := time.NewTimer(c.rest())
		select {
		case <-c.stop:
			timer.Stop()
			return
		case <-timer.C:
		}
		c.fire()
	}
}

// rest gives how long nothing is due, a glance at most.
func (c *clockwork) rest() time.Duration {
	now, rest := c.now(), glance
	for _, e := range c.entries {
		if !e.next.IsZero() {
			rest = min(rest, e.next.Sub(now))
		}
	}
	return max(rest, shortest)
}

// fire calls what is due, once however often it was missed. Where the clock was
// set back, what would be due earlier by it now is.
func (c *clockwork) fire() {
	now := c.now()
	for _, e := range c.entries {
		next := e.schedule.Next(now)
		if !e.next.IsZero() && !e.next.After(now) {
			c.calls.Go(e.work.Run)
			e.next = next
		}
		if e.next.IsZero() || next.Before(e.next) && !next.IsZero() {
			e.next = next
		}
	}
}

// end ends it; the channel is closed when the calls under way have ended.
func (c *clockwork) end() <-chan struct{} {
	ended := make(chan struct{})
	close(c.stop)
	go func() {
		c.calls.Wait()
		close(ended)
	}()
	return ended
}
