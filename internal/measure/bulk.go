package measure

import (
	"context"
	"errors"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

const (
	// probed is the span over which another way of reading is compared with a
	// query's answer.
	probed = 5 * sla.Minute
	// askAgain is how long what was seen of a way holds, good or bad.
	askAgain = sla.Hour
)

// errMissing says that the source does not have what was asked for.
var errMissing = errors.New("the source does not have it")

// way is a way to read raw samples of a long span that costs less than queries,
// and what was seen of it. Its read gives errMissing where the source has none.
type way struct {
	read  func(ctx context.Context, selector string, span sla.Span) ([]Series, error)
	until sla.Instant // it gave the very samples that a query gives; good until then
	again sla.Instant // it did not; not to be tried until then
}

// ways gives what may be tried of a source of its kind. From Thanos nothing: the
// warnings of partial answers would be lost.
func (s *Source) ways() []*way {
	switch s.o.Kind {
	case VictoriaMetrics:
		return []*way{&s.lines}
	case Thanos:
		return nil
	case Prometheus, Mimir:
		return []*way{&s.chunks}
	default:
		return []*way{&s.chunks, &s.lines}
	}
}

// bulk reads a span that is far behind: in a cheaper way where the source has
// shown that it gives the same samples, otherwise by queries.
func (s *Source) bulk(ctx context.Context, selector string, span sla.Span, now sla.Instant) ([]Series, error) {
	for _, w := range s.ways() {
		if shown, _ := s.seen(w, now); !shown {
			continue
		}
		series, err := w.read(ctx, selector, span)
		if !errors.Is(err, errMissing) {
			return series, err
		}
		s.missed(w, now)
	}
	return s.read(ctx, "samples", selector, span)
}

// tryWays lets the source show in which way what is far behind may be read. It
// asks for one group after the other, before they are read several at once: who
// proves what never depends on who comes first.
func (s *Source) tryWays(ctx context.Context, groups []*group, now sla.Instant) {
	for _, g := range groups {
		if s.far(g) && s.tryWith(ctx, g, now) {
			return
		}
	}
}

// tryWith tries the ways that nothing is known of with what a group asks for, and
// reports whether that is enough: one is good, or none is, or the source fails.
func (s *Source) tryWith(ctx context.Context, g *group, now sla.Instant) (enough bool) {
	last := sla.Span{From: max(g.span.From, g.span.To.Add(-probed)), To: g.span.To}
	enough = true
	for _, w := range s.ways() {
		shown, refused := s.seen(w, now)
		if !shown && !refused {
			if err := s.prove(ctx, w, g.selector(), last, now); err != nil && !willNotSay(err) {
				return true
			}
			shown, refused = s.seen(w, now)
		}
		if shown {
			return true
		}
		enough = enough && refused
	}
	return enough
}

// seen reports what a way showed within the hour: that it gives what a query
// gives, or that it does not.
func (s *Source) seen(w *way, now sla.Instant) (shown, refused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return w.until > now, w.again > now
}

// prove tries whether a way gives the same samples as a query, labels included:
// some sources add labels of their own. Where neither gives any
// or one fails, nothing is known.
func (s *Source) prove(ctx context.Context, w *way, selector string, span sla.Span, now sla.Instant) error {
	series, err := w.read(ctx, selector, span)
	if errors.Is(err, errMissing) {
		s.missed(w, now)
		return nil
	}
	if err != nil {
		return err
	}
	text, err := s.readHTTP(ctx, "probe", selector, span)
	if err != nil || len(text) == 0 && len(series) == 0 {
		return err
	}
	if !sameSeries(text, series) {
		s.missed(w, now)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.until = now.Add(askAgain)
	return nil
}

// missed remembers that the source does not have a way.
func (s *Source) missed(w *way, now sla.Instant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.again, w.until = now.Add(askAgain), 0
}

func sameSeries(a, b []Series) bool {
	byKey := make(map[string]*Series, len(a))
	for i := range a {
		byKey[key(a[i].Labels)] = &a[i]
	}
	for i := range b {
		other := byKey[key(b[i].Labels)]
		if other == nil || !slices.Equal(other.Samples, b[i].Samples) || !slices.EqualFunc(other.Native, b[i].Native, Histogram.equal) {
			return false
		}
	}
	return len(a) == len(b)
}
