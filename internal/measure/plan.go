package measure

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/slmd/slmd/internal/sla"
)

const (
	// maxUnited is how many reads one request unites at most.
	maxUnited = 200
	// maxSeries is how many series one request may bring, by those that were seen
	// before; a single read is not divided by them.
	maxSeries = 50_000
)

// want is one lane of a run that is to be read.
type want struct {
	run  *run
	lane int
}

func (w want) ask() envelope { return w.run.lanes[w.lane].ask }

// group is one request and what it serves.
type group struct {
	span  sla.Span
	wants []want
	split string // the label in which the wants differ, if any
}

// selector gives what the request asks for.
func (g *group) selector() string {
	e := envelope{values: map[string][]string{}, others: g.wants[0].ask().others}
	for _, w := range g.wants {
		for name, values := range w.ask().values {
			e.values[name] = append(e.values[name], values...)
		}
	}
	for name := range e.values {
		slices.Sort(e.values[name])
		e.values[name] = slices.Compact(e.values[name])
	}
	return e.String()
}

// plan unites the reads of the runs into few requests: reads of one span and
// metric that differ in the value of one label at most. What is far behind is
// read by itself.
func (s *Source) plan(runs []*run) []*group {
	alike := map[string][]want{}
	for _, r := range runs {
		if r.idle() || r.query {
			continue
		}
		for i := range r.lanes {
			w := want{r, i}
			if !r.reads(i) {
				continue
			}
			alike[w.shape()] = append(alike[w.shape()], w)
		}
	}
	var out []*group
	for _, shape := range sortedKeys(alike) {
		split := splitLabel(alike[shape])
		byRest := map[string][]want{}
		for _, w := range alike[shape] {
			rest := w.rest(split)
			byRest[rest] = append(byRest[rest], w)
		}
		for _, rest := range sortedKeys(byRest) {
			wants := byRest[rest]
			for part := range parts(wants, s.united(wants[0]), maxSeries) {
				out = append(out, &group{part[0].run.span, part, split})
			}
		}
	}
	return out
}

// parts cuts reads into groups of at most so many reads and so many known series.
func parts(wants []want, reads, series int) iter.Seq[[]want] {
	return func(yield func([]want) bool) {
		from, known := 0, 0
		for i, w := range wants {
			n := w.known()
			if i > from && (i-from >= reads || known+n > series) {
				if !yield(wants[from:i:i]) {
					return
				}
				from, known = i, 0
			}
			known += n
		}
		if from < len(wants) {
			yield(wants[from:])
		}
	}
}

// known gives how many series the read brought before.
func (w want) known() int {
	if w.run.state == nil {
		return 0
	}
	return len(w.run.state.lanes[w.lane].series)
}

func sortedKeys[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// shape tells reads apart that can never be united.
func (w want) shape() string {
	ask, span := w.ask(), w.run.span
	alone := ""
	if span.Length() > live+baseline {
		alone = w.run.task.Indicator.Name
	}
	return fmt.Sprintf("%d %d %q %q %q %q", span.From, span.To, alone, ask.names(), ask.others, ask.values[metricName])
}

// splitLabel gives the label in which the reads differ most.
func splitLabel(wants []want) string {
	best, most := "", 1
	for _, name := range wants[0].ask().names() {
		distinct := map[string]bool{}
		for _, w := range wants {
			distinct[strings.Join(w.ask().values[name], "\xff")] = true
		}
		if len(distinct) > most {
			best, most = name, len(distinct)
		}
	}
	return best
}

// rest gives what a read asks for apart from one label.
func (w want) rest(split string) string {
	var b strings.Builder
	ask := w.ask()
	for _, name := range ask.names() {
		if name != split {
			fmt.Fprintf(&b, "%q=%q ", name, ask.values[name])
		}
	}
	return b.String()
}

// united gives how many reads of a metric one request may unite.
func (s *Source) united(w want) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.groups[strings.Join(w.ask().values[metricName], "|")]; ok {
		return n
	}
	return maxUnited
}

func (s *Source) uniteLess(w want, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups[strings.Join(w.ask().values[metricName], "|")] = n
}

