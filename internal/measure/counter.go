package measure

import "github.com/slmd/slmd/internal/sla"

// candidate is a sample whose difference depends on evidence: the first of a
// series, or the first after a gap.
type candidate struct {
	booking
	target target
	t      sla.Instant
	value  Value
	// Of a series that returns: its last value before.
	returning bool
	lastValue Value
}

// booking says where a difference belongs.
type booking struct {
	lane   int
	role   role
	i      int // tally
	labels []Label
	// bridges says that the difference reaches back over a gap, from its
	// sample to the last one before.
	bridges bool
	last    sla.Instant
}

// counter takes the next sample of a counter.
func (v *visit) counter(sample *Sample) {
	if sample.V.kind == stale {
		return
	}
	isNew, s := v.isNew, v.s
	last, spacing := s.last, s.gaps.spacing(v.interval)
	unsure := s.gaps.n == 0 // whether samples were missed cannot be told
	if !isNew && v.otherScraper(sample) {
		v.tally.seen = true
		return
	}
	v.pass(sample.T)
	if reason := refusal(sample.V, true); reason != "" {
		v.refuse(reason)
		return
	}
	value, valid := s.value, s.valid
	s.value, s.valid = sample.V, true
	if !v.booked() || (!isNew && !valid) {
		return
	}
	gap := sample.T.Sub(last)
	at := booking{lane: v.lane, role: v.role, i: v.i, labels: v.labels, last: last}
	// When a sample that was due in between is missing, perhaps the target was
	// scraped without this series. Of replicas that answer in turn the samples
	// lie up to two spacings apart, and none is missing.
	if !isNew && !unsure && 100*gap < 198*spacing {
		v.add(at, sample.V, difference(sample.V, value))
		return
	}
	at.bridges = !isNew && !within(gap, spacing)
	v.pending = append(v.pending, candidate{
		booking: at, target: targetOf(v.labels), t: sample.T, value: sample.V, returning: !isNew, lastValue: value,
	})
}

// otherScraper reports whether a value that fell is another scraper's, whose
// clock differs a little: one scraper does not look twice in half its spacing.
// A counter that did begin anew still shows it at the next sample.
func (v *visit) otherScraper(sample *Sample) bool {
	s := v.s
	return s.valid && s.gaps.n > 0 && 2*sample.T.Sub(s.last) < s.gaps.median && sample.V.kind == number && sample.V.cmp(s.value) < 0
}

// difference gives what a value is counted from: the one before, or zero after
// a reset.
func difference(value, before Value) Value {
	if value.cmp(before) < 0 {
		return Value{}
	}
	return before
}

// refusal gives why a value is no fact, empty when it is one.
func refusal(v Value, counter bool) string {
	switch {
	case v.kind == notANumber:
		return ReasonNaN
	case v.kind == infinite:
		return ReasonInfinite
	case v.kind == wordy:
		return ReasonType
	case counter && v.coef < 0:
		return ReasonNegative
	}
	return ""
}

// refuse notes a sample that is no fact; its interval is unknown.
func (v *visit) refuse(reason string) {
	if v.booked() {
		v.tally.spoilt = true
		v.reject(reason, v.labels)
	}
}

// add books what value counts from the value from.
func (r *run) add(at booking, value, from Value) {
	t := &r.book.tallies[at.i]
	places := r.lanes[at.lane].decimals[0]
	if at.role == roleSecond {
		places = r.lanes[at.lane].decimals[1]
	}
	amount, ok := value.minus(from, places)
	if !ok {
		t.spoilt = true
		r.reject(ReasonTooLarge, at.labels)
		return
	}
	if at.role&roleFirst != 0 {
		t.first = t.first.Add(amount)
	}
	if at.role&roleSecond != 0 {
		t.second = t.second.Add(amount)
	}
	t.booked[at.lane] = t.booked[at.lane].Add(amount)
	if at.bridges && !amount.IsZero() {
		t.bridged = max(t.bridged, r.book.start(at.i).Sub(at.last))
	}
}

// event takes the next sample of a gauge of which every sample is an event.
func (v *visit) event(sample *Sample, bound Value) {
	if sample.V.kind == stale {
		return
	}
	v.pass(sample.T)
	if reason := refusal(sample.V, false); reason != "" {
		v.refuse(reason)
		return
	}
	if sample.V.keeps(v.task.Indicator.Bound.Kind, bound) {
		v.tally.first = v.tally.first.Add(sla.Whole(1))
	} else {
		v.tally.second = v.tally.second.Add(sla.Whole(1))
	}
}

