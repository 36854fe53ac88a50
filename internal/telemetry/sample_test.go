package telemetry

import (
	"fmt"
	"math/big"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// share gives num of den.
func share(num, den int64) *sla.Share {
	return &sla.Share{Num: big.NewRat(num, 1), Den: big.NewRat(den, 1)}
}

// pointer gives the address of a copy of v.
func pointer[T any](v T) *T { return &v }

// midnight is the first instant of November 2026 in UTC.
var midnight = sla.At(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))

// standing gives an objective over time of which everything is known.
func standing(agreement, objective string) sla.Standing {
	a := &sla.Agreement{
		Name: agreement, Version: 2, Kind: sla.SLA, Service: "checkout", Provider: "platform", Customer: "retail",
		Valid: sla.Span{From: midnight, To: midnight.Add(365 * sla.Day)}, Zone: "UTC", ReviewEvery: 6,
		Period: sla.PeriodTerm{Kind: sla.PeriodMonth},
	}
	o := &sla.Objective{
		Name: objective, Indicator: "checkout-up", Target: pointer(sla.MustDecimal("99.9")), Method: sla.TimeMethod, Severity: sla.Critical,
	}
	v := &sla.Verdict{
		State: sla.AtRisk, Facts: sla.Time, Method: sla.TimeMethod, Compliance: share(9995, 10000), Completeness: share(99, 100),
		Bad: big.NewRat(2400, 1), Removed: big.NewRat(3600, 1),
		Budget: &sla.Budget{Allowed: big.NewRat(2592, 1), Left: big.NewRat(192, 1)},
		Credit: &sla.Credit{Charge: &sla.Money{Minor: 1200000, Currency: "EUR"}, Amount: &sla.Money{Minor: 120050, Currency: "EUR"}},
	}
	previous := *v
	previous.State, previous.Compliance = sla.Breached, share(998, 1000)
	return sla.Standing{
		Agreement: a, Objective: o, Indicator: &sla.Indicator{Name: "checkout-up", Kind: sla.TimeGauge}, Current: v, Previous: &previous,
		Burn:     map[string]*big.Rat{"5m": big.NewRat(0, 1), "1h": big.NewRat(29, 2)},
		Firing:   []sla.BurnFiring{{Window: "1h", Severity: "critical"}},
		Measured: midnight.Add(21*sla.Day + 500), BreachOpen: true,
		Breaches: map[sla.AttributionClass]int64{sla.ByThirdParty: 3, sla.ByCustomer: 1},
	}
}

// bare gives an objective of a mean of which nothing is known yet.
func bare(agreement, objective string) sla.Standing {
	s := standing(agreement, objective)
	s.Objective = &sla.Objective{Name: objective, Indicator: "csat", Method: sla.MeanMethod, Severity: sla.Minor}
	s.Agreement = &sla.Agreement{
		Name: agreement, Version: 1, Kind: sla.OLA, Service: "checkout", Zone: "UTC",
		Valid: sla.Span{From: midnight, To: sla.Forever}, Period: sla.PeriodTerm{Kind: sla.PeriodRolling, Rolling: 30 * sla.Day},
	}
	return sla.Standing{Agreement: s.Agreement, Objective: s.Objective, Indicator: s.Indicator, Measured: sla.Always}
}

// many gives n objectives.
func many(n int) func() []sla.Standing {
	all := make([]sla.Standing, n)
	for i := range all {
		all[i] = standing(fmt.Sprintf("agreement-%04d", i), "availability")
	}
	return func() []sla.Standing { return all }
}

// given gives these standings.
func given(all ...sla.Standing) func() []sla.Standing {
	return func() []sla.Standing { return all }
}

// alerting gives a daemon of which one alert holds, told twice.
func alerting() Alerting {
	breached := map[string]string{"alertname": sla.AlertBreached, "severity": "critical", "agreement": "checkout-sla", "team": "a \"till\""}
	return Alerting{Mode: "rules", ExternalURL: "http://slmd", Firing: []map[string]string{breached, breached}}
}
