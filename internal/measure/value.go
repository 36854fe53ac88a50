package measure

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"

	"github.com/slmd/slmd/internal/sla"
)

// Value is a sample's value, an exact decimal number: coef · 10^exp. Values of
// binary floating point are held as the shortest decimal that means them, so a
// value read as text and one read as a float are the same.
//
// The form is unique: exp is 0 for whole numbers under 10¹⁸, negative only as
// far as there are decimals, positive only for larger numbers.
type Value struct {
	coef int64
	exp  int16
	kind valueKind
}

type valueKind uint8

const (
	number valueKind = iota
	notANumber
	infinite
	stale // a stale marker: the series ended
	wordy // a text that is no number
)

// staleBits is the NaN that Prometheus writes when a series ends.
const staleBits = 0x7ff0000000000002

// maxCoef bounds coefficients: 18 digits always fit.
const maxCoef = 1_000_000_000_000_000_000

// Float gives the value of f; the stale marker keeps its meaning.
func Float(f float64) Value {
	switch {
	case math.Float64bits(f) == staleBits:
		return Value{kind: stale}
	case math.IsNaN(f):
		return Value{kind: notANumber}
	case math.IsInf(f, 0):
		return Value{kind: infinite}
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return Value{coef: int64(f)}
	}
	var buf [32]byte
	v, _ := parseDecimal(strconv.AppendFloat(buf[:0], f, 'e', -1, 64))
	return v
}

// Int gives the value of n, which has at most 18 digits.
func Int(n int64) Value { return Value{coef: n} }

// ParseValue reads a number as Prometheus writes it: decimals, exponents, NaN,
// +Inf, -Inf. It reports whether text is one.
func ParseValue(text string) (Value, bool) { return parseValue([]byte(text)) }

