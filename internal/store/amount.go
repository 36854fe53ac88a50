package store

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/slmd/slmd/internal/sla"
)

const nano = 1_000_000_000

// split gives a as it is stored: the whole units below it and the billionths above those.
func split(a sla.Amount) (whole, nanos int64, err error) {
	if v, ok := a.Int64(); ok {
		whole, nanos = v/nano, v%nano
		if nanos < 0 {
			whole, nanos = whole-1, nanos+nano
		}
		return whole, nanos, nil
	}
	size := a
	if a.Sign() < 0 {
		size = a.Neg()
	}
	hi, lo := size.Words()
	if hi < 0 || hi >= nano {
		return 0, 0, errTooLarge(a)
	}
	q, r := bits.Div64(uint64(hi), lo, nano)
	if q >= math.MaxInt64 {
		return 0, 0, errTooLarge(a)
	}
	if a.Sign() > 0 {
		return int64(q), int64(r), nil
	}
	if r > 0 {
		return -int64(q) - 1, nano - int64(r), nil
	}
	return -int64(q), 0, nil
}

func errTooLarge(a sla.Amount) error {
	return fmt.Errorf("the amount %s is beyond what one entry can hold, ±9.2·10¹⁸", a)
}

// join undoes split.
func join(whole, nanos int64) sla.Amount {
	if nanos == 0 && whole < math.MaxInt64/nano && whole > -math.MaxInt64/nano {
		return sla.Nanos(whole * nano)
	}
	return sla.Whole(whole).Add(sla.Nanos(nanos))
}
