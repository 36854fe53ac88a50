package announce

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/wording"
)

// verdictRows says the numbers of a verdict.
func verdictRows(v *sla.Verdict) []pair {
	if v == nil {
		return nil
	}
	var rows []pair
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, pair{name, value})
		}
	}
	if v.Budget != nil {
		add("Bad", fmt.Sprintf("%s of %s allowed", amountWords(v, v.Budget.Spent()), amountWords(v, v.Budget.Allowed)))
	}
	if spent, _ := v.BudgetShown(); spent != "" {
		add("Error budget used", wording.English.Percent(spent))
	}
	if v.Totals.Count > 0 {
		add("Outages", fmt.Sprintf("%d, the longest %s", v.Totals.Count, wording.English.Duration(v.Totals.Longest)))
	}
	if shown := v.CompletenessShown(); shown != "" {
		add("Completeness", wording.English.Percent(shown))
	}
	return rows
}

// amountWords says an amount in the unit of the verdict's budget.
func amountWords(v *sla.Verdict, r *big.Rat) string {
	switch {
	case v.Facts == sla.Time && v.Method != sla.RatioTimeslices, v.Method == sla.Timeslices:
		return wording.English.Duration(millisOf(r))
	case v.Method == sla.RatioTimeslices:
		return wording.English.Number(sla.Truncate(r, 2)) + " slices"
	}
	return wording.English.Number(sla.Truncate(r, 0)) + " events"
}

// millisOf gives seconds as a length of time, cut off.
func millisOf(seconds *big.Rat) sla.Millis {
	ms := new(big.Rat).Mul(seconds, big.NewRat(1000, 1))
	return sla.Millis(new(big.Int).Quo(ms.Num(), ms.Denom()).Int64())
}

// reachedWords says what was reached; empty when nothing was judged.
func reachedWords(v *sla.Verdict) string {
	if v.Value != nil {
		return wording.English.Number(sla.Truncate(v.Value.Ratio(), 3))
	}
	if shown := v.ComplianceShown(); shown != "" {
		return wording.English.Percent(shown)
	}
	return ""
}

func targetWords(o *sla.Objective) string {
	switch {
	case o.Target != nil:
		return wording.English.Percent(o.Target.String())
	case o.AtMost != nil:
		return "at most " + wording.English.Number(o.AtMost.String())
	case o.AtLeast != nil:
		return "at least " + wording.English.Number(o.AtLeast.String())
	}
	return "no target"
}

// periodWords says a period; of a rolling window its length and its end.
func periodWords(p sla.Period, zone *time.Location) string {
	if length, _, rolling := strings.Cut(p.Name, "@"); rolling {
		return fmt.Sprintf("the %s up to %s", length, wording.English.Moment(p.To.In(zone)))
	}
	return wording.English.Period(p.Name)
}

// shortPeriod says a period in few letters.
func shortPeriod(p sla.Period, zone *time.Location) string {
	if strings.Contains(p.Name, "@") {
		return periodWords(p, zone)
	}
	return wording.English.ShortPeriod(p.Name)
}

func serviceTitle(c *sla.Catalogue, name string) string {
	if s := c.Service(name); s != nil {
		return cmp.Or(s.Title, s.Name)
	}
	return name
}

func partyTitle(c *sla.Catalogue, name string) string {
	if p := c.Party(name); p != nil {
		return cmp.Or(p.Title, p.Name)
	}
	return name
}
