package judge

import (
	"math/big"
	"slices"
)

// ratios are the bad shares of slices, kept one by one: their sum has the
// product of their denominators below it, so it is worked out only when asked for.
type ratios struct {
	n    int64
	list []ratio
}

// ratio is the bad share of n slices alike.
type ratio struct {
	bad, good sum
	n         int64
}

func (r *ratios) add(bad, good sum, n int64) ratio {
	x := ratio{bad, good, n}
	r.n += n
	r.list = append(r.list, x)
	return x
}

func (r *ratios) fork() ratios { return ratios{r.n, r.list[:len(r.list):len(r.list)]} }

// rat gives n·bad ÷ (good + bad).
func (x ratio) rat() *big.Rat {
	bad := x.bad.rat()
	all := new(big.Rat).Add(bad, x.good.rat())
	bad.Quo(bad, all)
	return bad.Mul(bad, new(big.Rat).SetInt64(x.n))
}

// bad gives the sum of the bad shares. Equal denominators are added first and
// the rest pairwise, so that big numbers meet only at the end.
func (r *ratios) bad() *big.Rat {
	terms := make([]*big.Rat, len(r.list))
	for i := range r.list {
		terms[i] = r.list[i].rat()
	}
	slices.SortFunc(terms, func(a, b *big.Rat) int { return a.Denom().Cmp(b.Denom()) })
	merged := terms[:0]
	for _, x := range terms {
		if n := len(merged); n > 0 && merged[n-1].Denom().Cmp(x.Denom()) == 0 {
			merged[n-1].Add(merged[n-1], x)
		} else {
			merged = append(merged, x)
		}
	}
	return pairwise(merged)
}

func pairwise(terms []*big.Rat) *big.Rat {
	switch len(terms) {
	case 0:
		return new(big.Rat)
	case 1:
		return terms[0]
	}
	half := len(terms) / 2
	return new(big.Rat).Add(pairwise(terms[:half]), pairwise(terms[half:]))
}
