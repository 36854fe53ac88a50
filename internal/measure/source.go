package measure

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// SourceKind is the make of a data source; it decides the extra parameters.
type SourceKind string

// Kinds of sources. Auto asks like Prometheus does.
const (
	Auto            SourceKind = "auto"
	Prometheus      SourceKind = "prometheus"
	VictoriaMetrics SourceKind = "victoriametrics"
	Thanos          SourceKind = "thanos"
	Mimir           SourceKind = "mimir"
)

// Read gives the raw samples of the series that a plain vector selector
// matches, with span.From ≤ t < span.To, in order of time within a series. An
// error is a *Problem or anything else, which counts as Pending.
type Read func(ctx context.Context, selector string, span sla.Span) ([]Series, error)

// Options describe a source.
type Options struct {
	Name string // in texts, never an address
	// URL is the address before /api/v1; HTTP the client with the credentials.
	URL     string
	HTTP    *http.Client
	Headers map[string]string
	Kind    SourceKind
	Timeout time.Duration // of one request, body included; default 30 s
	Lag     sla.Millis    // how far behind now samples are complete
	// Concurrency is how many requests run at once; default 4.
	Concurrency int
	// Piece is the longest span that one request reads when far behind, default
	// 1 h; it grows to a day where there are few samples.
	Piece sla.Millis
	// FinaliseAfter is how long intervals stay pending after their end, or
	// after the first refusal, when the source answers but cannot say; default 1 h.
	FinaliseAfter sla.Millis
	MaxBody       int64 // bytes of one answer; default 32 MiB
	MaxSeries     int   // of one indicator within a week; default 500,000
	// Observe, when set, hears of every request. It may be called concurrently.
	Observe func(Request)
	// Clock times the requests for Observe; without it they take no time.
	Clock func() time.Time
	// CompareClock refuses answers of a source whose clock differs from Clock by
	// more than 30 s. A simulated clock has nothing to be compared with.
	CompareClock bool
	// NoStream keeps to queries where the source has a cheaper way for long spans.
	NoStream bool
	// Read replaces the reading over HTTP, for series in memory. Indicators of
	// the kind query cannot be measured then.
	Read Read
}

// Missing is the result of a request for something that the source need not
// have: it says nothing of whether the source is well.
const Missing = "missing"

// Request is what Observe hears of one request.
type Request struct {
	Kind    string // samples, stream (samples as chunks), export (as lines), evidence, query, reach, check or probe
	Result  string // ok, split, Missing, or the kind of the problem
	Why     string // what went wrong, in words; empty when nothing did
	Took    time.Duration
	Samples int
	Bytes   int64
	Infos   []string // what the source remarked on an answer that counts
	Query   string   // the selector or expression, and of which time
	Span    sla.Span
}

// Source measures the indicators of one data source. Its methods may be called
// concurrently; one state of an indicator must not be moved on by two at once.
type Source struct {
	o    Options
	read func(ctx context.Context, kind, selector string, span sla.Span) ([]Series, error)
	base *url.URL

	bodies sync.Pool // of *bytes.Buffer

	mu sync.Mutex
	// What was learnt of the source; losing it costs time, never facts.
	pace   map[string]pace // by indicator
	groups map[string]int  // by metric name: how many reads one request may unite
	wait   sla.Instant     // the source asked to be left alone until then
	// What was seen of its cheaper ways to read long spans.
	chunks, lines       way
	makeKnown, victoria bool // whether it is VictoriaMetrics, and whether that is known
	capable             Capabilities
}

