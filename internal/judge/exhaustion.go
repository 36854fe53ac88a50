package judge

import (
	"math/big"

	"github.com/slmd/slmd/internal/sla"
)

// forecastHorizon is how far ahead a budget's end is foretold at all.
const forecastHorizon = 36_525 * sla.Day

// Exhaustion gives when a budget will be spent if it goes on as in the last 6
// hours or as in the last 3 days, whichever is earlier: what is left ÷ what the
// window spent per length of time, from the end of the windows on. Nil when
// neither spent anything, nothing is left to spend, or there is no budget.
func Exhaustion(b *sla.Budget, rates Rates, at sla.Instant) *sla.Exhaustion {
	if b == nil || b.Left.Sign() < 0 {
		return nil
	}
	var earliest *sla.Exhaustion
	for _, name := range []string{"6h", "3d"} {
		r := rates.window(name)
		if r == nil || r.Spent == nil || r.Spent.Sign() <= 0 {
			continue
		}
		lasts := new(big.Rat).Mul(b.Left, big.NewRat(int64(r.Window.Length), 1))
		lasts.Quo(lasts, r.Spent)
		ms := new(big.Int).Quo(lasts.Num(), lasts.Denom())
		if !ms.IsInt64() || sla.Millis(ms.Int64()) > forecastHorizon {
			continue
		}
		if end := at.Add(sla.Millis(ms.Int64())); earliest == nil || end < earliest.At {
			earliest = &sla.Exhaustion{At: end, Window: name}
		}
	}
	return earliest
}
