package judge

import (
	"math/big"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// Ceiling is the best that an objective can promise given what it relies on.
type Ceiling struct {
	Ratio *big.Rat // 0 to 1
	// Chain says how it came about, such as
	// "payments-uc 99.95% × any of (a 99%, b 99%)".
	Chain string
}

// CeilingOf gives the ceiling of the objective of an agreement version, nil
// when it relies on nothing that has a target: the product of the targets it
// relies on, transitively, each agreement once; several that stand in for each
// other fail only together. Of each agreement relied on, the version at the
// beginning of a's validity counts (or its first later one), and of that the
// objective of the same name, otherwise its first one with a target.
func CeilingOf(cat *sla.Catalogue, a *sla.Agreement, objective string) *Ceiling {
	return CeilingAt(cat, a, objective, a.Valid.From)
}

// CeilingAt is CeilingOf by the versions in force at an instant.
func CeilingAt(cat *sla.Catalogue, a *sla.Agreement, objective string, at sla.Instant) *Ceiling {
	w := ceilingWalk{cat: cat, at: at, objective: objective}
	f := w.factors(a, map[string]bool{a.Name: true})
	if len(f) == 0 {
		return nil
	}
	c := &Ceiling{Ratio: big.NewRat(1, 1)}
	var words []string
	for _, x := range f {
		c.Ratio.Mul(c.Ratio, x.ratio)
		words = append(words, x.words)
	}
	c.Chain = strings.Join(words, " × ")
	return c
}

// factor is what one agreement, or one group, brings to a ceiling.
type factor struct {
	name  string // of an agreement; empty for a group
	ratio *big.Rat
	words string
}

type ceilingWalk struct {
	cat       *sla.Catalogue
	at        sla.Instant
	objective string
}

// factors gives the factors of all that a relies on. Agreements in seen have
// been counted; those found in series are added to it.
func (w ceilingWalk) factors(a *sla.Agreement, seen map[string]bool) []factor {
	var out []factor
	for _, r := range a.ReliesOn {
		if len(r.AnyOf) == 1 {
			out = append(out, w.series(r.AnyOf[0], seen)...)
		}
	}
	for _, r := range a.ReliesOn {
		if len(r.AnyOf) > 1 {
			out = append(out, w.group(r.AnyOf, seen)...)
		}
	}
	return out
}

// series gives the factors of an agreement and all that it relies on.
func (w ceilingWalk) series(name string, seen map[string]bool) []factor {
	if seen[name] {
		return nil
	}
	seen[name] = true
	a := w.version(name)
	if a == nil {
		return nil
	}
	var out []factor
	if t := w.target(a); t != nil {
		out = append(out, factor{name, t.Ratio(), name + " " + t.String() + "%"})
	}
	return append(out, w.factors(a, seen)...)
}

// group gives the factors of agreements of which any suffices. What all of them
// rely on is in series with the group and counts once.
func (w ceilingWalk) group(names []string, seen map[string]bool) []factor {
	members := make([][]factor, len(names))
	for i, name := range names {
		if seen[name] {
			return nil // it is relied on in series already, so the group adds no risk
		}
		members[i] = w.series(name, clone(seen))
	}
	out := shared(members)
	for _, f := range out {
		seen[f.name] = true
	}
	fail := big.NewRat(1, 1)
	var words []string
	for i, m := range members {
		hold := big.NewRat(1, 1)
		var chain []string
		for _, f := range m {
			if f.name == "" || !seen[f.name] {
				hold.Mul(hold, f.ratio)
				chain = append(chain, f.words)
			}
		}
		fail.Mul(fail, new(big.Rat).Sub(big.NewRat(1, 1), hold))
		if len(chain) == 0 {
			chain = []string{names[i]}
		}
		words = append(words, strings.Join(chain, " × "))
	}
	hold := new(big.Rat).Sub(big.NewRat(1, 1), fail)
	return append(out, factor{"", hold, "any of (" + strings.Join(words, ", ") + ")"})
}

// shared gives the agreements that stand in every list.
func shared(lists [][]factor) []factor {
	var out []factor
	for _, f := range lists[0] {
		everywhere := f.name != ""
		for _, l := range lists[1:] {
			found := false
			for _, g := range l {
				found = found || g.name == f.name
			}
			everywhere = everywhere && found
		}
		if everywhere {
			out = append(out, f)
		}
	}
	return out
}

func clone(m map[string]bool) map[string]bool {
	c := make(map[string]bool, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// version gives the version in force at the walk's instant, or the first later
// one; failing both the last.
func (w ceilingWalk) version(name string) *sla.Agreement {
	var last *sla.Agreement
	for _, a := range w.cat.Versions(name) {
		if a.Valid.To > w.at {
			return a
		}
		last = a
	}
	return last
}

func (w ceilingWalk) target(a *sla.Agreement) *sla.Decimal {
	if o := a.Objective(w.objective); o != nil && o.Target != nil {
		return o.Target
	}
	for i := range a.Objectives {
		if t := a.Objectives[i].Target; t != nil {
			return t
		}
	}
	return nil
}