func parseValue(b []byte) (Value, bool) {
	if v, ok := parseDecimal(b); ok {
		return v, true
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil && !math.IsInf(f, 0) {
		return Value{}, false
	}
	return Float(f), true
}

// parseDecimal reads decimal notation with at most 18 significant digits.
func parseDecimal(b []byte) (Value, bool) {
	i, neg := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg, i = b[0] == '-', 1
	}
	var coef int64
	digits, exp, point := 0, 0, false
	for ; i < len(b); i++ {
		c := b[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		if coef >= maxCoef/10 {
			return Value{}, false
		}
		coef = coef*10 + int64(c-'0')
		digits++
		if point {
			exp--
		}
	}
	if digits == 0 {
		return Value{}, false
	}
	if i < len(b) {
		e, ok := exponent(b[i:])
		if !ok {
			return Value{}, false
		}
		exp += e
	}
	if neg {
		coef = -coef
	}
	return normal(coef, exp), true
}

// exponent reads e-05 and the like.
func exponent(b []byte) (int, bool) {
	if len(b) < 2 || len(b) > 6 || (b[0] != 'e' && b[0] != 'E') {
		return 0, false
	}
	n, err := strconv.Atoi(string(b[1:]))
	return n, err == nil
}

// normal brings a number into its unique form.
func normal(coef int64, exp int) Value {
	if coef == 0 {
		return Value{}
	}
	for exp < 0 && coef%10 == 0 {
		coef /= 10
		exp++
	}
	for exp > 0 && coef < maxCoef/10 && coef > -maxCoef/10 {
		coef *= 10
		exp--
	}
	return Value{coef: coef, exp: int16(max(min(exp, 1<<14), -1<<14))}
}

// decimal gives the value of a number of the catalogue.
func decimal(d sla.Decimal) Value { return normal(d.Coef, -int(d.Scale)) }

// cmp gives −1, 0 or 1; both are numbers.
func (v Value) cmp(w Value) int {
	if v.exp == w.exp {
		return compare(v.coef, w.coef)
	}
	if s, t := compare(v.coef, 0), compare(w.coef, 0); s != t || s == 0 {
		return compare(s, t)
	}
	if v.exp < w.exp {
		return -w.cmpScaled(v)
	}
	return v.cmpScaled(w)
}

// cmpScaled compares v with w, which has the same sign and the smaller exponent.
func (v Value) cmpScaled(w Value) int {
	sign := compare(v.coef, 0)
	d := int(v.exp) - int(w.exp)
	if d > 18 { // |v| ≥ 10^(d+exp) is larger than any 18 digits at w's exponent
		return sign
	}
	hi, lo := bits.Mul64(magnitude(v.coef), pow10[d])
	m := magnitude(w.coef)
	switch {
	case hi > 0 || lo > m:
		return sign
	case lo < m:
		return -sign
	}
	return 0
}

func compare[T int | int64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

// pow10 holds the powers of ten that fit a coefficient.
var pow10 = [19]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// minus gives v − w rounded half even to the given number of decimals (6 or 9),
// and whether that fits an amount. Both are numbers.
func (v Value) minus(w Value, decimals int) (sla.Amount, bool) {
	if v.exp == 0 && w.exp == 0 {
		return sla.Whole(v.coef - w.coef), true
	}
	if v.exp <= 0 && v.exp >= -18 && w.exp <= 0 && w.exp >= -18 {
		return round(v.atto().Sub(w.atto()), decimals), true
	}
	a, err := sla.FromRat(new(big.Rat).Sub(v.rat(), w.rat()), decimals)
	return a, err == nil
}

// atto gives v in units of 10⁻¹⁸; -18 ≤ exp ≤ 0, so it fits 128 bits.
func (v Value) atto() sla.Amount {
	hi, lo := bits.Mul64(magnitude(v.coef), pow10[18+v.exp])
	a := sla.FromWords(int64(hi), lo)
	if v.coef < 0 {
		return a.Neg()
	}
	return a
}

// round turns units of 10⁻¹⁸ into an amount with so many decimals.
func round(a sla.Amount, decimals int) sla.Amount {
	neg := a.Sign() < 0
	if neg {
		a = a.Neg()
	}
	hi, lo := a.Words()
	unit := pow10[18-decimals]
	qhi := uint64(hi) / unit
	qlo, rest := bits.Div64(uint64(hi)%unit, lo, unit)
	if rest > unit/2 || (rest == unit/2 && qlo&1 == 1) {
		var carry uint64
		qlo, carry = bits.Add64(qlo, 1, 0)
		qhi += carry
	}
	scale := pow10[9-decimals]
	mhi, mlo := bits.Mul64(qlo, scale)
	out := sla.FromWords(int64(mhi+qhi*scale), mlo)
	if neg {
		return out.Neg()
	}
	return out
}

// rat gives v as a rational number.
func (v Value) rat() *big.Rat {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(v.exp, -v.exp))), nil)
	n := big.NewInt(v.coef)
	if v.exp < 0 {
		return new(big.Rat).SetFrac(n, scale)
	}
	return new(big.Rat).SetInt(n.Mul(n, scale))
}

// keeps reports whether v keeps to a bound.
func (v Value) keeps(kind sla.BoundKind, bound Value) bool {
	c := v.cmp(bound)
	switch kind {
	case sla.AtMost:
		return c <= 0
	case sla.Above:
		return c > 0
	case sla.Below:
		return c < 0
	default:
		return c >= 0
	}
}

// String gives the number in decimal notation.
func (v Value) String() string {
	switch v.kind {
	case notANumber:
		return "NaN"
	case infinite:
		return "Inf"
	case stale:
		return "stale"
	case wordy:
		return "text"
	}
	if v.exp >= 0 {
		return v.rat().Num().String()
	}
	if v.exp < -40 {
		return strconv.FormatInt(v.coef, 10) + "e" + strconv.Itoa(int(v.exp))
	}
	return v.rat().FloatString(-int(v.exp))
}
