package judge

import (
	"sort"

	"github.com/slmd/slmd/internal/sla"
)

// tallied is what was counted in a window.
type tallied struct{ good, bad sum }

// nested counts entries in windows that end together, shortest first: each
// stretch in the shortest window that holds it.
type nested struct {
	scope  *scope
	events bool
	from   []sla.Instant
	to     sla.Instant
	counts []tallied
	cursor int      // the segment in which something was counted last
	alike  sla.Span // around what was counted last: what lies in there counts like it
	window int
}

// addWhole counts packed entries that all count like what was counted last, and
// reports whether they do.
func (n *nested) addWhole(p *Packed) bool {
	if p.bridges || p.From < n.alike.From || p.To > n.alike.To {
		return false
	}
	n.counts[n.window].good.add(p.good)
	n.counts[n.window].bad.add(p.bad)
	return true
}

// addAll counts entries, in order of time.
func (n *nested) addAll(entries []sla.Entry) {
	for len(entries) > 0 {
		k := n.addAlike(entries)
		if k == 0 {
			n.add(&entries[0])
			k = 1
		}
		entries = entries[k:]
	}
}

// addAlike counts the first entries that count like what was counted last, and
// gives how many those were.
func (n *nested) addAlike(entries []sla.Entry) int {
	var good, bad sla.Amount
	k := 0
	for ; k < len(entries); k++ {
		e := &entries[k]
		if e.From < n.alike.From || e.To > n.alike.To || e.Bridged != 0 {
			break
		}
		good, bad = good.Add(e.Good), bad.Add(e.Bad)
	}
	if k > 0 {
		n.counts[n.window].good.add(good)
		n.counts[n.window].bad.add(bad)
	}
	return k
}

// add counts an entry, spread over what it bridges.
func (n *nested) add(e *sla.Entry) {
	all := sla.Span{From: e.From.Add(-e.Bridged), To: e.To}
	for i := len(n.from) - 1; i >= 0; i-- {
		own := sla.Span{From: n.from[i], To: n.to} // of this window and no shorter one
		if i > 0 {
			own.To = n.from[i-1]
		}
		if in := all.Intersect(own); !in.Empty() {
			n.count(e, in, all.Length(), &n.counts[i])
			n.window, n.alike = i, n.plain(own)
		}
		if all.To <= own.To {
			return
		}
	}
}

// plain gives the stretch of the window in the segment counted last; nothing in
// one that counts as good.
func (n *nested) plain(own sla.Span) sla.Span {
	if n.cursor >= len(n.scope.segments) || n.scope.segments[n.cursor].good {
		return sla.Span{}
	}
	return n.scope.segments[n.cursor].Intersect(own)
}

// count counts what lies in a stretch of an entry that is so long in all.
func (n *nested) count(e *sla.Entry, in sla.Span, all sla.Millis, t *tallied) {
	if n.cursor >= len(n.scope.segments) || !n.scope.segments[n.cursor].Contains(in.From) {
		n.cursor = n.scope.at(in.From)
	}
	for _, g := range n.scope.segments[n.cursor:] {
		if g.From >= in.To {
			return
		}
		of := g.Intersect(in).Length()
		switch {
		case !g.good:
			t.good.addShare(e.Good, of, all)
			t.bad.addShare(e.Bad, of, all)
		case n.events:
			t.good.addShare(e.Good, of, all)
			t.good.addShare(e.Bad, of, all)
		}
		if g.To >= in.To {
			return
		}
	}
}

// judged is a stretch of slices alike that count, and what of them is bad: in
// milliseconds or, of ratio timeslices, in slices.
type judged struct {
	from, to sla.Millis // as scope before them
	bad      fraction   // over the whole stretch
	all      uint64
}

type judgedList []judged

// within adds up what of the list lies in w, pro rata by scope time.
func (l judgedList) within(s *scope, w sla.Span, bad, all *shares) {
	from, _ := s.before(w.From)
	to, _ := s.before(w.To)
	first := sort.Search(len(l), func(k int) bool { return l[k].to > from })
	for _, j := range l[first:] {
		of := min(j.to, to) - max(j.from, from)
		if of <= 0 {
			break
		}
		k, n := uint64(of), uint64(j.to-j.from)
		all.add(fraction{num: j.all, den: 1}.scaled(k, n))
		if !j.bad.isZero() {
			bad.add(j.bad.scaled(k, n))
		}
	}
}
