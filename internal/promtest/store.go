package promtest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// samplesPerChunk is what Prometheus aims at, so that remote_read answers look like its own.
const samplesPerChunk = 120

// Errors of Append, in the cases in which Prometheus refuses a sample too.
var (
	ErrOutOfOrder = errors.New("the sample is older than the newest one of its series")
	ErrDuplicate  = errors.New("the series has another value at the same time")
)

// Stale is the value of a stale marker: the series ended, or its scrape failed.
func Stale() float64 { return math.Float64frombits(value.StaleNaN) }

// Metadata says what a metric is, as /api/v1/metadata gives it.
type Metadata struct {
	Type string `json:"type"` // counter, gauge, histogram, …
	Help string `json:"help"`
	Unit string `json:"unit"`
}

// Store holds series in memory, compressed as Prometheus does it. Series only
// grow at their end. A Store may be appended to and queried at once, and it may
// be shared by several servers.
type Store struct {
	mu       sync.RWMutex
	series   map[string]*Series
	all      []*Series
	postings map[string]map[string][]*Series // label name → value → series
	metadata map[string]Metadata
}

// NewStore gives an empty store.
func NewStore() *Store {
	return &Store{
		series:   map[string]*Series{},
		postings: map[string]map[string][]*Series{},
		metadata: map[string]Metadata{},
	}
}

// Series gives the series of these labels (the metric's name under __name__),
// made if it is new. A series without samples is not seen by queries.
func (s *Store) Series(lset labels.Labels) *Series {
	key := string(lset.Bytes(nil))
	s.mu.RLock()
	sr := s.series[key]
	s.mu.RUnlock()
	if sr != nil {
		return sr
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sr := s.series[key]; sr != nil {
		return sr
	}
	sr = &Series{labels: lset.Copy()}
	s.series[key] = sr
	s.all = append(s.all, sr)
	lset.Range(func(l labels.Label) {
		if s.postings[l.Name] == nil {
			s.postings[l.Name] = map[string][]*Series{}
		}
		s.postings[l.Name][l.Value] = append(s.postings[l.Name][l.Value], sr)
	})
	return sr
}

// Append adds one sample, t in Unix milliseconds, to the series of these labels.
// Whoever appends many keeps the Series instead.
func (s *Store) Append(lset labels.Labels, t int64, v float64) error {
	return s.Series(lset).Append(t, v)
}

// Describe records what a metric is.
func (s *Store) Describe(metric string, m Metadata) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.metadata[metric] = m
}

// Samples counts what the store holds, stale markers included.
func (s *Store) Samples() (series int, samples int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, sr := range s.all {
		sr.mu.Lock()
		for _, c := range sr.chunks {
			samples += int64(c.chunk.NumSamples())
		}
		sr.mu.Unlock()
	}
	return len(s.all), samples
}

// find gives the series that match, in no particular order.
func (s *Store) find(ms []*labels.Matcher) []*Series {
	s.mu.RLock()
	candidates := s.candidates(ms)
	s.mu.RUnlock()
	var found []*Series
	for _, sr := range candidates {
		if matches(sr.labels, ms) {
			found = append(found, sr)
		}
	}
	return found
}

// candidates gives the shortest list of series that contains all that match.
// Lists only grow, so what is given stays valid without the lock.
func (s *Store) candidates(ms []*labels.Matcher) []*Series {
	best := s.all
	for _, m := range ms {
		var list []*Series
		switch {
		case m.Type == labels.MatchEqual && m.Value != "":
			list = s.postings[m.Name][m.Value]
		case m.Type == labels.MatchRegexp && len(m.SetMatches()) > 0 && !slices.Contains(m.SetMatches(), ""):
			for _, v := range m.SetMatches() {
				list = append(list, s.postings[m.Name][v]...)
			}
		default:
			continue
		}
		if len(list) < len(best) {
			best = list
		}
	}
	return best
}

func matches(lset labels.Labels, ms []*labels.Matcher) bool {
	for _, m := range ms {
		if !m.Matches(lset.Get(m.Name)) {
			return false
		}
	}
	return true
}

