package announce

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// rhythm calls a function at once, then regularly and when it is woken, in a
// goroutine of its own.
type rhythm struct {
	wake   chan struct{}
	cancel context.CancelFunc
	doing  sync.WaitGroup
}

func newRhythm() rhythm { return rhythm{wake: make(chan struct{}, 1)} }

// start begins; it is called once.
func (r *rhythm) start(every time.Duration, do func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	r.doing.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			do(ctx)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			case <-r.wake:
			}
		}
	})
}

// Wake lets the next turn come now. It never waits.
func (r *rhythm) Wake() {
	select {
	case r.wake <- struct{}{}:
	default: // one is pending and will see what there is
	}
}

// Stop ends what is under way and waits until all is quiet or ctx ends. It may
// be called again, and before Start.
func (r *rhythm) Stop(ctx context.Context) error {
	if r.cancel == nil {
		return nil
	}
	r.cancel()
	done := make(chan struct{})
	go func() {
		r.doing.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting until all is quiet: %w", ctx.Err())
	}
}
