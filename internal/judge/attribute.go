package judge

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// Attribute fills in the attribution of the outages of a verdict, from the
// facts up to now. Each bad amount goes once: to the deepest agreement that
// fails at that time, UC before OLA, then in the order of relies_on; to those
// that stand in for each other only when all of them are out. What nothing
// explains is own.
func (b Book) Attribute(v *sla.Verdict, now sla.Instant) error {
	if len(v.Outages) == 0 {
		return nil
	}
	c, ok := b.caseOf(v)
	if !ok {
		return fmt.Errorf("attribution: version %d of %s has no objective %s", v.Version, v.Agreement, v.Objective)
	}
	culprits, err := b.culprits(c.Agreement, v.Part, now)
	if err != nil {
		return fmt.Errorf("attribution of %s of %s: %w", v.Objective, v.Agreement, err)
	}
	pieces, scope, err := b.pieces(c, now)
	if err != nil {
		return fmt.Errorf("attribution of %s of %s: %w", v.Objective, v.Agreement, err)
	}
	for i := range v.Outages {
		o := &v.Outages[i]
		o.Attribution = attribute(o, pieces, scope, culprits)
	}
	return nil
}

func (b Book) caseOf(v *sla.Verdict) (Case, bool) {
	for _, c := range b.Cases(v.Agreement, v.Period) {
		if c.Agreement.Version == v.Version && c.Objective.Name == v.Objective {
			return c, true
		}
	}
	return Case{}, false
}

// pieces gives the bad stretches of a case one by one, and its scope.
func (b Book) pieces(c Case, now sla.Instant) ([]stretch, calendar.Set, error) {
	t, err := b.tally(c, now, true)
	if err != nil {
		return nil, nil, err
	}
	if t.slicer != nil {
		t.skip(t.end)
		t.slicer.close(&t.outages)
		t.slicer.endRun(&t.outages)
	}
	var plain []sla.Span
	for _, g := range t.scope.segments {
		if !g.good || t.slicer != nil {
			plain = append(plain, g.Span)
		}
	}
	return t.outages.pieces, calendar.Of(plain...), nil
}

// attribute shares out the bad amount of an outage.
func attribute(o *sla.Outage, pieces []stretch, scope calendar.Set, culprits []*culprit) []sla.Attribution {
	amounts := make([]*big.Rat, len(culprits))
	for i := range amounts {
		amounts[i] = new(big.Rat)
	}
	own := new(big.Rat).Set(o.Bad)
	for i := range pieces {
		p := &pieces[i]
		if !o.Overlaps(p.Span) {
			continue
		}
		left := scope.Clip(p.Span)
		length := left.Length()
		for k, c := range culprits {
			hit := left.Intersect(c.fails)
			if len(hit) == 0 {
				continue
			}
			part := big.NewRat(int64(hit.Length()), int64(length))
			part.Mul(part, p.amount())
			amounts[k].Add(amounts[k], part)
			own.Sub(own, part)
			left = left.Subtract(hit)
		}
	}
	var out []sla.Attribution
	for k, c := range culprits {
		if amounts[k].Sign() > 0 {
			out = append(out, sla.Attribution{Class: c.class, Agreement: c.name, Bad: amounts[k]})
		}
	}
	if own.Sign() > 0 {
		out = append(out, sla.Attribution{Class: sla.ByOwn, Bad: own})
	}
	return out
}

// culprit is an agreement relied on, with the time in which its failing explains
// an outage.
type culprit struct {
	name  string
	class sla.AttributionClass
	depth int // of the longest way to it
	fails calendar.Set
}

// before orders culprits by who explains first: the deepest, of these a supplier.
// Of others alike the one met first does.
func (c *culprit) before(other *culprit) int {
	order := cmp.Compare(other.depth, c.depth)
	if order == 0 && c.class != other.class {
		order = 1
		if c.class == sla.ByThirdParty {
			order = -1
		}
	}
	return order
}

