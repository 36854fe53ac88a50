package company

import (
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// Truth is what an exact measurement of an indicator finds in a span.
type Truth struct {
	// Good and Bad count the events that the samples in the span show.
	Good, Bad int64
	// Sum and Count are of a mean: its sum in units of 1/512 and its count.
	Sum, Count int64
	// Up, Down and Unknown are of a time indicator.
	Up, Down, Unknown sla.Millis
}

// tally keeps the events of one indicator at one target by minute, an event
// being booked at the sample that first shows it.
type tally struct {
	from      sla.Instant // a whole minute
	good, bad []int32
}

func (y *tally) add(t sla.Instant, good, bad int64) {
	i := int(t.Sub(y.from) / sla.Minute)
	for len(y.good) <= i {
		y.good, y.bad = append(y.good, 0), append(y.bad, 0)
	}
	y.good[i] += int32(good)
	y.bad[i] += int32(bad)
}

func (y *tally) sum(s sla.Span) (good, bad int64) {
	from := max(0, int(s.From.Sub(y.from)/sla.Minute))
	to := min(len(y.good), int(s.To.Sub(y.from)/sla.Minute))
	for i := from; i < to; i++ {
		good += int64(y.good[i])
		bad += int64(y.bad[i])
	}
	return good, bad
}

// holds keeps for which time which value of a gauge held: a sample holds until
// the next one if that comes within 2.5 steps, otherwise for one step.
type holds struct {
	runs []hold
	last sla.Instant
	step sla.Millis
}

type hold struct {
	sla.Span
	up bool
}

func (h *holds) add(t sla.Instant, up bool) {
	if n := len(h.runs); n > 0 && 2*t.Sub(h.last) <= 5*h.step {
		h.runs[n-1].To = t
	}
	if n := len(h.runs); n == 0 || h.runs[n-1].To != t || h.runs[n-1].up != up {
		h.runs = append(h.runs, hold{up: up, Span: sla.Span{From: t}})
	}
	h.runs[len(h.runs)-1].To = t.Add(h.step)
	h.last = t
}

// anyUp gives how long in s at least one of the gauges was known to be up, all
// known ones were down, and none was known.
func anyUp(list []*holds, s sla.Span) (up, down, unknown sla.Millis) {
	edges := []sla.Instant{s.From, s.To}
	for _, h := range list {
		for _, r := range h.runs {
			if part := r.Intersect(s); !part.Empty() {
				edges = append(edges, part.From, part.To)
			}
		}
	}
	slices.Sort(edges)
	at := make([]int, len(list))
	for i := 1; i < len(edges); i++ {
		piece := sla.Span{From: edges[i-1], To: edges[i]}
		switch known, good := state(list, at, piece.From); {
		case !known:
			unknown += piece.Length()
		case good:
			up += piece.Length()
		default:
			down += piece.Length()
		}
	}
	return up, down, unknown
}

// state gives whether anything is known at t and whether something is up; at
// remembers the place in each list, t only grows.
func state(list []*holds, at []int, t sla.Instant) (known, up bool) {
	for i, h := range list {
		for at[i] < len(h.runs) && h.runs[at[i]].To <= t {
			at[i]++
		}
		if at[i] < len(h.runs) && h.runs[at[i]].Contains(t) {
			known = true
			up = up || h.runs[at[i]].up
		}
	}
	return known, up
}

// Truth gives what a measurement of the indicator must find between two whole
// minutes that lie within the history. It knows the indicators of the catalogue.
func (c *Company) Truth(indicator string, s sla.Span) (Truth, error) {
	if int64(s.From)%int64(sla.Minute) != 0 || int64(s.To)%int64(sla.Minute) != 0 {
		return Truth{}, fmt.Errorf("the truth of %s from %s to %s: it is known by whole minutes", indicator, s.From, s.To)
	}
	var truth Truth
	var gauges []*holds
	found := false
	for _, t := range c.targets {
		b, ok := t.(witness)
		if !ok {
			continue
		}
		if y := b.tallyOf(indicator); y != nil {
			found = true
			a, b := y.sum(s)
			truth.Good, truth.Bad = truth.Good+a, truth.Bad+b
		}
		if h := b.holdsOf(indicator); h != nil {
			found = true
			gauges = append(gauges, h)
		}
	}
	if !found {
		return Truth{}, fmt.Errorf("the company has no indicator %q whose truth is known", indicator)
	}
	if gauges != nil {
		truth.Up, truth.Down, truth.Unknown = anyUp(gauges, s)
	}
	if indicator == MeanResponse {
		truth.Sum, truth.Count, truth.Good, truth.Bad = truth.Good, truth.Bad, 0, 0
	}
	return truth, nil
}

// witness is a target that remembers what an indicator shows at it.
type witness interface {
	tallyOf(indicator string) *tally
	holdsOf(indicator string) *holds
}