// fetch reads what the runs need, several requests at once. When the source as
// a whole does not answer, the rest is not asked for.
func (s *Source) fetch(ctx context.Context, runs []*run, now sla.Instant) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		down *Problem
	)
	slots := make(chan struct{}, s.o.Concurrency)
	start := func(do func() *Problem, stop func(*Problem)) {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			mu.Lock()
			p := down
			mu.Unlock()
			if p == nil {
				p = do()
			}
			if p == nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if p.SourceDown && down == nil {
				down = p
			}
			stop(p)
		})
	}
	groups := s.plan(runs)
	s.tryWays(ctx, groups, now)
	for _, g := range groups {
		start(func() *Problem { return s.problem(s.serve(ctx, g, now), now) }, g.stop)
	}
	for _, r := range runs {
		if r.query && !r.idle() {
			start(func() *Problem { return s.problem(s.evaluate(ctx, r), now) }, r.stop)
		}
	}
	wg.Wait()
	for _, r := range runs {
		if !r.idle() {
			s.learn(r)
		}
	}
}

func (g *group) stop(p *Problem) {
	for _, w := range g.wants {
		w.run.mu.Lock()
		w.run.stop(p)
		clear(w.run.answers)
		w.run.mu.Unlock()
	}
}

// serve reads a group and hands every read its series. When it is too much for
// the source the group is halved, then the span of what remains.
func (s *Source) serve(ctx context.Context, g *group, now sla.Instant) error {
	series, err := s.readGroup(ctx, g, now)
	if err == nil {
		g.hand(series)
		return nil
	}
	if !errors.Is(err, errTooMuch) {
		return err
	}
	if n := len(g.wants); n > 1 {
		s.uniteLess(g.wants[0], (n+1)/2)
		for _, half := range [][]want{g.wants[:n/2], g.wants[n/2:]} {
			part := &group{g.span, half, g.split}
			if err := s.serve(ctx, part, now); err != nil {
				part.stop(s.problem(err, now))
			}
		}
		return nil
	}
	half := g.span.Length() / 2
	if half < sla.Second {
		return &Problem{Kind: Misconfigured, Text: "the source says that even one second of it is too much: " + err.Error()}
	}
	r := g.wants[0].run
	s.refuseLonger(r.task.Indicator.Name, half)
	return s.serve(ctx, &group{sla.Span{From: g.span.From, To: g.span.From.Add(half)}, g.wants, g.split}, now)
}

// readGroup reads what a group asks for, in the way that suits its length.
func (s *Source) readGroup(ctx context.Context, g *group, now sla.Instant) ([]Series, error) {
	if s.far(g) {
		return s.bulk(ctx, g.selector(), g.span, now)
	}
	return s.read(ctx, "samples", g.selector(), g.span)
}

// far reports whether a group is far behind and may be read in a cheaper way.
func (s *Source) far(g *group) bool {
	return s.base != nil && !s.o.NoStream && g.span.Length() > live+baseline
}

// hand gives every read its series.
func (g *group) hand(series []Series) {
	byValue := g.byValue()
	mine := make([][]Series, len(g.wants))
	for i := range series {
		for _, k := range byValue[get(series[i].Labels, g.split)] {
			w := g.wants[k]
			if w.run.lanes[w.lane].role(series[i].Labels) != 0 {
				mine[k] = append(mine[k], series[i])
			}
		}
	}
	for k, w := range g.wants {
		w.take(mine[k], g.span.To)
	}
}

// byValue gives the wants by the values that they ask of the split label, so
// that a series is not tried with all of them.
func (g *group) byValue() map[string][]int {
	out := map[string][]int{}
	for k, w := range g.wants {
		values := w.ask().values[g.split]
		if g.split == "" {
			values = []string{""}
		}
		for _, v := range values {
			out[v] = append(out[v], k)
		}
	}
	return out
}

// take keeps what was read up to an instant. Another lane of the run may have
// been read further: what is beyond is left for later. With the last lane the
// samples are booked and let go, so that few answers are in memory at once.
func (w want) take(series []Series, to sla.Instant) {
	r := w.run
	r.mu.Lock()
	r.answers[w.lane] = series
	for i := range series {
		r.samples += series[i].size()
	}
	r.span.To = min(r.span.To, to)
	r.left--
	ready := r.left == 0 && r.problem == nil
	r.mu.Unlock()
	if ready {
		r.walk()
	}
}