// sorted orders series by their labels, as every answer of Prometheus' own storage is.
func sorted(list []*Series) []*Series {
	byLabels := func(a, b *Series) int { return labels.Compare(a.labels, b.labels) }
	if !slices.IsSortedFunc(list, byLabels) {
		slices.SortFunc(list, byLabels)
	}
	return list
}

// Series is one time series of a Store.
type Series struct {
	labels labels.Labels

	mu     sync.Mutex
	chunks []stretch // the last one is open
	open   chunkenc.Appender
	free   int // how many floats the open chunk still takes, if it is one of floats
	last   float64
}

// stretch is one chunk and the times of its first and last sample.
type stretch struct {
	chunk    chunkenc.Chunk
	from, to int64
}

// Labels gives the labels of the series.
func (sr *Series) Labels() labels.Labels { return sr.labels }

// Append adds a sample at t, Unix milliseconds. The same sample again is
// ignored; anything else that is not newer than the last one is refused.
func (sr *Series) Append(t int64, v float64) error {
	sr.mu.Lock()
	defer sr.mu.Unlock()
	if n := len(sr.chunks); n > 0 && t <= sr.chunks[n-1].to {
		return sr.refuse(t, v)
	}
	if sr.free == 0 {
		if err := sr.room(chunkenc.EncXOR, t); err != nil {
			return err
		}
		sr.free = samplesPerChunk
	}
	sr.free--
	sr.open.Append(0, t, v)
	sr.chunks[len(sr.chunks)-1].to = t
	sr.last = v
	return nil
}

// AppendHistogram adds a native histogram at t, Unix milliseconds.
func (sr *Series) AppendHistogram(t int64, h *histogram.Histogram) error {
	sr.mu.Lock()
	defer sr.mu.Unlock()
	if n := len(sr.chunks); n > 0 && t <= sr.chunks[n-1].to {
		return fmt.Errorf("appending a histogram to %s at %d: %w", sr.labels, t, ErrOutOfOrder)
	}
	prev := sr.open
	sr.free = 0
	if err := sr.room(chunkenc.EncHistogram, t); err != nil {
		return err
	}
	chunk, recoded, app, err := sr.open.AppendHistogram(prev, 0, t, h, false)
	if err != nil {
		return fmt.Errorf("appending a histogram to %s at %d: %w", sr.labels, t, err)
	}
	sr.open = app
	last := &sr.chunks[len(sr.chunks)-1]
	switch {
	case chunk != nil && recoded:
		// Readers may be in the list that is there: a recoded chunk goes into a copy of it.
		sr.chunks = slices.Clone(sr.chunks)
		sr.chunks[len(sr.chunks)-1] = stretch{chunk, last.from, t}
	case chunk != nil:
		sr.chunks = append(sr.chunks, stretch{chunk, t, t})
	default:
		last.to = t
	}
	return nil
}

func (sr *Series) refuse(t int64, v float64) error {
	why := ErrOutOfOrder
	if t == sr.chunks[len(sr.chunks)-1].to {
		if math.Float64bits(v) == math.Float64bits(sr.last) {
			return nil
		}
		why = ErrDuplicate
	}
	return fmt.Errorf("appending to %s at %d: %w", sr.labels, t, why)
}

// room sees to an open chunk of that encoding with space for a sample at t.
func (sr *Series) room(enc chunkenc.Encoding, t int64) error {
	if n := len(sr.chunks); n > 0 {
		last := sr.chunks[n-1].chunk
		if last.Encoding() == enc && last.NumSamples() < samplesPerChunk {
			return nil
		}
		last.Compact()
	}
	chunk, err := chunkenc.NewEmptyChunk(enc)
	if err != nil {
		return fmt.Errorf("making a chunk: %w", err)
	}
	app, err := chunk.Appender()
	if err != nil {
		return fmt.Errorf("opening a chunk: %w", err)
	}
	sr.open = app
	sr.chunks = append(sr.chunks, stretch{chunk, t, t})
	return nil
}
