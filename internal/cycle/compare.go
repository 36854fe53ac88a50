package cycle

import (
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// Revised says what measuring anew came to.
type Revised struct {
	Compared int `json:"compared"` // entries that were measured anew
	Changed  int `json:"revised"`  // of which the facts are others now
	// Kept counts entries that differ and stay as they are: less is known of
	// them, or of the gap that they belong to, than was known before.
	Kept int `json:"kept"`
}

// Add counts what measuring another span anew came to.
func (r *Revised) Add(o Revised) {
	r.Compared, r.Changed, r.Kept = r.Compared+o.Compared, r.Changed+o.Changed, r.Kept+o.Kept
}

// anew is an indicator's span as it was measured once more.
type anew struct {
	indicator string
	span      sla.Span // what is compared
	fresh     []sla.Entry
	unsure    []sla.Instant // where fresh entries begin that the first time knew better
	// definition is the one that was measured. Facts of another one are replaced
	// only where somebody asked for that, or where nothing was known.
	definition int64
	wanted     bool
	// Where measuring goes on from if all that is fresh is taken, and that
	// reaches up to the ledger's cursor; and from where it was measured.
	stand
	began stand
}

// group is intervals whose facts hang together: an entry that holds the events
// of a gap, by either measuring, and the gap. It is revised as a whole or not at
// all, or events would count twice, or never.
type group struct {
	sla.Span
	changed []sla.Entry
	worse   bool
}

// compare gives the fresh entries that stand in for old ones from now on.
func (a *anew) compare(old []sla.Entry) ([]sla.Entry, Revised) {
	byStart := make(map[sla.Instant]*sla.Entry, len(old))
	for i := range old {
		byStart[old[i].From] = &old[i]
	}
	var groups []group
	var done Revised
	for i := range a.fresh {
		e := &a.fresh[i]
		if !e.Overlaps(a.span) {
			continue
		}
		g := a.weigh(byStart[e.From], e, &done)
		for n := len(groups); n > 0 && groups[n-1].To > g.From; n = len(groups) {
			g = groups[n-1].with(g)
			groups = groups[:n-1]
		}
		groups = append(groups, g)
	}
	var out []sla.Entry
	for _, g := range groups {
		// Before what is compared only a state knows what was counted.
		if g.worse || g.From < a.span.From && a.began.state == nil {
			done.Kept += len(g.changed)
			continue
		}
		done.Changed += len(g.changed)
		out = append(out, g.changed...)
	}
	return out, done
}

func (g group) with(next group) group {
	return group{
		Span:    sla.Span{From: min(g.From, next.From), To: next.To},
		changed: append(g.changed, next.changed...),
		worse:   g.worse || next.worse,
	}
}

// weigh compares one entry with the one that the ledger has.
func (a *anew) weigh(was, e *sla.Entry, done *Revised) group {
	g := group{Span: e.Span}
	if was == nil || was.To != e.To || a.anothers(was) {
		g.From, g.worse = g.From.Add(-e.Bridged), true // it cannot be revised
		return g
	}
	done.Compared++
	g.From = g.From.Add(-max(was.Bridged, e.Bridged))
	if e.Good == was.Good && e.Bad == was.Bad && e.Unknown == was.Unknown && e.Bridged == was.Bridged {
		return g
	}
	knew := was.Unknown < was.Length()
	g.changed = []sla.Entry{*e}
	g.worse = e.Unknown > was.Unknown || knew && was.Definition == a.definition && slices.Contains(a.unsure, e.From)
	return g
}

// anothers reports whether an entry holds facts of another definition, which stay.
func (a *anew) anothers(was *sla.Entry) bool {
	return !a.wanted && was.Definition != a.definition && was.Unknown < was.Length()
}
