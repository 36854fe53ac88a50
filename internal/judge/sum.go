package judge

import (
	"math/big"
	"math/bits"

	"github.com/slmd/slmd/internal/sla"
)

// sum adds up amounts exactly. Entries that count in whole, nearly all, add as
// integers; of those that count pro rata the fractions are kept apart. A sum is
// a value: a copy goes its own way.
type sum struct {
	whole sla.Amount
	part  *big.Rat // never changed in place
}

func (s *sum) add(a sla.Amount) { s.whole = s.whole.Add(a) }

// addShare adds of/all of a.
func (s *sum) addShare(a sla.Amount, of, all sla.Millis) {
	switch {
	case of == all:
		s.add(a)
	case !a.IsZero():
		x := new(big.Rat).Mul(a.Rat(), big.NewRat(int64(of), int64(all)))
		s.addPart(x)
	}
}

func (s *sum) addPart(x *big.Rat) {
	if s.part != nil {
		x = new(big.Rat).Add(x, s.part)
	}
	s.part = x
}

func (s *sum) addSum(t sum) {
	s.add(t.whole)
	if t.part != nil {
		s.addPart(t.part)
	}
}

func (s sum) minus(t sum) sum {
	d := sum{whole: s.whole.Sub(t.whole), part: s.part}
	if t.part != nil {
		d.addPart(new(big.Rat).Neg(t.part))
	}
	return d
}

func (s sum) isZero() bool {
	if s.part == nil {
		return s.whole.IsZero()
	}
	return s.rat().Sign() == 0
}

func (s sum) rat() *big.Rat {
	r := s.whole.Rat()
	if s.part != nil {
		r.Add(r, s.part)
	}
	return r
}

// share is a fraction num/den to which the shares of amounts are compared.
type share struct{ num, den uint64 }

// shareOf gives a percentage from 0 to 100 as a fraction.
func shareOf(d sla.Decimal) share {
	den := uint64(100)
	for range d.Scale {
		den *= 10
	}
	return share{uint64(d.Coef), den}
}

// rest gives 1 − s.
func (s share) rest() share { return share{s.den - s.num, s.den} }

// cmp compares a ÷ (a + b) with s; a + b is positive, neither is negative.
func (s share) cmp(a, b sum) int {
	if a.part == nil && b.part == nil {
		return s.cmpWhole(a.whole, a.whole.Add(b.whole))
	}
	left := new(big.Rat).Mul(a.rat(), ratOf(s.den))
	right := new(big.Rat).Add(a.rat(), b.rat())
	return left.Cmp(right.Mul(right, ratOf(s.num)))
}

// cmpWhole compares part·den with all·num in 192 bits.
func (s share) cmpWhole(part, all sla.Amount) int {
	if part.IsZero() && s.num > 0 && !all.IsZero() {
		return -1 // as it is nearly always
	}
	p, q := times(part, s.den), times(all, s.num)
	for i := range p {
		if p[i] != q[i] {
			if p[i] < q[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// times gives a·k of an amount that is not negative, highest word first.
func times(a sla.Amount, k uint64) [3]uint64 {
	hi, lo := a.Words()
	c, w0 := bits.Mul64(lo, k)
	w2, w1 := bits.Mul64(uint64(hi), k)
	w1, carry := bits.Add64(w1, c, 0)
	return [3]uint64{w2 + carry, w1, w0}
}

func ratOf(n uint64) *big.Rat { return new(big.Rat).SetInt(new(big.Int).SetUint64(n)) }

// seconds gives a length as a rational number of seconds.
func seconds(m sla.Millis) *big.Rat {
	if m%1000 == 0 {
		return whole(int64(m) / 1000)
	}
	return big.NewRat(int64(m), 1000)
}
