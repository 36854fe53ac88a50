package judge

import (
	"math/big"
	"math/bits"
)

// fraction is an exact rational number that is not negative. One that is small,
// as nearly all are, is two whole numbers; a larger one is a big.Rat, never
// changed in place. The zero value is zero.
type fraction struct {
	num, den uint64 // den is 0 for zero and where large holds it
	large    *big.Rat
}

// newFraction gives n·part ÷ all of amounts that are above zero.
func newFraction(part, all sum, n int64) fraction {
	p, ok := part.small()
	q, fits := all.small()
	if ok && fits {
		return reduced(p, q).scaled(uint64(n), 1)
	}
	r := part.rat()
	r.Quo(r, all.rat())
	return fraction{large: r.Mul(r, whole(n))}
}

// small gives s in units of 10⁻⁹ where that is a whole number of 64 bits.
func (s sum) small() (uint64, bool) {
	hi, lo := s.whole.Words()
	return lo, s.part == nil && hi == 0
}

// reduced gives num ÷ den, both above zero.
func reduced(num, den uint64) fraction {
	d := divisor(num, den)
	return fraction{num: num / d, den: den / d}
}

// divisor gives the greatest common divisor of two numbers above zero.
func divisor(a, b uint64) uint64 {
	shift := bits.TrailingZeros64(a | b)
	a >>= bits.TrailingZeros64(a)
	for b != 0 {
		b >>= bits.TrailingZeros64(b)
		a, b = min(a, b), max(a, b)-min(a, b)
	}
	return a << shift
}

func (f fraction) isZero() bool { return f.den == 0 && f.large == nil }

// plus gives f + g.
func (f fraction) plus(g fraction) fraction {
	switch {
	case f.isZero():
		return g
	case g.isZero():
		return f
	}
	if f.large == nil && g.large == nil {
		if h, ok := f.plusSmall(g); ok {
			return h
		}
	}
	return fraction{large: plus(f.rat(), g.rat())}
}

func (f fraction) plusSmall(g fraction) (fraction, bool) {
	if f.den == g.den {
		num, carry := bits.Add64(f.num, g.num, 0)
		return fraction{num: num, den: f.den}, carry == 0
	}
	d := divisor(f.den, g.den)
	high1, den := bits.Mul64(f.den/d, g.den)
	high2, a := bits.Mul64(f.num, g.den/d)
	high3, b := bits.Mul64(g.num, f.den/d)
	num, carry := bits.Add64(a, b, 0)
	if high1|high2|high3|carry != 0 {
		return fraction{}, false
	}
	return reduced(num, den), true
}

// rat gives a rational number of its own.
func (f fraction) rat() *big.Rat {
	switch {
	case f.large != nil:
		return new(big.Rat).Set(f.large)
	case f.den == 0:
		return new(big.Rat)
	}
	return new(big.Rat).SetFrac(new(big.Int).SetUint64(f.num), new(big.Int).SetUint64(f.den))
}

// scaled gives f·of ÷ all, both above zero.
func (f fraction) scaled(of, all uint64) fraction {
	if of == all {
		return f
	}
	if f.large == nil && f.den > 0 {
		d, e := divisor(f.num, all), divisor(of, f.den)
		high, num := bits.Mul64(f.num/d, of/e)
		high2, den := bits.Mul64(f.den/e, all/d)
		if high|high2 == 0 {
			return fraction{num: num, den: den}
		}
	}
	r := f.rat()
	r.Mul(r, ratOf(of))
	return fraction{large: r.Quo(r, ratOf(all))}
}

// total adds fractions up exactly. Those with the same denominator are added
// first and the rest pairwise, so that large numbers meet only at the end.
func total(list []fraction) *big.Rat {
	at := make(map[uint64]int, 64)
	var merged []fraction
	for _, f := range list {
		if k, ok := at[f.den]; ok && f.large == nil {
			if num, carry := bits.Add64(merged[k].num, f.num, 0); carry == 0 {
				merged[k].num = num
				continue
			}
		}
		if f.large == nil {
			at[f.den] = len(merged)
		}
		merged = append(merged, f)
	}
	return pairwise(merged).rat()
}

func pairwise(list []fraction) fraction {
	switch len(list) {
	case 0:
		return fraction{}
	case 1:
		return list[0]
	}
	half := len(list) / 2
	return pairwise(list[:half]).plus(pairwise(list[half:]))
}
