package judge

import (
	"math/big"

	"github.com/slmd/slmd/internal/sla"
)

// Attribute fills in the attribution of the outages of a verdict that a tally gave.
func (b Book) Attribute(v *sla.Verdict, now sla.Instant) error { panic("not yet") }

// Rate is what happened in one burn window.
type Rate struct {
	Window sla.BurnWindow
	// Good and Bad are events, seconds or slices counted in the window; Rate is
	// the burn rate, nil when nothing was counted or the target is 100 %.
	Good, Bad, Rate *big.Rat
}

// Rates are the rates of all of sla.BurnWindows, in that order.
type Rates []Rate

// ByName gives the rates that are known by the names of their windows.
func (r Rates) ByName() map[string]*big.Rat { panic("not yet") }

// Burn gives the burn rates of an objective over the windows that end at at (the
// last measured instant), judged by the terms of c, whose period plays no part
// except that slices are aligned to periods of its kind. The entries are those
// that overlap the longest window, in order of time.
func Burn(c Case, entries []sla.Entry, at sla.Instant) (Rates, error) { panic("not yet") }

// Burn gives the burn rates of the objective at at, with the target in force then.
func (b Book) Burn(agreement, objective string, at sla.Instant) (Rates, error) { panic("not yet") }

// BurnRule is one burn alert of an objective.
type BurnRule struct {
	Severity    string // "critical" (page) or "warning" (ticket)
	Long, Short sla.BurnWindow
	Factor      *big.Rat
}

// BurnRules gives the rules that can fire for a target in a period of that
// length whose whole scope is scope.
func BurnRules(target sla.Decimal, period, scope sla.Millis) []BurnRule { panic("not yet") }

// BurnFiring gives the alerts that hold: both windows at or above the factor
// and, for events, at least minBad bad events in the long one.
func BurnFiring(rules []BurnRule, rates Rates, facts sla.FactKind, minBad int64) []sla.BurnFiring {
	panic("not yet")
}

// Excluded reports whether an approved exclusion of the agreement's service
// holds at at: no burn alerts are sent then.
func Excluded(service string, exclusions []sla.Exclusion, at sla.Instant) (bool, error) {
	panic("not yet")
}

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
