package catalogue_test

import (
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/catalogue"
)

func TestTermsThatContradictEachOtherAreRefused(t *testing.T) {
	check(t,
		edit{"    unknown: removed\n", "    unknown: bad\n", "name: availability⏎        indicator| unknown: bad needs a time indicator or slices and availability counts plain events: write unknown: removed or give it slices\n" +
			"{name: speed| unknown: bad needs a time indicator or slices and speed counts plain events: write unknown: removed or give it slices"},
		edit{"charge: 12000.00 EUR", "charge: 12000.00", "12000.00| for charge an amount of money is wanted with its currency, such as 12000.00 EUR"},
		edit{"charge: 12000.00 EUR", "charge: 12000.001 EUR", `12000.001| "12000.001 EUR" is not an amount of money: EUR has 2 decimals`},
		edit{"charge: 12000.00 EUR", "charge: -1 EUR", `-1 EUR| a charge of -1.00 EUR: it cannot be negative`},
		edit{"credit_minimum: 1.00 EUR", "credit_minimum: 1.00 USD", "1.00 USD| the credit_minimum is in USD and the charge in EUR: write both in one currency"},
		edit{shopValid, "valid: {from: 2026-01-01, until: 2026-01-01}", "2026-01-01}| until must be later than from: the validity ends before it begins"},
		edit{"name: baskets-standby-ola", "name: baskets-ola", "baskets-standby-ola]}]| no agreement is named \"baskets-standby-ola\": there are baskets-ola, checkout-sla, payments-uc\n" +
			"2026-01-01}⏎    period: {roll| two versions of baskets-ola begin at 2026-01-01: give them successive validities, or one of them another name"},
		edit{"name: payments-uc\n", "name: checkout-sla\n", "payments-uc, {any| no agreement is named \"payments-uc\": there are baskets-ola, baskets-standby-ola, checkout-sla\n" +
			"2026-01-01}⏎    period: month⏎    objectives: [| two versions of checkout-sla begin at 2026-01-01: give them successive validities, or one of them another name"},
		edit{
			"valid: {from: 2026-01-01}\n    period: {rolling: 30d}\n    objectives: [{name: availability, indicator: baskets-up, target: 99.5%, credits: [{per: 30m, credit: 5%}]}]\n  - <<: *ola\n    name: baskets-standby-ola",
			"valid: {from: 2026-01-01}\n    period: {rolling: 30d}\n    objectives: [{name: availability, indicator: baskets-up, target: 99.5%}]\n  - {<<: *ola, valid: {from: 2026-02-01}}\n  - {<<: *ola, name: baskets-standby-ola}",
			"2026-02-01}| this version of baskets-ola begins while the one from 2026-01-01 is in force: end that with valid.until 2026-02-01 at the latest",
		},
		edit{"length: 1m, bad_above: 5%, min_run: 5m", "length: 1m, bad_above: 5%, min_run: 30s", "30s| min_run is shorter than a slice (1m): write at least that, or leave it out"},
		edit{"bad_above: 5%", "bad_above: 5%, bad_at: 5%", "{length: 1m| a slice is bad above a share or at one: leave bad_above or bad_at out"},
		edit{"bad_above: 5%, ", "", "{length: 1m| bad_above or bad_at is missing: it says from which bad share on a slice is bad"},
		edit{"bad_above: 5%", "bad_above: 100%", "100%| no slice is bad by more than 100%: write bad_at: 100%"},
		edit{"method: timeslices", "method: ratio_timeslices", "{length: 1m| ratio_timeslices takes the mean of the slices: leave bad_above, bad_at and min_run out"},
		edit{"method: timeslices", "method: time", "time⏎| the method time does not fit the indicator checkout-requests, which counts events: write occurrences, timeslices or ratio_timeslices\n" +
			"{length: 1m| slices are for the methods timeslices and ratio_timeslices: write one of them as method"},
		edit{"at_most: 0.25}", "target: 95%}", "95%}| the indicator checkout-mean is a mean: write at_most or at_least instead of target"},
		edit{"fast, target: 95%", "fast, at_most: 0.3", "{name: speed| the indicator checkout-fast counts events: write a target in percent instead of at_most or at_least"},
		edit{"fast, target: 95%", "fast", "{name: speed| target is missing: such as target: 99.9%, or at_most or at_least for a mean"},
		edit{"{below: 99.0%, at_least: 95.0%, credit: 25%}", "{below: 95.0%, at_least: 99.0%, credit: 25%}", "{below: 95.0%, at_least| the band holds no value: its lower bound must lie below its upper one"},
		edit{"{below: 99.9%, credit: 10%}", "{credit: 10%}", "{credit: 10%}| the band says not when it applies: give it below or at_most, such as below: 99.9%"},
		edit{"{below: 99.9%, credit: 10%}", "{below: 99.9%, at_most: 99.9%, credit: 10%}", "{below: 99.9%, at_most| a band has one upper bound (below or at_most) and one lower (at_least or above): leave one out"},
		edit{"{below: 99.9%, credit: 10%}", "{per: 30m, credit: 10%}", "30m| per is for bad time and the objective counts events: use the method time or timeslices, or leave it out"},
		edit{
			"method: timeslices\n        slices: {length: 1m, bad_above: 5%, min_run: 5m, empty: skipped}",
			"method: ratio_timeslices\n        slices: {length: 1m}\n        credits: [{per: 30m, credit: 10%}]",
			"30m| per is for bad time and the objective counts the ratios of slices: use the method time or timeslices, or leave it out",
		},
		edit{"at_most: 0.25}", "at_most: 0.25, credits: [{above: 0.25, per: 30m, credit: 10%}]}", "30m| per is for bad time and the objective counts a mean: use the method time or timeslices, or leave it out"},
		edit{"      bad: http_requests_total{job=\"checkout\",code=~\"5..\"}\n", "", "total: http| a ratio needs total and one of good and bad"},
		edit{"samples: {metric: queue_length, at_most: 1.50}", "samples: {metric: queue_length}", "{metric: queue_length}| a bound is missing that says when a value is good: at_least, at_most, above or below"},
		edit{"combine: any", "combine: most", `most| combine is "most": write mean, any, all or at_least N, such as at_least 2`},
		edit{"provider: platform\n    customer: retail", "provider: platfrom\n    customer: retail", `platfrom| no party is named "platfrom": did you mean platform?`},
		edit{"objectives: [{name: availability, indicator: payments-up, target: 99.95%}]", "objectives: []", "[]| the agreement payments-uc promises nothing: give it at least one objective"},
		edit{"charge: 20000 EUR", "charge: {amount: 5}", "{amount: 5}| for charge an amount of money is wanted, such as 12000.00 EUR"},
		edit{"entries: {as: mean, unit: points}", "entries: {as: meen, unit: points}", `meen| as is "meen": write one of events, time, mean; did you mean mean?`},
		edit{"entries: {as: mean, unit: points}", "entries: {unit: points}", `{unit: points}| as is missing`},
		edit{
			", entries: {as: mean, unit: points}", "",
			"{name: checkout-csat| the indicator says not what it measures: give it one of ratio, latency, samples, time, query, mean, entries",
		},
		edit{"owner: paycorp}", "owner: }", "owner: }| owner has no value: give one or leave the line out"},
	)
}

