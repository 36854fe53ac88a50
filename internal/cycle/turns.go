package cycle

import (
	"context"
	"sync"
)

// turns lets one round at a time go on with each source: two would measure the
// same intervals, from the same cursor.
type turns struct {
	mu    sync.Mutex
	taken map[string]chan struct{} // by source, holds one token while a round goes on
}

// take waits for the turn of the source; done ends it.
func (t *turns) take(ctx context.Context, source string) (done func(), err error) {
	t.mu.Lock()
	if t.taken == nil {
		t.taken = map[string]chan struct{}{}
	}
	turn, ok := t.taken[source]
	if !ok {
		turn = make(chan struct{}, 1)
		t.taken[source] = turn
	}
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