// culprits gives all agreements that a relies on, those first that explain first.
func (b Book) culprits(a *sla.Agreement, w sla.Span, now sla.Instant) ([]*culprit, error) {
	s := search{book: b, span: w, now: now, down: map[string]calendar.Set{}, found: map[string]*culprit{}}
	if err := s.walk(a, 1, calendar.Of(w), []string{a.Name}); err != nil {
		return nil, err
	}
	slices.SortStableFunc(s.met, (*culprit).before)
	return s.met, nil
}

// search walks down from an agreement to all that it relies on.
type search struct {
	book  Book
	span  sla.Span
	now   sla.Instant
	down  map[string]calendar.Set // when an agreement is out
	found map[string]*culprit
	met   []*culprit // those found, in their order
}

// walk looks at what a relies on, in the time when that matters: of agreements
// that stand in for each other, when all are out.
func (s *search) walk(a *sla.Agreement, depth int, when calendar.Set, path []string) error {
	for _, r := range a.ReliesOn {
		matters := when
		if len(r.AnyOf) > 1 {
			for _, name := range r.AnyOf {
				out, err := s.out(name)
				if err != nil {
					return err
				}
				matters = matters.Intersect(out)
			}
		}
		for _, name := range r.AnyOf {
			if slices.Contains(path, name) {
				continue // a circle; the catalogue refuses it
			}
			if err := s.visit(name, depth, matters, path); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *search) visit(name string, depth int, when calendar.Set, path []string) error {
	versions := s.book.Catalogue.Versions(name)
	if len(versions) == 0 {
		return nil
	}
	out, err := s.out(name)
	if err != nil {
		return err
	}
	c := s.found[name]
	if c == nil {
		c = &culprit{name: name, class: sla.ByInternal}
		if versions[0].Kind == sla.UC {
			c.class = sla.ByThirdParty
		}
		s.found[name], s.met = c, append(s.met, c)
	}
	c.depth = max(c.depth, depth)
	c.fails = c.fails.Union(out.Intersect(when))
	path = append(slices.Clone(path), name)
	for _, v := range versions {
		if err := s.walk(v, depth+1, when.Clip(v.Valid), path); err != nil {
			return err
		}
	}
	return nil
}

// out gives when any objective of the agreement has an outage within the span,
// by its own terms and in its own periods.
func (s *search) out(name string) (calendar.Set, error) {
	if set, ok := s.down[name]; ok {
		return set, nil
	}
	var set calendar.Set
	for _, v := range s.book.Catalogue.Versions(name) {
		periods, err := periodsOver(v, s.span)
		if err != nil {
			return nil, err
		}
		for _, p := range periods {
			part, err := s.outIn(v, p)
			if err != nil {
				return nil, err
			}
			set = set.Union(part)
		}
	}
	s.down[name] = set
	return set, nil
}

// outIn gives the outages of a version in one period: scope time from the first
// to the last bad interval.
func (s *search) outIn(a *sla.Agreement, p sla.Period) (calendar.Set, error) {
	var set calendar.Set
	for i := range a.Objectives {
		c, ok := s.book.newCase(a, &a.Objectives[i], p)
		if !ok {
			continue
		}
		c.Parted = p.From < a.Valid.From
		t, err := s.book.tally(c, s.now, false)
		if err != nil {
			return nil, err
		}
		if t.slicer != nil {
			t.skip(t.end)
			t.slicer.close(&t.outages)
			t.slicer.endRun(&t.outages)
		}
		scope, _ := t.Scope()
		for _, o := range t.outages.list {
			set = set.Union(scope.Clip(o.Span))
		}
	}
	return set, nil
}

// periodsOver gives the periods of a version that overlap w; for a rolling
// window w itself.
func periodsOver(a *sla.Agreement, w sla.Span) ([]sla.Period, error) {
	w = w.Intersect(a.Valid)
	if w.Empty() {
		return nil, nil
	}
	if a.Period.Kind == sla.PeriodRolling {
		return []sla.Period{{Span: w}}, nil
	}
	loc, err := calendar.Zone(a.Zone)
	if err != nil {
		return nil, err
	}
	var out []sla.Period
	for p := calendar.PeriodAt(a.Period, loc, w.From); p.From < w.To; p = calendar.Next(a.Period, loc, p) {
		out = append(out, p)
	}
	return out, nil
}
