package contract_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/contract"
)

// shop is a catalogue with a supplier below and a mean beside.
const shop = `catalogue:
  time_zone: Europe/Berlin
  parties: [{name: us, role: internal}, {name: you, role: customer}, {name: host, role: supplier}]
  services: [{name: web}, {name: servers}]
  indicators:
    - {name: up, service: web, time: {metric: 'probe_success{job="web"}'}}
    - {name: requests, service: web, ratio: {total: requests_total, bad: 'requests_total{code="500"}'}}
    - {name: mark, service: web, entries: {as: mean}}
    - {name: servers-up, service: servers, time: {metric: servers_up}}
  agreements:
    - name: web-sla
      kind: SLA
      service: web
      provider: us
      customer: you
      valid: {from: 2026-01-01, until: 2026-11-16}
      period: month
      charge: 1000.00 EUR
      relies_on: [servers-uc]
      objectives:
        - {name: up, indicator: up, target: 99%, credits: [{below: 99%, credit: 10%}]}
        - {name: ok, indicator: requests, target: 99%}
        - {name: mark, indicator: mark, at_least: 4}
    - name: web-sla
      kind: SLA
      service: web
      provider: us
      customer: you
      valid: {from: 2026-11-16}
      period: month
      charge: 2000.00 EUR
      relies_on: [servers-uc]
      objectives: [{name: up, indicator: up, target: 98%, credits: [{below: 98%, credit: 20%}]}]
    - {name: servers-uc, kind: UC, service: servers, provider: host, customer: us, valid: {from: 2026-01-01}, period: month,
       objectives: [{name: up, indicator: servers-up, target: 99.5%}]}
`

// run writes a test file and runs it.
func run(t *testing.T, text string, o contract.Options) contract.Results {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tests.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return contract.Run(path, o)
}

// outcome gives what failed, without directories.
func outcome(r contract.Results) string {
	var lines []string
	if r.Err != nil {
		lines = append(lines, r.Err.Error())
	}
	for _, test := range r.Tests {
		for _, f := range test.Failures {
			lines = append(lines, test.Name+": "+f)
		}
	}
	return regexp.MustCompile(`[^\s"<>]*/tests\.yml`).ReplaceAllString(strings.Join(lines, "\n"), "tests.yml")
}

const outages = `    ledger:
      - indicator: up
        entries:
          - {from: 2026-11-01, to: 2026-11-05, state: up}
          - {from: 2026-11-05, to: 2026-11-05T10:00, state: down}
          - {from: 2026-11-05T10:00, to: 2026-11-20, state: up}
          - {from: 2026-11-20, to: 2026-11-20T01:00, state: down}
          - {from: 2026-11-20T01:00, to: 2026-12-01, state: up}
      - indicator: servers-up
        entries:
          - {from: 2026-11-01, to: 2026-11-05T04:00, state: up}
          - {from: 2026-11-05T04:00, to: 2026-11-05T06:00, good: 0, bad: 7200}
          - {from: 2026-11-05T06:00, to: 2026-12-01, good: 2224800}
`

