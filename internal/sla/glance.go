package sla

import "math/big"

// Glance is what a list tells of a verdict, without the document behind it.
type Glance struct {
	Agreement, Objective, Period string
	Version                      int
	State                        State
	Provisional                  bool
	Mean                         bool   // Reached is a mean, not a percentage
	Timed                        bool   // Bad is seconds, not events
	Reached                      string // decimal, cut off as shown; empty when nothing was judged
	Num, Den                     string // the exact fraction behind it, as of big.Rat
	Bad                          string // exact; empty for a mean
	Known                        string // the completeness in percent; empty when nothing is in scope
	// Left is what is left of the error budget, in millionths rounded down; nil
	// without a budget.
	Left *int64
	// Revised says that the verdict was made after the review of its period that
	// was issued last; a verdict does not know it of itself.
	Revised bool
}

// meanDigits is how many decimals a mean is kept with.
const meanDigits = 9

// Timed reports whether the amounts of a verdict are seconds.
func (v *Verdict) Timed() bool { return v.Facts == Time || v.Method == Timeslices }

// Glance gives what lists tell of v.
func (v *Verdict) Glance() Glance {
	g := Glance{
		Agreement: v.Agreement, Objective: v.Objective, Period: v.Period.Name, Version: v.Version, State: v.State,
		Provisional: v.Provisional, Timed: v.Timed(), Reached: v.ComplianceShown(), Known: v.CompletenessShown(),
	}
	behind := v.Compliance
	if v.Value != nil {
		behind, g.Mean, g.Reached = v.Value, true, Truncate(v.Value.Ratio(), meanDigits)
	}
	if behind != nil {
		g.Num, g.Den = behind.Num.RatString(), behind.Den.RatString()
	}
	if v.Bad != nil {
		g.Bad = v.Bad.RatString()
	}
	if v.Budget != nil && v.Compliance != nil {
		g.Left = v.Budget.LeftMillionths()
	}
	return g
}

// LeftMillionths gives what is left of the budget in millionths, rounded down;
// nil when nothing is allowed.
func (b *Budget) LeftMillionths() *int64 {
	r := b.Share()
	if r == nil {
		return nil
	}
	n := new(big.Int).Mul(r.Num(), big.NewInt(1_000_000))
	n.Div(n, r.Denom()) // rounds down: a denominator is positive
	if !n.IsInt64() {
		n.SetInt64(int64(n.Sign()) << 62)
	}
	out := n.Int64()
	return &out
}