func TestSlicesFillADayAWeekOrARollingWindowEvenly(t *testing.T) {
	for _, c := range []struct {
		period, length string
		fits           bool
	}{
		{"month", "90m", true},
		{"month", "1d", true},
		{"month", "7h", false},
		{"month", "2d", false},
		{"day", "5h", false},
		{"week", "7h", true},
		{"week", "7d", true},
		{"week", "5h", false},
		{"week", "14d", false},
		{"{rolling: 30d}", "15d", true},
		{"{rolling: 30d}", "7h", false},
	} {
		_, _, err := catalogue.Parse("a.yml", []byte(`parties: [{name: us, role: internal}, {name: you, role: customer}]
services: [{name: web}]
indicators: [{name: up, service: web, time: {metric: up}}]
agreements:
  - {name: a, kind: SLA, service: web, provider: us, customer: you, valid: {from: 2026-01-01}, period: `+c.period+`,
     objectives: [{name: up, indicator: up, target: 99%, method: timeslices, slices: {length: `+c.length+`, bad_at: 5%}}]}
`), catalogue.Options{})
		if (err == nil) != c.fits {
			t.Errorf("%s in a %s: %v", c.length, c.period, err)
		}
	}
}

func TestWhatAliasesRepeatIsWarnedOfOnce(t *testing.T) {
	_, warnings, err := catalogue.Parse("shop.yml", []byte(`parties: [{name: us, role: internal}, {name: you, role: customer}]
services: [{name: web}]
indicators: [{name: up, service: web, time: {metric: up}}]
agreements:
  - &a {name: a, kind: SLA, service: web, provider: us, customer: you, valid: {from: 2026-01-01}, period: month,
     objectives: [{name: up, indicator: up, target: 99%, credits: [{below: 98%, credit: 5%}]}]}
  - {<<: *a, name: b}
`), catalogue.Options{})
	if err != nil || len(warnings) != 1 {
		t.Errorf("got %v, %v", warnings, err)
	}
}

