package sla

import (
	"fmt"
	"slices"
	"strings"
)

// stretch is what a band covers, or leaves open; nil stands for no bound.
type stretch struct {
	lo, hi         *Decimal
	loOpen, hiOpen bool // the bound itself lies outside
}

func bandSpan(b *Band) stretch {
	s := stretch{lo: b.AtLeast, hi: b.AtMost}
	if b.Above != nil {
		s.lo, s.loOpen = b.Above, true
	}
	if b.Below != nil {
		s.hi, s.hiOpen = b.Below, true
	}
	return s
}

// cover warns of values below the target to which no band, or more than one,
// applies. Bands with upper bounds only are meant to lie within each other, and
// so are those with lower bounds only.
func (v *validation) cover(path string, o *Objective) {
	var spans []stretch
	upper, lower := true, true
	for i := range o.Credits {
		s := bandSpan(&o.Credits[i])
		if s.lo == nil && s.hi == nil {
			return // due on every miss
		}
		upper, lower = upper && s.lo == nil, lower && s.hi == nil
		spans = append(spans, s)
	}
	if len(spans) == 0 {
		return
	}
	var gaps, doubled []stretch
	for _, cell := range cells(spans, o) {
		n := 0
		for _, s := range spans {
			if s.holds(cell) {
				n++
			}
		}
		missed := cell.missed(o)
		if n == 0 && missed {
			gaps = lengthen(gaps, cell)
		}
		if n > 1 && !upper && !lower {
			doubled = lengthen(doubled, cell)
		}
		if n > 0 && !missed && cell.point() {
			v.warn(path, "a credit is due at %s, where the target is met", cell.text(o))
		}
	}
	for _, s := range doubled {
		v.warn(path, "several bands apply to %s: the largest credit is taken", s.text(o))
	}
	for _, s := range gaps {
		v.warn(path, "no band applies to %s: no credit is due there although the target is missed", s.text(o))
	}
}

// lengthen adds a cell to the last stretch when it follows it at once.
func lengthen(list []stretch, cell stretch) []stretch {
	if n := len(list); n > 0 && list[n-1].hi != nil && cell.lo != nil && list[n-1].hi.Cmp(*cell.lo) == 0 && list[n-1].hiOpen != cell.loOpen {
		list[n-1].hi, list[n-1].hiOpen = cell.hi, cell.hiOpen
		return list
	}
	return append(list, cell)
}

// cells cuts the range of values at every bound: points and the open stretches between them.
func cells(spans []stretch, o *Objective) []stretch {
	var at []Decimal
	for _, s := range spans {
		for _, d := range []*Decimal{s.lo, s.hi} {
			if d != nil {
				at = append(at, *d)
			}
		}
	}
	for _, d := range []*Decimal{o.Target, o.AtMost, o.AtLeast} {
		if d != nil {
			at = append(at, *d)
		}
	}
	if o.Target != nil {
		at = append(at, Decimal{}, hundred)
	}
	slices.SortFunc(at, Decimal.Cmp)
	at = slices.CompactFunc(at, func(a, b Decimal) bool { return a.Cmp(b) == 0 })
	var out []stretch
	for i := range at {
		if i == 0 && o.Target == nil {
			out = append(out, stretch{hi: &at[i], hiOpen: true})
		}
		out = append(out, stretch{lo: &at[i], hi: &at[i]})
		switch {
		case i+1 < len(at):
			out = append(out, stretch{lo: &at[i], hi: &at[i+1], loOpen: true, hiOpen: true})
		case o.Target == nil:
			out = append(out, stretch{lo: &at[i], loOpen: true})
		}
	}
	return out
}

func (s stretch) point() bool { return s.lo != nil && s.hi != nil && s.lo.Cmp(*s.hi) == 0 }

// holds reports whether a cell, which no bound cuts, lies in s.
func (s stretch) holds(cell stretch) bool {
	if s.lo != nil {
		if cell.lo == nil {
			return false
		}
		if c := cell.lo.Cmp(*s.lo); c < 0 || c == 0 && s.loOpen && cell.point() {
			return false
		}
	}
	if s.hi != nil {
		if cell.hi == nil {
			return false
		}
		if c := cell.hi.Cmp(*s.hi); c > 0 || c == 0 && s.hiOpen && cell.point() {
			return false
		}
	}
	return true
}

// missed reports whether the values of the cell miss the objective.
func (s stretch) missed(o *Objective) bool {
	switch {
	case o.Target != nil:
		return s.hi != nil && (s.hi.Cmp(*o.Target) < 0 || s.hi.Cmp(*o.Target) == 0 && !s.point())
	case o.AtLeast != nil:
		return s.hi != nil && (s.hi.Cmp(*o.AtLeast) < 0 || s.hi.Cmp(*o.AtLeast) == 0 && !s.point())
	case o.AtMost != nil:
		return s.lo != nil && (s.lo.Cmp(*o.AtMost) > 0 || s.lo.Cmp(*o.AtMost) == 0 && !s.point())
	}
	return false
}

func (s stretch) text(o *Objective) string {
	unit := ""
	if o.Target != nil {
		unit = "%"
	}
	if s.point() {
		return fmt.Sprintf("exactly %s%s", s.lo, unit)
	}
	var words []string
	if s.lo != nil {
		word := "from"
		if s.loOpen {
			word = "above"
		}
		words = append(words, fmt.Sprintf("%s %s%s", word, s.lo, unit))
	}
	if s.hi != nil {
		word := "up to"
		if s.hiOpen {
			word = "below"
		}
		words = append(words, fmt.Sprintf("%s %s%s", word, s.hi, unit))
	}
	return "values " + strings.Join(words, " and ")
}