func TestEveryFieldCanBeExpected(t *testing.T) {
	// The month has 30 days, of which the first version holds for 15: 1,296,000 s
	// with 36,000 s down, 97.22 %, budget 12,960 s. The second has one hour down of
	// as many seconds, 99.72 %, budget 25,920 s. Each is charged its half.
	r := run(t, shop+`tests:
  - name: two versions
`+outages+`    expect:
      - agreement: web-sla
        objective: up
        period: 2026-11
        state: breached
        good_seconds: 2552400
        bad_seconds: 39600
        good: 0                     # a time indicator has no events
        bad: 0
        mtrs: 19800                 # 36,000 s and 3,600 s
        mtbf: 1276200               # 1,260,000 s and 1,292,400 s
        unknown_seconds: 0
        removed_seconds: 0
        breaches: 1
        outages: 2
        longest_outage: 10h
        certain: true
        provisional: false
        inconclusive: false
        completeness: 100
        credit_amount: 50.00 EUR
        ceiling: 99.5
        attribution: {third_party: 7200, own: 32400, internal: 0}
        parts:
          - {version: 1, state: breached, compliance: 97.22222, good_seconds: 1260000, bad_seconds: 36000, budget_left_seconds: -23040, lowest: 97.22222, highest: 97.22222,
             credit: 10%, credit_amount: 50.00 EUR, mtrs: 10h, mtbf: 1260000}
          - {version: 2, state: met, compliance: 99.7222, tolerance: 0.001, bad_seconds: 3600, budget_left_seconds: 22320, credit: 0%, credit_amount: 0.00 EUR, mtrs: 3600}
      - {agreement: web-sla, objective: up, period: 2026-11, version: 2, state: met}
      - {agreement: web-sla, objective: up, from: 2026-11-05, to: 2026-11-05T20:00, compliance: 50, state: breached}
      - {agreement: servers-uc, objective: up, period: 2026-11, compliance: 99.72222222, ceiling: null}
      - {agreement: web-sla, objective: up, period: 2026-10, state: no_data, compliance: null, breaches: 0, credit: 0%}
  - name: a mean and events
    now: 2026-11-10T00:00:00+01:00
    ledger:
      - {indicator: mark, entries: [{from: 2026-11-01, to: 2026-11-02, sum: 9, count: 2}, {from: 2026-11-03, to: 2026-11-04, sum: 3, count: 1}]}
      - {indicator: requests, entries: [{from: 2026-11-09, to: 2026-11-10, good: 99, bad: 1, unknown: 60}]}
    expect:
      - {agreement: web-sla, objective: mark, period: 2026-11, value: 4, state: met, compliance: null}
      - {agreement: web-sla, objective: ok, period: 2026-11, good: 99, bad: 1, good_seconds: 0, bad_seconds: 0, unknown_seconds: 691260, compliance: 99, burn: {1d: 1, 3d: 1, 1h: 1}, budget_left: 0, state: at_risk}
`, contract.Options{})
	if got := outcome(r); got != "" || len(r.Tests) != 2 {
		t.Errorf("got\n%s", got)
	}
}

