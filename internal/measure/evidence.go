package measure

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/sla"
)

// evidence is what is known of targets: when they were scraped, when with
// success, and since when their processes run.
type evidence struct {
	up     map[target]*scrapes
	starts map[target][]processStart
}

// scrapes are the times of a target's up samples, sorted.
type scrapes struct{ all, alive []sla.Instant }

// startMetric is what client libraries say of when their process began.
const startMetric = "process_start_time_seconds"

// processStart is one such sample: what was said at seen.
type processStart struct{ seen, at sla.Instant }

// maxInstances bounds how many instances a request for evidence names.
const maxInstances = 50

// need asks for the up of the targets that the matchers select.
type need struct {
	matchers string // rendered, without the metric's name
	instance string // one instance of it; empty: all
	span     sla.Span
	starts   bool // and when the targets' processes began
}

// ask adds what the candidates and the empty intervals need.
func (r *run) ask(add func(need)) {
	for k := range r.pending {
		c := &r.pending[k]
		if c.target == (target{}) {
			continue
		}
		from := r.book.start(c.i).Add(-r.interval)
		if c.returning {
			from = c.last
		}
		add(need{equals("job", c.target.job), c.target.instance, sla.Span{From: from, To: c.t + 1}, true})
	}
	empty := r.empty()
	if len(empty) == 0 {
		return
	}
	jobs := r.jobs()
	for _, i := range empty {
		for _, j := range jobs {
			if j.seen.before(r.book.start(i)) {
				add(need{matchers: j.matchers, span: sla.Span{From: r.book.start(i), To: r.book.end(i)}})
			}
		}
	}
}

func equals(name, value string) string {
	return (&labels.Matcher{Type: labels.MatchEqual, Name: name, Value: value}).String()
}

// job is where an indicator's samples may come from, and since when that is known.
type job struct {
	matchers string
	seen     sighting
}

// jobs gives the indicator's jobs: what its selectors say, or else the jobs of
// the series that it knows.
func (r *run) jobs() []job {
	if ms := targetMatchers(r.lanes); len(ms) > 0 {
		return []job{{join(ms), sighting{sla.Always, sla.Always}}}
	}
	seen := map[string]sighting{}
	for _, l := range r.state.lanes {
		for k, s := range l.series {
			if name := get(labelsOf(k), "job"); name != "" {
				at, ok := seen[name]
				if !ok {
					at = sighting{sla.Always, sla.Forever}
				}
				seen[name] = sighting{max(at.prior, s.prior), min(at.first, s.first)}
			}
		}
	}
	var out []job
	for _, name := range sortedKeys(seen) {
		out = append(out, job{equals("job", name), seen[name]})
	}
	return out
}

func join(parts []string) string {
	out := ""
	for i, p := range parts {
		if i > 0 {
			out += ","
		}
		out += p
	}
	return out
}

// request is one request for evidence.
type request struct {
	selector string
	span     sla.Span
}

// requests merges needs: few requests, none for time that nobody asked for.
func requests(needs []need) []request {
	type ask struct {
		all       bool
		starts    bool
		instances []string
		spans     []sla.Span
	}
	asks := map[string]*ask{}
	for _, n := range needs {
		a := asks[n.matchers]
		if a == nil {
			a = &ask{}
			asks[n.matchers] = a
		}
		a.all = a.all || n.instance == ""
		a.starts = a.starts || n.starts
		a.instances = append(a.instances, n.instance)
		a.spans = append(a.spans, n.span)
	}
	var out []request
	for matchers, a := range asks {
		names := []string{"up"}
		if a.starts {
			names = append(names, startMetric)
		}
		text := "{" + alternatives(metricName, names) + "," + matchers
		slices.Sort(a.instances)
		if in := slices.Compact(a.instances); !a.all && len(in) <= maxInstances {
			text += "," + alternatives("instance", in)
		}
		for _, span := range merge(a.spans) {
			out = append(out, request{text + "}", span})
		}
	}
	slices.SortFunc(out, func(a, b request) int {
		return cmp.Or(cmp.Compare(a.selector, b.selector), cmp.Compare(a.span.From, b.span.From))
	})
	return out
}

