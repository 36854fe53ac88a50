package judge

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
)

// drawWhole draws a number above zero, of any size.
func drawWhole(t *rapid.T, name string) uint64 {
	return rapid.Uint64Range(1, 1<<rapid.IntRange(1, 63).Draw(t, "bits of "+name)).Draw(t, name)
}

func TestFractionsAddUpAsRationalNumbersDo(t *testing.T) {
	check(t, func(t *rapid.T) {
		want := new(big.Rat)
		var list []fraction
		for range rapid.IntRange(0, 20).Draw(t, "fractions") {
			part, rest := sla.Nanos(int64(drawWhole(t, "part")>>1+1)), sla.Nanos(int64(drawWhole(t, "rest")>>1))
			n := rapid.SampledFrom([]int64{1, 1, 2, 60, 1 << 40}).Draw(t, "times")
			all := part.Add(rest)
			if rapid.IntRange(0, 3).Draw(t, "same") == 0 && len(list) > 0 {
				list = append(list, list[0])
				want.Add(want, list[0].rat())
				continue
			}
			list = append(list, newFraction(sum{whole: part}, sum{whole: all}, n))
			x := new(big.Rat).Quo(part.Rat(), all.Rat())
			want.Add(want, x.Mul(x, whole(n)))
		}
		if got := total(list); got.Cmp(want) != 0 {
			t.Fatalf("got %s, want %s", got, want)
		}
		one := fraction{}
		for _, f := range list {
			one = one.plus(f)
		}
		if one.rat().Cmp(want) != 0 {
			t.Fatalf("one by one %s, want %s", one.rat(), want)
		}
	})
}

func TestAFractionIsScaledAsARationalNumberIs(t *testing.T) {
	check(t, func(t *rapid.T) {
		num, den, of, all := drawWhole(t, "num"), drawWhole(t, "den"), drawWhole(t, "of"), drawWhole(t, "all")
		if rapid.Bool().Draw(t, "small") {
			num, den, of, all = num%60+1, den%60+1, of%60+1, all%60+1 // with divisors in common
		}
		want := new(big.Rat).Quo(ratOf(num), ratOf(den))
		want.Quo(want.Mul(want, ratOf(of)), ratOf(all))
		if got := reduced(num, den).scaled(of, all).rat(); got.Cmp(want) != 0 {
			t.Fatalf("%d/%d · %d/%d is %s, want %s", num, den, of, all, got, want)
		}
	})
}

func TestTheGreatestCommonDivisorIsThatOfBigNumbers(t *testing.T) {
	check(t, func(t *rapid.T) {
		a, b := drawWhole(t, "a"), drawWhole(t, "b")
		want := new(big.Int).GCD(nil, nil, new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))
		if got := divisor(a, b); got != want.Uint64() {
			t.Fatalf("%d of %d and %d, want %s", got, a, b, want)
		}
	})
}

func TestEntriesAddedTogetherOrOneByOneGiveTheSameBytes(t *testing.T) {
	check(t, func(t *rapid.T) {
		w, _ := drawn(t)
		one, err := NewTally(w.c)
		if err != nil {
			t.Fatal(err)
		}
		all, _ := NewTally(w.c)
		for rest := w.entries; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "together")
			all.AddAll(rest[:n])
			for _, e := range rest[:n] {
				one.Add(e)
			}
			rest = rest[n:]
			m := Moment{Now: w.now, Final: w.now}
			a, b := one.Verdict(m), all.Verdict(m)
			if bytesOf(t, &a) != bytesOf(t, &b) {
				t.Fatalf("one by one %s\ntogether   %s", bytesOf(t, &a), bytesOf(t, &b))
			}
		}
	})
}

func TestFractionsOfOneDenominatorThatNoLongerFitAddUpAllTheSame(t *testing.T) {
	f := fraction{num: 1 << 63, den: 3}
	want := new(big.Rat).SetFrac(new(big.Int).Lsh(big.NewInt(1), 64), big.NewInt(3))
	if got := f.plus(f).rat(); got.Cmp(want) != 0 {
		t.Errorf("got %s, want %s", got, want)
	}
}