// resolve books the candidates, interval by interval, and keeps the largest
// sum of each lane.
func (r *run) resolve(ev *evidence) {
	byInterval := map[int][]*candidate{}
	for k := range r.pending {
		c := &r.pending[k]
		byInterval[c.i] = append(byInterval[c.i], c)
	}
	known := r.targets()
	for i := r.book.first; i < len(r.book.tallies); i++ {
		for _, c := range byInterval[i] {
			if from, count := r.judge(c, byInterval[i], known, ev); count {
				r.add(c.booking, c.value, from)
			}
		}
		if r.book.end(i) <= r.span.To {
			for k, l := range r.state.lanes {
				if b := r.book.tallies[i].booked[k]; b.Cmp(l.largest) > 0 {
					l.largest = b
				}
			}
		}
	}
}

// judge gives the value that c counts from, and whether it counts at all.
func (r *run) judge(c *candidate, peers []*candidate, known map[target]sighting, ev *evidence) (from Value, count bool) {
	if c.returning {
		return r.judgeReturning(c, ev), true
	}
	r.book.tallies[c.i].unsure = true
	previous := r.book.start(c.i).Add(-r.interval)
	began, told := ev.started(c.target, previous, c.t)
	if told && began >= previous {
		return Value{}, true // all that it counted, it counted since
	}
	// A young process may have been looked for before it was found: it is no
	// evidence of an old one under a new name.
	told = told && began < c.t.Add(-youngProcess)
	if !ev.present(c.target, previous, c.t) {
		return Value{}, !told && r.book.tallies[c.i-1].seen && r.plausible(c.lane, firstValues(c, peers))
	}
	if known[c.target].before(c.t) {
		return Value{}, ev.alive(c.target, previous, c.t)
	}
	// An old process under a new name brings its counters along.
	return Value{}, !told && r.plausible(c.lane, firstValues(c, peers))
}

// youngProcess is the age up to which a process may come into sight for the
// first time: it starts up, is discovered and waits for its first scrape.
const youngProcess = 10 * sla.Minute

// judgeReturning gives the value that a series counts from which was away.
func (r *run) judgeReturning(c *candidate, ev *evidence) Value {
	if began, told := ev.started(c.target, c.last, c.t); told {
		if began > c.last {
			return Value{} // a new process: its counters began at zero
		}
		return difference(c.value, c.lastValue)
	}
	// A counter that was not there while its target was scraped is a new one,
	// unless it was large: then relabelling had dropped it.
	if ev.alive(c.target, c.last, c.t) {
		r.book.tallies[c.i].unsure = true
		if r.plausible(c.lane, []Value{c.lastValue}) {
			return Value{}
		}
	}
	return difference(c.value, c.lastValue)
}

// firstValues gives the values with which the target of c shows up.
func firstValues(c *candidate, peers []*candidate) []Value {
	var out []Value
	for _, p := range peers {
		if !p.returning && p.lane == c.lane && p.target == c.target && p.t == c.t {
			out = append(out, p.value)
		}
	}
	return out
}

// plausible reports whether the values add up to no more than ten times the
// largest sum that was booked in one interval so far, and a margin.
func (r *run) plausible(lane int, values []Value) bool {
	sum := sla.Amount{}
	for _, v := range values {
		a, ok := v.minus(Value{}, 9)
		if !ok {
			return false
		}
		sum = sum.Add(a)
	}
	limit, step := sla.Amount{}, r.state.lanes[lane].largest.Add(sla.Whole(10))
	for range 10 {
		limit = limit.Add(step)
	}
	return sum.Cmp(limit) <= 0
}

// sighting is when a target's series were seen: before the piece, and first in it.
type sighting struct{ prior, first sla.Instant }

// before reports whether a series of the target was seen in the week before t.
func (s sighting) before(t sla.Instant) bool {
	return (s.prior != sla.Always && t.Sub(s.prior) <= remembered) || s.first < t
}

// targets gives the sightings of all targets; it is only needed for candidates.
func (r *run) targets() map[target]sighting {
	if len(r.pending) == 0 {
		return nil
	}
	out := map[target]sighting{}
	for _, l := range r.state.lanes {
		for k, s := range l.series {
			t := targetOf(labelsOf(k))
			if t == (target{}) {
				continue
			}
			at, ok := out[t]
			if !ok {
				at = sighting{sla.Always, sla.Forever}
			}
			out[t] = sighting{max(at.prior, s.prior), min(at.first, s.first)}
		}
	}
	return out
}
