package promtest

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// view gives the chunks that touch [from, to], both included. The open chunk is
// copied, so a view is not disturbed by samples appended later.
func (sr *Series) view(from, to int64) ([]stretch, error) {
	sr.mu.Lock()
	defer sr.mu.Unlock()
	first, _ := slices.BinarySearchFunc(sr.chunks, from, func(s stretch, t int64) int { return cmp.Compare(s.to, t) })
	var seen []stretch
	for i := first; i < len(sr.chunks) && sr.chunks[i].from <= to; i++ {
		s := sr.chunks[i]
		if i == len(sr.chunks)-1 {
			chunk, err := chunkenc.FromData(s.chunk.Encoding(), bytes.Clone(s.chunk.Bytes()))
			if err != nil {
				return nil, err
			}
			s.chunk = chunk
		}
		seen = append(seen, s)
	}
	return seen, nil
}

// walk iterates over a view as if it were one chunk, within [from, to].
type walk struct {
	chunks   []stretch
	from, to int64

	next int // the chunk that comes after the current one
	it   chunkenc.Iterator
	kind chunkenc.ValueType
}

var _ chunkenc.Iterator = (*walk)(nil)

func newWalk(chunks []stretch, from, to int64) *walk {
	return &walk{chunks: chunks, from: from, to: to}
}

// Next goes to the next sample.
func (w *walk) Next() chunkenc.ValueType {
	if w.it == nil {
		return w.Seek(w.from)
	}
	return w.settle(w.it.Next())
}

// unixMillis is a time as chunks hold it.
type unixMillis = int64

// Seek goes to the first sample at or after t, unless it is there already.
func (w *walk) Seek(t unixMillis) chunkenc.ValueType {
	t = max(t, w.from)
	if w.it != nil && (w.kind == chunkenc.ValNone || w.it.AtT() >= t) {
		return w.kind
	}
	if w.it == nil || w.chunks[w.next-1].to < t {
		for w.next < len(w.chunks) && w.chunks[w.next].to < t {
			w.next++
		}
		if !w.open() {
			w.kind = chunkenc.ValNone
			return w.kind
		}
	}
	return w.settle(w.it.Seek(t))
}

// open goes to the next chunk; at the end there is none, and the iterator stays one without samples.
func (w *walk) open() bool {
	if w.next == len(w.chunks) {
		w.it = chunkenc.NewNopIterator()
		return false
	}
	w.it = w.chunks[w.next].chunk.Iterator(w.it)
	w.next++
	return true
}

// settle goes on to the next chunk where one has ended, and ends behind the upper bound.
func (w *walk) settle(kind chunkenc.ValueType) chunkenc.ValueType {
	for kind == chunkenc.ValNone && w.it.Err() == nil && w.open() {
		kind = w.it.Next()
	}
	if kind != chunkenc.ValNone && w.it.AtT() > w.to {
		w.next = len(w.chunks)
		w.it = chunkenc.NewNopIterator()
		kind = chunkenc.ValNone
	}
	w.kind = kind
	return kind
}

// At gives the current float sample.
func (w *walk) At() (int64, float64) { return w.it.At() }

// AtHistogram gives the current histogram.
func (w *walk) AtHistogram(h *histogram.Histogram) (int64, *histogram.Histogram) {
	return w.it.AtHistogram(h)
}

// AtFloatHistogram gives the current histogram in floats.
func (w *walk) AtFloatHistogram(h *histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	return w.it.AtFloatHistogram(h)
}

// AtT gives the time of the current sample.
func (w *walk) AtT() int64 { return w.it.AtT() }

// AtST gives no start time: the chunks keep none.
func (w *walk) AtST() int64 { return 0 }

// Err gives what stopped the iteration.
func (w *walk) Err() error {
	if w.it == nil {
		return nil
	}
	return w.it.Err()
}
