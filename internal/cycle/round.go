package cycle

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// Done says what a round did.
type Done struct {
	Entries  int             // new in the ledger
	Revised  Revised         // of the holes that were asked for again
	Problems []store.Problem // what keeps indicators of the source from being measured
	Steps    int             // transactions
}

// Round measures what is due of one source at now, oldest first, records it and
// judges what it touches: a step and a transaction at a time until nothing more
// can be had. An error is of the store; the source's troubles stand in Done and
// leave their intervals pending. Progress, when set, hears after every step. A
// round of a source waits until the one before it has ended.
func (c *Cycle) Round(ctx context.Context, source string, scope Scope, now sla.Instant, progress func(Lag)) (Done, error) {
	from, ok := c.source(source)
	if !ok {
		return Done{}, fmt.Errorf("there is no data source %q: the configuration names none of that name", source)
	}
	end, err := c.turns.take(ctx, source)
	if err != nil {
		return Done{}, err
	}
	defer end()
	var done Done
	stuck := map[string]bool{}
	for ctx.Err() == nil {
		jobs := c.jobs(source, scope, now, stuck)
		if len(jobs) == 0 && done.Steps > 0 {
			break
		}
		steps := measureAll(ctx, from, jobs, now)
		if ctx.Err() != nil {
			break
		}
		n, err := c.record(ctx, work{steps: steps}, now)
		if err != nil {
			return done, err
		}
		done.Entries += n
		done.Steps++
		for _, s := range steps {
			if !s.Remaining {
				stuck[s.key()] = true
			}
		}
		if progress != nil {
			progress(c.Lag())
		}
	}
	if ctx.Err() == nil && scope.To == 0 {
		if done.Revised, err = c.fill(ctx, asking{from, source, scope}, now); err != nil {
			return done, err
		}
	}
	done.Problems = c.problemsOf(source)
	return done, ctx.Err()
}

func (c *Cycle) source(name string) (Source, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.o.Sources[name]
	return s, ok
}

// jobs gives what is due and may get further; of an indicator's two stretches
// the earlier one first, so that one state is in use at a time.
func (c *Cycle) jobs(source string, scope Scope, now sla.Instant, stuck map[string]bool) []job {
	c.mu.Lock()
	defer c.mu.Unlock()
	busy := map[string]bool{}
	return slices.DeleteFunc(c.due(source, scope, now), func(j job) bool {
		if stuck[j.key()] || busy[j.indicator.Name] {
			return true
		}
		busy[j.indicator.Name] = true
		return false
	})
}

func (j *job) key() string {
	if j.earlier {
		return j.indicator.Name + " earlier"
	}
	return j.indicator.Name
}

// step is what one job came to.
type step struct {
	job
	measure.Outcome
}

// measureAll asks the source for every job at once; a job of which nothing was
// measured yet first asks how far the source reaches back.
func measureAll(ctx context.Context, from Source, jobs []job, now sla.Instant) []step {
	var steps []step
	var tasks []measure.Task
	var asked []job
	for _, j := range jobs {
		if j.first {
			if s, beyond := reach(ctx, from, j); beyond {
				steps = append(steps, s)
				continue
			}
		}
		task := measure.Task{Indicator: j.indicator, Definition: j.definition, State: j.state, Cursor: j.cursor, To: j.to}
		tasks, asked = append(tasks, task), append(asked, j)
	}
	if len(tasks) == 0 {
		return steps
	}
	for i, o := range from.Measure(ctx, tasks, now) {
		steps = append(steps, step{asked[i], o})
	}
	return steps
}

// reach gives the step over the time before the source's first sample: it is
// unknown and recorded so, day by day, since nothing will ever be known of it.
func reach(ctx context.Context, from Source, j job) (step, bool) {
	s := step{job: j, Outcome: measure.Outcome{Indicator: j.indicator.Name, Cursor: j.cursor}}
	earliest, err := from.Earliest(ctx, j.indicator, sla.Span{From: j.cursor, To: j.to})
	if err != nil {
		s.Problem, s.Behind = problemOf(err), j.to.Sub(j.cursor)
		return s, true
	}
	end := min(alignDown(earliest, j.indicator.Interval), j.to)
	if end <= j.cursor {
		return s, false
	}
	for at := j.cursor; at < end; {
		next := min(alignDown(at, sla.Day).Add(sla.Day), end)
		s.Entries = append(s.Entries, sla.Entry{Span: sla.Span{From: at, To: next}, Unknown: next.Sub(at), Definition: j.definition})
		at = next
	}
	s.Cursor, s.Remaining, s.Behind = end, true, j.to.Sub(end)
	return s, true
}

func problemOf(err error) *measure.Problem {
	if p, ok := err.(*measure.Problem); ok { //nolint:errorlint // measure gives the problem itself
		return p
	}
	return &measure.Problem{Kind: measure.Pending, Text: err.Error()}
}

// work is what one transaction writes: what rounds brought, or revisions.
type work struct {
	steps     []step
	revisions []revision
	cause     string // of the revisions
}

// record judges what the steps bring and writes all of it in one transaction.
func (c *Cycle) record(ctx context.Context, w work, now sla.Instant) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.write(ctx, w, now)
}

