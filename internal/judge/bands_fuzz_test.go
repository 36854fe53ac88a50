package judge

import (
	"math/big"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// readBands reads a table such as "below 99.9 credit 10, at_least 95 below 99
// credit 25"; what is no word or number of it is passed over.
func readBands(text string) []sla.Band {
	var out []sla.Band
	for line := range strings.SplitSeq(text, ",") {
		b := sla.Band{Percent: &sla.Decimal{}}
		words := strings.Fields(line)
		for i := 0; i+1 < len(words); i += 2 {
			d, err := sla.ParseDecimal(words[i+1])
			if err != nil || d.Sign() < 0 {
				continue
			}
			switch words[i] {
			case "below":
				b.Below, b.AtMost = &d, nil
			case "at_most":
				b.AtMost, b.Below = &d, nil
			case "at_least":
				b.AtLeast, b.Above = &d, nil
			case "above":
				b.Above, b.AtLeast = &d, nil
			case "credit":
				b.Percent = &d
			}
		}
		out = append(out, b)
	}
	return out
}

// FuzzBands judges any table of credits at any compliance: the credit lies from
// nothing to the cap and is one that a band holding the value gives.
func FuzzBands(f *testing.F) {
	f.Add("below 99.9 credit 10, below 99 credit 25", uint16(9990), int64(100))
	f.Add("at_most 99.9 above 99 credit 10, below 99 credit 25", uint16(9900), int64(100))
	f.Add("below 99 at_least 98 credit 5, below 98.5 at_least 97 credit 9, credit 1", uint16(9840), int64(7))
	f.Add("at_least 10 credit 3, above 10 credit 2, at_most 0 credit 100", uint16(0), int64(0))
	f.Fuzz(func(t *testing.T, text string, good uint16, most int64) {
		bands := readBands(text)
		if good > 10_000 || most < 0 || most > 1000 || len(bands) > 50 {
			t.Skip("not a table that a catalogue may hold")
		}
		c, entries := simple(sla.Ratio, "99.9", int64(good), 10_000-int64(good))
		limit := sla.Decimal{Coef: most}
		c.Objective.Credits, c.Objective.CreditCap = bands, &limit
		tally, err := NewTally(c)
		if err != nil {
			t.Fatal(err)
		}
		tally.Add(entries[0])
		v := tally.Verdict(Moment{Now: c.Period.To, Final: c.Period.To})
		checkCredit(t, v.Credit, bands, big.NewRat(int64(good), 100), limit.Rat())
	})
}

func checkCredit(t *testing.T, got *sla.Credit, bands []sla.Band, value, most *big.Rat) {
	t.Helper()
	if got.Percent.Sign() < 0 || got.Percent.Cmp(most) > 0 {
		t.Fatalf("a credit of %s with a cap of %s", got.Percent, most)
	}
	var fits []*big.Rat
	largest := new(big.Rat)
	for _, b := range bands {
		in := func(bound *sla.Decimal, worst, best int) bool {
			if bound == nil {
				return true
			}
			cmp := value.Cmp(bound.Rat())
			return cmp >= worst && cmp <= best
		}
		anything := b.Below == nil && b.AtMost == nil && b.AtLeast == nil && b.Above == nil
		if anything && value.Cmp(big.NewRat(999, 10)) >= 0 {
			continue // due when the target is missed
		}
		if in(b.Below, -1, -1) && in(b.AtMost, -1, 0) && in(b.AtLeast, 0, 1) && in(b.Above, 1, 1) {
			p := b.Percent.Rat()
			if p.Cmp(most) > 0 {
				p = most
			}
			if fits = append(fits, p); p.Cmp(largest) > 0 {
				largest = p
			}
		}
	}
	if len(fits) == 0 && got.Percent.Sign() != 0 {
		t.Fatalf("%s earns %s and no band holds it", value, got.Percent)
	}
	upperOnly := true
	for _, b := range bands {
		upperOnly = upperOnly && b.AtLeast == nil && b.Above == nil && (b.Below != nil || b.AtMost != nil)
	}
	if !upperOnly && got.Percent.Cmp(largest) != 0 {
		t.Fatalf("%s earns %s, the largest credit of a band that holds it is %s", value, got.Percent, largest)
	}
}
