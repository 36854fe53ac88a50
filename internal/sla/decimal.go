package sla

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number as somebody wrote it, 99.95 for example:
// Coef · 10^−Scale. It never passes through binary floating point.
type Decimal struct {
	Coef  int64
	Scale uint8
}

// ParseDecimal reads digits with an optional sign and point, at most 18 digits.
func ParseDecimal(s string) (Decimal, error) {
	digits := strings.TrimPrefix(s, "-")
	whole, frac, point := strings.Cut(digits, ".")
	if whole == "" || (point && frac == "") || len(whole)+len(frac) > 18 || strings.Trim(whole+frac, "0123456789") != "" {
		return Decimal{}, fmt.Errorf("%q is not a decimal number: write at most 18 digits with a point, such as 99.95", s)
	}
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil {
		return Decimal{}, fmt.Errorf("%q is not a decimal number: %w", s, err)
	}
	if strings.HasPrefix(s, "-") {
		n = -n
	}
	return Decimal{Coef: n, Scale: uint8(len(frac))}, nil
}

// MustDecimal is ParseDecimal for constants; it panics on an error.
func MustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

// String gives d with as many digits as it was written with.
func (d Decimal) String() string {
	s := strconv.FormatInt(d.Coef, 10)
	if d.Scale == 0 {
		return s
	}
	sign := ""
	if d.Coef < 0 {
		sign, s = "-", s[1:]
	}
	if missing := int(d.Scale) + 1 - len(s); missing > 0 {
		s = strings.Repeat("0", missing) + s
	}
	cut := len(s) - int(d.Scale)
	return sign + s[:cut] + "." + s[cut:]
}

// Rat gives d as a rational number.
func (d Decimal) Rat() *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(d.Coef), pow10(int(d.Scale)))
}

// Ratio gives d percent as a rational number: 99.9 gives 999/1000.
func (d Decimal) Ratio() *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(d.Coef), pow10(int(d.Scale)+2))
}

// Sign gives −1, 0 or 1.
func (d Decimal) Sign() int { return d.Rat().Sign() }

// Cmp compares the numbers; 99.9 and 99.90 are equal.
func (d Decimal) Cmp(e Decimal) int { return d.Rat().Cmp(e.Rat()) }

// MarshalText gives the number as written.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText gives.
func (d *Decimal) UnmarshalText(text []byte) error {
	v, err := ParseDecimal(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// Percent gives r in percent with the given number of decimals, cut off and
// never rounded up, so that what is below a target never looks as if it met it.
func Percent(r *big.Rat, decimals int) string {
	return Truncate(new(big.Rat).Mul(r, big.NewRat(100, 1)), decimals)
}

// Truncate gives r with the given number of decimals, rounded towards minus infinity.
func Truncate(r *big.Rat, decimals int) string {
	num := new(big.Int).Mul(r.Num(), pow10(decimals))
	q, _ := new(big.Int).DivMod(num, r.Denom(), new(big.Int))
	sign := ""
	if q.Sign() < 0 {
		sign = "-"
		q.Neg(q)
	}
	s := q.String()
	if decimals == 0 {
		return sign + s
	}
	if missing := decimals + 1 - len(s); missing > 0 {
		s = strings.Repeat("0", missing) + s
	}
	return sign + s[:len(s)-decimals] + "." + s[len(s)-decimals:]
}
