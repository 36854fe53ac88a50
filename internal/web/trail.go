package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// trail is how far a part of a period was counted for its page, to go on from
// there when a round has added facts: a year at a minute is counted once.
type trail struct {
	mu       sync.Mutex
	walk     *walk
	rewrites int64 // of the facts that were counted
	blamed   map[sla.Span][]sla.Attribution
	known    sla.Instant // up to which the facts of all that can be blamed were known then
}

type trailKey struct {
	agreement, objective string
	version              int
	period               sla.Period
}

// judgePart counts the facts day by day, so that the last day's end is the
// verdict that stands everywhere else.
func (h *handler) judgePart(ctx context.Context, book judge.Book, c judge.Case) (*part, error) {
	k := trailKey{c.Agreement.Name, c.Objective.Name, c.Agreement.Version, c.Period}
	t, err := h.trails.get(ctx, k, func(context.Context) (*trail, error) { return &trail{}, nil })
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	reached := reachedBy(h.o.Catalogue(), c)
	if n := h.rewrites(reached); t.walk == nil || t.rewrites != n || c.Agreement.Period.Kind == sla.PeriodRolling || c.Indicator.Kind == sla.Entries {
		t.rewrites, t.blamed = n, nil
		if t.walk, err = newWalk(c); err != nil {
			return nil, err
		}
	}
	now := h.o.Now()
	at := judge.Moment{Now: min(now, book.Measured(c.Indicator.Name)), Final: book.Final(c.Indicator.Name)}
	p, err := t.walk.goOn(book, at)
	if err != nil {
		t.walk = nil // it may have counted a part of what it read
		return nil, err
	}
	return p, t.blame(book, p, blaming{now, reached})
}

// reachedBy gives the indicators that a case is judged from and blamed on, its own first.
func reachedBy(cat *sla.Catalogue, c judge.Case) []string {
	out := []string{c.Indicator.Name}
	for _, name := range judge.Reached(cat, c.Agreement) {
		for _, a := range cat.Versions(name) {
			for i := range a.Objectives {
				out = append(out, a.Objectives[i].Indicator)
			}
		}
	}
	slices.Sort(out[1:])
	return slices.Compact(out)
}

func (h *handler) rewrites(indicators []string) (n int64) {
	for _, name := range indicators {
		n += h.o.Store.Rewrites(name)
	}
	return n
}

// blaming is when outages are attributed and whose facts that takes.
type blaming struct {
	now     sla.Instant
	reached []string
}

// blame says who caused the outages. What was said of one stays said when it and
// all that can be blamed for it were known then.
func (t *trail) blame(book judge.Book, p *part, by blaming) error {
	outages := p.verdict.Outages
	if len(outages) == 0 || len(p.terms.ReliesOn) == 0 {
		return nil
	}
	said := true
	for i := range outages {
		o := &outages[i]
		o.Attribution = t.blamed[o.Span]
		said = said && o.Attribution != nil && o.To < t.known
	}
	if said {
		return nil
	}
	if err := book.Attribute(&p.verdict, by.now); err != nil {
		return err
	}
	t.blamed, t.known = make(map[sla.Span][]sla.Attribution, len(outages)), by.now
	for i := range outages {
		t.blamed[outages[i].Span] = outages[i].Attribution
	}
	for _, name := range by.reached {
		t.known = min(t.known, book.Measured(name))
	}
	return nil
}

// walk adds entries to a tally and looks at the verdict on the way, four times a
// day where that does not cost too much.
type walk struct {
	c     judge.Case
	zone  *time.Location
	tally *judge.Tally
	added sla.Instant // before which all facts are counted
	// at is the last place where it looked and will not look again, day where the
	// day of that place began, and before the verdict there.
	at, day sla.Instant
	before  sla.Verdict
	course  []courseAt
	days    []day
	open    calendar.Set
	removed calendar.Set
	last    sla.Verdict
}

func newWalk(c judge.Case) (*walk, error) {
	zone, err := calendar.Zone(c.Agreement.Zone)
	if err != nil {
		return nil, err
	}
	tally, err := judge.NewTally(c)
	if err != nil {
		return nil, err
	}
	w := &walk{c: c, zone: zone, tally: tally}
	w.open, w.removed = tally.Scope()
	from := tally.Part().From
	w.added, w.at, w.day = from, from, from
	return w, nil
}

// looks is how many verdicts the way through a period may cost in outages told.
const looks = 40_000

// goOn counts the facts that are there since, and gives the part as it stands.
func (w *walk) goOn(book judge.Book, at judge.Moment) (*part, error) {
	whole := w.tally.Part()
	end := max(min(whole.To, at.Now), w.added)
	entries, err := book.Facts(w.c.Indicator.Name, sla.Span{From: w.added, To: end})
	if err != nil {
		return nil, err
	}
	look := func(to sla.Instant) {
		for len(entries) > 0 && entries[0].From < to {
			w.tally.Add(entries[0])
			entries = entries[1:]
		}
		w.last = w.tally.Verdict(judge.Moment{Now: min(to, at.Now), Final: at.Final})
	}
	if w.course == nil {
		look(w.at)
		w.before = w.last
		w.course = append(w.course, courseAt{w.at, spentOf(&w.last)})
	}
	w.pass(end, look)
	look(end)
	w.added = end
	p := &part{terms: w.c.Agreement, open: w.open, removed: w.removed, course: slices.Clip(w.course), days: slices.Clip(w.days)}
	if end > w.at {
		p.course = append(p.course, courseAt{end, spentOf(&w.last)})
	}
	if end > w.day {
		p.days = append(p.days, w.dayTo(end))
	}
	p.verdict = w.tally.Verdict(at)
	return p, nil
}

// pass looks at the quarters of days that end before the instant, or with it.
func (w *walk) pass(end sla.Instant, look func(sla.Instant)) {
	for w.day < end {
		next := w.tomorrow()
		steps := sla.Instant(4)
		if len(w.before.Outages)*int(w.tally.Part().Length()/sla.Day+1)*4 > looks {
			steps = 1
		}
		for i := sla.Instant(1); i <= steps; i++ {
			to := w.day + (next-w.day)*i/steps
			if to <= w.at {
				continue
			}
			if to > end {
				return
			}
			look(to)
			w.at = to
			w.course = append(w.course, courseAt{to, spentOf(&w.last)})
		}
		w.days = append(w.days, w.dayTo(next))
		w.before, w.day = w.last, next
	}
}

// tomorrow gives when the day ends, at the end of the part at the latest.
func (w *walk) tomorrow() sla.Instant {
	date := w.day.In(w.zone).AddDate(0, 0, 1)
	end := calendar.StartOf(sla.Date{Year: date.Year(), Month: int(date.Month()), Day: date.Day()}, w.zone)
	if end <= w.day { // a zone that skips the next day
		end = w.day.Add(sla.Day)
	}
	return min(end, w.tally.Part().To)
}

// dayTo gives what the day came to up to the instant.
func (w *walk) dayTo(to sla.Instant) day {
	sum, count := added(w.last.Value, w.before.Value)
	return day{
		date: w.day.In(w.zone), from: w.day, to: to, sum: sum, count: count,
		bad: less(w.last.Bad, w.before.Bad), good: less(w.last.Good, w.before.Good), unknown: less(w.last.Unknown, w.before.Unknown),
		removed: less(w.last.Removed, w.before.Removed), spent: spentOf(&w.last),
	}
}
