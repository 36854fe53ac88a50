package judge

import (
	"fmt"
	"sort"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// scope is which time of a case counts.
type scope struct {
	part     sla.Span // of the period, in which the version is valid
	origin   sla.Instant
	segments []segment
	removed  calendar.Set // service hours that exclusions remove
}

// segment is a stretch of scope. In a good one everything counts as good.
type segment struct {
	sla.Span
	good bool
	// before and goodBefore are how much scope, and how much good scope, lies before it.
	before, goodBefore sla.Millis
}

// newScope works out period ∩ validity ∩ service hours − removed exclusions.
func newScope(c Case) (*scope, error) {
	part := c.Period.Span.Intersect(c.Agreement.Valid)
	if part.Empty() {
		part.To = part.From
	}
	s := &scope{part: part, origin: c.Period.From}
	if c.Parted {
		s.origin = part.From
	}
	hours, err := calendar.Hours(c.Agreement.Calendar, part)
	if err != nil {
		return nil, fmt.Errorf("service hours of %s: %w", c.Agreement.Name, err)
	}
	planned, err := approved(c.Agreement.Service, c.Exclusions, part)
	if err != nil {
		return nil, err
	}
	planned = planned.Intersect(hours)
	switch c.Agreement.Planned {
	case sla.PlannedCounted:
		s.lay(hours, nil)
	case sla.PlannedGood:
		s.lay(hours.Subtract(planned), planned)
	default:
		s.removed = planned
		s.lay(hours.Subtract(planned), nil)
	}
	return s, nil
}

// approved gives when approved exclusions of the service hold within w.
func approved(service string, exclusions []sla.Exclusion, w sla.Span) (calendar.Set, error) {
	var all calendar.Set
	for i := range exclusions {
		x := &exclusions[i]
		if !x.Approved() || !x.Covers(service) {
			continue
		}
		set, err := calendar.Occurrences(x, w)
		if err != nil {
			return nil, fmt.Errorf("planned time of %s: %w", service, err)
		}
		all = all.Union(set)
	}
	return all, nil
}

// lay puts the plain and the good stretches in order.
func (s *scope) lay(plain, good calendar.Set) {
	for len(plain) > 0 || len(good) > 0 {
		var g segment
		if len(good) == 0 || (len(plain) > 0 && plain[0].From < good[0].From) {
			g.Span, plain = plain[0], plain[1:]
		} else {
			g.Span, g.good, good = good[0], true, good[1:]
		}
		if n := len(s.segments); n > 0 {
			last := s.segments[n-1]
			g.before, g.goodBefore = last.before+last.Length(), last.goodBefore
			if last.good {
				g.goodBefore += last.Length()
			}
		}
		s.segments = append(s.segments, g)
	}
}

// before gives how much scope, and how much of it in good segments, lies before i.
func (s *scope) before(i sla.Instant) (all, good sla.Millis) {
	k := sort.Search(len(s.segments), func(k int) bool { return s.segments[k].From >= i })
	if k == 0 {
		return 0, 0
	}
	g := s.segments[k-1]
	inside := min(i, g.To).Sub(g.From)
	if g.good {
		return g.before + inside, g.goodBefore + inside
	}
	return g.before + inside, g.goodBefore
}

// at gives the index of the first segment that ends after i.
func (s *scope) at(i sla.Instant) int {
	return sort.Search(len(s.segments), func(k int) bool { return s.segments[k].To > i })
}

// whole gives the scope of the whole part.
func (s *scope) whole() sla.Millis {
	all, _ := s.before(s.part.To)
	return all
}

// slices gives how many slices of that length hold any scope.
func (s *scope) slices(length sla.Millis) int64 {
	var n int64
	next := int64(-1) // the first slice not yet counted
	for _, g := range s.segments {
		first := int64(g.From.Sub(s.origin) / length)
		last := int64((g.To - 1).Sub(s.origin) / length)
		first = max(first, next)
		if last >= first {
			n += last - first + 1
			next = last + 1
		}
	}
	return n
}
