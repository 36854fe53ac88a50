package catalogue

import (
	"fmt"
	"math/big"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// Feasible gives where agreements promise more than those they rely on: a
// target above the ceiling, hours or a validity that are not covered. An
// agreement that states a reason may.
func Feasible(c *sla.Catalogue) []sla.Problem {
	var out []sla.Problem
	for i := range c.Agreements {
		a, path := &c.Agreements[i], fmt.Sprintf("agreements[%d]", i)
		if len(a.ReliesOn) == 0 || a.Reason != "" {
			continue
		}
		for j := range a.Objectives {
			if text := aboveCeiling(c, a, &a.Objectives[j]); text != "" {
				out = append(out, sla.Problem{Path: fmt.Sprintf("%s.objectives[%d].target", path, j), Text: text})
			}
		}
		gaps, err := judge.Coverage(c, a)
		if err != nil {
			out = append(out, sla.Problem{Path: path + ".relies_on", Text: err.Error()})
		}
		for _, g := range gaps {
			out = append(out, sla.Problem{Path: path + ".relies_on", Text: uncovered(a, g)})
		}
	}
	return out
}

func aboveCeiling(c *sla.Catalogue, a *sla.Agreement, o *sla.Objective) string {
	if o.Target == nil {
		return ""
	}
	ceiling := judge.CeilingOf(c, a, o.Name)
	if ceiling == nil || o.Target.Ratio().Cmp(ceiling.Ratio) <= 0 {
		return ""
	}
	return fmt.Sprintf("a target of %s%% is above the ceiling of %s%% that %s allow: lower it, or give the agreement a reason",
		o.Target, percentOf(ceiling.Ratio, int(o.Target.Scale)+1), ceiling.Chain)
}

// percentOf shows a ratio in percent, with more decimals where it has few.
func percentOf(r *big.Rat, decimals int) string {
	s := sla.Percent(r, max(decimals, 4))
	for len(s) > 1 && s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

func uncovered(a *sla.Agreement, g judge.CoverageGap) string {
	what := "the service hours of %s do not cover those of %s, first at %s: extend them, or give %s a reason"
	if g.Validity {
		what = "the validity of %s does not cover that of %s, first at %s: extend it, or give %s a reason"
	}
	return fmt.Sprintf(what, g.Agreement, a.Name, writeInstant(g.First.From, a.Zone), a.Name)
}
