package contract_test

import (
	"testing"

	"github.com/slmd/slmd/internal/contract"
)

func TestOfPartsWithoutAChargeTheSameCreditIsThatOfTheWhole(t *testing.T) {
	const version = `{name: a, kind: SLA, service: web, provider: us, customer: you, period: day, objectives: [{name: up, indicator: up, target: 99%, credits: [{below: 99%, credit: 10%}]}]`
	r := run(t, `catalogue:
  parties: [{name: us, role: internal}, {name: you, role: customer}]
  services: [{name: web}]
  indicators: [{name: up, service: web, time: {metric: up}}]
  agreements:
    - `+version+`, valid: {from: 2026-11-01, until: 2026-11-01T12:00}}
    - `+version+`, valid: {from: 2026-11-01T12:00}}
tests:
  - name: both missed
    ledger: [{indicator: up, entries: [{from: 2026-11-01, to: 2026-11-01T10:00, state: up}, {from: 2026-11-01T10:00, to: 2026-11-01T14:00, state: down}, {from: 2026-11-01T14:00, to: 2026-11-02, state: up}]}]
    expect: [{agreement: a, objective: up, period: 2026-11-01, credit: 10%, credit_amount: null, outages: 2}]
  - name: one missed
    ledger: [{indicator: up, entries: [{from: 2026-11-01, to: 2026-11-01T10:00, state: up}, {from: 2026-11-01T10:00, to: 2026-11-01T12:00, state: down}, {from: 2026-11-01T12:00, to: 2026-11-02, state: up}]}]
    expect: [{agreement: a, objective: up, period: 2026-11-01, credit: null, parts: [{version: 1, credit: 10%}, {version: 2, credit: 0%}]}]
`, contract.Options{})
	if got := outcome(r); got != "" || len(r.Tests) != 2 {
		t.Errorf("got %s", got)
	}
}
