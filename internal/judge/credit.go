package judge

import (
	"math/big"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// credit works out what the credit table gives; nil without a table.
func (t *Tally) credit(v *sla.Verdict, best *big.Rat) *sla.Credit {
	o := t.c.Objective
	if len(o.Credits) == 0 {
		return nil
	}
	table := creditTable{c: &t.c, v: v, value: t.creditValue(v, best)}
	c := table.none()
	if table.value != nil {
		for _, band := range table.matching() {
			if x := table.line(band); table.worth(x).Cmp(table.worth(c)) > 0 {
				c = x
			}
		}
	}
	c.Owed = !v.Provisional
	return c
}

// creditValue gives the number that bands are held against: compliance in
// percent or a mean, read with the contract's own precision. best is the
// compliance at the end of a part under way that is judged by the clock, if the
// rest of it is good, nil otherwise; it is what decides then, as for the state.
// creditValue is nil when there is nothing to judge.
func (t *Tally) creditValue(v *sla.Verdict, best *big.Rat) *big.Rat {
	var value *big.Rat
	switch {
	case v.State == sla.NoData:
		return nil
	case v.Value != nil:
		value = v.Value.Ratio()
	case best != nil:
		value = new(big.Rat).Mul(best, whole(100))
	default:
		value = v.Compliance.Ratio()
		value.Mul(value, whole(100))
	}
	if p := t.c.Objective.CreditPrecision; p != nil {
		value = halfUp(value, *p)
	}
	return value
}

// halfUp rounds r to so many decimals, halves up.
func halfUp(r *big.Rat, decimals int) *big.Rat {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	x := new(big.Rat).Mul(r, new(big.Rat).SetInt(scale))
	x.Add(x, big.NewRat(1, 2))
	q, _ := new(big.Int).DivMod(x.Num(), x.Denom(), new(big.Int))
	return new(big.Rat).SetFrac(q, scale)
}

// creditTable is the table of one objective at one value.
type creditTable struct {
	c     *Case
	v     *sla.Verdict
	value *big.Rat
}

// matching gives the bands that apply. Of bands with upper bounds only it is
// the lowest one reached.
func (t creditTable) matching() []*sla.Band {
	var out []*sla.Band
	upperOnly := true
	for i := range t.c.Objective.Credits {
		b := &t.c.Objective.Credits[i]
		upperOnly = upperOnly && b.AtLeast == nil && b.Above == nil && (b.Below != nil || b.AtMost != nil)
		if t.matches(b) {
			out = append(out, b)
		}
	}
	if !upperOnly || len(out) == 0 {
		return out
	}
	lowest := out[0]
	for _, b := range out[1:] {
		if lower(b, lowest) {
			lowest = b
		}
	}
	return []*sla.Band{lowest}
}

// lower reports whether the upper bound of a lies below that of b.
func lower(a, b *sla.Band) bool {
	x, xExclusive := upper(a)
	y, yExclusive := upper(b)
	if cmp := x.Cmp(y); cmp != 0 {
		return cmp < 0
	}
	return xExclusive && !yExclusive
}

func upper(b *sla.Band) (bound *big.Rat, exclusive bool) {
	if b.Below != nil && (b.AtMost == nil || b.Below.Cmp(*b.AtMost) <= 0) {
		return b.Below.Rat(), true
	}
	return b.AtMost.Rat(), false
}

func (t creditTable) matches(b *sla.Band) bool {
	if b.Below == nil && b.AtMost == nil && b.AtLeast == nil && b.Above == nil {
		return t.missed()
	}
	return (b.Below == nil || t.value.Cmp(b.Below.Rat()) < 0) &&
		(b.AtMost == nil || t.value.Cmp(b.AtMost.Rat()) <= 0) &&
		(b.AtLeast == nil || t.value.Cmp(b.AtLeast.Rat()) >= 0) &&
		(b.Above == nil || t.value.Cmp(b.Above.Rat()) > 0)
}

// missed reports whether the target itself, not a limit, is missed.
func (t creditTable) missed() bool {
	if t.v.Budget != nil {
		return t.v.Budget.Left.Sign() < 0
	}
	return t.v.State == sla.Failing || t.v.State == sla.Breached
}

// share gives the part of the charge that this verdict's part of the period has.
func (t creditTable) share() *big.Rat {
	if !t.c.Parted || t.c.Period.Empty() {
		return big.NewRat(1, 1)
	}
	return big.NewRat(int64(t.v.Part.Length()), int64(t.c.Period.Length()))
}

// amount gives so many percent of the charge, rounded once; nil without a charge.
func (t creditTable) amount(percent *big.Rat) *sla.Money {
	if t.c.Agreement.Charge == nil {
		return nil
	}
	r := new(big.Rat).Mul(percent, big.NewRat(1, 100))
	m := t.c.Agreement.Charge.Times(r.Mul(r, t.share()))
	return &m
}

func (t creditTable) none() *sla.Credit {
	zero := new(big.Rat)
	c := &sla.Credit{Percent: zero, Charge: t.amount(whole(100)), Amount: t.amount(zero)}
	if fixed := t.c.Objective.Credits[0].Fixed; fixed != nil && c.Amount == nil {
		c.Amount = &sla.Money{Currency: fixed.Currency}
	}
	return c
}

// line gives the credit of a band, after cap and minimum.
func (t creditTable) line(b *sla.Band) *sla.Credit {
	c := t.none()
	c.Band = bandName(b, t.v.Value == nil)
	if b.Fixed != nil {
		c.Percent, c.Amount = nil, t.fixed(b.Fixed.Times(t.times(b)))
	} else {
		c.Percent = t.percent(b)
		c.Amount = t.amount(c.Percent)
	}
	if least := t.c.Objective.CreditMinimum; least != nil && c.Amount != nil &&
		least.Currency == c.Amount.Currency && c.Amount.Minor < least.Minor {
		c.Amount.Minor = 0
		if c.Percent != nil {
			c.Percent = new(big.Rat)
		}
	}
	return c
}

// times gives how often a band's credit is due: once, or for each started length
// of bad time.
func (t creditTable) times(b *sla.Band) *big.Rat {
	if b.Per == 0 || t.v.Budget == nil {
		return whole(1)
	}
	started := t.v.Budget.Spent() // in seconds: per stands with time and timeslices only
	return ceil(started.Quo(started, seconds(b.Per)))
}

func (t creditTable) percent(b *sla.Band) *big.Rat {
	p := b.Percent.Rat()
	p.Mul(p, t.times(b))
	if limit := t.c.Objective.CreditCap; limit != nil && p.Cmp(limit.Rat()) > 0 {
		return limit.Rat()
	}
	return p
}

// fixed gives a fixed amount, not above the cap where that is of the same currency.
func (t creditTable) fixed(m sla.Money) *sla.Money {
	if limit := t.c.Objective.CreditCap; limit != nil {
		if most := t.amount(limit.Rat()); most != nil && most.Currency == m.Currency && most.Minor < m.Minor {
			return most
		}
	}
	return &m
}

// worth orders credits: by their exact money where there is any, else by percent.
func (t creditTable) worth(c *sla.Credit) *big.Rat {
	switch {
	case c.Percent == nil:
		return whole(c.Amount.Minor)
	case t.c.Agreement.Charge == nil:
		return c.Percent
	}
	w := new(big.Rat).Mul(c.Percent, big.NewRat(1, 100))
	w.Mul(w, t.share())
	return w.Mul(w, whole(t.c.Agreement.Charge.Minor))
}

func ceil(r *big.Rat) *big.Rat {
	q, m := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if m.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	return new(big.Rat).SetInt(q)
}

// bandName gives a band in words, such as "below 99.9%".
func bandName(b *sla.Band, percent bool) string {
	unit := ""
	if percent {
		unit = "%"
	}
	var words []string
	for _, bound := range []struct {
		word string
		d    *sla.Decimal
	}{{"below", b.Below}, {"at most", b.AtMost}, {"at least", b.AtLeast}, {"above", b.Above}} {
		if bound.d != nil {
			words = append(words, bound.word+" "+bound.d.String()+unit)
		}
	}
	if b.Per > 0 {
		words = append(words, "per "+b.Per.Duration().String())
	}
	return strings.Join(words, ", ")
}
