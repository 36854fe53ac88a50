package sla_test

import (
	"math/big"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// FuzzDecimal reads any text: what is accepted is written back as it was and
// means the number that the text means.
func FuzzDecimal(f *testing.F) {
	for _, seed := range []string{"99.95", "-0.0", "007", "1e400", "NaN", "+1", "1.", ".5", "999999999999999999", "-000000000000000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := sla.ParseDecimal(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok || d.Rat().Cmp(want) != 0 {
			t.Errorf("%q is read as %s", s, d.Rat())
		}
		again, err := sla.ParseDecimal(d.String())
		if err != nil || again != d {
			t.Errorf("%q is written as %q, which is read as %v, %v", s, d.String(), again, err)
		}
		if d.Cmp(d) != 0 || d.Sign() != want.Sign() {
			t.Errorf("%q compares as %d and has the sign %d", s, d.Cmp(d), d.Sign())
		}
	})
}

// FuzzDuration reads any text: what is accepted is written so that it is read back.
func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"1h30m", "300ms", "30d", "1w", "1m1h", "1ms1s", "0s", "99999999999999999999d", "-1m", "1.5h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := sla.ParseDuration(s)
		if err != nil {
			return
		}
		if again, err := sla.ParseDuration(sla.FormatDuration(d)); err != nil || again != d || d < 0 {
			t.Errorf("%q is %d ms, written %q, read as %d, %v", s, d, sla.FormatDuration(d), again, err)
		}
	})
}
