package contract

import (
	"math/big"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// subject is what an expectation is compared with: a verdict and what belongs to it.
type subject struct {
	sla.Verdict
	burn     map[string]*big.Rat
	ceiling  *big.Rat
	breaches int
	// counted is the verdict by plain counting, where the verdict itself counts
	// slices of events; nil otherwise.
	counted *sla.Verdict
}

// counter gives the verdict that counts events, or seconds.
func (s *subject) counter() *sla.Verdict {
	if s.counted != nil {
		return s.counted
	}
	return &s.Verdict
}

// events gives a number of events: a time indicator has none.
func (s *subject) events(n *big.Rat) *big.Rat {
	if s.Facts == sla.Time {
		return new(big.Rat)
	}
	return n
}

// seconds gives good or bad time: where events are counted, and not slices of
// time, there is none.
func (s *subject) seconds(n *big.Rat) *big.Rat {
	if s.Facts == sla.Events && s.Method != sla.Timeslices {
		return new(big.Rat)
	}
	return n
}

// slicesEvents reports whether a verdict counts slices of events.
func slicesEvents(v *sla.Verdict) bool {
	return v.Facts == sla.Events && (v.Method == sla.Timeslices || v.Method == sla.RatioTimeslices)
}

func (s *subject) left() *big.Rat {
	if s.Budget == nil {
		return nil
	}
	return s.Budget.Left
}

// creditPercent gives the credit in percent of the charge; without a credit
// table, or a band that is reached, that is nothing.
func (s *subject) creditPercent() *big.Rat {
	switch {
	case s.Credit == nil, s.Credit.Band == "" && s.Credit.Percent == nil:
		return new(big.Rat)
	case s.Credit.Percent == nil:
		return nil
	}
	return s.Credit.Percent
}

// creditAmount gives the credit in money; where none is due it is nothing in
// the currency that was asked for.
func (s *subject) creditAmount(currency string) *sla.Money {
	if s.Credit != nil && s.Credit.Amount != nil {
		return s.Credit.Amount
	}
	if currency != "" && s.creditPercent() != nil && s.creditPercent().Sign() == 0 {
		return &sla.Money{Currency: currency}
	}
	return nil
}

// attributed sums up what the outages say of a class.
func (s *subject) attributed(class sla.AttributionClass) *big.Rat {
	sum := new(big.Rat)
	for _, o := range s.Outages {
		for _, a := range o.Attribution {
			if a.Class == class && a.Bad != nil {
				sum.Add(sum, a.Bad)
			}
		}
	}
	return sum
}

// breachesOf counts the breach records of verdicts that were judged once.
func breachesOf(verdicts []sla.Verdict, at sla.Instant, rolling bool) int {
	n := 0
	for i := range verdicts {
		next, _ := judge.StepBreach(nil, &verdicts[i], judge.Step{At: at, Rolling: rolling})
		if next != nil {
			n += judge.CountBreaches([]sla.Breach{*next})
		}
	}
	return n
}

// together sums up the parts of a period: the worst state and the summed
// counts. A share is that of the sums.
func together(parts []sla.Verdict) sla.Verdict {
	if len(parts) == 1 {
		return parts[0]
	}
	if len(parts) == 0 {
		return sla.Verdict{State: sla.NoData}
	}
	all := parts[0]
	all.Certain, all.Outages = true, nil
	all.Totals = sla.Totals{}
	var restore, between *big.Rat // over all outages
	states := make([]sla.State, len(parts))
	for i := range parts {
		p := &parts[i]
		states[i] = p.State
		all.Provisional = all.Provisional || p.Provisional
		all.Inconclusive = all.Inconclusive || p.Inconclusive
		all.Certain = all.Certain && p.Certain
		all.Outages = append(all.Outages, p.Outages...)
		all.Totals.Count += p.Totals.Count
		all.Totals.Small += p.Totals.Small
		all.Totals.Longest = max(all.Totals.Longest, p.Totals.Longest)
		restore, between = plus(restore, times(p.Totals.MTRS, p.Totals.Count)), plus(between, times(p.Totals.MTBF, p.Totals.Count))
		if i > 0 {
			addPart(&all, p)
		}
	}
	if restore != nil {
		count := whole(all.Totals.Count)
		all.Totals.MTRS, all.Totals.MTBF = restore.Quo(restore, count), between.Quo(between, count)
	}
	all.State = judge.Worst(states...)
	return all
}

// outside is the verdict on a period in which no version is in force: no time counts.
func outside(p sla.Period, now sla.Instant) sla.Verdict {
	none := new(big.Rat)
	v := sla.Verdict{
		State: sla.NoData, Period: p, Good: none, Bad: none, Unknown: none, Removed: none, Scope: none,
		Budget: &sla.Budget{Allowed: none, Left: none}, Provisional: now < p.To,
	}
	v.Certain = !v.Provisional
	return v
}

// times gives n·r, nil for nothing.
func times(r *big.Rat, n int) *big.Rat {
	if r == nil {
		return nil
	}
	return new(big.Rat).Mul(r, whole(n))
}

func addPart(all, p *sla.Verdict) {
	all.Good, all.Bad = plus(all.Good, p.Good), plus(all.Bad, p.Bad)
	all.Unknown, all.Removed, all.Scope = plus(all.Unknown, p.Unknown), plus(all.Removed, p.Removed), plus(all.Scope, p.Scope)
	all.Compliance, all.Lowest, all.Highest = plusShare(all.Compliance, p.Compliance), plusShare(all.Lowest, p.Lowest), plusShare(all.Highest, p.Highest)
	all.Completeness, all.Value = plusShare(all.Completeness, p.Completeness), plusShare(all.Value, p.Value)
	if all.Budget != nil && p.Budget != nil {
		all.Budget = &sla.Budget{Allowed: plus(all.Budget.Allowed, p.Budget.Allowed), Left: plus(all.Budget.Left, p.Budget.Left)}
	}
	all.Credit = plusCredit(all.Credit, p.Credit)
}

func plus(a, b *big.Rat) *big.Rat {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return new(big.Rat).Add(a, b)
}

func plusShare(a, b *sla.Share) *sla.Share {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &sla.Share{Num: plus(a.Num, b.Num), Den: plus(a.Den, b.Den)}
}

// plusCredit adds amounts of one currency; percentages of different charges
// make no sum.
func plusCredit(a, b *sla.Credit) *sla.Credit {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.Amount == nil && b.Amount == nil && a.Percent != nil && b.Percent != nil && a.Percent.Cmp(b.Percent) == 0:
		return a // the same share of both charges is that share of their sum
	case a.Amount == nil || b.Amount == nil || a.Amount.Currency != b.Amount.Currency:
		return &sla.Credit{Band: "several"}
	}
	sum := sla.Money{Minor: a.Amount.Minor + b.Amount.Minor, Currency: a.Amount.Currency}
	return &sla.Credit{Band: "several", Amount: &sum, Owed: a.Owed && b.Owed}
}
