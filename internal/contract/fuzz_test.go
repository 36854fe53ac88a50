package contract_test

import (
	"testing"

	"github.com/slmd/slmd/internal/contract"
)

const minimal = `catalogue:
  parties: [{name: us, role: internal}, {name: you, role: customer}]
  services: [{name: web}]
  indicators:
    - {name: up, service: web, time: {metric: up}}
    - {name: requests, service: web, ratio: {total: requests_total, bad: errors_total}}
    - {name: mark, service: web, entries: {as: mean}}
  agreements:
    - {name: a, kind: SLA, service: web, provider: us, customer: you, valid: {from: 2026-01-01}, period: day, charge: 10 EUR,
       objectives: [{name: up, indicator: up, target: 99%}, {name: ok, indicator: requests, target: 99%}, {name: mark, indicator: mark, at_least: 4}]}
`

// FuzzContractFile feeds any tests for a small catalogue: they run or are
// refused, and nothing panics.
func FuzzContractFile(f *testing.F) {
	for _, seed := range []string{
		"tests: [{name: a, ledger: [{indicator: up, entries: [{from: 2026-01-01, to: 2026-01-02, state: up}]}], expect: [{agreement: a, objective: up, period: 2026-01-01, state: met}]}]",
		"tests: [{name: a, series: {start: 2026-01-01, input: [{series: up, values: 1x100 0x10 _x3 stale}]}, expect: [{agreement: a, objective: up, from: 0, to: 86400, compliance: null, burn: {1h: 1}}]}]",
		"tests: [{name: a, now: 1.5, exclusions: [], expect: [{agreement: a, objective: mark, period: rolling, value: 4, parts: [{version: 1, credit: 0%}]}]}]",
		"tests: [{name: a, series: {start: 0, input: [{series: 'up{', values: '1x99999999999'}]}, expect: []}]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, tests string) {
		if len(tests) > 4<<10 {
			return // the bound on sizes has tests of its own; long inputs only slow the search
		}
		file, err := contract.Parse("any.yml", []byte(minimal+tests))
		if err == nil {
			file.Run(contract.Options{})
		}
	})
}
