package sla

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"strings"
)

// Amount is an exact quantity of a fact in units of 10⁻⁹: events, seconds or
// the sum of a mean. It is a signed 128-bit integer, so sums over any period
// are exact and cannot overflow in practice (±1.7·10²⁹).
type Amount struct {
	hi int64
	lo uint64
}

// nano is the number of units in one.
const nano = 1_000_000_000

// Whole gives n as an amount.
func Whole(n int64) Amount { return mul64(n, nano) }

// Nanos gives n units of 10⁻⁹.
func Nanos(n int64) Amount { return Amount{hi: n >> 63, lo: uint64(n)} }

// Seconds gives m in seconds.
func Seconds(m Millis) Amount { return mul64(int64(m), 1_000_000) }

func mul64(n int64, k uint64) Amount {
	if n < 0 {
		hi, lo := bits.Mul64(uint64(-n), k)
		return Amount{int64(hi), lo}.Neg()
	}
	hi, lo := bits.Mul64(uint64(n), k)
	return Amount{int64(hi), lo}
}

// Words gives the two halves of a, to store it; FromWords undoes it.
func (a Amount) Words() (hi int64, lo uint64) { return a.hi, a.lo }

// FromWords gives the amount of the two halves.
func FromWords(hi int64, lo uint64) Amount { return Amount{hi, lo} }

// Add gives a + b.
func (a Amount) Add(b Amount) Amount {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	return Amount{a.hi + b.hi + int64(carry), lo}
}

// Sub gives a − b.
func (a Amount) Sub(b Amount) Amount {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	return Amount{a.hi - b.hi - int64(borrow), lo}
}

// Neg gives −a.
func (a Amount) Neg() Amount { return Amount{}.Sub(a) }

// Sign gives −1, 0 or 1.
func (a Amount) Sign() int {
	switch {
	case a.hi < 0:
		return -1
	case a.hi == 0 && a.lo == 0:
		return 0
	}
	return 1
}

// IsZero reports whether a is nothing.
func (a Amount) IsZero() bool { return a == Amount{} }

// Cmp gives −1, 0 or 1 as a is less than, equal to or greater than b.
func (a Amount) Cmp(b Amount) int {
	switch {
	case a.hi != b.hi:
		if a.hi < b.hi {
			return -1
		}
		return 1
	case a.lo != b.lo:
		if a.lo < b.lo {
			return -1
		}
		return 1
	}
	return 0
}

// Int64 gives a in units of 10⁻⁹ and whether that fits.
func (a Amount) Int64() (int64, bool) { return int64(a.lo), a.hi == int64(a.lo)>>63 }

// Units gives a in units of 10⁻⁹.
func (a Amount) Units() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(a.hi), 64)
	return n.Add(n, new(big.Int).SetUint64(a.lo))
}

// Rat gives a as a rational number.
func (a Amount) Rat() *big.Rat {
	if v, ok := a.Int64(); ok && v%nano == 0 {
		return new(big.Rat).SetInt64(v / nano)
	}
	return new(big.Rat).SetFrac(a.Units(), big.NewInt(nano))
}

// errAmount says what an amount looks like.
var errAmount = errors.New("want a decimal number with at most 29 digits before and 9 after the point")

// ParseAmount reads a decimal number such as 12, 0.25 or -3; digits after the
// ninth are refused.
func ParseAmount(s string) (Amount, error) {
	digits, neg := strings.CutPrefix(s, "-")
	whole, frac, _ := strings.Cut(digits, ".")
	if whole == "" || len(whole) > 29 || len(frac) > 9 || strings.Trim(whole+frac, "0123456789") != "" {
		return Amount{}, fmt.Errorf("%q is not an amount: %w", s, errAmount)
	}
	n, _ := new(big.Int).SetString(whole+frac+strings.Repeat("0", 9-len(frac)), 10)
	if neg {
		n.Neg(n)
	}
	return fromBig(n), nil
}

// fromBig takes units of 10⁻⁹; n lies within 128 bits.
func fromBig(n *big.Int) Amount {
	mask := new(big.Int).SetUint64(^uint64(0))
	lo := new(big.Int).And(n, mask).Uint64()
	hi := new(big.Int).Rsh(n, 64).Int64()
	return Amount{hi, lo}
}

// FromRat gives r rounded half even to the given number of decimals (at most 9):
// 6 for counts, 9 for the sums of means. This is the one rounding a fact sees,
// when it is booked.
func FromRat(r *big.Rat, decimals int) (Amount, error) {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	num := new(big.Int).Mul(r.Num(), scale)
	q, m := new(big.Int).DivMod(num, r.Denom(), new(big.Int)) // Euclidean: 0 ≤ m < denominator
	switch m.Lsh(m, 1).Cmp(r.Denom()) {
	case 1:
		q.Add(q, big.NewInt(1))
	case 0:
		if q.Bit(0) == 1 {
			q.Add(q, big.NewInt(1))
		}
	}
	q.Mul(q, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(9-decimals)), nil))
	if q.BitLen() > 126 {
		return Amount{}, errAmount
	}
	return fromBig(q), nil
}

// String gives a as a decimal number without trailing zeros.
func (a Amount) String() string {
	n := a.Units()
	sign := ""
	if n.Sign() < 0 {
		sign = "-"
		n.Neg(n)
	}
	q, r := new(big.Int).QuoRem(n, big.NewInt(nano), new(big.Int))
	if r.Sign() == 0 {
		return sign + q.String()
	}
	return sign + q.String() + "." + strings.TrimRight(fmt.Sprintf("%09d", r.Int64()), "0")
}

// MarshalText gives the decimal number.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText gives.
func (a *Amount) UnmarshalText(text []byte) error {
	v, err := ParseAmount(string(text))
	if err != nil {
		return err
	}
	*a = v
	return nil
}
