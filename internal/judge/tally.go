package judge

import (
	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// Tally counts the entries of one case as they come. Adding an entry that lies
// wholly in scope allocates nothing. A Tally is not safe for concurrent use.
type Tally struct {
	c      Case
	facts  sla.FactKind
	scope  *scope
	end    sla.Instant // nothing at or after it is counted
	last   sla.Instant // the end of the last entry
	cursor int         // the first segment that ends after last

	good, bad sum // events, seconds; a mean's sum and count
	// covered is the plain scope time with entries, unknown what of it they do not know.
	covered sla.Millis
	unknown sum
	// approximate says that an approximate entry was counted where good and bad are told apart.
	approximate bool

	worst   share // a bad share of events above it makes an interval bad
	outages outages
	slicer  *slicer // nil unless the method cuts slices
}

// NewTally works out the scope of the case and gives an empty tally. The error
// names a zone or cron expression that cannot be read.
func NewTally(c Case) (*Tally, error) { return newTally(c, sla.Forever) }

// newTally is NewTally for facts up to the horizon.
func newTally(c Case, horizon sla.Instant) (*Tally, error) {
	s, err := newScope(c)
	if err != nil {
		return nil, err
	}
	t := &Tally{
		c: c, facts: c.Indicator.Facts(), scope: s,
		end: max(s.part.From, min(s.part.To, horizon)), last: sla.Always,
		outages: outages{gap: c.Objective.MergeGap},
	}
	if c.Objective.Target != nil {
		t.worst = shareOf(*c.Objective.Target).rest()
	}
	switch c.Objective.Method {
	case sla.Timeslices, sla.RatioTimeslices:
		t.slicer = newSlicer(c.Objective, t.facts, s)
	}
	return t, nil
}

// Case gives the case that t counts.
func (t *Tally) Case() Case { return t.c }

// Part gives the part of the period that t counts: where the version is valid.
func (t *Tally) Part() sla.Span { return t.scope.part }

// Scope gives the time that counts in the whole part, and what approved
// exclusions remove from its service hours.
func (t *Tally) Scope() (scope, removed calendar.Set) {
	for _, g := range t.scope.segments {
		scope = append(scope, g.Span)
	}
	return calendar.Of(scope...), t.scope.removed
}

// Add counts an entry. Entries come in order of time and without overlaps;
// Add reports false, and counts nothing, for one that begins before the last
// one ended: after a revision of the ledger make a new tally. What lies out of
// scope counts nothing; what lies partly in it counts pro rata.
func (t *Tally) Add(e sla.Entry) bool { return t.add(&e) }

func (t *Tally) add(e *sla.Entry) bool {
	if e.Empty() || e.From < t.last {
		return false
	}
	if t.slicer != nil {
		t.skip(e.From)
	}
	t.walk(e.Span, e)
	t.last = e.To
	return true
}

// skip passes over the time up to i, of which there is no entry.
func (t *Tally) skip(i sla.Instant) {
	t.walk(sla.Span{From: max(t.last, t.scope.part.From), To: i}, nil)
}

// walk counts the scope in w, with what e knows of it.
func (t *Tally) walk(w sla.Span, e *sla.Entry) {
	w.To = min(w.To, t.end)
	segments := t.scope.segments
	for ; t.cursor < len(segments); t.cursor++ {
		g := &segments[t.cursor]
		if g.From >= w.To {
			return
		}
		if p := g.Intersect(w); !p.Empty() {
			t.book(p, g, e)
		}
		if g.To > w.To {
			return
		}
	}
}

// book adds the facts of e, nil for none, in p, a stretch within the segment g.
func (t *Tally) book(p sla.Span, g *segment, e *sla.Entry) {
	switch {
	case e == nil:
	case g.good:
		t.countGood(p, e)
	case t.slicer == nil && t.badInterval(e):
		s := stretch{Span: p, start: t.position(p.From, g)}
		t.countPlain(p, e)
		s.end = t.position(p.To, g)
		s.bad.addShare(e.Bad, p.Length(), e.Length())
		t.outages.add(s)
	default:
		t.countPlain(p, e)
	}
	if t.slicer != nil {
		t.slicer.feed(p, g, e, &t.outages)
	}
}

// countGood counts in an exclusion that counts as good: bad events are good
// there; its time, known or not, is counted by its length.
func (t *Tally) countGood(p sla.Span, e *sla.Entry) {
	if t.facts == sla.Events {
		t.good.addShare(e.Good, p.Length(), e.Length())
		t.good.addShare(e.Bad, p.Length(), e.Length())
	}
}

func (t *Tally) countPlain(p sla.Span, e *sla.Entry) {
	of, all := p.Length(), e.Length()
	t.good.addShare(e.Good, of, all)
	t.bad.addShare(e.Bad, of, all)
	t.covered += of
	t.approximate = t.approximate || e.Approximate
	if e.Unknown != 0 {
		t.unknown.addShare(sla.Seconds(e.Unknown), of, all)
	}
}

// position gives where i lies, an instant in g, which is no good segment, up to
// which all was counted.
func (t *Tally) position(i sla.Instant, g *segment) position {
	known := sum{whole: sla.Seconds(g.goodBefore + t.covered)}
	return position{g.before + i.Sub(g.From), known.minus(t.unknown)}
}

// badInterval reports whether an entry is part of an outage.
func (t *Tally) badInterval(e *sla.Entry) bool {
	switch {
	case e.Bad.Sign() <= 0 || t.facts == sla.Mean:
		return false
	case t.facts == sla.Time:
		return true
	}
	return t.worst.cmpWhole(e.Bad, e.Bad.Add(e.Good)) > 0
}

// fork gives a copy of t that counts on without changing t.
func (t *Tally) fork() *Tally {
	c := *t
	c.outages = t.outages.fork()
	if t.slicer != nil {
		c.slicer = t.slicer.fork()
	}
	return &c
}
