package measure

import (
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/histogram"

	"github.com/slmd/slmd/internal/sla"
)

// Histogram is one sample of a native histogram.
type Histogram struct {
	T       sla.Instant
	Count   float64  // of all observations
	Buckets []Bucket // those with observations, in order
}

// Bucket counts the observations above Lower up to Upper.
type Bucket struct{ Lower, Upper, Count float64 }

// nativeOf gives a histogram of Prometheus as it is shown in an answer of the
// query API.
func nativeOf(t sla.Instant, h *histogram.FloatHistogram) Histogram {
	out := Histogram{T: t, Count: h.Count}
	for it := h.AllBucketIterator(); it.Next(); {
		if b := it.At(); b.Count != 0 {
			out.Buckets = append(out.Buckets, Bucket{b.Lower, b.Upper, b.Count})
		}
	}
	return out
}

// equal reports whether two histograms hold the same.
func (h Histogram) equal(o Histogram) bool {
	return h.T == o.T && h.Count == o.Count && slices.Equal(h.Buckets, o.Buckets)
}

// upTo gives how many observations are at most the bound. They are counted
// exactly unless the bound lies within a bucket that has any: then they are
// taken to lie in it as PromQL's histogram_fraction takes them to.
func (h Histogram) upTo(bound float64) (n float64, exact bool) {
	exact = true
	for _, b := range h.Buckets {
		switch {
		case b.Upper <= bound:
			n += b.Count
		case b.Lower < bound:
			n += math.Round(b.Count*b.below(bound)*1e6) / 1e6
			exact = false
		}
	}
	return n, exact
}

// below gives the share of the bucket that is taken to lie below a bound within it.
func (b Bucket) below(bound float64) float64 {
	switch {
	case math.IsInf(b.Lower, -1):
		return 0 // nothing is known of how far down it reaches
	case math.IsInf(b.Upper, 1):
		return 0
	case b.Lower > 0:
		return (math.Log2(bound) - math.Log2(b.Lower)) / (math.Log2(b.Upper) - math.Log2(b.Lower))
	}
	lower := max(b.Lower, 0) // durations: the bucket around zero holds none below it
	return (bound - lower) / (b.Upper - lower)
}

// classic gives a native histogram as the two series of a classic one that an
// indicator wants, and calls inexact for every sample that is not exact.
func (s *Series) classic(within Value, inexact func(sla.Instant)) [2]Series {
	bound, _ := within.rat().Float64()
	all := Series{Labels: labelled(s.Labels, "+Inf"), Samples: make([]Sample, len(s.Native))}
	good := Series{Labels: labelled(s.Labels, within.String()), Samples: make([]Sample, len(s.Native))}
	for i, h := range s.Native {
		n, exact := h.upTo(bound)
		if !exact {
			inexact(h.T)
		}
		all.Samples[i], good.Samples[i] = Sample{h.T, Float(h.Count)}, Sample{h.T, Float(n)}
	}
	return [2]Series{all, good}
}

// labelled adds the bound of a bucket to a label set.
func labelled(ls []Label, le string) []Label {
	out := append(slices.Clone(ls), Label{"le", le})
	slices.SortStableFunc(out, func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// form is in which of the two forms a histogram is read.
type form uint8

const (
	undecided form = iota
	classic
	native
)

// decideForm says in which form the histogram of an indicator is read, by the
// first sample there is of either. It is decided once: events that are exported
// in both forms must not count twice. The other form's answer is let go of.
func (r *run) decideForm() {
	if r.state.form != undecided || len(r.lanes) < 2 || r.lanes[1].form != native {
		return
	}
	first, firstNative := r.earliest(0), r.earliest(1)
	switch {
	case min(first, firstNative) >= r.span.To:
	case first <= firstNative:
		r.state.form, r.answers[1] = classic, nil
	default:
		r.state.form, r.answers[0] = native, nil
	}
}

// earliest gives the first sample of a lane's answer in the lane's form.
func (r *run) earliest(lane int) sla.Instant {
	at := sla.Forever
	for i := range r.answers[lane] {
		s := &r.answers[lane][i]
		if r.lanes[lane].form == native && len(s.Native) > 0 {
			at = min(at, s.Native[0].T)
		} else if r.lanes[lane].form != native && len(s.Samples) > 0 {
			at = min(at, s.Samples[0].T)
		}
	}
	return at
}

// reads reports whether a lane is read: of a histogram's two forms only the one
// that was decided for.
func (r *run) reads(lane int) bool {
	f := r.lanes[lane].form
	return f == undecided || r.state == nil || r.state.form == undecided || r.state.form == f
}

// reading gives how many lanes are read.
func (r *run) reading() (n int) {
	for i := range r.lanes {
		if r.reads(i) {
			n++
		}
	}
	return n
}

// native passes a native histogram on as the classic one that it stands for.
func (r *run) native(lane int, st *laneState, s *Series) {
	if len(s.Native) == 0 {
		return
	}
	both := s.classic(*r.lanes[lane].within, func(t sla.Instant) {
		if i := r.book.index(t); t < r.span.To && i >= r.book.first {
			r.book.tallies[i].inexact = true
		}
	})
	for i := range both {
		r.series(lane, st, &both[i], r.lanes[lane].bucketRole(both[i].Labels))
	}
}
