package web

import (
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// StatusRow is one objective's verdict as `slmtool status -o json` and
// /api/v1/objectives show it: one row per version part of a period. Ratios are
// floats from 0 to 1 for machines; the strings ending in _percent are what
// people see, truncated. What is not known or does not apply is null.
type StatusRow struct {
	Agreement   string              `json:"agreement"`
	Version     int                 `json:"version"`
	Objective   string              `json:"objective"`
	Indicator   string              `json:"indicator"`
	Service     string              `json:"service"`
	Kind        sla.AgreementKind   `json:"kind"`
	Method      sla.Method          `json:"method"`
	Period      string              `json:"period"`
	From        string              `json:"from"` // RFC 3339 in the agreement's zone
	To          string              `json:"to"`
	State       sla.State           `json:"state"`
	Provisional bool                `json:"provisional"`
	Certain     bool                `json:"certain"`
	Unsettled   bool                `json:"inconclusive"`
	Compliance  *float64            `json:"compliance"`
	Shown       *string             `json:"compliance_percent"`
	Target      *string             `json:"target_percent"`
	Good        float64             `json:"good"`
	Bad         float64             `json:"bad"`
	Unknown     *float64            `json:"unknown_seconds"`
	Removed     *float64            `json:"removed_seconds"`
	Scope       *float64            `json:"scope_seconds"`
	Complete    *float64            `json:"completeness"`
	Approximate bool                `json:"approximate"` // facts of it divide a bucket of a native histogram
	Lowest      *float64            `json:"lowest"`
	Highest     *float64            `json:"highest"`
	Allowed     *float64            `json:"budget_allowed"`
	Left        *float64            `json:"budget_left"`
	Value       *float64            `json:"value"`
	Burn        map[string]*float64 `json:"burn"`
	Outages     int                 `json:"outages"`
	Longest     float64             `json:"longest_outage_seconds"`
	CreditShare *string             `json:"credit_percent"`
	Credit      *string             `json:"credit_amount"`
	Currency    *string             `json:"currency"`
}

// RowOf gives the row of a verdict. The zone is the agreement's; burn rates are
// those of the objective now, nil for a verdict on another period.
func RowOf(v *sla.Verdict, zone *time.Location, burn map[string]*big.Rat) StatusRow {
	row := StatusRow{
		Agreement: v.Agreement, Version: v.Version, Objective: v.Objective, Indicator: v.Indicator,
		Service: v.Service, Kind: v.AgreementKind, Method: v.Method, Period: v.Period.Name,
		From: v.Part.From.In(zone).Format(time.RFC3339), To: v.Part.To.In(zone).Format(time.RFC3339),
		State: v.State, Provisional: v.Provisional, Certain: v.Certain, Unsettled: v.Inconclusive,
		Compliance: ratio(v.Compliance), Good: zeroOr(v.Good), Bad: zeroOr(v.Bad),
		Unknown: number(v.Unknown), Removed: number(v.Removed), Scope: number(v.Scope),
		Complete: ratio(v.Completeness), Approximate: v.Approximate, Lowest: ratio(v.Lowest), Highest: ratio(v.Highest),
		Value: ratio(v.Value), Burn: map[string]*float64{},
		Outages: v.Totals.Count, Longest: v.Totals.Longest.Duration().Seconds(),
	}
	if shown := v.ComplianceShown(); shown != "" {
		row.Shown = &shown
	}
	if v.Target != nil {
		target := v.Target.String()
		row.Target = &target
	}
	if v.Budget != nil {
		row.Allowed, row.Left = number(v.Budget.Allowed), number(v.Budget.Left)
	}
	for _, w := range sla.BurnWindows {
		row.Burn[w.Name] = number(burn[w.Name])
	}
	row.credit(v.Credit)
	return row
}

func (row *StatusRow) credit(c *sla.Credit) {
	if c == nil {
		return
	}
	if c.Percent != nil {
		percent := decimals(c.Percent)
		row.CreditShare = &percent
	}
	if c.Amount != nil {
		amount, currency := c.Amount.Decimal(), c.Amount.Currency
		row.Credit, row.Currency = &amount, &currency
	}
}

// decimals gives r as the shortest exact decimal, cut after the ninth digit.
func decimals(r *big.Rat) string {
	for n := range 9 {
		if shown := sla.Truncate(r, n); exactly(shown, r) {
			return shown
		}
	}
	return sla.Truncate(r, 9)
}

func exactly(shown string, r *big.Rat) bool {
	d, ok := new(big.Rat).SetString(shown)
	return ok && d.Cmp(r) == 0
}

func number(r *big.Rat) *float64 {
	if r == nil {
		return nil
	}
	f, _ := r.Float64()
	return &f
}

func zeroOr(r *big.Rat) float64 {
	if r == nil {
		return 0
	}
	f, _ := r.Float64()
	return f
}

func ratio(s *sla.Share) *float64 {
	if s == nil {
		return nil
	}
	return number(s.Ratio())
}

// StatusDocument gives what `slmtool status -o json` prints of the periods under way.
func StatusDocument(standings []sla.Standing) ([]byte, error) {
	rows := []StatusRow{}
	for i := range standings {
		row, ok, err := RowOfStanding(&standings[i])
		if err != nil {
			return nil, err
		}
		if ok {
			rows = append(rows, row)
		}
	}
	return EncodeRows(rows)
}

// EncodeRows gives the document of status rows.
func EncodeRows(rows []StatusRow) ([]byte, error) {
	out, err := json.MarshalIndent(map[string][]StatusRow{"data": rows}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the status as JSON: %w", err)
	}
	return append(out, '\n'), nil
}
