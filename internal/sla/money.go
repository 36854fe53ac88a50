package sla

import (
	"fmt"
	"math/big"
	"strings"
)

// Money is an amount in the minor units of an ISO 4217 currency: 12000.00 EUR
// is {1200000, "EUR"}.
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// minorDigits lists the currencies of ISO 4217 whose number of decimals is not two.
var minorDigits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
	"UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "CLF": 4, "UYW": 4,
}

// MinorDigits gives how many decimals the currency has (ISO 4217).
func MinorDigits(currency string) int {
	if n, ok := minorDigits[currency]; ok {
		return n
	}
	return 2
}

// ParseMoney reads an amount and a currency, such as "12000.00 EUR" or "500 JPY".
func ParseMoney(s string) (Money, error) {
	number, currency, ok := strings.Cut(s, " ")
	if !ok || len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Money{}, fmt.Errorf("%q is not an amount of money: write a number and a currency of three letters, such as 12000.00 EUR", s)
	}
	d, err := ParseDecimal(number)
	if err != nil {
		return Money{}, fmt.Errorf("%q is not an amount of money: %w", s, err)
	}
	digits := MinorDigits(currency)
	minor := new(big.Rat).Mul(d.Rat(), new(big.Rat).SetInt(pow10(digits)))
	if !minor.IsInt() || !minor.Num().IsInt64() {
		return Money{}, fmt.Errorf("%q is not an amount of money: %s has %d decimals", s, currency, digits)
	}
	return Money{minor.Num().Int64(), currency}, nil
}

// Decimal gives the amount in major units, with the currency's decimals.
func (m Money) Decimal() string {
	return Decimal{m.Minor, uint8(MinorDigits(m.Currency))}.String()
}

// String gives the amount and the currency, as ParseMoney reads them.
func (m Money) String() string { return m.Decimal() + " " + m.Currency }

// Times gives m × r rounded half up to a minor unit, the one rounding of a credit line.
func (m Money) Times(r *big.Rat) Money {
	x := new(big.Rat).Mul(new(big.Rat).SetInt64(m.Minor), r)
	x.Add(x, big.NewRat(1, 2))
	q, _ := new(big.Int).DivMod(x.Num(), x.Denom(), new(big.Int))
	return Money{q.Int64(), m.Currency}
}
