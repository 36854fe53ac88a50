package cycle

import (
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// hole is a stretch of an indicator's time of which too little is known, while
// its facts are provisional: samples that come late may still fill it. What is
// remembered of it only saves work; the ledger says where it is.
type hole struct {
	sla.Span
	until sla.Instant // when its last interval becomes final
	asked sla.Instant // when it was asked for last, or found
	pause sla.Millis  // until it is asked for again
	// Where measuring stood before it, and by what definition: from there it is
	// measured again as it would have been. Without a state, as when slmd was
	// started just before it, it is measured with a beginning of its own.
	definition int64
	stand
}

// stand is where measuring stood after a step.
type stand struct {
	cursor sla.Instant // all before it was recorded
	read   sla.Instant // all before it was read; what is read may be recorded later
	state  []byte
}

// follow remembers the holes that a step left and where it led, and of what was
// before as much as a hole that is recorded next may want.
func (c *Cycle) follow(s *step, now sla.Instant) {
	name := s.job.indicator.Name
	c.noteHoles(s, now)
	list, next := c.stands[name], stand{s.Cursor, s.Read, s.State}
	if n := len(list); n > 0 && list[n-1].cursor == next.cursor && list[n-1].read == next.read {
		list = list[:n-1] // it got no further
	}
	list = append(list, next)
	for len(list) > 1 && list[1].before(sla.Span{From: s.Cursor}, s.job.indicator) {
		list = slices.Delete(list, 0, 1)
	}
	c.stands[name] = list
}

// before reports whether from there all samples of the span are still to be
// read, and of the interval before it, which may have lost its last ones.
func (s *stand) before(span sla.Span, ind *sla.Indicator) bool {
	return s.read <= span.From.Add(-ind.Interval) && s.cursor <= span.From
}

// standBefore gives where measuring stood last before a span, if that is known.
func (c *Cycle) standBefore(span sla.Span, ind *sla.Indicator) stand {
	for _, s := range slices.Backward(c.stands[ind.Name]) {
		if s.before(span, ind) && span.From.Sub(s.cursor) <= replayMost {
			return s
		}
	}
	return stand{}
}

const (
	// Of the time until facts are final: the first pause before a hole is asked
	// for again, the longest one, and how long before the end the last time is.
	firstPause, longestPause, lastCall = 30, 4, 20
	// holesKept is how many holes of an indicator are asked for at most.
	holesKept = 16
	// holeReach is how old a hole may be when it is recorded. What is older is
	// history that is filled in, not samples that are late.
	holeReach = 2 * sla.Day
	// replayMost is how long a hole is at most, and how much before one is
	// measured again with it.
	replayMost = 6 * sla.Hour
	// aloneMost is how many holes without a state are asked for in one round:
	// each costs a request, and the round holds up the next one.
	aloneMost = 50
)

// noteHoles remembers what a step that was committed knows too little of. What
// goes on from the interval before is one hole, as long as it is short.
func (c *Cycle) noteHoles(s *step, now sla.Instant) {
	after := c.o.FinaliseAfter
	for i := range s.Entries {
		e := &s.Entries[i]
		if !c.leavesHole(s, e, now) {
			continue
		}
		h := &hole{Span: e.Span, asked: now, pause: max(after/firstPause, 1), definition: s.job.definition}
		h.stand = c.standBefore(h.Span, s.job.indicator)
		c.addHole(s.job.indicator.Name, h, now.Add(after))
	}
}

// leavesHole reports whether a step knows so little of one of its entries that it
// is asked for again.
func (c *Cycle) leavesHole(s *step, e *sla.Entry, now sla.Instant) bool {
	return c.o.FinaliseAfter > 0 && c.holes != nil && e.Unknown > 0 && e.Length() <= s.job.indicator.Interval && e.To >= now.Add(-holeReach)
}

// addHole adds a hole that is final at the instant until, or lengthens the last one.
func (c *Cycle) addHole(name string, h *hole, until sla.Instant) {
	list := c.holes[name]
	if n := len(list); n > 0 && list[n-1].To == h.From && h.To.Sub(list[n-1].From) <= replayMost {
		list[n-1].To, list[n-1].until = h.To, until
		return
	}
	h.until = until
	if list = append(list, h); len(list) > holesKept {
		list = slices.Delete(list, 0, 1)
	}
	c.holes[name] = list
}

// findHoles finds the holes in what is provisional of the ledger, as the watch
// has it at hand.
func (c *Cycle) findHoles(w *watch, now sla.Instant) error {
	c.holes = map[string][]*hole{}
	after := c.o.FinaliseAfter
	if after <= 0 {
		return nil
	}
	var entries []sla.Entry
	for name, r := range w.recent {
		var err error
		if entries, err = r.history.Since(now.Add(-holeReach), entries[:0]); err != nil {
			return err
		}
		ind, final := c.catalogue.Indicator(name), c.final[name].before(now.Add(-after))
		for i := range entries {
			e := &entries[i]
			if ind == nil || e.From < final || e.Unknown == 0 || e.Length() > ind.Interval || e.To < now.Add(-holeReach) {
				continue
			}
			h := &hole{Span: e.Span, asked: now, pause: max(after/firstPause, 1), definition: e.Definition}
			if e.Definition == c.definitions[name] {
				h.stand = c.standBefore(e.Span, ind)
			}
			c.addHole(name, h, c.final[name].recorded(e.To).Add(after))
		}
	}
	return nil
}

// due reports whether a hole is to be asked for now.
func (h *hole) due(now sla.Instant, after sla.Millis) bool {
	return now >= min(h.asked.Add(h.pause), max(h.last(after), h.asked+1))
}

// last gives when a hole is asked for the last time: rounds are not that often,
// and facts that are final are not asked for any more.
func (h *hole) last(after sla.Millis) sla.Instant { return h.until.Add(-after / lastCall) }

// takeDue gives the holes of a source that are to be asked for, and lets go of
// those that this is the last time for.
func (c *Cycle) takeDue(a asking, now sla.Instant) map[string][]hole {
	c.mu.Lock()
	defer c.mu.Unlock()
	out, alone := map[string][]hole{}, 0
	after := c.o.FinaliseAfter
	for name, list := range c.holes {
		ind := c.catalogue.Indicator(name)
		if _, troubled := c.problems[name]; troubled || ind == nil || c.sourceOf(ind) != a.source || a.scope.Want != nil && !a.scope.Want(ind) {
			continue
		}
		for _, h := range list {
			if h.state == nil && alone == aloneMost {
				continue
			}
			if h.due(now, after) {
				if h.state == nil {
					alone++
				}
				h.asked, h.pause = now, min(2*h.pause, after/longestPause)
				out[name] = append(out[name], *h)
			}
		}
		c.keepHoles(name, func(h *hole) bool { return h.asked < h.last(after) })
	}
	return out
}

// keepHoles lets go of the holes of an indicator that are not wanted any more.
func (c *Cycle) keepHoles(name string, wanted func(*hole) bool) {
	c.holes[name] = slices.DeleteFunc(c.holes[name], func(h *hole) bool { return !wanted(h) })
	if len(c.holes[name]) == 0 {
		delete(c.holes, name)
	}
}

// filled lets go of the holes that a revision has filled. Where measuring stood
// before a later hole is no longer where it would have stood: that is measured
// again from where the revision began.
func (c *Cycle) filled(r *revision) {
	ind := c.catalogue.Indicator(r.indicator)
	if r.stand.state != nil {
		c.stands[r.indicator] = []stand{r.began, r.stand}
	}
	c.keepHoles(r.indicator, func(h *hole) bool {
		var known sla.Millis
		for i := range r.changed {
			if e := &r.changed[i]; e.Unknown == 0 {
				known += e.Intersect(h.Span).Length()
			}
		}
		h.stand = h.standAfter(r)
		return ind != nil && known < h.Length()
	})
}
