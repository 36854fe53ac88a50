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
	n                int
	last             sla.Instant
}

func (b *batch) add(e *sla.Entry) {
	b.good, b.bad = b.good.Add(e.Good), b.bad.Add(e.Bad)
	b.covered += e.Length()
	b.unknown += e.Unknown
	b.n++
	b.last = e.To
}

// addBatch counts the first entries as long as nothing matters but their amounts:
// they lie in the plain stretch of scope and in the slice under way, and in no
// outage. It gives how many those were.
func (t *Tally) addBatch(entries []sla.Entry) int {
	if t.cursor >= len(t.scope.segments) || t.scope.segments[t.cursor].good {
		return 0
	}
	g := &t.scope.segments[t.cursor]
	in := sla.Span{From: max(t.last, g.From), To: min(g.To, t.end)}
	var b batch
	if t.slicer != nil {
		b = t.slicer.batch(entries, in)
	} else {
		b = t.batch(entries, in)
	}
	if b.n > 0 {
		t.good.add(b.good)
		t.bad.add(b.bad)
		t.covered += b.covered
		t.unknown.add(sla.Seconds(b.unknown))
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

// batch adds up the first entries that follow each other within in and the slice
// under way, and counts them in that.
func (s *slicer) batch(entries []sla.Entry, in sla.Span) batch {
	c := &s.open
	b := batch{last: in.From}
	if c.scope == 0 || c.held.To != in.From {
		return b
	}
	to := min(in.To, c.To)
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
	c.unknown.add(sla.Seconds(b.unknown))
	return b
}
