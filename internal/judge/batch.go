package judge

import "github.com/slmd/slmd/internal/sla"

// AddAll counts entries as Add does, one after the other but faster.
func (t *Tally) AddAll(entries []sla.Entry) {
	for len(entries) > 0 {
		n := t.addBatch(entries)
		if n == 0 {
			t.add(&entries[0])
			n = 1
		}
		entries = entries[n:]
	}
}

// batch is what entries that count in whole and follow each other come to.
type batch struct {
	good, bad        sla.Amount
	covered, unknown sla.Millis
	approximate      bool
	n                int
	last             sla.Instant
}

func (b *batch) add(e *sla.Entry) {
	b.good, b.bad = b.good.Add(e.Good), b.bad.Add(e.Bad)
	b.covered += e.Length()
	b.unknown += e.Unknown
	b.approximate = b.approximate || e.Approximate
	b.n++
	b.last = e.To
}

// addBatch counts the first entries as long as nothing matters but their amounts:
// they lie in the plain stretch of scope under way, each in one slice or in no
// outage. It gives how many those were.
func (t *Tally) addBatch(entries []sla.Entry) int {
	if t.cursor >= len(t.scope.segments) || t.scope.segments[t.cursor].good {
		return 0
	}
	g := &t.scope.segments[t.cursor]
	in := sla.Span{From: max(t.last, g.From), To: min(g.To, t.end)}
	var b batch
	if t.slicer != nil {
		b = t.slicer.batch(entries, g, in, &t.outages)
	} else {
		b = t.batch(entries, in)
	}
	if b.n > 0 {
		t.good.add(b.good)
		t.bad.add(b.bad)
		t.covered += b.covered
		t.unknown.add(sla.Seconds(b.unknown))
		t.approximate = t.approximate || b.approximate
		t.last = b.last
	}
	return b.n
}

// batch adds up the first entries that lie within in and are no part of an outage.
func (t *Tally) batch(entries []sla.Entry, in sla.Span) batch {
	b := batch{last: in.From}
	for i := range entries {
		e := &entries[i]
		if e.From < b.last || e.To > in.To || e.Empty() || (e.Bad.Sign() > 0 && t.badInterval(e)) {
			break
		}
		b.add(e)
	}
	return b
}

// batch counts the first entries that follow each other within in and fit into
// slices, the one under way and those after it.
func (s *slicer) batch(entries []sla.Entry, g *segment, in sla.Span, o *outages) batch {
	all := batch{last: in.From}
	if s.open.scope == 0 || s.open.held.To != in.From {
		return all
	}
	for len(entries) > 0 {
		if s.open.held.To == s.open.To && !s.begin(&entries[0], g, in, o) {
			break
		}
		b := s.fill(entries, in.To)
		if b.n == 0 {
			break
		}
		all.good, all.bad = all.good.Add(b.good), all.bad.Add(b.bad)
		all.covered, all.unknown = all.covered+b.covered, all.unknown+b.unknown
		all.approximate = all.approximate || b.approximate
		all.n, all.last = all.n+b.n, b.last
		entries = entries[b.n:]
	}
	return all
}

// begin closes the slice under way, which is full, and opens the next one, if e
// begins and ends in that.
func (s *slicer) begin(e *sla.Entry, g *segment, in sla.Span, o *outages) bool {
	from := s.open.To
	to := min(from.Add(s.terms.Length), s.end)
	if e.From != from || e.To > min(to, in.To) {
		return false
	}
	s.close(o)
	s.open.Span, s.open.n = sla.Span{From: from, To: to}, 1
	s.open.held = sla.Span{From: from, To: from}
	s.open.start = g.before + from.Sub(g.From)
	return true
}

// fill counts in the slice under way what follows in it.
func (s *slicer) fill(entries []sla.Entry, to sla.Instant) batch {
	c := &s.open
	b := batch{last: c.held.To}
	to = min(to, c.To)
	for i := range entries {
		e := &entries[i]
		if e.From != b.last || e.To > to || e.Empty() {
			break
		}
		b.add(e)
	}
	c.held.To = b.last
	c.scope += b.covered
	c.good.add(b.good)
	c.bad.add(b.bad)
	if b.unknown != 0 {
		c.unknown.add(sla.Seconds(b.unknown))
	}
	return b
}
