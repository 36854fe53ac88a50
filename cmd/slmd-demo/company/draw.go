package company

import (
	"math"
	"math/rand/v2"
)

// Products stand in float64() conversions before they are added: fused
// multiply-add would make other samples on other processors.

// events draws a number of events around the mean, as if they came independently.
func events(r *rand.Rand, mean float64) int64 {
	switch {
	case mean <= 0:
		return 0
	case mean < 12:
		return few(r.Float64(), mean)
	}
	return max(0, int64(mean+float64(math.Sqrt(mean)*bell(r))+0.5))
}

// few inverts the distribution function of Poisson at u.
func few(u, mean float64) int64 {
	if u >= mean {
		return 0 // e⁻ᵐ ≥ 1 − m, so for small means this spares the exponential
	}
	u = 1 - u
	p := math.Exp(-mean)
	sum := p
	n := int64(0)
	for u > sum && n < 100 {
		n++
		p *= mean / float64(n)
		sum += p
	}
	return n
}

// of draws how many of n have something that a share of all has.
func of(r *rand.Rand, n int64, share float64) int64 {
	switch {
	case share <= 0 || n == 0:
		return 0
	case share > 0.5:
		return n - of(r, n, 1-share)
	}
	mean := float64(n) * share
	if share < 0.1 || mean < 12 {
		return min(n, events(r, mean))
	}
	got := int64(mean + float64(math.Sqrt(mean*(1-share))*bell(r)) + 0.5)
	return min(n, max(0, got))
}

// bell draws from a bell curve of mean 0 and deviation 1, between −3.5 and 3.5.
func bell(r *rand.Rand) float64 {
	u := r.Uint64()
	sum := float64(u&0xffff) + float64(u>>16&0xffff) + float64(u>>32&0xffff) + float64(u>>48)
	return (sum/65536 - 2) * math.Sqrt(3)
}
