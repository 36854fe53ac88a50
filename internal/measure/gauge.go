package measure

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// gauge takes the next sample of a gauge whose time counts.
func (v *visit) gauge(sample *Sample, bound Value) {
	c := ended
	if sample.V.kind != stale {
		c = v.classify(sample.V, bound)
	}
	v.pass(sample.T)
	v.s.held = append(v.s.held, held{sample.T, v.s.gaps.spacing(v.interval), c})
}

func (v *visit) classify(value, bound Value) class {
	if reason := refusal(value, false); reason != "" {
		if v.booked() {
			v.reject(reason, v.labels)
		}
		return unusable
	}
	if value.keeps(v.task.Indicator.Bound.Kind, bound) {
		return good
	}
	return bad
}

// edge is where what a lane's series say changes.
type edge struct {
	t          sla.Instant
	hold, good int
}

// settleTime decides intervals of time in order, as far as they can be decided,
// and moves the cursor.
func (r *run) settleTime() {
	until := floor(min(r.span.To, r.bound(), r.determined()), r.interval)
	if until <= r.state.cursor {
		return
	}
	edges := r.edges(until)
	hold, up, next := 0, 0, 0
	for at := r.state.cursor; at < until; at = at.Add(r.interval) {
		c := count{rule: r.task.Indicator.Combine}
		end := at.Add(r.interval)
		for t := at; t < end; {
			for ; next < len(edges) && edges[next].t <= t; next++ {
				hold += edges[next].hold
				up += edges[next].good
			}
			to := end
			if next < len(edges) {
				to = min(end, edges[next].t)
			}
			c.add(to.Sub(t), up, hold)
			t = to
		}
		r.entries = append(r.entries, c.entry(sla.Span{From: at, To: end}, r.task.Definition))
	}
}

// determined gives the instant before which no sample that is still to be read
// can change what the samples say.
func (r *run) determined() sla.Instant {
	until := sla.Forever
	for _, l := range r.state.lanes {
		for _, s := range l.series {
			if len(s.held) == 0 {
				continue
			}
			h := s.held[len(s.held)-1]
			// Up to one spacing after a sample it holds whatever comes; beyond, it
			// depends on whether the next one comes within 2.5.
			if h.class != ended && reach(h.t, h.spacing) >= r.span.To {
				until = min(until, h.t.Add(h.spacing))
			}
		}
	}
	return until
}

// edges gives the changes in [cursor, until), sorted by time.
func (r *run) edges(until sla.Instant) []edge {
	var out []edge
	for _, l := range r.state.lanes {
		for _, s := range l.series {
			out = s.edges(out, sla.Span{From: r.state.cursor, To: until})
		}
	}
	slices.SortFunc(out, func(a, b edge) int { return cmp.Compare(a.t, b.t) })
	return out
}

// edges appends the changes of one series within the span; stretches of one
// class that touch are one.
func (s *seriesState) edges(out []edge, span sla.Span) []edge {
	open := held{class: ended}
	var end sla.Instant
	flush := func() {
		part := sla.Span{From: open.t, To: end}.Intersect(span)
		if open.class == ended || open.class == unusable || part.Empty() {
			return
		}
		up := 0
		if open.class == good {
			up = 1
		}
		out = append(out, edge{part.From, 1, up}, edge{part.To, -1, -up})
	}
	for k, h := range s.held {
		if h.class != open.class || h.t > end {
			flush()
			open = h
		}
		end = s.holds(k)
	}
	flush()
	return out
}

// holds gives the instant up to which the k-th sample holds.
func (s *seriesState) holds(k int) sla.Instant {
	h := s.held[k]
	if k+1 < len(s.held) && within(s.held[k+1].t.Sub(h.t), h.spacing) {
		return s.held[k+1].t
	}
	return h.t.Add(h.spacing)
}

// dropHeld forgets the samples that lie before the cursor, but for the last one.
func (r *run) dropHeld() {
	for _, l := range r.state.lanes {
		for _, s := range l.series {
			keep := 0
			for keep+1 < len(s.held) && s.held[keep+1].t <= r.state.cursor {
				keep++
			}
			s.held = slices.Clone(s.held[keep:])
		}
	}
}

// count adds up what the instants of an interval say.
type count struct {
	rule    sla.Combine
	known   sla.Millis
	whole   sla.Millis // good in full
	partial *big.Rat   // good in part, in milliseconds
}

// add takes a stretch in which so many of the series that hold are good.
func (c *count) add(length sla.Millis, up, hold int) {
	if hold == 0 {
		return
	}
	c.known += length
	var whole bool
	switch c.rule.Rule {
	case sla.CombineAny:
		whole = up > 0
	case sla.CombineAtLeast:
		whole = up >= c.rule.N
	case sla.CombineAll:
		whole = up == hold
	default:
		whole = up == hold
		if up > 0 && !whole {
			c.share(length, up, hold)
		}
	}
	if whole {
		c.whole += length
	}
}

// share counts a stretch as good in part.
func (c *count) share(length sla.Millis, up, hold int) {
	if c.partial == nil {
		c.partial = new(big.Rat)
	}
	c.partial.Add(c.partial, big.NewRat(int64(length)*int64(up), int64(hold)))
}

// entry gives the fact: seconds, with at most six decimals.
func (c *count) entry(span sla.Span, definition int64) sla.Entry {
	e := sla.Entry{Span: span, Unknown: span.Length() - c.known, Definition: definition}
	e.Good = sla.Seconds(c.whole)
	if c.partial != nil {
		part, _ := sla.FromRat(c.partial.Quo(c.partial, big.NewRat(1000, 1)), 6) // under an hour: it fits
		e.Good = e.Good.Add(part)
	}
	e.Bad = sla.Seconds(c.known).Sub(e.Good)
	return e
}