func TestAllThatDiffersIsSaidAtOnce(t *testing.T) {
	r := run(t, shop+`tests:
  - name: wrong
`+outages+`    expect:
      - agreement: web-sla
        objective: up
        period: 2026-11
        state: met
        bad_seconds: 39599
        outages: 3
        longest_outage: 9h
        credit_amount: 60.00 EUR
        attribution: {third_party: 7201}
        parts: [{version: 1, compliance: 97.2222, certain: false}, {version: 3, state: met}]
      - {agreement: web-sla, objective: up, period: 2026-10, compliance: 0, burn: {1h: 14.4}}
`, contract.Options{})
	want := `wrong: tests.yml:52:9 web-sla/up 2026-11: state: expected met, got breached
wrong: tests.yml:52:9 web-sla/up 2026-11: bad_seconds: expected 39599, got 39600
wrong: tests.yml:52:9 web-sla/up 2026-11: outages: expected 3, got 2
wrong: tests.yml:52:9 web-sla/up 2026-11: longest_outage: expected 9h, got 36000s
wrong: tests.yml:52:9 web-sla/up 2026-11: credit_amount: expected 60.00 EUR, got 50.00 EUR
wrong: tests.yml:52:9 web-sla/up 2026-11: attribution third_party: expected 7201, got 7200
wrong: tests.yml:52:9 web-sla/up 2026-11, version 1: compliance: expected 97.2222, got 97.222222222
wrong: tests.yml:52:9 web-sla/up 2026-11, version 1: certain: expected false, got true
wrong: tests.yml:52:9 web-sla/up 2026-11, version 3: version 3 is not in force in this period
wrong: tests.yml:62:9 web-sla/up 2026-10: compliance: expected 0, got none
wrong: tests.yml:62:9 web-sla/up 2026-10: burn 1h: expected 14.4, got none`
	if got := outcome(r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if r.Failed() != 1 {
		t.Errorf("%d tests failed, want 1", r.Failed())
	}
}

func TestSamplesAreMeasuredAndJudged(t *testing.T) {
	r := run(t, shop+`tests:
  - name: twenty-two minutes
    series:
      start: 2026-11-01T00:00:00+01:00
      interval: 1m
      input:
        - {series: 'probe_success{job="web"}', values: "1x19999 0x21 1x23177"}
    expect:
      - {agreement: web-sla, objective: up, from: 2026-11-01, to: 2026-12-01, version: 1, good_seconds: 1294680, bad_seconds: 1320, outages: 1, longest_outage: 22m, unknown_seconds: 0}
  - name: counters
    series:
      start: 2026-11-01T00:00:00+01:00
      input:
        - {series: 'requests_total{code="200"}', values: "0+99x60"}
        - {series: 'requests_total{code="500"}', values: "0+1x60"}
    expect:
      - {agreement: web-sla, objective: ok, from: 2026-11-01, to: 2026-11-01T01:01, good: 5940, bad: 60, compliance: 99}
  - name: no query is answered
    series: {start: 2026-11-01, input: [{series: up, values: 1}]}
    expect:
      - {agreement: servers-uc, objective: up, from: 2026-11-01, to: 2026-11-02, state: no_data}
`, contract.Options{})
	if got := outcome(r); got != "" || len(r.Tests) != 3 {
		t.Errorf("got\n%s", got)
	}
}

func TestOnlyTestsWithAMatchingNameAreRun(t *testing.T) {
	text := shop + "tests:\n"
	for _, name := range []string{"one", "two", "twenty-one"} {
		text += "  - {name: " + name + ", expect: [{agreement: web-sla, objective: up, period: 2026-11, state: met}]}\n"
	}
	r := run(t, text, contract.Options{Run: regexp.MustCompile("one$")})
	if len(r.Tests) != 2 || r.Tests[0].Name != "one" || r.Tests[1].Name != "twenty-one" {
		t.Errorf("got %+v", r.Tests)
	}
}

func TestWhatIsWrongWithATestFileIsSaidAtOnceWithItsPlace(t *testing.T) {
	r := run(t, shop+`tests:
  - name: all wrong
    now: yesterday
    ledgers: []
    ledger:
      - {indicator: uq, entries: []}
      - {indicator: up, entries: [{from: 2026-11-01, to: 2026-11-02, state: upp}, {from: 2026-11-02, to: 2026-11-03, good: 5, bad: 5, unknown: 5}, {from: 2026-11-03, to: 2026-11-03, state: up}]}
      - {indicator: up, entries: [{from: 2026-11-01, to: 2026-11-02, state: up}]}
      - {indicator: requests, entries: [{from: 2026-11-01, to: 2026-11-02, state: up}, {from: 2026-11-02, to: 2026-11-03, good: one}]}
    exclusions: [{name: x, services: [webb], category: maintenance, from: 2026-11-01, to: 2026-11-02}]
    expect:
      - {agreement: web-slo, objective: up, period: 2026-11, state: met}
      - {agreement: web-sla, objective: upp, period: 2026-13, state: mett}
      - {agreement: web-sla, objective: up, period: 2026-11}
      - {agreement: web-sla, objective: up, period: 2026-11, complience: 99, burn: {hour: 1}, credit_amount: 5, parts: [{state: met}]}
  - {name: empty, series: {start: 2026-11-01, input: [{series: 'up{', values: 1x5}, {series: up, values: 1x99999999}]}, expect: []}
`, contract.Options{})
	want := `tests.yml:38:10: for now a point in time is wanted: a date such as 2026-11-01 or a time such as 2026-11-01T09:30:00+01:00, not "yesterday"`
	got := outcome(r)
	if !strings.HasPrefix(got, want+"\n") {
		t.Errorf("got\n%s", got)
	}
	if n := strings.Count(got, "\n") + 1; n != 22 {
		t.Errorf("%d lines, want 22", n)
	}
	for _, part := range []string{
		`tests.yml:39:5: unknown field "ledgers": did you mean ledger?`,
		`no indicator is named "uq": did you mean up?`,
		`state is "upp": write one of up, down, unknown; did you mean up?`,
		"good, bad and unknown of a time indicator must be the length of the span together (86400 s)",
		"to must be later than from",
		"two entries of up overlap at 2026-10-31T23:00:00Z: facts of one time stand in one entry",
		"state is for time indicators and this one counts events: give its amounts",
		`good is "one": write a number, such as 12 or 0.25`,
		`no service is named "webb": did you mean web?`,
		`no agreement is named "web-slo": did you mean web-sla?`,
		`web-sla has no objective "upp": did you mean up?`,
		`"2026-13" is not a period: write 2026-11, 2026-11-05, 2026-W45, 2026-Q4, 2026-H2 or 2026`,
		`state is "mett": write one of met, at_risk, failing, breached, no_data; did you mean met?`,
		"nothing is expected here: give a field such as state: met",
		`unknown field "complience": did you mean compliance?`,
		`"hour" is not the length of a window: write one such as 1h or 3d`,
		"for credit_amount an amount of money is wanted with its currency, such as 5 EUR",
		"version is missing",
		"the test expects nothing: say what the verdicts must be",
		"the series cannot be read: 1:",
		"the values unfold to more than 20000000 samples",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not said in\n%s", part, got)
		}
	}
}

