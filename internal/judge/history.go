package judge

import "github.com/slmd/slmd/internal/sla"

// History is an indicator's entries in order of time: first those that are
// packed, then the loose ones.
type History struct {
	Packed []Packed
	Loose  []sla.Entry
}

// Packed is entries that are kept elsewhere, and what they come to: they are
// only looked at where it matters which of them holds what.
type Packed struct {
	sla.Span  // from the beginning of the first to the end of the last
	good, bad sla.Amount
	bridges   bool // one of them bridges a gap
	// Open appends the entries to out.
	Open func(out []sla.Entry) ([]sla.Entry, error)
}

// Sum gives entries, one at least, as they are without being looked at: open
// appends them to out whenever they are.
func Sum(entries []sla.Entry, open func(out []sla.Entry) ([]sla.Entry, error)) Packed {
	p := Packed{Open: open, Span: sla.Span{From: entries[0].From, To: entries[len(entries)-1].To}}
	for i := range entries {
		e := &entries[i]
		p.good, p.bad = p.good.Add(e.Good), p.bad.Add(e.Bad)
		p.bridges = p.bridges || e.Bridged != 0
	}
	return p
}

// Since appends to out the entries that end at from or later, and perhaps some
// before them.
func (h History) Since(from sla.Instant, out []sla.Entry) ([]sla.Entry, error) {
	var err error
	for i := range h.Packed {
		if p := &h.Packed[i]; p.To >= from {
			if out, err = p.Open(out); err != nil {
				return nil, err
			}
		}
	}
	return append(out, h.Loose...), nil
}
