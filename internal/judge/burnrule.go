package judge

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// BurnRule is one burn alert of an objective.
type BurnRule struct {
	Severity    string // "critical" (page) or "warning" (ticket)
	Long, Short sla.BurnWindow
	Factor      *big.Rat
}

// burnAlert is a rule before it is fitted to a period: it fires when that share
// of the period's budget would be spent in the long window.
type burnAlert struct {
	severity    string
	long, short string
	percent     int64 // of the period's budget
}

func burnAlerts() []burnAlert {
	return []burnAlert{
		{"critical", "1h", "5m", 2},
		{"critical", "6h", "30m", 5},
		{"warning", "1d", "2h", 10},
		{"warning", "3d", "6h", 10},
	}
}

// BurnRules gives the rules that can fire for a target in a period of that
// length whose whole scope is scope: those whose window is no longer than the
// period and whose factor a rate can reach at all.
func BurnRules(target sla.Decimal, period, scope sla.Millis) []BurnRule {
	rest := new(big.Rat).Sub(big.NewRat(1, 1), target.Ratio())
	var out []BurnRule
	if rest.Sign() <= 0 {
		return nil
	}
	for _, a := range burnAlerts() {
		long, short := burnWindow(a.long), burnWindow(a.short)
		factor := big.NewRat(a.percent*int64(scope), 100*int64(long.Length))
		if one := big.NewRat(1, 1); factor.Cmp(one) < 0 {
			factor = one
		}
		if long.Length <= period && factor.Cmp(new(big.Rat).Inv(rest)) <= 0 {
			out = append(out, BurnRule{a.severity, long, short, factor})
		}
	}
	return out
}

func burnWindow(name string) sla.BurnWindow {
	for _, w := range sla.BurnWindows {
		if w.Name == name {
			return w
		}
	}
	return sla.BurnWindow{}
}

// BurnFiring gives the alerts that hold: both windows at or above the factor
// and, for events, at least minBad bad events in the long one.
func BurnFiring(rules []BurnRule, rates Rates, facts sla.FactKind, minBad int64) []sla.BurnFiring {
	var out []sla.BurnFiring
	for _, r := range rules {
		if r.fires(rates, facts, minBad) {
			out = append(out, sla.BurnFiring{Window: r.Long.Name, Severity: r.Severity})
		}
	}
	return out
}

func (r *BurnRule) fires(rates Rates, facts sla.FactKind, minBad int64) bool {
	long, short := rates.window(r.Long.Name), rates.window(r.Short.Name)
	if !reaches(long, r.Factor) || !reaches(short, r.Factor) {
		return false
	}
	return facts != sla.Events || long.Bad.Cmp(whole(minBad)) >= 0
}

// BurnSince gives the end of the interval since which a rule that fires at at
// has fired, looking no further back than the given span: however seldom
// somebody looked, it is the same instant. The entries reach as far back from
// there as Burn wants them.
func BurnSince(c Case, h History, r BurnRule, at sla.Instant, back sla.Millis) (sla.Instant, error) {
	entries, err := h.Since(sla.Always, nil)
	if err != nil {
		return at, err
	}
	since := at
	for i := at.Add(-c.Indicator.Interval); i >= at.Add(-back); i = i.Add(-c.Indicator.Interval) {
		excluded, err := Excluded(c.Agreement.Service, c.Exclusions, i)
		if err != nil || excluded {
			return since, err
		}
		rates, err := burnOver(c, History{Loose: until(entries, i)}, i, []sla.BurnWindow{r.Long, r.Short})
		if err != nil || !r.fires(rates, c.Indicator.Facts(), c.Objective.Alerts.MinBad) {
			return since, err
		}
		since = i
	}
	return since, nil
}

// until gives the entries that had ended at i.
func until(entries []sla.Entry, i sla.Instant) []sla.Entry {
	n, _ := slices.BinarySearchFunc(entries, i, func(e sla.Entry, i sla.Instant) int { return cmp.Compare(e.To, i+1) })
	return entries[:n]
}

func reaches(r *Rate, factor *big.Rat) bool {
	return r != nil && r.Rate != nil && r.Rate.Cmp(factor) >= 0
}

// Excluded reports whether an approved exclusion of the service holds at at: no
// burn alerts are sent then.
func Excluded(service string, exclusions []sla.Exclusion, at sla.Instant) (bool, error) {
	set, err := approved(service, exclusions, sla.Span{From: at, To: at + 1})
	return len(set) > 0, err
}
