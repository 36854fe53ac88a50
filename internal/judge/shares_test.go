package judge

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
)

// drawShares draws fractions of many denominators, of which some make whole
// numbers together, and gives what each of them is.
func drawShares(t *rapid.T) (list []fraction, exact *big.Rat) {
	exact = new(big.Rat)
	add := func(part, all uint64) {
		list = append(list, newFraction(sum{whole: sla.Nanos(int64(part))}, sum{whole: sla.Nanos(int64(all))}, 1))
		exact.Add(exact, new(big.Rat).Quo(ratOf(part), ratOf(all)))
	}
	bits := rapid.IntRange(3, 60).Draw(t, "bits")
	complements := rapid.IntRange(0, 3).Draw(t, "complements") // how many of four have their complement too
	for range rapid.IntRange(0, 60).Draw(t, "pairs") {
		all := rapid.Uint64Range(2, 1<<bits).Draw(t, "all")
		part := rapid.Uint64Range(1, all-1).Draw(t, "part")
		add(part, all)
		if rapid.IntRange(1, 3).Draw(t, "complement") <= complements {
			add(all-part, all)
		}
	}
	return list, exact
}

func TestSumsOfSharesComparesAsTheExactOnesDo(t *testing.T) {
	long := false
	check(t, func(t *rapid.T) {
		list, exact := drawShares(t)
		var s shares
		for _, f := range list {
			s.add(f)
		}
		got := s.rat()
		long = long || got.Cmp(exact) != 0
		if low := new(big.Rat).Sub(exact, got); low.Sign() < 0 || low.Cmp(new(big.Rat).SetFrac64(int64(len(list))+1, 1<<62)) > 0 {
			t.Fatalf("%s lies %s below %s", got, low, exact)
		}
		// Thresholds beside the sum, and the sum itself where it is simple.
		scale := rapid.SampledFrom([]int64{1, 100, 1_000_000_000, 1 << 62}).Draw(t, "decimals")
		near := new(big.Rat).Mul(exact, whole(scale))
		limit := new(big.Rat).SetInt(new(big.Int).Quo(near.Num(), near.Denom()))
		limit.Add(limit, whole(rapid.Int64Range(-1, 1).Draw(t, "beside")))
		limit.Quo(limit, whole(scale))
		if got.Cmp(limit) != exact.Cmp(limit) {
			t.Fatalf("compared with %s, %s gives %d instead of %d", limit, got, got.Cmp(limit), exact.Cmp(limit))
		}
		if exact.Denom().BitLen() <= simpleBits && got.Cmp(exact) != 0 {
			t.Fatalf("got %s, want %s exactly", got, exact)
		}
		half := len(list) / 2
		var front, back shares
		for i, f := range list {
			if i < half {
				front.add(f)
			} else {
				back.add(f)
			}
		}
		fork := front.fork()
		fork.addAll(&back)
		if fork.rat().Cmp(got) != 0 && exact.Denom().BitLen() <= simpleBits {
			t.Fatalf("in two parts %s, want %s", fork.rat(), got)
		}
		front.add(fraction{num: 1, den: 1})
		if fork.rat().Cmp(exact) > 0 {
			t.Fatal("what was forked off changed with what it came from")
		}
	})
	if !long {
		t.Error("no sum was so long that it was cut off")
	}
}

func TestASumNextToASimpleFractionIsAddedUpExactly(t *testing.T) {
	// 1 − 1/p + 1/q of two primes lies next to nothing simple, but with 1/p and
	// less 1/q, which are added later, it is one.
	const p, q, r = 4_294_967_291, 4_294_967_279, 4_294_967_231
	var s shares
	for _, x := range []struct{ num, den uint64 }{{p - 1, p}, {1, q}, {1, r}, {1, p - 2}, {1, p - 6}, {1, p - 8}, {1, p - 10}, {1, p - 12}} {
		s.add(reduced(x.num, x.den))
	}
	exact := total(s.list)
	if s.rat().Cmp(exact) == 0 {
		t.Fatal("the sum is not long")
	}
	for _, x := range []struct{ num, den uint64 }{{1, p}, {q - 1, q}, {r - 1, r}, {p - 3, p - 2}, {p - 7, p - 6}, {p - 9, p - 8}, {p - 11, p - 10}, {p - 13, p - 12}} {
		s.add(reduced(x.num, x.den))
	}
	if s.rat().Cmp(whole(8)) != 0 {
		t.Errorf("got %s, want 8", s.rat())
	}
}

func TestFractionsOfManyDigitsAreCutOffWhereThoseOfFewAre(t *testing.T) {
	// Each is (d − k) ÷ d of another d of a hundred bits, as of events that count pro rata.
	var s shares
	exact := new(big.Rat)
	const n = 40
	for k := range int64(n) {
		d := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 100), big.NewInt(2*k+1))
		r := new(big.Rat).SetFrac(new(big.Int).Sub(d, big.NewInt(3*k+1)), d)
		s.add(fraction{large: r})
		exact.Add(exact, r)
	}
	below := new(big.Rat).Sub(exact, s.rat())
	most := new(big.Rat).SetFrac(big.NewInt(n), new(big.Int).Lsh(big.NewInt(1), 384))
	if below.Sign() <= 0 || below.Cmp(most) > 0 {
		t.Errorf("the sum lies %s below the exact one, want less than %s and not none", below.FloatString(130), most.FloatString(130))
	}
}

func TestTheSimplestNumberBetweenTwoIsFound(t *testing.T) {
	unit := new(big.Int).Lsh(big.NewInt(1), 384)
	times := func(num, den int64) *big.Int {
		n := new(big.Int).Mul(unit, big.NewInt(num))
		return n.Quo(n, big.NewInt(den))
	}
	one := big.NewInt(1)
	for _, x := range []struct{ num, den int64 }{{0, 1}, {1, 3}, {22, 7}, {5, 1}, {999_999_999_999, 1_000_000_000_000}} {
		at := times(x.num, x.den)
		if !simpleBetween(at, new(big.Int).Add(at, one), unit) {
			t.Errorf("%d/%d is not found", x.num, x.den)
		}
	}
	odd := new(big.Int).Sqrt(new(big.Int).Lsh(big.NewInt(2), 768)) // √2
	if simpleBetween(odd, new(big.Int).Add(odd, one), unit) {
		t.Error("√2 is taken for a simple number")
	}
	if !simpleBetween(odd, new(big.Int).Add(odd, new(big.Int).Lsh(one, 200)), unit) {
		t.Error("a wide stretch holds no simple number")
	}
}
