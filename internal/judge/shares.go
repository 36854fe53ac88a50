package judge

import (
	"math/big"
	"math/bits"
)

// shares adds up fractions that are not negative. The exact sum of the shares of
// thousands of slices, each with a number of events of its own, has tens of
// thousands of digits: rat says what stands for it. The zero value is no sum yet.
type shares struct {
	sum  fraction   // exact, as long as it is small
	list []fraction // once it is not: the sum so far and all that came after
	low  fixed      // of the list, of each fraction what lies below 2⁻³⁸⁴ cut off
}

func (s *shares) add(f fraction) {
	if s.list != nil {
		s.keep(f)
		return
	}
	sum := s.sum.plus(f)
	if sum.large == nil {
		s.sum = sum
		return
	}
	s.keep(s.sum)
	s.keep(f)
}

func (s *shares) keep(f fraction) {
	if !f.isZero() {
		s.list = append(s.list, f)
		s.low.add(f)
	}
}

// addAll adds the sum t.
func (s *shares) addAll(t *shares) {
	if t.list == nil {
		s.add(t.sum)
	}
	for _, f := range t.list {
		s.add(f)
	}
}

// fork gives a copy that goes its own way; nil of nil.
func (s *shares) fork() *shares {
	if s == nil {
		return nil
	}
	c := *s
	c.list = s.list[:len(s.list):len(s.list)]
	return &c
}

// rat gives the sum: exactly, where it is a fraction with a denominator of at
// most 160 bits or lies next to one; otherwise to 2⁻³⁸⁴ below it. Targets, limits
// and bands are such fractions, of a few dozen digits, so whatever the sum is
// compared with, the outcome is that of the exact sum.
func (s *shares) rat() *big.Rat {
	if s.list == nil {
		return s.sum.rat()
	}
	low := s.low.units()
	high := new(big.Int).Add(low, new(big.Int).SetInt64(int64(len(s.list))))
	unit := new(big.Int).Lsh(big.NewInt(1), 64*fractionWords)
	if simpleBetween(low, high, unit) {
		return total(s.list)
	}
	return new(big.Rat).SetFrac(low, unit)
}

// fractionWords are the 64-bit words of a fixed behind the point.
const fractionWords = 6

// fixed is a number of 64 bits before the point and 384 behind it, highest word first.
type fixed [1 + fractionWords]uint64

// add adds f, of which it cuts off what is too small.
func (x *fixed) add(f fraction) {
	y := fixedOf(f)
	var carry uint64
	for i := len(x) - 1; i >= 0; i-- {
		x[i], carry = bits.Add64(x[i], y[i], carry)
	}
}

func fixedOf(f fraction) (x fixed) {
	if f.large != nil {
		n := new(big.Int).Lsh(f.large.Num(), 64*fractionWords)
		n.Quo(n, f.large.Denom())
		for i := len(x) - 1; i >= 0; i-- {
			x[i] = new(big.Int).And(n, maxWord()).Uint64()
			n.Rsh(n, 64)
		}
		return x
	}
	rest := f.num % f.den
	x[0] = f.num / f.den
	for i := 1; i < len(x); i++ {
		x[i], rest = bits.Div64(rest, 0, f.den)
	}
	return x
}

func maxWord() *big.Int { return new(big.Int).SetUint64(^uint64(0)) }

// units gives x in units of 2⁻³⁸⁴.
func (x *fixed) units() *big.Int {
	n := new(big.Int)
	for _, w := range x {
		n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(w))
	}
	return n
}

// simpleBits bounds the denominators that are called simple. Two numbers of 18
// decimals each, multiplied, and a percentage have fewer.
const simpleBits = 160

// simpleBetween reports whether a fraction with a simple denominator lies from
// low to high, both in units. It follows the continued fractions of both for as
// long as they are alike: where they part lies the simplest number between them.
func simpleBetween(low, high, unit *big.Int) bool {
	a, b := [2]*big.Int{low, unit}, [2]*big.Int{high, unit}
	before, den := big.NewInt(1), new(big.Int)
	for den.BitLen() <= simpleBits {
		floorA, restA := new(big.Int).QuoRem(a[0], a[1], new(big.Int))
		floorB, restB := new(big.Int).QuoRem(b[0], b[1], new(big.Int))
		last := restA.Sign() == 0 || floorA.Cmp(floorB) < 0
		if last && restA.Sign() > 0 {
			floorA.Add(floorA, big.NewInt(1))
		}
		before, den = den, before.Add(before, floorA.Mul(floorA, den))
		if last {
			return den.BitLen() <= simpleBits
		}
		a, b = [2]*big.Int{b[1], restB}, [2]*big.Int{a[1], restA}
	}
	return false
}
