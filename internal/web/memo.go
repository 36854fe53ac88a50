package web

import (
	"context"
	"sync"

	"github.com/slmd/slmd/internal/sla"
)

// kept holds what was worked out from the store until the next round, so that
// many readers of a page cost one reading. While one reader works it out anew,
// those who ask for the same wait for it.
type kept[K comparable, V any] struct {
	epoch func() any // changes with every round
	limit int

	mu    sync.Mutex
	at    any
	slots map[K]*slot[V]
}

type slot[V any] struct {
	once  sync.Mutex
	done  bool
	value V
}

// get gives what is kept under k, or works it out.
func (m *kept[K, V]) get(ctx context.Context, k K, work func(context.Context) (V, error)) (V, error) {
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

func (m *kept[K, V]) slot(k K) *slot[V] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.epoch(); m.slots == nil || now != m.at || len(m.slots) >= m.limit {
		m.at, m.slots = now, map[K]*slot[V]{}
	}
	s := m.slots[k]
	if s == nil {
		s = &slot[V]{}
		m.slots[k] = s
	}
	return s
}

// pastKept keeps the verdicts of the matrix by the day with which it ends.
type pastKept struct {
	kept[sla.Instant, map[key]*sla.Verdict]
}

// matrixReach is how far back twelve periods can reach; longer ones than
// quarters show fewer.
const matrixReach = 13 * 93 * sla.Day

func (p *pastKept) get(ctx context.Context, end sla.Instant, read func(context.Context, sla.Span) (map[key]*sla.Verdict, error)) (map[key]*sla.Verdict, error) {
	day := end - end%sla.Instant(sla.Day)
	return p.kept.get(ctx, day, func(ctx context.Context) (map[key]*sla.Verdict, error) {
		return read(ctx, sla.Span{From: day.Add(-matrixReach), To: day.Add(sla.Day)})
	})
}