// merge unites spans that lie less than an hour apart.
func merge(spans []sla.Span) []sla.Span {
	slices.SortFunc(spans, func(a, b sla.Span) int { return cmp.Compare(a.From, b.From) })
	var out []sla.Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.From <= out[n-1].To.Add(sla.Hour) {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}

// take adds the answer to a request.
func (e *evidence) take(answer []Series) {
	for _, s := range answer {
		t := targetOf(s.Labels)
		if t == (target{}) {
			continue
		}
		if get(s.Labels, metricName) == startMetric {
			e.takeStarts(t, s.Samples)
			continue
		}
		at := e.up[t]
		if at == nil {
			at = &scrapes{}
			e.up[t] = at
		}
		for _, sample := range s.Samples {
			if sample.V.kind == stale {
				continue
			}
			at.all = append(at.all, sample.T)
			if sample.V == Int(1) {
				at.alive = append(at.alive, sample.T)
			}
		}
	}
}

// takeStarts adds what was said of when a target's process began.
func (e *evidence) takeStarts(t target, samples []Sample) {
	for _, sample := range samples {
		if sample.V.kind != number || sample.V.coef <= 0 {
			continue
		}
		if f, _ := sample.V.rat().Float64(); f < maxStart {
			e.starts[t] = append(e.starts[t], processStart{sample.T, sla.Instant(roundHalfUp(f * 1000))})
		}
	}
}

// maxStart bounds start times, in seconds; what is beyond is none.
const maxStart = 1e11

// started gives when the target's process began, by the last thing said of it
// between two instants, the first exclusive.
func (e *evidence) started(t target, after, to sla.Instant) (at sla.Instant, known bool) {
	var seen sla.Instant
	for _, s := range e.starts[t] {
		if s.seen > after && s.seen <= to && (!known || s.seen >= seen) {
			at, seen, known = s.at, s.seen, true
		}
	}
	return at, known
}

// sort puts what was taken in order.
func (e *evidence) sort() {
	for _, at := range e.up {
		slices.Sort(at.all)
		slices.Sort(at.alive)
	}
}

// present reports whether the target has an up sample in [from, to].
func (e *evidence) present(t target, from, to sla.Instant) bool {
	at := e.up[t]
	return at != nil && anyIn(at.all, from, to)
}

// alive reports whether the target was scraped with success after and before
// the two instants, both exclusive.
func (e *evidence) alive(t target, after, before sla.Instant) bool {
	at := e.up[t]
	return at != nil && anyIn(at.alive, after+1, before-1)
}

func anyIn(times []sla.Instant, from, to sla.Instant) bool {
	i, _ := slices.BinarySearch(times, from)
	return i < len(times) && times[i] <= to
}

// anyAlive gives the times at which any target of the job was scraped with success.
func (e *evidence) anyAlive(j job) []sla.Instant {
	var out []sla.Instant
	s, err := parseSelector("{" + j.matchers + "}")
	if err != nil {
		return nil // rendered by ourselves
	}
	for t, at := range e.up {
		if s.matches([]Label{{"instance", t.instance}, {"job", t.job}}) {
			out = append(out, at.alive...)
		}
	}
	slices.Sort(out)
	return out
}

// gather reads the evidence that the runs need.
func (s *Source) gather(ctx context.Context, needs []need) (*evidence, error) {
	ev := &evidence{up: map[target]*scrapes{}, starts: map[target][]processStart{}}
	for _, q := range requests(needs) {
		if err := s.inPieces(ctx, q, ev.take); err != nil {
			return nil, err
		}
	}
	ev.sort()
	return ev, nil
}

// inPieces reads a request in spans that the source is willing to answer.
func (s *Source) inPieces(ctx context.Context, q request, take func([]Series)) error {
	step := longest // few targets have few samples
	for from := q.span.From; from < q.span.To; {
		span := sla.Span{From: from, To: min(q.span.To, from.Add(step))}
		series, err := s.read(ctx, "evidence", q.selector, span)
		if errors.Is(err, errTooMuch) && span.Length() > sla.Second {
			step = span.Length() / 2
			continue
		}
		if err != nil {
			return err
		}
		take(series)
		from = span.To
	}
	return nil
}