// New gives a source. It makes no request.
func New(o Options) (*Source, error) {
	o.Timeout = orDefault(o.Timeout, 30*time.Second)
	o.Concurrency = orDefault(o.Concurrency, 4)
	o.Piece = orDefault(o.Piece, sla.Hour)
	o.FinaliseAfter = orDefault(o.FinaliseAfter, sla.Hour)
	o.MaxBody = orDefault(o.MaxBody, 32<<20)
	o.MaxSeries = orDefault(o.MaxSeries, 500_000)
	s := &Source{o: o, pace: map[string]pace{}, groups: map[string]int{}}
	s.chunks.read, s.lines.read = s.stream, s.export
	if o.Read != nil {
		s.read = func(ctx context.Context, _, selector string, span sla.Span) ([]Series, error) {
			return o.Read(ctx, selector, span)
		}
		return s, nil
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("the address of source %q is not one: want http://HOST:PORT or https://HOST", o.Name)
	}
	s.base, s.read = u, s.readHTTP
	s.o.HTTP = sameHost(o.HTTP)
	return s, nil
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Measure advances every task by one bounded piece, at most up to now − lag,
// and gives the outcomes in the order of the tasks. It never fails as a whole:
// what went wrong stands in the outcomes.
func (s *Source) Measure(ctx context.Context, tasks []Task, now sla.Instant) []Outcome {
	runs := make([]*run, len(tasks))
	for i, t := range tasks {
		runs[i] = s.prepare(t, now, len(tasks))
	}
	if p := s.leftAlone(now); p != nil {
		for _, r := range runs {
			r.stop(p)
		}
	}
	s.fetch(ctx, runs, now)
	s.weigh(ctx, runs, now)
	out := make([]Outcome, len(runs))
	for i, r := range runs {
		out[i] = s.finish(r, now)
	}
	return out
}

// each calls do for the runs that still go on, several at once.
func (s *Source) each(runs []*run, do func(*run)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, s.o.Concurrency)
	for _, r := range runs {
		if r.idle() || r.query {
			continue
		}
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; wg.Done() }()
			do(r)
		}()
	}
	wg.Wait()
}

// weigh gathers evidence for what is not certain, once for all runs, and
// decides the intervals.
func (s *Source) weigh(ctx context.Context, runs []*run, now sla.Instant) {
	var needs []need
	for _, r := range runs {
		if !r.idle() && !r.query {
			r.ask(func(n need) { needs = append(needs, n) })
			if p := s.misaligned(ctx, r); p != nil {
				r.stop(p)
			}
			if p := r.unbounded(s.o.MaxSeries); p != nil {
				r.stop(p)
			}
		}
	}
	ev, err := s.gather(ctx, needs)
	p := s.problem(err, now)
	s.each(runs, func(r *run) {
		if p != nil && r.needsEvidence() {
			r.stop(p)
			return
		}
		r.decide(ev)
	})
}

// needsEvidence reports whether the run cannot be decided without evidence.
func (r *run) needsEvidence() bool {
	needed := false
	r.ask(func(need) { needed = true })
	return needed
}

// decide books what was uncertain and decides what can be decided.
func (r *run) decide(ev *evidence) {
	if ev == nil {
		ev = &evidence{}
	}
	if r.task.Indicator.Kind == sla.TimeGauge {
		r.settleTime()
	} else {
		r.resolve(ev)
		r.settle(ev)
	}
	r.advance()
	r.dropHeld()
}

// finish makes the outcome of a run.
func (s *Source) finish(r *run, now sla.Instant) Outcome {
	out := Outcome{Indicator: r.task.Indicator.Name, State: r.task.State, Cursor: r.task.Cursor, Samples: r.samples, Problem: r.problem}
	out.Behind = max(0, r.lagged.Sub(r.task.Cursor))
	out.Read = sla.Forever // not known to be less
	if r.state != nil {
		out.Read = r.state.read
	}
	if r.ragged {
		out.Entries, out.State, out.Remaining = r.entries, nil, true
		out.Cursor = r.entries[0].To
		out.Behind = max(0, r.lagged.Sub(out.Cursor))
	}
	if r.state == nil || r.quiet {
		return out
	}
	if p := r.problem; p != nil {
		r.state, r.problem = r.task.state(len(r.lanes)), p
		r.entries, r.unsure, r.rejected = nil, nil, nil
		if p.Kind == Misconfigured || p.Kind == Partial {
			r.giveUp(now, s.o.FinaliseAfter)
		}
	}
	out.Entries, out.Unsure = r.entries, r.unsure
	out.Rejected = r.rejections()
	out.State, out.Cursor, out.Read = r.state.encode(), r.state.cursor, r.state.read
	out.Remaining = r.problem == nil && r.state.cursor < r.goal && (r.state.read < r.lagged || r.query)
	out.Behind = max(0, r.lagged.Sub(r.state.cursor))
	return out
}
