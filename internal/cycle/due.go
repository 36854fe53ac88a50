package cycle

import (
	"cmp"
	"slices"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// job is one indicator's stretch of time that is still to be measured.
type job struct {
	indicator  *sla.Indicator
	definition int64
	state      []byte
	cursor, to sla.Instant
	// earlier marks a stretch before the indicator's first entry: it has a
	// cursor and a state of its own and ends where the ledger begins.
	earlier bool
	// first marks a stretch of which nothing was measured yet: the source may
	// not reach back to its beginning.
	first bool
}

// Scope narrows a round: to the indicators wanted (nil: all) and, for a
// backfill, to the time before To (zero: as far as the source's lag allows). A
// From (zero: none) keeps it from reaching back before that where the ledger
// has nothing yet.
type Scope struct {
	Want     func(*sla.Indicator) bool
	From, To sla.Instant
}

// Needed gives for every indicator that an agreement uses the time in which one does.
func Needed(c *sla.Catalogue) map[string]sla.Span {
	out := map[string]sla.Span{}
	for i := range c.Agreements {
		a := &c.Agreements[i]
		for j := range a.Objectives {
			name := a.Objectives[j].Indicator
			if span, ok := out[name]; ok {
				out[name] = sla.Span{From: min(span.From, a.Valid.From), To: max(span.To, a.Valid.To)}
				continue
			}
			out[name] = a.Valid
		}
	}
	return out
}

// due gives the jobs of a source at now, the furthest behind first. What is due
// follows from the ledger alone: whoever wakes the round has no say in it.
func (c *Cycle) due(source string, scope Scope, now sla.Instant) []job {
	var jobs []job
	for name, span := range Needed(c.catalogue) {
		ind := c.catalogue.Indicator(name)
		if ind == nil || ind.Kind == sla.Entries || c.sourceOf(ind) != source || (scope.Want != nil && !scope.Want(ind)) {
			continue
		}
		if scope.To != 0 {
			span.To = min(span.To, scope.To)
		}
		if scope.From != 0 {
			span.From = max(span.From, scope.From)
		}
		jobs = append(jobs, c.jobsOf(ind, span, now)...)
	}
	slices.SortFunc(jobs, func(a, b job) int {
		return cmp.Or(cmp.Compare(a.cursor, b.cursor), cmp.Compare(a.indicator.Name, b.indicator.Name))
	})
	return jobs
}

// jobsOf gives what is due of one indicator: the time since its cursor, and the
// time before its first entry where an agreement reaches back further.
func (c *Cycle) jobsOf(ind *sla.Indicator, need sla.Span, now sla.Instant) []job {
	start := alignUp(max(need.From, now.Add(-c.o.BackfillLimit)), ind.Interval)
	end := alignDown(min(now, need.To), ind.Interval)
	latest := job{indicator: ind, definition: c.definitions[ind.Name], cursor: start, to: end, first: true}
	head, known := c.heads[ind.Name]
	if !known {
		return unlessDone(latest)
	}
	latest.cursor, latest.first = head.Cursor, false
	if head.Definition == latest.definition { // another definition begins with a fresh baseline
		latest.state = head.State
	}
	return append(unlessDone(latest), c.earlierJob(latest, head, start)...)
}

// earlierJob gives the stretch from start to the first entry of the ledger.
func (c *Cycle) earlierJob(j job, head store.Head, start sla.Instant) []job {
	j.cursor, j.to, j.state, j.earlier, j.first = start, head.First, nil, true, true
	if head.Earlier != nil {
		j.cursor, j.state, j.first = head.Earlier.Cursor, head.Earlier.State, false
	}
	return unlessDone(j)
}

func unlessDone(j job) []job {
	if j.cursor.Add(j.indicator.Interval) > j.to {
		return nil
	}
	return []job{j}
}

func alignDown(i sla.Instant, step sla.Millis) sla.Instant {
	s := sla.Instant(step)
	return i - ((i%s)+s)%s
}

func alignUp(i sla.Instant, step sla.Millis) sla.Instant {
	return alignDown(i.Add(step-1), step)
}
