package app_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// truth is what happened, minute by minute, as far as anybody scraped it:
// booked where it happens, by the one who makes it happen. What is measured
// must come to the same.
type truth struct {
	from  sla.Instant
	facts map[string][]fact // by indicator, a fact for each minute
}

type fact struct{ good, bad, unknown int64 } // events or milliseconds; unknown always milliseconds

func (tr *truth) at(indicator string, i sla.Instant) *fact {
	n := int(i.Sub(tr.from) / sla.Minute)
	if i < tr.from || n >= len(tr.facts[indicator]) {
		return &fact{} // before or after what is looked at
	}
	return &tr.facts[indicator][n]
}

// history is the samples that a Prometheus has of it.
type history struct {
	names   []string
	samples map[string][]sample
	truth   truth
}

type sample struct {
	at sla.Instant
	v  int64
}

func (h *history) put(series string, t sla.Instant, v int64) {
	if h.samples[series] == nil {
		h.names = append(h.names, series)
	}
	h.samples[series] = append(h.samples[series], sample{t, v})
}

// openMetrics writes the history for promtool.
func (h *history) openMetrics() io.Reader {
	var b strings.Builder
	for _, name := range h.names {
		for _, s := range h.samples[name] {
			fmt.Fprintf(&b, "%s %d %d.%03d\n", name, s.v, s.at/1000, s.at%1000)
		}
	}
	b.WriteString("# EOF\n")
	return strings.NewReader(b.String())
}

// store gives the history to an in-process Prometheus.
func (h *history) store(t testing.TB) *promtest.Store {
	t.Helper()
	st := promtest.NewStore()
	for _, name := range h.names {
		for _, s := range h.samples[name] {
			add(t, st, name, s.at, float64(s.v))
		}
	}
	return st
}

// add appends a sample to a series in PromQL notation.
func add(t testing.TB, st *promtest.Store, series string, at sla.Instant, v float64) {
	t.Helper()
	if err := st.Append(labelsOf(t, series), int64(at), v); err != nil {
		t.Fatalf("%s at %s: %v", series, at, err)
	}
}

