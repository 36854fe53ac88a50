package web

import (
	"context"
	"sync"
)

// kept holds what was worked out from the store until the next round, so that
// many readers of a page cost one reading. While one reader works it out anew,
// those who ask for the same wait for it.
type kept[E, K comparable, V any] struct {
	epoch func() E // changes with every round
	limit int

	mu    sync.Mutex
	at    E
	slots map[K]*slot[V]
}

type slot[V any] struct {
	once  sync.Mutex
	done  bool
	value V
}

// get gives what is kept under k, or works it out.
func (m *kept[E, K, V]) get(ctx context.Context, k K, work func(context.Context) (V, error)) (V, error) {
	s := m.slot(k)
	s.once.Lock()
	defer s.once.Unlock()
	if s.done {
		return s.value, nil
	}
	v, err := work(ctx)
	if err != nil {
		return v, err
	}
	s.value, s.done = v, true
	return v, nil
}

func (m *kept[E, K, V]) slot(k K) *slot[V] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.epoch(); m.slots == nil || now != m.at || len(m.slots) >= m.limit && m.slots[k] == nil {
		m.at, m.slots = now, map[K]*slot[V]{}
	}
	s := m.slots[k]
	if s == nil {
		s = &slot[V]{}
		m.slots[k] = s
	}
	return s
}
