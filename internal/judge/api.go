package judge

import (
	"math/big"

	"github.com/slmd/slmd/internal/sla"
)

// Attribute fills in the attribution of the outages of a verdict that a tally gave.
func (b Book) Attribute(v *sla.Verdict, now sla.Instant) error { panic("not yet") }

// Ceiling is the best that an objective can promise given what it relies on.
type Ceiling struct {
	Ratio *big.Rat // 0 to 1
	Chain string   // how it came about, such as "payments-uc 99.95% × any of (a 99%, b 99%)"
}

// CeilingOf gives the ceiling of the objective of an agreement version, nil
// when it relies on nothing that has a target. Of each agreement relied on, the
// objective of the same name counts, otherwise its first one with a target.
func CeilingOf(cat *sla.Catalogue, a *sla.Agreement, objective string) *Ceiling { panic("not yet") }

// CoverageGap is time that an agreement promises and one that it relies on does not.
type CoverageGap struct {
	Agreement string   // the one relied on
	Validity  bool     // outside its validity; otherwise outside its service hours
	First     sla.Span // the first such stretch
}

// Coverage gives where what a relies on does not cover its service hours or
// validity; of several (any_of) each must. It looks at two years from the start
// of a's validity and at every holiday and special day named.
func Coverage(cat *sla.Catalogue, a *sla.Agreement) ([]CoverageGap, error) { panic("not yet") }
