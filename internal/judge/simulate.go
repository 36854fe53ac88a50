package judge

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// Draft is an objective's terms as they might be; what is empty stays as agreed.
type Draft struct {
	Target   *sla.Decimal // percent
	Calendar *sla.Calendar
	Always   bool // all hours count, instead of a calendar
	Planned  sla.Planned
	Unknown  sla.UnknownRule
}

// Simulation is what a draft would have come to.
type Simulation struct {
	Verdicts            []sla.Verdict // a period each, oldest first
	Met, Missed, NoData int
	// HeldInAll is the highest target, as a ratio, that would have been kept in
	// all periods with data, HeldInMost in 11 of 12; nil without enough of them.
	HeldInAll, HeldInMost *big.Rat
}

// Simulate judges the whole periods within the span by the newest version of the
// agreement with the draft's terms, whenever it was valid. The facts are those of
// the ledger: other terms are another judgement, never another measurement.
func (b Book) Simulate(agreement, objective string, d Draft, span sla.Span, now sla.Instant) (Simulation, error) {
	versions := b.Catalogue.Versions(agreement)
	if len(versions) == 0 || versions[len(versions)-1].Objective(objective) == nil {
		return Simulation{}, fmt.Errorf("there is no objective %q of an agreement %q", objective, agreement)
	}
	a := d.apply(versions[len(versions)-1], objective)
	drafted := withOnly(b.Catalogue, a)
	if err := refused(b.Catalogue, drafted); err != nil {
		return Simulation{}, err
	}
	b.Catalogue = drafted
	zone, err := calendar.Zone(a.Zone)
	if err != nil {
		return Simulation{}, fmt.Errorf("agreement %s: %w", agreement, err)
	}
	var out Simulation
	for p := calendar.PeriodAt(a.Period, zone, span.From); p.To <= span.To; p = calendar.Next(a.Period, zone, p) {
		if p.From < span.From {
			continue
		}
		verdicts, err := b.Judge(agreement, p, now)
		if err != nil {
			return Simulation{}, err
		}
		if i := slices.IndexFunc(verdicts, func(v sla.Verdict) bool { return v.Objective == objective }); i >= 0 {
			out.add(verdicts[i])
		}
	}
	out.held()
	return out, nil
}

// apply gives the agreement with the draft's terms, valid for ever.
func (d Draft) apply(last *sla.Agreement, objective string) *sla.Agreement {
	a := *last
	a.Valid = sla.Span{From: sla.Always, To: sla.Forever}
	a.Objectives = slices.Clone(last.Objectives)
	if d.Planned != "" {
		a.Planned = d.Planned
	}
	if d.Unknown != "" {
		a.Unknown = d.Unknown
	}
	if d.Calendar != nil || d.Always {
		a.Calendar = d.Calendar
	}
	if d.Target != nil {
		a.Objective(objective).Target = d.Target
	}
	return &a
}

// refused says what makes the draft contradict itself that did not before, such
// as unknown time that is to count as bad among plain events.
func refused(was, is *sla.Catalogue) error {
	known := sla.Validate(was)
	for _, p := range sla.Validate(is) {
		if !p.Warning && !slices.ContainsFunc(known, func(k sla.Problem) bool { return k.Text == p.Text }) {
			return errors.New(p.Text)
		}
	}
	return nil
}

// withOnly gives the catalogue with the draft in place of the agreement's versions.
func withOnly(c *sla.Catalogue, draft *sla.Agreement) *sla.Catalogue {
	out := *c
	out.Agreements = slices.DeleteFunc(slices.Clone(c.Agreements), func(a sla.Agreement) bool { return a.Name == draft.Name })
	out.Agreements = append(out.Agreements, *draft)
	return &out
}

func (s *Simulation) add(v sla.Verdict) {
	s.Verdicts = append(s.Verdicts, v)
	switch {
	case v.State == sla.NoData:
		s.NoData++
	case v.MetTarget():
		s.Met++
	default:
		s.Missed++
	}
}

// held works out the highest targets that would have been kept.
func (s *Simulation) held() {
	var reached []*big.Rat
	for i := range s.Verdicts {
		if c := s.Verdicts[i].Compliance; c != nil {
			reached = append(reached, c.Ratio())
		}
	}
	slices.SortFunc(reached, (*big.Rat).Cmp)
	if n := len(reached); n > 0 {
		s.HeldInAll = reached[0]
		if n >= 12 {
			s.HeldInMost = reached[n/12]
		}
	}
}
