package measure

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// pace is what was learnt of reading one indicator.
type pace struct {
	piece sla.Millis // what one request may span
	limit sla.Millis // what the source refused to answer at once, zero if nothing
}

const (
	// enough is how many samples one request should bring when far behind.
	enough = 250_000
	// longest bounds a piece whatever the number of samples.
	longest = sla.Day
	// live is how long a span may be to be read together with others.
	live = 5 * sla.Minute
)

// state decodes the kept state; what does not belong to the task is not used.
func (t *Task) state(lanes int) *state {
	if s, err := decodeState(t.State); err == nil {
		if t.Indicator.Kind == sla.Latency && len(s.lanes) == 1 && lanes == 2 {
			// Kept before there were native histograms.
			s.lanes, s.form = append(s.lanes, &laneState{series: map[string]*seriesState{}}), classic
		}
		if t.fits(s, lanes) {
			return s
		}
	}
	return fresh(t.Definition, t.Cursor, lanes)
}

func (t *Task) fits(s *state, lanes int) bool {
	return s.definition == t.Definition && s.cursor == t.Cursor && len(s.lanes) == lanes
}

// prepare works out what is to be read for a task.
func (s *Source) prepare(t Task, now sla.Instant, tasks int) *run {
	ind := t.Indicator
	r := &run{task: t, interval: ind.Interval, query: ind.Kind == sla.Query}
	if r.interval <= 0 {
		r.stop(&Problem{Kind: Misconfigured, Text: fmt.Sprintf("%s has no interval", ind.Name)})
		return r
	}
	r.lagged = floor(now.Add(-s.o.Lag), r.interval)
	if r.align() {
		return r
	}
	if len(t.State) > 0 {
		if _, err := decodeState(t.State); err != nil {
			r.stop(&Problem{Kind: Broken, Text: fmt.Sprintf("what is kept of %s cannot be read: %v", ind.Name, err)})
			return r
		}
	}
	var err error
	if !r.query {
		r.lanes, err = lanes(ind)
	}
	r.state = t.state(len(r.lanes))
	r.due(s.pieceOf(ind.Name, tasks))
	if most := s.limitOf(ind.Name); most > 0 && !r.quiet {
		r.span.To = min(r.span.To, r.span.From.Add(most)) // the time before the first interval too
	}
	if err != nil {
		r.stop(&Problem{Kind: Misconfigured, Text: fmt.Sprintf("%s cannot be measured: %v", ind.Name, err)})
	}
	r.answers, r.left = make([][]Series, len(r.lanes)), r.reading()
	return r
}

// align reports whether the cursor lies within an interval, as it does after
// the interval was changed. Up to the interval's end nothing is measured.
func (r *run) align() bool {
	from := r.task.Cursor
	to := ceil(from, r.interval)
	if from == to {
		return false
	}
	r.quiet = true
	if to <= min(r.lagged, r.bound()) {
		r.ragged = true
		r.entries = []sla.Entry{{Span: sla.Span{From: from, To: to}, Unknown: to.Sub(from), Definition: r.task.Definition}}
	}
	return true
}

// due sets the span to be read, at most a piece; quiet when there is nothing.
func (r *run) due(piece sla.Millis) {
	r.goal = min(r.lagged, floor(r.bound(), r.interval))
	from := r.state.read
	if from == sla.Always {
		from = r.state.cursor.Add(-baseline)
	}
	if r.query {
		from = r.state.cursor
	}
	to := r.goal
	if from >= to && r.state.cursor < r.goal {
		// All is read, but the end hangs on samples that come later.
		to = from.Add(10 * r.interval)
	}
	end := max(r.state.cursor, from).Add(piece)
	if piece >= r.interval {
		end = ceil(end, r.interval)
	}
	to = min(to, end, r.lagged)
	r.span = sla.Span{From: from, To: to}
	r.quiet = r.state.cursor >= r.goal || r.span.Empty()
}

// idle reports whether nothing more is to be done for the run.
func (r *run) idle() bool { return r.quiet || r.problem != nil }

// stop ends the run with a problem; what was read of it is not used.
func (r *run) stop(p *Problem) {
	if r.problem == nil {
		r.problem = p
	}
}

// rejections lists what was rejected in a fixed order.
func (r *run) rejections() []Rejection {
	var out []Rejection
	for _, x := range r.rejected {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b Rejection) int {
		return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Series, b.Series))
	})
	return out
}

// pieceOf gives how much one call may advance an indicator: less when there
// are many, so that the entries of a call stay few.
func (s *Source) pieceOf(indicator string, tasks int) sla.Millis {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pace[indicator]
	if !ok {
		p.piece = s.o.Piece
	}
	if p.limit > 0 {
		return min(p.piece, p.limit)
	}
	share := max(s.o.Piece, longest*100/sla.Millis(max(tasks, 100)))
	return min(p.piece, share)
}

// limitOf gives the longest span of an indicator that the source answers at
// once, zero when it has refused none.
func (s *Source) limitOf(indicator string) sla.Millis {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pace[indicator].limit
}

// learn adapts the piece to what one brought.
func (s *Source) learn(r *run) {
	length := r.span.Length()
	if length < live {
		return
	}
	next := longest
	if r.samples > 0 {
		next = min(next, length*enough/sla.Millis(r.samples))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pace[r.task.Indicator.Name]
	p.piece = max(next, min(s.o.Piece, length))
	s.pace[r.task.Indicator.Name] = p
}

// refuseLonger remembers that the source does not answer for so long a span.
func (s *Source) refuseLonger(indicator string, limit sla.Millis) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pace[indicator]
	p.limit = limit
	p.piece = limit
	s.pace[indicator] = p
}
