package contract_test

import (
	"strings"
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

func TestWhatWasGotIsCutOffAndNotRoundedUp(t *testing.T) {
	// 200,000,000,001 of 600,000,000,000 are bad: less than two thirds are good.
	r := run(t, minimal+`tests:
  - name: a little less
    ledger: [{indicator: requests, entries: [{from: 2026-11-01, to: 2026-11-02, good: 399999999999, bad: 200000000001}]}]
    expect: [{agreement: a, objective: ok, period: 2026-11-01, compliance: 66.6666666667, tolerance: 0}]
`, contract.Options{})
	want := "a little less: tests.yml:14:14 a/ok 2026-11-01: compliance: expected 66.6666666667, got 66.666666666"
	if got := outcome(r); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNumbersAreReadAsLongAsACalculationGivesThem(t *testing.T) {
	r := run(t, minimal+`tests:
  - name: exponents and many digits
    tolerance: 1e-30
    ledger:
      - {indicator: requests, entries: [{from: 2026-11-01, to: 2026-11-02, good: 1.5e3, bad: 0.00000050000000000000001}]}
      - {indicator: mark, entries: [{from: 2026-11-01, to: 2026-11-02, sum: 0.30000000000000004, count: 0.30000050000000000}]}
    expect:
      - {agreement: a, objective: ok, period: 2026-11-01, bad: 1e-6, good: 1500.0000, compliance: 99.9999999333333333777777777481481481679, tolerance: 1e-30}
      - {agreement: a, objective: mark, period: 2026-11-01, value: 1, state: breached, tolerance: 1E-6}
`, contract.Options{})
	if got := outcome(r); got != "" || len(r.Tests) != 1 {
		t.Errorf("got %s", got)
	}
	for _, wrong := range []string{"1e", "e5", "1.", ".5", "1e100", "0x10", "1_000", "+1", "--1", "1/3", "Inf", "nan", strings.Repeat("9", 41)} {
		r := run(t, minimal+"tests: [{name: a, expect: [{agreement: a, objective: ok, period: 2026-11-01, good: "+wrong+"}]}]\n", contract.Options{})
		if got := outcome(r); !strings.Contains(got, "a number is wanted, such as 0.25 or 1e-6, not") {
			t.Errorf("%s: got %q", wrong, got)
		}
	}
}
