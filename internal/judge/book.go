// Package judge turns facts into verdicts: scope, entries and terms in; verdict,
// budget, burn rates, outages, attribution, credits and ceilings out. It is pure
// and exact: no clock, no log, no database, and no floating point in a verdict.
package judge

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

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

// Judge gives the verdicts of the agreement in the period, judged at now: for
// each version valid in it, in order of validity, one per objective in the
// catalogue's order; with attribution and credits. No verdict at all means that
// no version is valid in the period. Facts after now do not count.
func (b Book) Judge(agreement string, period sla.Period, now sla.Instant) ([]sla.Verdict, error) {
	var out []sla.Verdict
	for _, c := range b.Cases(agreement, period) {
		// What is not measured yet is not unknown: the period counts up to there.
		at := min(now, b.Measured(c.Indicator.Name))
		t, err := b.tally(c, at, false)
		if err != nil {
			return nil, fmt.Errorf("judging %s of %s in %s: %w", c.Objective.Name, agreement, period.Name, err)
		}
		v := t.Verdict(Moment{Now: at, Final: b.Final(c.Indicator.Name)})
		if len(v.Outages) > 0 && len(c.Agreement.ReliesOn) > 0 {
			if err := b.Attribute(&v, now); err != nil {
				return nil, err
			}
		}
		out = append(out, v)
	}
	return out, nil
}

// Cases gives the cases that Judge judges. An objective whose indicator the
// catalogue does not have is left out.
func (b Book) Cases(agreement string, period sla.Period) []Case {
	var valid []*sla.Agreement
	for _, a := range b.Catalogue.Versions(agreement) {
		if a.Valid.Overlaps(period.Span) {
			valid = append(valid, a)
		}
	}
	var out []Case
	for _, a := range valid {
		for i := range a.Objectives {
			if c, ok := b.newCase(a, &a.Objectives[i], period); ok {
				c.Parted = len(valid) > 1
				out = append(out, c)
			}
		}
	}
	return out
}

func (b Book) newCase(a *sla.Agreement, o *sla.Objective, period sla.Period) (Case, bool) {
	indicator := b.Catalogue.Indicator(o.Indicator)
	return Case{
		Agreement: a, Objective: o, Indicator: indicator, Period: period, Exclusions: b.Catalogue.Exclusions,
	}, indicator != nil
}

// tally counts the facts of a case up to now, and keeps every bad stretch when asked to.
func (b Book) tally(c Case, now sla.Instant, keep bool) (*Tally, error) {
	t, err := newTally(c, now)
	if err != nil {
		return nil, err
	}
	t.outages.keep = keep
	entries, err := b.Facts(c.Indicator.Name, sla.Span{From: t.scope.part.From, To: t.end})
	if err != nil {
		return nil, fmt.Errorf("reading the facts of %s: %w", c.Indicator.Name, err)
	}
	order := func(x, y sla.Entry) int { return cmp.Compare(x.From, y.From) }
	if !slices.IsSortedFunc(entries, order) {
		entries = slices.Clone(entries)
		slices.SortStableFunc(entries, order)
	}
	t.AddAll(entries)
	return t, nil
}