// write is record for who holds the lock.
func (c *Cycle) write(ctx context.Context, w work, now sla.Instant) (int, error) {
	now = c.noEarlier(now)
	behind := c.lateOf(w.steps, w.revisions)
	if c.watch == nil || !behind.empty() {
		built, err := c.build(ctx, now, behind) // tallies only go forward
		if err != nil {
			return 0, err
		}
		c.watch = built
	}
	round := store.Round{At: now, Edition: c.edition, Outcomes: c.outcomes(w.revisions, now)}
	for i := range w.steps {
		c.note(&w.steps[i], &round, now)
	}
	if err := c.watch.advance(ctx, c, &round, now); err != nil {
		c.watch = nil
		return 0, err
	}
	began := c.clock()
	recorded, err := c.o.Store.RecordRound(ctx, round)
	if err != nil {
		if again := c.forget(context.WithoutCancel(ctx)); again != nil {
			c.o.Log.Error("reading the ledger anew after a round that was not recorded", "err", again)
		}
		return 0, err
	}
	standings := c.watch.standings(c, now)
	c.standings.Store(&standings)
	c.settle(w, &round, now)
	c.tell(w, recorded, c.clock().Sub(began))
	return recorded.Entries, nil
}

// noEarlier gives the instant by which a round judges: a clock that was set back
// shows one before the end of what is measured, and by it what holds would end
// before it began.
func (c *Cycle) noEarlier(now sla.Instant) sla.Instant {
	for _, head := range c.heads {
		now = max(now, head.Cursor)
	}
	return now
}

func (c *Cycle) clock() time.Time {
	if c.o.Clock == nil {
		return time.Time{}
	}
	return c.o.Clock()
}

// note adds a step to the round: what was measured, and the problem that began or ended.
func (c *Cycle) note(s *step, round *store.Round, now sla.Instant) {
	name := s.job.indicator.Name
	if s.records() {
		o := store.Outcome{
			Indicator: name, Definition: s.job.definition, Entries: s.Entries,
			State: s.State, Cursor: s.Cursor, Earlier: s.job.earlier,
		}
		if !o.Earlier {
			c.standFirst(s)
			o.State = keep(o.State, c.standsAfter(s, now))
		}
		round.Outcomes = append(round.Outcomes, o)
	}
	p := problemRow(name, s.Problem, now)
	if was, had := c.problems[name]; had && was.Kind == p.Kind && was.Text == p.Text || !had && p.Kind == store.NoProblem {
		return
	}
	round.Problems = append(round.Problems, p)
}

func problemRow(indicator string, p *measure.Problem, now sla.Instant) store.Problem {
	switch {
	case p == nil:
		return store.Problem{Indicator: indicator, Since: now}
	case p.Kind == measure.Misconfigured:
		return store.Problem{Indicator: indicator, Kind: store.Misconfigured, Text: p.Text, Since: now}
	}
	return store.Problem{Indicator: indicator, Kind: store.Pending, Text: p.Text, Since: now}
}

// settle takes over what was committed.
func (c *Cycle) settle(w work, round *store.Round, now sla.Instant) {
	c.watch.committed(round)
	for i := range w.revisions {
		r := &w.revisions[i]
		if head := c.heads[r.indicator]; r.state != nil {
			head.State = r.state
			c.heads[r.indicator] = head
		}
		c.filled(r)
		c.enteredHead(r)
	}
	for i := range w.steps {
		s := &w.steps[i]
		if !s.job.earlier {
			// What no agreement wants any more is not owed.
			c.behind[s.job.indicator.Name] = min(s.Behind, max(0, s.job.to.Sub(s.Cursor)))
		}
		if s.records() {
			c.moveHead(s, now)
			if !s.job.earlier {
				c.follow(s, now)
			}
		}
	}
	for _, p := range round.Problems {
		c.problems[p.Indicator] = p
		if p.Kind == store.NoProblem {
			delete(c.problems, p.Indicator)
		}
	}
}

// records reports whether the step brought anything to write.
func (s *step) records() bool {
	return len(s.Entries) > 0 || s.Cursor > s.job.cursor || s.State != nil
}

// moveHead moves where measuring goes on. An earlier stretch that reached the
// ledger's first entry becomes one with it.
func (c *Cycle) moveHead(s *step, now sla.Instant) {
	head, known := c.heads[s.job.indicator.Name]
	if !known {
		head.First = s.job.cursor
	}
	switch {
	case !s.job.earlier:
		head.Cursor, head.State, head.Definition = s.Cursor, s.State, s.job.definition
		name := s.job.indicator.Name
		c.final[name] = c.final[name].add(s.Cursor, now, now.Add(-c.o.FinaliseAfter))
	case s.Cursor >= head.First:
		head.First, head.Earlier = earlierFirst(head, s), nil
	default:
		head.Earlier = &store.Head{First: earlierFirst(head, s), Cursor: s.Cursor, Definition: s.job.definition, State: s.State}
	}
	c.heads[s.job.indicator.Name] = head
}

func earlierFirst(head store.Head, s *step) sla.Instant {
	if head.Earlier != nil {
		return head.Earlier.First
	}
	return s.job.cursor
}

func (c *Cycle) tell(w work, recorded store.Recorded, took time.Duration) {
	if c.o.Recorded == nil {
		return
	}
	r := Recorded{Intervals: recorded.Entries, Took: took}
	if len(w.revisions) > 0 {
		r.Intervals, r.Revised, r.Cause = 0, recorded.Entries, w.cause
	}
	for _, s := range w.steps {
		for _, rejection := range s.Rejected {
			r.Rejected = append(r.Rejected, Rejected{s.job.indicator.Name, rejection})
		}
	}
	c.o.Recorded(r)
}

func (c *Cycle) problemsOf(source string) []store.Problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []store.Problem
	for name, p := range c.problems {
		if ind := c.catalogue.Indicator(name); ind != nil && c.sourceOf(ind) == source {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b store.Problem) int { return compare(a.Indicator, b.Indicator) })
	return out
}
