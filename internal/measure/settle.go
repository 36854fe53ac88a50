package measure

import (
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// empty gives the intervals that samples say nothing of, now or later: whether
// they are known to hold no event is a matter of evidence.
func (r *run) empty() []int {
	if r.task.Indicator.Kind == sla.TimeGauge {
		return nil
	}
	var out []int
	waits := r.waitsAfter()
	for i := r.book.first; i < len(r.book.tallies) && r.book.end(i) <= r.span.To; i++ {
		if t := &r.book.tallies[i]; !t.seen && !t.covered && !t.spoilt {
			if r.book.start(i) > waits {
				break
			}
			out = append(out, i)
		}
	}
	return out
}

// waitsAfter gives the instant after which an empty interval may still be
// covered by a sample that is not read yet: the earliest last sample that
// reaches that far.
func (r *run) waitsAfter() sla.Instant {
	waits := sla.Forever
	for _, l := range r.state.lanes {
		for _, s := range l.series {
			if reach(s.last, s.gaps.spacing(r.interval)) >= r.span.To {
				waits = min(waits, s.last)
			}
		}
	}
	return waits
}

// settle decides intervals of events in order, as far as they can be decided,
// and moves the cursor.
func (r *run) settle(ev *evidence) {
	r.markAlive(ev)
	waits := r.waitsAfter()
	for i := r.book.first; i < len(r.book.tallies) && r.book.end(i) <= min(r.span.To, r.bound()); i++ {
		t := &r.book.tallies[i]
		if !t.seen && !t.covered && !t.spoilt && r.book.start(i) > waits {
			break
		}
		r.entries = append(r.entries, r.entry(i))
	}
}

// markAlive notes the empty intervals in which a target was up.
func (r *run) markAlive(ev *evidence) {
	empty := r.empty()
	if len(empty) == 0 {
		return
	}
	for _, j := range r.jobs() {
		times := ev.anyAlive(j)
		for _, i := range empty {
			if j.seen.before(r.book.start(i)) && anyIn(times, r.book.start(i), r.book.end(i)-1) {
				r.book.tallies[i].alive = true
			}
		}
	}
}

// bound gives the end of what the task may decide.
func (r *run) bound() sla.Instant {
	if r.task.To == 0 {
		return sla.Forever
	}
	return r.task.To
}

// entry makes the fact of an interval of events.
func (r *run) entry(i int) sla.Entry {
	t := &r.book.tallies[i]
	e := r.blank(i)
	if t.unsure {
		r.unsure = append(r.unsure, e.From)
	}
	if !t.seen && !t.covered && !t.alive {
		e.Unknown = r.interval
	}
	if t.spoilt {
		e.Unknown = r.interval
	}
	e.Good, e.Bad = t.first, t.second
	e.Bridged, e.Approximate = t.bridged, t.inexact
	switch ind := r.task.Indicator; {
	case ind.Kind == sla.Latency, ind.Kind == sla.Ratio && ind.Bad == "":
		e.Good, e.Bad = t.second, t.first.Sub(t.second)
	case ind.Kind == sla.Ratio:
		e.Good = t.first.Sub(t.second)
	default:
		return e
	}
	if e.Good.Sign() < 0 || e.Bad.Sign() < 0 {
		// More of a kind than there is of all: nothing can be said, and nothing
		// is clamped.
		r.reject(ReasonExcess, r.asked())
		e = r.blank(i)
		e.Unknown = r.interval
	}
	return e
}

func (r *run) blank(i int) sla.Entry {
	return sla.Entry{
		Span:       sla.Span{From: r.book.start(i), To: r.book.end(i)},
		Definition: r.task.Definition,
	}
}

// asked gives labels that stand for the indicator where no single series can.
func (r *run) asked() []Label {
	if len(r.lanes) > 0 && r.lanes[0].first != nil {
		return []Label{{metricName, r.lanes[0].first.name}}
	}
	return nil
}

// advance moves the state to what was read and decided.
func (r *run) advance() {
	r.state.read = r.span.To
	r.state.troubled = 0
	if n := len(r.entries); n > 0 {
		r.state.cursor = r.entries[n-1].To
	}
	r.closeBook()
}

// giveUp records intervals as unknown that the source answers for but cannot
// say, once their finalising deadline has passed.
func (r *run) giveUp(now sla.Instant, after sla.Millis) {
	if r.state.troubled == 0 {
		r.state.troubled = now
	}
	b := floor(r.state.cursor, r.interval)
	from := b
	for end := b.Add(r.interval); end <= min(r.span.To, r.bound()); end = end.Add(r.interval) {
		if now < max(end, r.state.troubled).Add(after) {
			break
		}
		r.entries = append(r.entries, r.lost(from, end))
		from = end
	}
	if n := len(r.entries); n > 0 {
		r.state.cursor = r.entries[n-1].To
		if r.state.read != sla.Always {
			r.state.read = max(r.state.read, r.state.cursor)
		}
		r.state.open = slices.Clone(r.state.open[min(len(r.entries), len(r.state.open)):])
		r.state.seen = [2]bool{}
		r.dropHeld()
	}
}

// lost gives the entry of an interval that is given up: what was read of it in
// full before stays.
func (r *run) lost(from, to sla.Instant) sla.Entry {
	i := len(r.entries)
	if r.task.Indicator.Kind != sla.TimeGauge && to <= r.state.read && i < len(r.state.open) && r.state.open[i].seen {
		r.book = book{base: r.state.cursor, interval: r.interval, tallies: r.state.open}
		return r.entry(i)
	}
	return sla.Entry{Span: sla.Span{From: from, To: to}, Unknown: r.interval, Definition: r.task.Definition}
}
