package telemetry

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"

	"github.com/slmd/slmd/internal/sla"
)

// family is a metric of objectives: its name, its labels beside the base ones,
// and how it is read from a standing. What does not apply is not emitted:
// unknown is not zero.
type family struct {
	name, help string
	kind       string // gauge or counter
	labels     []string
	read       func(s *sla.Standing, emit func(value float64, labels ...string))
}

// families gives all of them, the most important first.
func families() []family {
	const gauge = "gauge"
	return []family{
		{"slmd_objective_state", "1 for the state of the objective in its current period, 0 for the others.", gauge, []string{"state"}, readState},
		{
			"slmd_objective_compliance_ratio", "Compliance in the current and the previous period, from 0 to 1.", gauge,
			[]string{"window"},
			perWindow(func(v *sla.Verdict) *big.Rat { return ratio(v.Compliance) }),
		},
		{"slmd_objective_target_ratio", "Target of the objective, from 0 to 1.", gauge, nil, readTarget},
		{
			"slmd_objective_error_budget_remaining_ratio", "Share of the error budget that is left; negative when more than all is spent.", gauge,
			[]string{"window"},
			perWindow(func(v *sla.Verdict) *big.Rat { return budgetShare(v.Budget) }),
		},
		{"slmd_objective_burn_firing", "1 while the burn rate alert of this window holds.", gauge, []string{"window", "severity"}, readFiring},
		{"slmd_breach_open", "1 while the objective has an open or confirmed breach of the current period.", gauge, nil, readBreachOpen},
		{
			"slmd_objective_info", "What belongs to the objective; always 1.", gauge,
			[]string{"customer", "provider", "indicator", "method", "period", "severity", "version"},
			readInfo,
		},
		{"slmd_objective_last_measured_timestamp_seconds", "End of the last measured interval of the indicator.", gauge, nil, readMeasured},
		{
			"slmd_objective_completeness_ratio", "Share of the scope that is known, from 0 to 1.", gauge,
			[]string{"window"},
			perWindow(func(v *sla.Verdict) *big.Rat { return ratio(v.Completeness) }),
		},
		{"slmd_objective_error_budget_remaining_seconds", "Time of the error budget of the current period that is left.", gauge, nil, readBudgetSeconds},
		{"slmd_breaches_total", "Confirmed breaches of the objective.", "counter", []string{"attribution"}, readBreaches},
		{"slmd_objective_bad_seconds", "Bad time in the scope.", gauge, []string{"window"}, perWindow(badSeconds)},
		{
			"slmd_objective_removed_seconds", "Time that exclusions removed from the scope.", gauge,
			[]string{"window"},
			perWindow(func(v *sla.Verdict) *big.Rat { return v.Removed }),
		},
		{"slmd_objective_burn_rate", "Burn rate of the error budget over the window; 1 spends exactly the budget.", gauge, []string{"window"}, readBurn},
		{
			"slmd_objective_approximate", "1 where facts were counted whose events were divided; absent where all are exact.", gauge,
			[]string{"window"},
			perWindow(approximate),
		},
	}
}

// perWindow reads the current and the previous verdict.
func perWindow(value func(*sla.Verdict) *big.Rat) func(*sla.Standing, func(float64, ...string)) {
	return func(s *sla.Standing, emit func(float64, ...string)) {
		for _, w := range []struct {
			name    string
			verdict *sla.Verdict
		}{{"current", s.Current}, {"previous", s.Previous}} {
			if w.verdict == nil {
				continue
			}
			if r := value(w.verdict); r != nil {
				emit(float(r), w.name)
			}
		}
	}
}

func readState(s *sla.Standing, emit func(float64, ...string)) {
	state := sla.NoData
	if s.Current != nil {
		state = s.Current.State
	}
	for _, each := range sla.States {
		emit(flag(each == state), string(each))
	}
}

func readTarget(s *sla.Standing, emit func(float64, ...string)) {
	if s.Objective.Target != nil {
		emit(float(s.Objective.Target.Ratio()))
	}
}

// readFiring gives every burn alert that the objective can have, so that a
// rule sees it end.
func readFiring(s *sla.Standing, emit func(float64, ...string)) {
	if s.Objective.Target == nil || s.Objective.Alerts.BurnOff {
		return
	}
	for _, f := range []sla.BurnFiring{
		{Window: "1h", Severity: "critical"},
		{Window: "6h", Severity: "critical"},
		{Window: "1d", Severity: "warning"},
		{Window: "3d", Severity: "warning"},
	} {
		emit(flag(slices.Contains(s.Firing, f)), f.Window, f.Severity)
	}
}

func readBreachOpen(s *sla.Standing, emit func(float64, ...string)) { emit(flag(s.BreachOpen)) }

func readInfo(s *sla.Standing, emit func(float64, ...string)) {
	a, o := s.Agreement, s.Objective
	emit(1, a.Customer, a.Provider, o.Indicator, string(o.Method), periodLabel(a.Period), string(o.Severity), strconv.Itoa(a.Version))
}

func readMeasured(s *sla.Standing, emit func(float64, ...string)) {
	if s.Measured != sla.Always {
		emit(seconds(s.Measured))
	}
}

func readBudgetSeconds(s *sla.Standing, emit func(float64, ...string)) {
	if v := s.Current; v != nil && v.Budget != nil && countsTime(v) {
		emit(float(v.Budget.Left))
	}
}

// readBreaches gives zero too for the classes that slmd itself assigns: the
// first breach must show as an increase.
func readBreaches(s *sla.Standing, emit func(float64, ...string)) {
	counts := map[sla.AttributionClass]int64{sla.ByOwn: 0, sla.ByInternal: 0, sla.ByThirdParty: 0}
	maps.Copy(counts, s.Breaches)
	for _, class := range slices.Sorted(maps.Keys(counts)) {
		emit(float64(counts[class]), string(class))
	}
}

func readBurn(s *sla.Standing, emit func(float64, ...string)) {
	for _, w := range sla.BurnWindows {
		if rate := s.Burn[w.Name]; rate != nil {
			emit(float(rate), w.Name)
		}
	}
}

// approximate gives one for a verdict that counts divided events, nothing for others.
func approximate(v *sla.Verdict) *big.Rat {
	if !v.Approximate {
		return nil
	}
	return big.NewRat(1, 1)
}

func badSeconds(v *sla.Verdict) *big.Rat {
	if !countsTime(v) {
		return nil
	}
	return v.Bad
}

// countsTime reports whether the verdict's amounts are seconds.
func countsTime(v *sla.Verdict) bool {
	return v.Method == sla.TimeMethod || v.Method == sla.Timeslices
}

func ratio(s *sla.Share) *big.Rat {
	if s == nil {
		return nil
	}
	return s.Ratio()
}

func budgetShare(b *sla.Budget) *big.Rat {
	if b == nil {
		return nil
	}
	return b.Share()
}

func flag(on bool) float64 {
	if on {
		return 1
	}
	return 0
}

// periodLabel names a kind of period: month, or rolling 30d.
func periodLabel(p sla.PeriodTerm) string {
	switch {
	case p.Kind != sla.PeriodRolling:
		return string(p.Kind)
	case p.Rolling%sla.Day == 0:
		return fmt.Sprintf("rolling %dd", p.Rolling/sla.Day)
	}
	return "rolling " + p.Rolling.Duration().String()
}
