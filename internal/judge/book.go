// Package judge turns facts into verdicts: scope, entries and terms in; verdict,
// budget, burn rates, outages, attribution, credits and ceilings out. It is pure
// and exact: no clock, no log, no database, and no floating point in a verdict.
package judge

import "github.com/slmd/slmd/internal/sla"

// Book is what agreements are judged from: what was agreed and what was measured.
type Book struct {
	Catalogue *sla.Catalogue
	// Facts gives the entries of an indicator that overlap the span, in order of
	// time and without overlaps: of revised facts the latest revision only.
	Facts func(indicator string, span sla.Span) ([]sla.Entry, error)
	// Measured gives the instant up to which the indicator's intervals are in the
	// ledger, Final the one up to which they will no longer change.
	Measured, Final func(indicator string) sla.Instant
}

// Case is one objective by one version of its agreement in one period.
type Case struct {
	Agreement  *sla.Agreement
	Objective  *sla.Objective
	Indicator  *sla.Indicator
	Period     sla.Period
	Exclusions []sla.Exclusion // of any service, approved or not: those that do not apply have no effect
	// Parted says that several versions share the period: this one is judged in
	// its part only, slices begin anew with it, and its charge is its share.
	Parted bool
}

// Moment is when a case is judged.
type Moment struct {
	// Now is the judging instant: an open period counts up to it.
	Now sla.Instant
	// Final is the instant before which the ledger will no longer change.
	Final sla.Instant
}