func labelsOf(t testing.TB, series string) labels.Labels {
	t.Helper()
	set, err := parser.NewParser(parser.Options{}).ParseMetric(series)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// server is one process of the shop with its counters, and what was last
// scraped of them.
type server struct {
	instance                string
	ok, failed, fast        int64
	sawOK, sawFail, sawFast int64
}

// scrapeEvery and scrapeOffset put the scrapes aside the edges of intervals.
const (
	scrapeEvery  = sla.Minute
	scrapeOffset = 20 * sla.Second
	days         = 30
)

// shop makes up a month of a shop with all that makes counting hard.
func shop(from sla.Instant) *history {
	h := &history{samples: map[string][]sample{}, truth: truth{from: from, facts: map[string][]fact{}}}
	for _, name := range []string{"requests", "speed", "queue", "probe"} {
		h.truth.facts[name] = make([]fact, days*24*60)
	}
	r := rand.New(rand.NewPCG(7, 11))
	one, two := &server{instance: "one"}, &server{instance: "two"}
	end := from.Add(days * sla.Day)
	for t := from.Add(scrapeOffset - 15*sla.Minute); t < end.Add(10*sla.Minute); t = t.Add(scrapeEvery) {
		since := t.Sub(from.Add(scrapeOffset))
		day, hour := since/sla.Day, since%sla.Day/sla.Hour
		minute := since % sla.Hour / sla.Minute
		switch since { // right after the scrape before
		case 5 * sla.Day, 12*sla.Day + 7*sla.Hour, 21 * sla.Day:
			one = &server{instance: one.instance} // restarted: its counters begin again
		case 15 * sla.Day:
			two = &server{instance: "three"} // deployed under another name
		}
		for _, s := range []*server{one, two} {
			s.live(r, s == one && day >= 3 || s == two && day >= 9)
		}
		off := day == 8 && hour >= 3 && hour < 6 || // nobody scrapes
			day == 17 && hour == 23 && minute == 30 // or misses one
		if off {
			continue
		}
		down := day == 19 && hour == 10 && minute < 20
		for _, s := range []*server{one, two} {
			if down && s == two {
				h.put(`up{instance="`+s.instance+`",job="shop"}`, t, 0)
				continue
			}
			s.scraped(h, t)
		}
		h.gauges(r, t, day%4 == 1 && hour == 2 && minute >= 11 && minute < 40)
	}
	h.bookGauge(end)
	h.nobodyKnew(end)
	return h
}

// live lets events happen for the time between two scrapes.
func (s *server) live(r *rand.Rand, failing bool) {
	ok := r.Int64N(30)
	s.ok += ok
	s.fast += r.Int64N(ok + 1)
	if failing && r.IntN(40) == 0 {
		s.failed += 1 + r.Int64N(5)
	}
}

// scraped books what the scrape shows for the first time.
func (s *server) scraped(h *history, t sla.Instant) {
	target := `instance="` + s.instance + `",job="shop"`
	h.put(`up{`+target+`}`, t, 1)
	h.put(`http_requests_total{code="200",`+target+`}`, t, s.ok)
	if s.failed > 0 { // a series of errors is born with the first
		h.put(`http_requests_total{code="503",`+target+`}`, t, s.failed)
	}
	h.put(`http_seconds_bucket{`+target+`,le="0.3"}`, t, s.fast)
	h.put(`http_seconds_bucket{`+target+`,le="+Inf"}`, t, s.ok)
	requests, speed := h.truth.at("requests", t), h.truth.at("speed", t)
	requests.good += s.ok - s.sawOK
	requests.bad += s.failed - s.sawFail
	speed.good += s.fast - s.sawFast
	speed.bad += s.ok - s.sawOK - (s.fast - s.sawFast)
	s.sawOK, s.sawFail, s.sawFast = s.ok, s.failed, s.fast
}

// gauges scrapes the queue, of which every sample is one event, and the probe.
func (h *history) gauges(r *rand.Rand, t sla.Instant, failing bool) {
	length, probe := r.Int64N(110), int64(1)
	if failing {
		probe = 0
	}
	h.put(`queue_length{instance="one",job="shop"}`, t, length)
	h.put(`probe_success{instance="door",job="probe"}`, t, probe)
	if f := h.truth.at("queue", t); length <= 100 {
		f.good++
	} else {
		f.bad++
	}
}

// bookGauge books the time that the probe was good and bad: what a scrape
// shows holds until the next, or for one scrape's length where that is missing.
func (h *history) bookGauge(end sla.Instant) {
	list := h.samples[`probe_success{instance="door",job="probe"}`]
	for i, s := range list[:len(list)-1] {
		until := list[i+1].at
		if until.Sub(s.at) > 150*sla.Second {
			until = s.at.Add(scrapeEvery)
		}
		for t := s.at; t < until; t = t.Add(sla.Second) {
			f := h.truth.at("probe", t)
			if s.v == 1 {
				f.good += int64(sla.Second)
			} else {
				f.bad += int64(sla.Second)
			}
		}
	}
	for i := range h.truth.facts["probe"] {
		f := &h.truth.facts["probe"][i]
		f.unknown = int64(sla.Minute) - f.good - f.bad
	}
}

// nobodyKnew marks the minutes of the long gap in the scrapes: of the requests
// in it is known how many there were, but not when.
func (h *history) nobodyKnew(end sla.Instant) {
	from := h.truth.from.Add(8*sla.Day + 3*sla.Hour)
	for t := from; t < from.Add(3*sla.Hour); t = t.Add(sla.Minute) {
		for _, name := range []string{"requests", "speed", "queue"} {
			h.truth.at(name, t).unknown = int64(sla.Minute)
		}
	}
}

const shopCatalogue = `version: 1
time_zone: UTC
parties: [{name: retail, role: customer}, {name: platform, role: internal}]
services: [{name: shop, title: Shop, status: live, owner: platform}]
indicators:
  - {name: requests, service: shop, ratio: {total: 'http_requests_total{job="shop"}', bad: 'http_requests_total{job="shop",code=~"5.."}'}}
  - {name: speed, service: shop, latency: {histogram: 'http_seconds{job="shop"}', within: 300ms}}
  - {name: queue, service: shop, samples: {metric: 'queue_length{job="shop"}', at_most: 100}}
  - {name: probe, service: shop, time: {metric: 'probe_success{job="probe"}'}}
agreements:
  - name: shop-sla
    kind: SLA
    service: shop
    provider: platform
    customer: retail
    valid: {from: %s, until: %s}
    period: month
    objectives:
      - {name: success, indicator: requests, target: 99.9%%}
      - {name: fast, indicator: speed, target: 50%%}
      - {name: short, indicator: queue, target: 90%%}
      - {name: there, indicator: probe, target: 99.5%%}
`

// shopTerms gives the shop's catalogue with its validity.
func shopTerms(from, until sla.Instant) string { return fmt.Sprintf(shopCatalogue, from, until) }
