package sla

import (
	"math/big"
	"testing"
)

func TestWhatIsSpentAndLeftOfABudgetAddUpAsShown(t *testing.T) {
	for _, c := range []struct {
		allowed, left int64
		spent, shown  string
	}{
		{10000, 10000, "0.0", "100.0"},
		{10000, 1419, "85.9", "14.1"},
		{10000, 1, "100.0", "0.0"},
		{10000, 0, "100.0", "0.0"},
		{32108, -10208, "131.8", "-31.8"},
		{3, 1, "66.7", "33.3"},
	} {
		v := Verdict{Budget: &Budget{Allowed: big.NewRat(c.allowed, 1), Left: big.NewRat(c.left, 1)}}
		if spent, left := v.BudgetShown(); spent != c.spent || left != c.shown {
			t.Errorf("%d left of %d: %s%% spent and %s%% left, want %s%% and %s%%", c.left, c.allowed, spent, left, c.spent, c.shown)
		}
	}
	if spent, left := (&Verdict{}).BudgetShown(); spent != "" || left != "" {
		t.Errorf("without a budget %q is spent and %q left", spent, left)
	}
}