func TestBandsThatOverlapOrLeaveGapsAreWarnedOf(t *testing.T) {
	for _, c := range []struct{ bands, want string }{
		{"{below: 99.9%, credit: 10%}, {below: 99%, credit: 25%}", ""},
		{"{below: 99.9%, at_least: 99%, credit: 10%}, {below: 99%, credit: 25%}", ""},
		{"{below: 99.9%, above: 99%, credit: 10%}, {at_most: 99%, credit: 25%}", ""},
		{"{at_most: 99.9%, above: 99.0%, credit: 10%}, {below: 99.0%, credit: 25%}", "a credit is due at exactly 99.9%, where the target is met\nno band applies to exactly 99.0%: no credit is due there although the target is missed"},
		{"{below: 99.9%, at_least: 99%, credit: 10%}", "no band applies to values from 0% and below 99%: no credit is due there although the target is missed"},
		{"{below: 99.5%, credit: 10%}", "no band applies to values from 99.5% and below 99.9%: no credit is due there although the target is missed"},
		{"{below: 99.9%, at_least: 98%, credit: 10%}, {below: 99%, credit: 25%}", "several bands apply to values from 98% and below 99%: the largest credit is taken"},
		{"{below: 99.9%, at_least: 99%, credit: 10%}, {at_most: 99%, credit: 25%}", "several bands apply to exactly 99%: the largest credit is taken"},
		{"{below: 99%, at_least: 98%, credit: 5%}, {below: 97%, at_least: 96%, credit: 9%}", "no band applies to values from 0% and below 96%: no credit is due there although the target is missed\nno band applies to values from 97% and below 98%: no credit is due there although the target is missed\nno band applies to values from 99% and below 99.9%: no credit is due there although the target is missed"},
		{"{per: 30m, credit: 5%}", ""},
		{"{below: 100%, at_least: 99.9%, credit: 1%}, {below: 99.9%, credit: 2%}", "a credit is due at exactly 99.9%, where the target is met"},
		{"{below: 99.9%, at_least: 0%, credit: 10%}, {below: 99%, at_least: 0%, credit: 50.00 USD}", "several bands apply to values from 0% and below 99%: the largest credit is taken\nthe credit is in USD and the charge in EUR: amounts of different currencies are never added"},
	} {
		text := strings.Replace(shop, "indicator: payments-up, target: 99.95%", "indicator: payments-up, target: 99.9%, credits: ["+c.bands+"]", 1)
		text = strings.Replace(text, "    objectives: [{name: availability, indicator: payments-up", "    charge: 1 EUR\n    objectives: [{name: availability, indicator: payments-up", 1)
		_, warnings, err := catalogue.Parse("shop.yml", []byte(text), catalogue.Options{})
		if err != nil {
			t.Errorf("%s: %v", c.bands, err)
		}
		var lines []string
		for _, w := range warnings {
			if w.Line > 95 {
				lines = append(lines, w.Text)
			}
		}
		if got := strings.Join(lines, "\n"); got != c.want {
			t.Errorf("%s\n got: %s\nwant: %s", c.bands, got, c.want)
		}
	}
}
