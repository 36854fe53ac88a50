package cycle

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// varied is a catalogue with agreements of all kinds of periods and methods;
// terms and exclusions are filled in.
const varied = `version: 1
time_zone: Europe/Berlin
parties: [{name: retail, role: customer}, {name: platform, role: internal}]
calendars: [{name: office, hours: {mon-fri: ["08:00-18:00"], sat: ["09:00-13:00"]}, holidays: [2026-03-17]}]
services: [{name: shop, status: live, owner: platform}]
indicators:
  - {name: requests, service: shop, interval: 15m, ratio: {total: requests_total, bad: failures_total}}
  - {name: probe, service: shop, interval: 10m, time: {metric: probe_success}}
agreements:
  - name: shop-sla
    kind: SLA
    service: shop
    provider: platform
    customer: retail
    valid: {from: 2026-02-10}
    calendar: office
    period: month
    charge: 1000.00 EUR
    objectives:
      - {name: success, indicator: requests, target: %[1]s%%, credits: [{below: 99%%, credit: 10%%}]}
      - {name: there, indicator: probe, target: 99%%, limits: {longest_outage: 2h}}
      - {name: slices, indicator: requests, target: 95%%, method: timeslices, slices: {length: 30m, bad_above: 2%%}}
  - name: shop-ola
    kind: OLA
    service: shop
    provider: platform
    customer: platform
    valid: {from: 2026-02-10}
    period: {rolling: 7d}
    unknown: bad
    objectives: [{name: there, indicator: probe, target: 98%%}]
  - name: shop-week
    kind: UC
    service: shop
    provider: platform
    customer: platform
    valid: {from: 2026-02-10}
    period: week
    planned: good
    objectives: [{name: success, indicator: requests, target: 99.5%%}]
%[2]s`

const upgrade = `exclusions:
  - {name: upgrade, services: [shop], category: maintenance, reason: Upgrade, from: 2026-03-03T09:07:00+01:00, to: 2026-03-05T14:00:00+01:00%s}
`

const approval = ", approved_by: kim@example.com, approved_on: 2026-03-09"

// weather makes facts with quiet days, bad hours and some unknown time.
func weather(indicator string, at sla.Instant) sla.Entry {
	hour := dice(40, indicator, at/sla.Instant(sla.Hour))
	length := 15 * sla.Minute
	if indicator == "probe" {
		length = 10 * sla.Minute
	}
	var e sla.Entry
	if dice(30, "unknown", indicator, at) == 0 {
		e.Unknown = length
	}
	if indicator == "probe" {
		bad := sla.Millis(0)
		if hour == 0 {
			bad = sla.Millis(dice(int64(length), at)) - e.Unknown
		}
		bad = max(bad, 0)
		e.Bad, e.Good = sla.Seconds(bad), sla.Seconds(length-bad-e.Unknown)
		return e
	}
	e.Good = sla.Whole(50 + dice(100, at))
	if hour < 2 {
		e.Bad = sla.Whole(dice(20, "bad", at))
	}
	return e
}

func TestJudgingInManySmallRoundsIsJudgingAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it judges months over and over")
	}
	for seed := range seeds(t, 1) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { cutAtRandom(t, rand.New(rand.NewPCG(uint64(seed), 1))) })
	}
}

// cutAtRandom lives from February to April in rounds of random lengths, with
// restarts between, a version change within March, and an exclusion that is
// proposed first and approved after its time.
func cutAtRandom(t *testing.T, r *rand.Rand) {
	var (
		begin    = march.Add(-19 * sla.Day)
		end      = march.Add(40 * sla.Day)
		stricter = march.Add(15 * sla.Day)
		approved = march.Add(12 * sla.Day)
	)
	w := newWorld(t, fmt.Sprintf(varied, "99", fmt.Sprintf(upgrade, "")), begin)
	w.source.fact = weather
	for now := begin; now < end; {
		before := now
		now = min(end, now.Add(sla.Millis(r.Int64N(int64(sla.Day)))))
		w.source.piece = sla.Minute + sla.Millis(r.Int64N(int64(sla.Day)))
		w.now = now
		if before < approved && now >= approved {
			w.apply(fmt.Sprintf(varied, "99", fmt.Sprintf(upgrade, approval)))
			w.reload()
		}
		if before < stricter && now >= stricter {
			w.apply(withChangedTerms(fmt.Sprintf(varied, "98", fmt.Sprintf(upgrade, approval))))
			w.reload()
		}
		w.round(now)
		if r.IntN(8) == 0 {
			w.compare()
			w.reload()
			w.round(now)
			w.compare()
		}
	}
	w.compare()
	w.compareSettled(begin)
}

// withChangedTerms gives the first agreement other terms in the middle of a week and a month.
func withChangedTerms(text string) string {
	return strings.NewReplacer(
		"valid: {from: 2026-02-10}\n    calendar: office", "valid: {from: 2026-03-19}",
		"target: 99%, limits: {longest_outage: 2h}", "target: 98.5%",
	).Replace(text)
}

// compare compares what the rounds know with what the book says.
func (w *world) compare() {
	w.t.Helper()
	want, err := Standings(w.book(), w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	got := w.cycle.Standings()
	if len(got) != len(want) {
		w.t.Fatalf("at %s there are %d standings, by the book %d", w.now, len(got), len(want))
	}
	for i := range got {
		of := got[i].Agreement.Name + "/" + got[i].Objective.Name
		w.equal(of, got[i].Current, want[i].Current)
		w.equal("the burn rates of "+of, got[i].Burn, want[i].Burn)
		if got[i].Measured != want[i].Measured {
			w.t.Errorf("%s is measured to %s, by the book to %s", of, got[i].Measured, want[i].Measured)
		}
	}
}

// compareSettled compares the verdicts that were settled with those by the book.
func (w *world) compareSettled(from sla.Instant) {
	w.t.Helper()
	book, settled := w.book(), 0
	for _, name := range []string{"shop-sla", "shop-week"} {
		verdicts, err := w.store.Verdicts(w.t.Context(), name, sla.Span{From: from, To: w.now})
		if err != nil {
			w.t.Fatal(err)
		}
		for i := range verdicts {
			all, err := book.Judge(name, verdicts[i].Period, w.now)
			if err != nil {
				w.t.Fatal(err)
			}
			for j := range all {
				if all[j].Objective == verdicts[i].Objective && all[j].Version == verdicts[i].Version {
					w.equal(name+"/"+all[j].Objective+" in "+all[j].Period.Name, &verdicts[i], &all[j])
					settled++
				}
			}
		}
	}
	if settled < 12 {
		w.t.Errorf("%d verdicts were settled, want those of two months and seven weeks", settled)
	}
}

// equal compares by what would be stored, attribution aside, which is worked out
// when a verdict is settled.
func (w *world) equal(of string, got, want any) {
	w.t.Helper()
	g, w1 := text(w.t, got), text(w.t, want)
	if g != w1 {
		w.t.Errorf("at %s %s is\n%s\nby the book\n%s", w.now, of, g, w1)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	if verdict, ok := v.(*sla.Verdict); ok && verdict != nil {
		bare := *verdict
		bare.Outages = nil
		for _, o := range verdict.Outages {
			o.Attribution = nil
			bare.Outages = append(bare.Outages, o)
		}
		v = bare
	}
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
