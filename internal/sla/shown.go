package sla

import "math/big"

// ShownDecimals gives how many decimals a percentage is shown with beside a
// target: one more than the target has.
func ShownDecimals(target *Decimal) int {
	if target == nil {
		return 2
	}
	return int(target.Scale) + 1
}

// ComplianceShown gives the compliance as people see it, in percent, cut off
// and never rounded up; empty when there is no data or v is of a mean.
func (v *Verdict) ComplianceShown() string {
	if v.Compliance == nil {
		return ""
	}
	return Percent(v.Compliance.Ratio(), ShownDecimals(v.Target))
}

// CompletenessShown gives the completeness in percent with two decimals, cut
// off; empty when nothing is in scope.
func (v *Verdict) CompletenessShown() string {
	if v.Completeness == nil {
		return ""
	}
	return Percent(v.Completeness.Ratio(), 2)
}

// BudgetUsed gives the share of the error budget that is spent; nil when
// nothing is allowed or there is no budget.
func (v *Verdict) BudgetUsed() *big.Rat {
	if v.Budget == nil || v.Budget.Allowed.Sign() == 0 {
		return nil
	}
	return new(big.Rat).Quo(v.Budget.Spent(), v.Budget.Allowed)
}

// BudgetShown gives the shares of the error budget that are spent and left as
// people see them, in percent with one decimal. What is left is cut off, and
// both add up to 100; empty without a budget.
func (v *Verdict) BudgetShown() (spent, left string) {
	if v.BudgetUsed() == nil {
		return "", ""
	}
	left = Percent(v.Budget.Share(), 1)
	shown, _ := new(big.Rat).SetString(left)
	return Truncate(shown.Sub(big.NewRat(100, 1), shown), 1), left
}
