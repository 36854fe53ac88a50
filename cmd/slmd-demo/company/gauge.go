package company

import (
	"math/rand/v2"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// gauge is a target that shows one gauge: a probe from outside, up of a search
// node, the queue of the delivery desk.
type gauge struct {
	indicator string
	metric    string
	labels    []string
	step      sla.Millis
	value     func(t sla.Instant, d day) float64
	good      func(v float64) bool
	events    bool // the indicator counts samples; otherwise it is time
	quiet     bool // up is the gauge itself, or belongs to another target

	every, most int // of the blips
	blips       string

	plan   *plan
	clock  clock
	day    day
	next   sla.Instant
	series *promtest.Series
	up     *promtest.Series
	tally  tally
	holds  holds
}

// open gives the gauge its series and its beat.
func (g *gauge) open(p *plan, store *promtest.Store) {
	all := append([]string{"__name__", g.metric}, g.labels...)
	g.series = store.Series(labels.FromStrings(all...))
	if !g.quiet {
		g.up = store.Series(labels.FromStrings(append([]string{"__name__", "up"}, g.labels...)...))
	}
	begin := p.first.Add(-leadIn)
	g.plan = p
	g.clock.zone = p.zone
	g.next = begin.Add(offset(g.series.Labels().String(), g.step))
	g.tally.from = begin
	g.holds.step = g.step
}

func (g *gauge) tallyOf(indicator string) *tally {
	if !g.events || indicator != g.indicator {
		return nil
	}
	return &g.tally
}

func (g *gauge) holdsOf(indicator string) *holds {
	if g.events || indicator != g.indicator {
		return nil
	}
	return &g.holds
}

// advance scrapes up to an instant.
func (g *gauge) advance(to sla.Instant) error {
	for ; g.next <= to; g.next = g.next.Add(g.step) {
		t := g.next
		if g.plan.gap.Contains(t) {
			continue
		}
		if _, number := g.clock.local(t); number != g.day.number {
			g.day = day{number, t.In(g.plan.zone).Day(), g.plan.blips(g.blips, t, g.every, g.most)}
		}
		v := g.value(t, g.day)
		if g.events {
			g.count(t, g.good(v))
		} else {
			g.holds.add(t, g.good(v))
		}
		if err := g.series.Append(int64(t), v); err != nil {
			return err
		}
		if g.up == nil {
			continue
		}
		if err := g.up.Append(int64(t), 1); err != nil {
			return err
		}
	}
	return nil
}

func (g *gauge) count(t sla.Instant, good bool) {
	if good {
		g.tally.add(t, 1, 0)
		return
	}
	g.tally.add(t, 0, 1)
}

// gauges gives the probes, the search nodes and the queue.
func (p *plan) gauges() []*gauge {
	var list []*gauge
	for _, prober := range []string{"frankfurt", "helsinki"} {
		list = append(list, p.probe(PaymentsUp, 9, 3, func(t sla.Instant) bool { return p.outage.Contains(t) },
			"job", "blackbox", "instance", "https://api.paywerk.example/health", "service", "payments", "prober", prober))
	}
	list = append(list, p.probe(SearchSouthUp, 10, 2, func(t sla.Instant) bool {
		work := p.patching(t)
		return sla.Span{From: work.From.Add(5 * sla.Minute), To: work.From.Add(11 * sla.Minute)}.Contains(t)
	}, "job", "blackbox", "instance", "https://search.south.hafenladen.example/health", "service", "search", "site", "south"))
	for _, node := range []string{"search-n1:9200", "search-n2:9200"} {
		g := p.probe(SearchNorthUp, 12, 2, func(t sla.Instant) bool { return p.north.Contains(t) },
			"job", "search", "instance", node, "site", "north")
		g.metric, g.quiet = "up", true
		list = append(list, g)
	}
	return append(list, p.queue())
}

// probe gives a gauge that is 1 unless down or in a blip. A month under way
// has no blips on the northern site: its budget is planned.
func (p *plan) probe(indicator string, every, most int, down func(sla.Instant) bool, lset ...string) *gauge {
	return &gauge{
		indicator: indicator, metric: "probe_success", labels: lset, step: step,
		blips: indicator, every: every, most: most,
		good: func(v float64) bool { return v >= 1 },
		value: func(t sla.Instant, d day) float64 {
			blip := d.blip.span.Contains(t) && (indicator != SearchNorthUp || !p.thisMonth.Contains(t))
			if blip || down(t) {
				return 0
			}
			return 1
		},
	}
}

// queue is what waits at the delivery desk; now and then more than it should.
func (p *plan) queue() *gauge {
	office := newShape(officeHours, officeDays)
	random := rand.New(rand.NewPCG(p.seed, hash("queue")))
	g := &gauge{
		indicator: DeliveryQueue, metric: "delivery_queue_length", step: sla.Minute, events: true, quiet: true,
		labels: []string{"job", "delivery", "instance", "delivery-0:8080"},
		blips:  DeliveryQueue, every: 3, most: 60,
		good: func(v float64) bool { return v <= 50 },
	}
	g.value = func(t sla.Instant, d day) float64 {
		ofWeek, _ := g.clock.local(t)
		v := 8 + float64(7*office.at(ofWeek)) + float64(3*bell(random))
		if d.ofMonth >= 5 && d.blip.span.Contains(t) {
			v += 50
		}
		return float64(max(0, int64(v)))
	}
	return g
}
