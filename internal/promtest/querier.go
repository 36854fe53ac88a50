package promtest

import (
	"context"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"
)

// Querier gives the store as promql reads it, within [from, to] in Unix milliseconds.
func (s *Store) Querier(from, to int64) (storage.Querier, error) {
	return &querier{store: s, from: from, to: to}, nil
}

var _ storage.Queryable = (*Store)(nil)

type querier struct {
	store    *Store
	from, to int64
}

// Select gives the series that match, with their samples in the range.
func (q *querier) Select(_ context.Context, order bool, hints *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	from, to := q.from, q.to
	if hints != nil {
		from, to = hints.Start, hints.End
	}
	found := q.store.find(ms)
	if order {
		sorted(found)
	}
	set := &seriesSet{from: from, to: to, list: found}
	return set
}

// LabelValues gives the values of a label in the matching series, sorted.
func (q *querier) LabelValues(_ context.Context, name string, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	values := map[string]bool{}
	for _, sr := range q.within(ms) {
		if v := sr.labels.Get(name); v != "" {
			values[v] = true
		}
	}
	return sortedKeys(values), nil, nil
}

// LabelNames gives the names of the labels of the matching series, sorted.
func (q *querier) LabelNames(_ context.Context, _ *storage.LabelHints, ms ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	names := map[string]bool{}
	for _, sr := range q.within(ms) {
		sr.labels.Range(func(l labels.Label) { names[l.Name] = true })
	}
	return sortedKeys(names), nil, nil
}

// Close has nothing to release.
func (q *querier) Close() error { return nil }

// within gives the matching series that reach into the range.
func (q *querier) within(ms []*labels.Matcher) []*Series {
	return slices.DeleteFunc(q.store.find(ms), func(sr *Series) bool { return !sr.touches(q.from, q.to) })
}

// touches reports whether the series has chunks that reach into [from, to].
func (sr *Series) touches(from, to int64) bool {
	sr.mu.Lock()
	defer sr.mu.Unlock()
	n := len(sr.chunks)
	return n > 0 && sr.chunks[0].from <= to && sr.chunks[n-1].to >= from
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// seriesSet hands out the series that have samples in the range.
type seriesSet struct {
	list     []*Series
	from, to int64
	at       *sliceOfSeries
	err      error
}

func (s *seriesSet) Next() bool {
	for s.err == nil && len(s.list) > 0 {
		sr := s.list[0]
		s.list = s.list[1:]
		var chunks []stretch
		if chunks, s.err = sr.view(s.from, s.to); len(chunks) > 0 {
			s.at = &sliceOfSeries{sr.labels, chunks, s.from, s.to}
			return true
		}
	}
	return false
}

func (s *seriesSet) At() storage.Series                { return s.at }
func (s *seriesSet) Err() error                        { return s.err }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// sliceOfSeries is a series within a range of time.
type sliceOfSeries struct {
	labels   labels.Labels
	chunks   []stretch
	from, to int64
}

func (s *sliceOfSeries) Labels() labels.Labels { return s.labels }

func (s *sliceOfSeries) Iterator(chunkenc.Iterator) chunkenc.Iterator {
	return newWalk(s.chunks, s.from, s.to)
}
