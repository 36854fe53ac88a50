package calendar

import (
	"cmp"
	"slices"
	"sort"

	"github.com/slmd/slmd/internal/sla"
)

// Set is a set of instants as spans in order of time that neither overlap nor
// touch. The zero value is the empty set. Sets are values: no method changes
// its receiver or argument.
type Set []sla.Span

// Of gives the set that the spans cover, whatever their order.
func Of(spans ...sla.Span) Set {
	in := slices.Clone(spans)
	slices.SortFunc(in, func(a, b sla.Span) int { return cmp.Compare(a.From, b.From) })
	var out Set
	for _, s := range in {
		out = out.push(s)
	}
	return out
}

// push adds a span that begins no earlier than the last one of s did.
func (s Set) push(x sla.Span) Set {
	if x.Empty() {
		return s
	}
	if n := len(s); n > 0 && x.From <= s[n-1].To {
		s[n-1].To = max(s[n-1].To, x.To)
		return s
	}
	return append(s, x)
}

// Union gives what lies in s or t.
func (s Set) Union(t Set) Set {
	var out Set
	for len(s) > 0 || len(t) > 0 {
		if len(t) == 0 || (len(s) > 0 && s[0].From <= t[0].From) {
			out, s = out.push(s[0]), s[1:]
		} else {
			out, t = out.push(t[0]), t[1:]
		}
	}
	return out
}

// Intersect gives what lies in both s and t.
func (s Set) Intersect(t Set) Set {
	var out Set
	for len(s) > 0 && len(t) > 0 {
		out = out.push(s[0].Intersect(t[0]))
		if s[0].To <= t[0].To {
			s = s[1:]
		} else {
			t = t[1:]
		}
	}
	return out
}

// Subtract gives what lies in s and not in t.
func (s Set) Subtract(t Set) Set {
	var out Set
	for _, x := range s {
		for len(t) > 0 && t[0].To <= x.From {
			t = t[1:]
		}
		for _, y := range t {
			if y.From >= x.To {
				break
			}
			out = out.push(sla.Span{From: x.From, To: min(y.From, x.To)})
			x.From = max(x.From, y.To)
		}
		out = out.push(x)
	}
	return out
}

// Clip gives what of s lies in w.
func (s Set) Clip(w sla.Span) Set {
	if w.Empty() {
		return nil
	}
	return s.Intersect(Set{w})
}

// Length gives how long all spans of s are together.
func (s Set) Length() sla.Millis {
	var sum sla.Millis
	for _, x := range s {
		sum += x.Length()
	}
	return sum
}

// Contains reports whether i lies in s.
func (s Set) Contains(i sla.Instant) bool {
	k := sort.Search(len(s), func(k int) bool { return s[k].To > i })
	return k < len(s) && s[k].From <= i
}
