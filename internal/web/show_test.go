package web

import (
	"math/big"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// standsAs gives a verdict over time on an open month, with so many seconds bad of
// an hour measured and of 43 minutes allowed.
func standsAs(state sla.State, bad int64) *sla.Verdict {
	target := sla.MustDecimal("99.9")
	share := &sla.Share{Num: big.NewRat(3600-bad, 1), Den: big.NewRat(3600, 1)}
	return &sla.Verdict{
		State: state, Provisional: true, Facts: sla.Time, Method: sla.TimeMethod, Target: &target, Compliance: share,
		Budget: &sla.Budget{Allowed: big.NewRat(2580, 1), Left: big.NewRat(2580-bad, 1)},
	}
}

func TestTheSentenceDoesNotCallBelowTheTargetMet(t *testing.T) {
	f := &frame{texts: &texts{Language: "en"}}
	target := sla.MustDecimal("99.9")
	o := &sla.Objective{Target: &target}
	for _, c := range []struct {
		state sla.State
		bad   int64
		want  string
	}{
		{sla.Met, 0, "The target is met so far: 100.00% against 99.9%. 0.0% of the error budget of 43 min is spent."},
		{sla.Met, 60, "Within the error budget: 98.33% so far against 99.9% over the whole period. 2.4% of the error budget of 43 min is spent."},
		{sla.AtRisk, 2400, "Within the error budget, but little of it is left: 33.33% so far against 99.9% over the whole period."},
		{sla.State("unsure"), 60, "Within the error budget, but unknown time could turn it over: 98.33% so far against 99.9% over the whole period."},
		{sla.Breached, 2700, "The target is missed: 25.00% against 99.9%. 104.7% of the error budget of 43 min is spent."},
	} {
		v := standsAs(c.state, c.bad)
		if c.state == "unsure" {
			v.State, v.Inconclusive = sla.AtRisk, true
		}
		if got := f.sentence(v, o); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s with %d s bad: %q, want %q", c.state, c.bad, got, c.want)
		}
	}
}

func TestABandSaysWhatEachStartedLengthCosts(t *testing.T) {
	f := &frame{texts: &texts{Language: "en"}}
	below, five := sla.MustDecimal("99.5"), sla.MustDecimal("5")
	for want, b := range map[string]sla.Band{
		"below 99.5%: EUR 200.00":                                     {Below: &below, Fixed: &sla.Money{Minor: 20000, Currency: "EUR"}},
		"below 99.5%: EUR 200.00 for each started 30 min of bad time": {Below: &below, Fixed: &sla.Money{Minor: 20000, Currency: "EUR"}, Per: 30 * sla.Minute},
		"below 99.5%: 5% of the charge":                               {Below: &below, Percent: &five},
		"5% of the charge for each started 30 min of bad time":        {Percent: &five, Per: 30 * sla.Minute},
	} {
		if got := f.band(&b); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
