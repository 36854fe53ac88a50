package measure

import (
	"sync"

	"github.com/slmd/slmd/internal/sla"
)

// baseline is how far before the first interval samples are read that count
// nothing: they are what the first differences and holding times start from.
const baseline = 10 * sla.Minute

// run is one task under way.
type run struct {
	task     Task
	interval sla.Millis
	lanes    []lane
	state    *state
	span     sla.Span // what is read now
	goal     sla.Instant
	lagged   sla.Instant // now − lag, aligned down
	query    bool        // evaluated by the source instead of read raw
	quiet    bool        // nothing is due
	ragged   bool        // all there is to record is the rest of an interval that was cut

	mu      sync.Mutex // of what requests bring: answers, samples, span.To, problem
	answers [][]Series // by lane
	left    int        // lanes that are not answered yet

	book     book
	pending  []candidate
	rejected map[string]*Rejection
	entries  []sla.Entry
	unsure   []sla.Instant
	samples  int
	problem  *Problem
}

// book holds what is booked in the intervals of a piece.
type book struct {
	base     sla.Instant // start of the first tally
	interval sla.Millis
	first    int // the first tally that is not decided; those before only know whether they had samples
	tallies  []tally
}

func floor(i sla.Instant, step sla.Millis) sla.Instant {
	rest := int64(i) % int64(step)
	if rest < 0 {
		rest += int64(step)
	}
	return i - sla.Instant(rest)
}

func ceil(i sla.Instant, step sla.Millis) sla.Instant { return floor(i+sla.Instant(step)-1, step) }

func (b *book) index(t sla.Instant) int { return int(t.Sub(b.base) / b.interval) }

func (b *book) start(i int) sla.Instant { return b.base.Add(sla.Millis(i) * b.interval) }

func (b *book) end(i int) sla.Instant { return b.start(i + 1) }

// openBook gives the book of the run's span, with what earlier reads booked.
func (r *run) openBook() {
	begin := min(r.span.From, r.state.cursor)
	base := floor(begin, r.interval).Add(-r.interval)
	b := book{base: base, interval: r.interval}
	b.first = b.index(r.state.cursor)
	b.tallies = make([]tally, max(b.index(ceil(r.span.To, r.interval)), b.first+len(r.state.open)))
	copy(b.tallies[b.first:], r.state.open)
	for k, seen := range r.state.seen {
		if i := r.lately(&b) + k; i >= 0 && i < b.first {
			b.tallies[i].seen = seen
		}
	}
	r.book = b
}

// closeBook puts what is not decided back into the state.
func (r *run) closeBook() {
	b := &r.book
	b.first = b.index(r.state.cursor)
	r.state.open = append([]tally(nil), b.tallies[min(b.first, len(b.tallies)):]...)
	for k := range r.state.seen {
		i := r.lately(b) + k
		r.state.seen[k] = i >= 0 && i < len(b.tallies) && b.tallies[i].seen
	}
}

// lately gives the index of the interval before the one up to which was read,
// negative when nothing was.
func (r *run) lately(b *book) int {
	if r.state.read == sla.Always {
		return -2
	}
	return b.index(floor(r.state.read, r.interval)) - 1
}

// reject counts a sample that is no fact.
func (r *run) reject(reason string, ls []Label) {
	if r.rejected == nil {
		r.rejected = map[string]*Rejection{}
	}
	series := notation(ls)
	if at := r.rejected[reason+series]; at != nil {
		at.Count++
		return
	}
	r.rejected[reason+series] = &Rejection{Reason: reason, Series: series, Count: 1}
}

// open gives the state of a series, a new one when it was not seen for a week.
func (l *laneState) open(k string, at sla.Instant) (s *seriesState, isNew bool) {
	s = l.series[k]
	if s != nil && at.Sub(s.last) <= remembered {
		return s, false
	}
	s = &seriesState{prior: sla.Always, first: sla.Forever}
	l.series[k] = s
	return s, true
}

// walk passes the samples of every lane to the rules of its kind.
func (r *run) walk() {
	r.openBook()
	r.decideForm()
	for i, answer := range r.answers {
		l, st := &r.lanes[i], r.state.lanes[i]
		for k := range answer {
			s := &answer[k]
			role := l.role(s.Labels)
			if role == 0 {
				continue
			}
			if l.form == native {
				r.native(i, st, s)
				continue
			}
			r.spoil(s)
			if len(s.Samples) > 0 {
				r.series(i, st, s, role)
			}
		}
		r.answers[i] = nil
	}
}

// spoil makes intervals unknown that have a native histogram where a number is
// wanted.
func (r *run) spoil(s *Series) {
	for _, h := range s.Native {
		if i := r.book.index(h.T); h.T < r.span.To && i >= r.book.first {
			r.reject(ReasonType, s.Labels)
			r.book.tallies[i].spoilt = true
		}
	}
}

// visit is one series on its way through a piece.
type visit struct {
	*run
	lane   int
	role   role
	labels []Label
	s      *seriesState
	isNew  bool
	// The tally of the sample under way, nil in the baseline, and its index.
	tally *tally
	i     int
	until sla.Instant // the end of its interval
}

func (r *run) series(lane int, st *laneState, s *Series, role role) {
	v := visit{run: r, lane: lane, role: role, labels: s.Labels, until: sla.Always}
	v.s, v.isNew = st.open(key(s.Labels), s.Samples[0].T)
	bound := decimal(r.task.Indicator.Bound.Value)
	for k := range s.Samples {
		sample := &s.Samples[k]
		if k > 0 && !s.Samples[k-1].follows(sample) {
			r.misplaced(s, k)
			continue
		}
		if sample.T >= r.span.To {
			break
		}
		if !v.isNew && sample.T <= v.s.last {
			continue // versions differ on the left edge of a window
		}
		v.enter(sample.T)
		switch r.task.Indicator.Kind {
		case sla.TimeGauge:
			v.gauge(sample, bound)
		case sla.Samples:
			v.event(sample, bound)
		default:
			v.counter(sample)
		}
	}
}

// enter finds the interval of t.
func (v *visit) enter(t sla.Instant) {
	if t < v.until {
		return
	}
	v.i = v.book.index(t)
	v.until = v.book.end(v.i)
	v.tally = &v.book.tallies[v.i]
}

// booked reports whether the interval under way is one that is booked, not baseline.
func (v *visit) booked() bool { return v.i >= v.book.first }

// pass notes that a sample was seen at t, whatever it says.
func (v *visit) pass(t sla.Instant) {
	s := v.s
	v.tally.seen = true
	if v.isNew {
		s.last, s.first = t, t
		v.isNew = false
		return
	}
	gap := t.Sub(s.last)
	if start := v.until.Add(-v.interval); s.last < start && within(gap, s.gaps.spacing(v.interval)) {
		// Samples close together vouch for what lies between them.
		for i := v.i - 1; i >= v.book.first && v.book.start(i) > s.last; i-- {
			v.book.tallies[i].covered = true
		}
	}
	s.gaps.add(gap)
	s.first = min(s.first, t)
	s.last = t
}
