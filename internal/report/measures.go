package report

import (
	"math/big"
	"slices"
	"strconv"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// measures gives the ten measures over the customer's agreements of this kind.
// What people's records say is null until there are any.
func (d *desk) measures(r *Review) error {
	now, err := d.score(d.Period)
	if err != nil {
		return err
	}
	before, err := d.score(calendar.Prev(d.reviewed(), d.loc, d.Period))
	if err != nil {
		return err
	}
	percents := func(name string, value, previous *big.Rat) {
		m := Measure{Name: name, Value: hundredths(value), Previous: hundredths(previous)}
		if value != nil && previous != nil {
			m.Change = hundredths(new(big.Rat).Sub(value, previous))
		}
		r.Measures = append(r.Measures, m)
	}
	counts := func(name string, value, previous int) {
		m := Measure{Name: name, Value: Text(strconv.Itoa(value))}
		if before.judged > 0 {
			m.Previous = Text(strconv.Itoa(previous))
		}
		if before.judged > 0 && previous > 0 {
			m.Change = hundredths(big.NewRat(int64(previous-value), int64(previous)))
		}
		r.Measures = append(r.Measures, m)
	}
	unknown := func(name string) { r.Measures = append(r.Measures, Measure{Name: name}) }

	percents("targets_met", now.metShare(), before.metShare())
	counts("breaches_critical", now.severity[sla.Critical], before.severity[sla.Critical])
	counts("breaches_major", now.severity[sla.Major], before.severity[sla.Major])
	counts("breaches_minor", now.severity[sla.Minor], before.severity[sla.Minor])
	percents("current_agreements", d.current(min(d.Now, d.Period.To)-1), d.current(d.Period.From-1))
	unknown("timely_reviews")
	unknown("satisfaction")
	counts("breaches_third_party", now.blamed[sla.ByThirdParty], before.blamed[sla.ByThirdParty])
	counts("breaches_internal", now.blamed[sla.ByInternal], before.blamed[sla.ByInternal])
	unknown("reporting_cost")
	unknown("time_to_agree")
	unknown("reviews_held")
	return nil
}

// hundredths gives r in percent with two decimals, null of nil.
func hundredths(r *big.Rat) Text {
	if r == nil {
		return ""
	}
	return Text(sla.Percent(r, 2))
}

// score is what the customer's agreements came to in a period.
type score struct {
	met, judged int // judged: met and breached ones
	severity    map[sla.Severity]int
	blamed      map[sla.AttributionClass]int
}

func (s *score) metShare() *big.Rat {
	if s.judged == 0 {
		return nil
	}
	return big.NewRat(int64(s.met), int64(s.judged))
}

func (d *desk) score(p sla.Period) (*score, error) {
	s := &score{severity: map[sla.Severity]int{}, blamed: map[sla.AttributionClass]int{}}
	for _, name := range d.customers(p.Span) {
		own, err := d.periodOf(name, p)
		if err != nil {
			return nil, err
		}
		verdicts, err := d.judge(name, own)
		if err != nil {
			return nil, err
		}
		for i := range verdicts {
			if err := d.count(s, &verdicts[i]); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

func (d *desk) count(s *score, v *sla.Verdict) error {
	switch v.State {
	case sla.Met:
		s.met++
		s.judged++
	case sla.Breached:
		s.judged++
	}
	b, err := d.breach(v)
	if err != nil || b == nil || b.State != sla.BreachConfirmed {
		return err
	}
	if o := d.termsOf(v).Objective(v.Objective); o != nil {
		s.severity[o.Severity]++
	}
	s.blamed[mostBlamed(v)]++
	return nil
}

// mostBlamed gives the class to which most of the bad amount is attributed; of
// equals the one that comes first in the order third party, internal, own.
func mostBlamed(v *sla.Verdict) sla.AttributionClass {
	sums := map[sla.AttributionClass]*big.Rat{}
	for _, o := range v.Outages {
		for _, a := range o.Attribution {
			sums[a.Class] = new(big.Rat).Add(orZero(sums[a.Class]), orZero(a.Bad))
		}
	}
	most := sla.ByOwn
	for _, class := range []sla.AttributionClass{sla.ByInternal, sla.ByThirdParty} {
		if sum := sums[class]; sum != nil && sum.Cmp(orZero(sums[most])) >= 0 {
			most = class
		}
	}
	return most
}

// customers gives the agreements of this kind and customer in force in the span.
func (d *desk) customers(span sla.Span) []string {
	var names []string
	for i := range d.Book.Catalogue.Agreements {
		a := &d.Book.Catalogue.Agreements[i]
		if a.Kind == d.terms.Kind && a.Customer == d.terms.Customer && a.Valid.Overlaps(span) && !slices.Contains(names, a.Name) {
			names = append(names, a.Name)
		}
	}
	return names
}

// periodOf gives the period of another agreement that belongs to p: the one of
// the same name, otherwise its last one that ends within p or before.
func (d *desk) periodOf(agreement string, p sla.Period) (sla.Period, error) {
	terms := d.lastIn(agreement, p.Span)
	if terms == nil {
		return p, nil
	}
	loc, err := calendar.Zone(terms.Zone)
	if err != nil {
		return p, err
	}
	end := min(p.To, d.Now)
	switch {
	case terms.Period.Kind == sla.PeriodRolling:
		return calendar.PeriodAt(terms.Period, loc, end), nil
	case terms.Period.Kind == d.reviewed().Kind:
		return calendar.Parse(p.Name, loc)
	}
	own := calendar.PeriodAt(terms.Period, loc, end-1)
	if own.To > end {
		own = calendar.Prev(terms.Period, loc, own)
	}
	return own, nil
}

// current gives the share of the customer's live services that have a valid
// agreement whose review is not overdue; nil when there are no such services.
func (d *desk) current(at sla.Instant) *big.Rat {
	live, kept := 0, 0
	for _, s := range d.Book.Catalogue.Services {
		if s.Status != sla.Live || !d.serves(&s) {
			continue
		}
		live++
		for i := range d.Book.Catalogue.Agreements {
			a := &d.Book.Catalogue.Agreements[i]
			if a.Service == s.Name && d.ours(a) && a.Valid.Contains(at) && !overdue(a, at) {
				kept++
				break
			}
		}
	}
	if live == 0 {
		return nil
	}
	return big.NewRat(int64(kept), int64(live))
}

func (d *desk) ours(a *sla.Agreement) bool {
	return a.Kind == d.terms.Kind && a.Customer == d.terms.Customer
}

// serves reports whether the service is the customer's: by its business owner
// or because there was ever an agreement on it.
func (d *desk) serves(s *sla.Service) bool {
	return s.BusinessOwner == d.terms.Customer || slices.ContainsFunc(d.Book.Catalogue.Agreements, func(a sla.Agreement) bool {
		return a.Service == s.Name && d.ours(&a)
	})
}

// overdue reports whether the version has been in force for longer than the
// time after which it is to be reviewed.
func overdue(a *sla.Agreement, at sla.Instant) bool {
	loc, err := calendar.Zone(a.Zone)
	if a.ReviewEvery == 0 || a.Valid.From == sla.Always || err != nil {
		return false
	}
	return at >= sla.At(a.Valid.From.In(loc).AddDate(0, int(a.ReviewEvery), 0))
}