func TestACatalogueIsAMappingAFileADirectoryOrAListOfThese(t *testing.T) {
	dir := t.TempDir()
	inner := strings.TrimPrefix(strings.ReplaceAll(shop, "\n  ", "\n"), "catalogue:\n")
	half := strings.Index(inner, "agreements:")
	for name, text := range map[string]string{"shop.yml": inner, "parts/1.yml": inner[:half], "parts/2.yml": "time_zone: Europe/Berlin\n" + inner[half:]} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for given, want := range map[string]string{
		"shop.yml": "", "[shop.yml]": "", "parts": "", "[parts]": "", "[parts/1.yml, parts/2.yml]": "",
		"[]":                  `tests.yml:2:40: no agreement is named "web-sla": there are none`,
		"none.yml":            "tests.yml:1:12: none.yml: no such file or directory",
		"[parts/1.yml, none]": "tests.yml:1:26: none: no such file or directory",
	} {
		path := filepath.Join(dir, "tests.yml")
		text := "catalogue: " + given + "\ntests: [{name: a, expect: [{agreement: web-sla, objective: up, period: 2026-11, state: no_data}]}]\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := strings.ReplaceAll(outcome(contract.Run(path, contract.Options{})), dir+string(filepath.Separator), "")
		if got != want {
			t.Errorf("%s: got %q, want %q", given, got, want)
		}
	}
}

func TestTheReportForOtherProgramsHoldsEveryTest(t *testing.T) {
	failed := run(t, shop+"tests:\n  - {name: 'a <b> \u0001', expect: [{agreement: web-sla, objective: up, period: 2026-11, state: met}]}\n  - {name: c, expect: [{agreement: web-sla, objective: up, period: 2026-11, state: no_data}]}\n", contract.Options{})
	failed.File = "tests.yml"
	for i := range failed.Tests {
		failed.Tests[i].At.File = "tests.yml"
	}
	var b strings.Builder
	if err := contract.WriteJUnit(&b, []contract.Results{failed, {File: "none.yml", Err: os.ErrNotExist}}); err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`[^\s"<>]*/tests\.yml`).ReplaceAllString(b.String(), "tests.yml")
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="slmtool test" tests="3" failures="1" errors="1">
  <testsuite name="tests.yml" tests="2" failures="1" errors="0">
    <testcase name="a &lt;b&gt; " classname="tests.yml" file="tests.yml" line="37">
      <failure message="tests.yml:37:32 web-sla/up 2026-11: state: expected met, got no_data">tests.yml:37:32 web-sla/up 2026-11: state: expected met, got no_data</failure>
    </testcase>
    <testcase name="c" classname="tests.yml" file="tests.yml" line="38"></testcase>
  </testsuite>
  <testsuite name="none.yml" tests="1" failures="0" errors="1">
    <testcase name="the file is read" classname="none.yml" file="none.yml">
      <error message="file does not exist">file does not exist</error>
    </testcase>
  </testsuite>
</testsuites>
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
