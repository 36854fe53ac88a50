package contract_test

import (
	"testing"

	"github.com/slmd/slmd/internal/contract"
)

// holds runs tests over one objective of a service that is down for the first
// hour of every test; what is inserted stands in the agreement or objective.
func holds(t *testing.T, agreement, objective, tests string) {
	t.Helper()
	r := run(t, `catalogue:
  parties: [{name: us, role: internal}, {name: you, role: customer}]
  services: [{name: web}]
  indicators: [{name: up, service: web, time: {metric: up}}]
  agreements:
    - {name: a, kind: SLA, service: web, provider: us, customer: you, valid: {from: 2026-01-01}, period: day, `+agreement+`
       objectives: [{name: up, indicator: up, `+objective+`}]}
tests:
`+tests, contract.Options{})
	if got := outcome(r); got != "" || len(r.Tests) == 0 {
		t.Errorf("got %s", got)
	}
}

const hourDown = `ledger: [{indicator: up, entries: [{from: 2026-11-01, to: 2026-11-01T01:00, state: down}, {from: 2026-11-01T01:00, to: 2026-11-02, state: up}]}]`

func TestFault_E5_ATargetOfAHundredPercentHasNoBudgetAndNoDivisionByZero(t *testing.T) {
	holds(t, "", "target: 100%", `
  - {name: an hour, `+hourDown+`, expect: [{agreement: a, objective: up, period: 2026-11-01, state: breached, budget_left_seconds: -3600, burn: {1h: null}}]}
  - {name: nothing, ledger: [{indicator: up, entries: [{from: 2026-11-01, to: 2026-11-02, state: up}]}],
     expect: [{agreement: a, objective: up, period: 2026-11-01, state: met, compliance: 100, budget_left_seconds: 0, burn: {1h: null}}]}
`)
}

func TestFault_E7_OverlappingExclusionsCountOnce(t *testing.T) {
	holds(t, "", "target: 99%", `
  - name: three that overlap and touch
    `+hourDown+`
    exclusions:
      - {name: x, services: [web], category: maintenance, from: 2026-11-01T00:00, to: 2026-11-01T00:30, approved_by: kim}
      - {name: y, services: [web], category: agreed, from: 2026-11-01T00:15, to: 2026-11-01T00:45, approved_by: kim}
      - {name: z, services: [web], category: customer, from: 2026-11-01T00:45, to: 2026-11-01T01:00, approved_by: kim}
    expect: [{agreement: a, objective: up, period: 2026-11-01, state: met, removed_seconds: 3600, good_seconds: 82800, bad_seconds: 0, compliance: 100}]
`)
}

func TestFault_E9_AnExclusionOfTheWholePeriodLeavesNoDataAndNoCredit(t *testing.T) {
	holds(t, "charge: 10.00 EUR,", "target: 99%, credits: [{below: 99%, credit: 10%}]", `
  - name: all day
    `+hourDown+`
    exclusions: [{name: x, services: [web], category: force_majeure, from: 2026-10-31, to: 2026-11-03, approved_by: kim}]
    expect: [{agreement: a, objective: up, period: 2026-11-01, state: no_data, compliance: null, removed_seconds: 86400, credit: 0%, credit_amount: 0.00 EUR, breaches: 0}]
`)
}

func TestFault_E12_TermsThatChangeInMidPeriodAreJudgedInPartsThatAddUp(t *testing.T) {
	// The two versions of shop share November in halves; 36,000 s and 3,600 s down.
	r := run(t, shop+`tests:
  - name: two versions
`+outages+`    expect:
      - agreement: web-sla
        objective: up
        period: 2026-11
        good_seconds: 2552400
        bad_seconds: 39600
        parts: [{version: 1, good_seconds: 1260000, bad_seconds: 36000}, {version: 2, good_seconds: 1292400, bad_seconds: 3600}]
`, contract.Options{})
	if got := outcome(r); got != "" || len(r.Tests) != 1 {
		t.Errorf("got %s", got)
	}
}

func TestFault_E16_OfBandsThatOverlapTheLargestAppliesAndInAGapNone(t *testing.T) {
	// An hour of a day is 95.833 %.
	day := `
  - {name: an hour, ` + hourDown + `, expect: [{agreement: a, objective: up, period: 2026-11-01, state: breached, `
	holds(t, "charge: 10.00 EUR,", "target: 99%, credits: [{below: 99%, at_least: 90%, credit: 10%}, {below: 97%, at_least: 95%, credit: 30%}, {below: 96%, at_least: 80%, credit: 20%}]", day+`credit: 30%, credit_amount: 3.00 EUR}]}`)
	holds(t, "charge: 10.00 EUR,", "target: 99%, credits: [{below: 99%, at_least: 97%, credit: 10%}, {below: 95%, credit: 30%}]", day+`credit: 0%, credit_amount: 0.00 EUR}]}`)
}

func TestFault_E17_CreditsAreCappedAndWithoutAChargeAPercentage(t *testing.T) {
	day := `
  - {name: an hour, ` + hourDown + `, expect: [{agreement: a, objective: up, period: 2026-11-01, state: breached, `
	holds(t, "charge: 10.00 EUR,", "target: 99%, credits: [{per: 10m, credit: 30%}], credit_cap: 100%", day+`credit: 100%, credit_amount: 10.00 EUR}]}`)
	holds(t, "", "target: 99%, credits: [{below: 99%, credit: 10%}]", day+`credit: 10%, credit_amount: null}]}`)
	holds(t, "charge: 10.00 EUR,", "target: 99%, credits: [{below: 99%, credit: 50.00 USD}]", day+`credit_amount: 50.00 USD}]}`)
}
