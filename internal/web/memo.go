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

// pastKept keeps the verdicts on past periods that the matrix shows, by the day
// with which it ends. They hardly change, and reading them all takes long where
// there are thousands: what is older than refreshAfter is read anew in the
// background while readers get what is there.
type pastKept struct {
	read func(context.Context, sla.Span) (map[key]*sla.Verdict, error)
	now  func() sla.Instant

	mu   sync.Mutex
	days map[sla.Instant]*past
}

// past is what is kept of one day; its lock is held while it is read first.
type past struct {
	mu       sync.Mutex
	verdicts map[key]*sla.Verdict
	at       sla.Instant
	reading  bool
}

// How far back twelve periods can reach (longer ones than quarters show fewer),
// when what is kept is read anew, and how many days are kept.
const (
	matrixReach  = 13 * 93 * sla.Day
	refreshAfter = 5 * sla.Minute
	pastDays     = 8
)

// get gives the worst verdict of each objective and period that the matrix
// which ends with the instant can show. Nobody may change the map.
func (p *pastKept) get(ctx context.Context, end sla.Instant) (map[key]*sla.Verdict, error) {
	day := end - end%sla.Instant(sla.Day)
	d := p.day(day)
	d.mu.Lock()
	defer d.mu.Unlock()
	span := sla.Span{From: day.Add(-matrixReach), To: day.Add(sla.Day)}
	if d.verdicts == nil {
		verdicts, err := p.read(ctx, span)
		if err != nil {
			return nil, err
		}
		d.verdicts, d.at = verdicts, p.now()
		return d.verdicts, nil
	}
	if p.now().Sub(d.at) >= refreshAfter && !d.reading {
		d.reading = true
		go p.refresh(context.WithoutCancel(ctx), d, span)
	}
	return d.verdicts, nil
}

// refresh reads a day anew; on an error what was there stays for another while.
func (p *pastKept) refresh(ctx context.Context, d *past, span sla.Span) {
	ctx, cancel := context.WithTimeout(ctx, refreshAfter.Duration())
	defer cancel()
	verdicts, err := p.read(ctx, span)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reading, d.at = false, p.now()
	if err == nil {
		d.verdicts = verdicts
	}
}

func (p *pastKept) day(day sla.Instant) *past {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.days == nil || len(p.days) >= pastDays && p.days[day] == nil {
		p.days = map[sla.Instant]*past{}
	}
	if p.days[day] == nil {
		p.days[day] = &past{}
	}
	return p.days[day]
}
