package company

import (
	"time"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// Indicators whose truth is known, as the catalogue names them.
const (
	StorefrontRequests = "storefront-requests"
	StorefrontFast     = "storefront-fast"
	MeanResponse       = "storefront-response"
	CheckoutRequests   = "checkout-requests"
	CheckoutFast       = "checkout-fast"
	DeliveryRequests   = "delivery-requests"
	DeliveryQueue      = "delivery-queue"
	SearchNorthUp      = "search-north-up"
	SearchSouthUp      = "search-south-up"
	PaymentsUp         = "payments-up"
)

// service is what the processes of one web service have in common: how much it
// is used, how well it works and how its processes change.
type service struct {
	job   string
	rate  float64 // requests per second and process, on average
	shape shape
	step  sla.Millis
	// badCode is the status of what fails. Where preset, a process shows all its
	// counters from its start; otherwise each from its first event on.
	badCode string
	preset  bool
	// latency is spread over buckets; without buckets there is no histogram.
	buckets []bucket
	fast    int // the bucket that the latency indicator looks at
	// condition says which share of the requests fails and how slow the others
	// are, from 0 (as usual) to 1.
	condition func(t sla.Instant, d day) (failing, slow float64)
	// turns gives the next change of a process after an instant.
	turns func(replica int, after sla.Instant) turn
	// every and most are of the service's blips.
	every, most int
	// names of the indicators for requests, fast ones and the mean; empty: none
	requests, quick, mean string
}

// bucket holds the share of requests that take at most its bound, as usual and when very slow.
type bucket struct {
	le            string
	bound         float64
	usual, slowed float64
}

// day is what a process needs to know of the local day.
type day struct {
	number  int64
	ofMonth int
	blip    blip
}

// turn is one change of process.
type turn struct {
	at sla.Instant
	// moved is when the new process takes over the traffic and gone when the
	// old one ends; both zero where a process restarts in place.
	moved, gone sla.Instant
}

func never(int, sla.Instant) turn { return turn{at: sla.Forever} }

func (p *plan) storefront() *service {
	return &service{
		job: "storefront", rate: 20, shape: newShape(shopHours, shopDays), step: step, badCode: "500",
		buckets: []bucket{{"0.1", 0.1, 0.80, 0.2}, {"0.3", 0.3, 0.975, 0.5}, {"1.0", 1, 0.998, 0.8}}, fast: 1,
		condition: func(t sla.Instant, d day) (float64, float64) {
			switch {
			case p.broken.Contains(t):
				return 1, 0
			case p.maintenance.Contains(t):
				return 0.4, 1
			case d.blip.span.Contains(t):
				return d.blip.share, 0.1
			}
			return 0.0002, 0
		},
		turns: p.deploys, every: 3, most: 8,
		requests: StorefrontRequests, quick: StorefrontFast, mean: MeanResponse,
	}
}

func (p *plan) checkout() *service {
	return &service{
		job: "checkout", rate: 2, shape: newShape(shopHours, shopDays), step: step, badCode: "502", preset: true,
		buckets: []bucket{{"0.25", 0.25, 0.9, 0.3}, {"0.5", 0.5, 0.992, 0.5}}, fast: 1,
		condition: func(t sla.Instant, d day) (float64, float64) {
			switch {
			case p.outage.Contains(t):
				return 0.95, 0.3
			case p.release.Contains(t):
				return 0.75, 0.05
			case p.hotfix.Contains(t):
				return 0.03, 0
			case d.blip.span.Contains(t):
				return d.blip.share, 0.1
			}
			return 0.0003, 0
		},
		turns: p.restarts, every: 3, most: 8,
		requests: CheckoutRequests, quick: CheckoutFast,
	}
}

// delivery is used little, in office hours. Its first failed request comes in
// the middle of the last month, and none in the first days of a month: one
// failure among few requests would decide a young month.
func (p *plan) delivery() *service {
	firstFailure := p.lastMonth.From.Add(15*sla.Day + 10*sla.Hour)
	return &service{
		job: "delivery", rate: 0.01, shape: newShape(officeHours, officeDays), step: sla.Minute, badCode: "500",
		condition: func(t sla.Instant, d day) (float64, float64) {
			if t < firstFailure || d.ofMonth < 5 {
				return 0, 0
			}
			return 0.0015, 0
		},
		turns: never, every: 1, most: 1,
		requests: DeliveryRequests,
	}
}

// deploys replaces the pods of the shop on Tuesdays and Thursdays at 10:40,
// one after the other. The first new pod is scraped before it gets traffic,
// the second gets traffic before it is scraped.
func (p *plan) deploys(replica int, after sla.Instant) turn {
	at := p.weekly(after, replica*3, 10, 40, time.Tuesday, time.Thursday)
	moved := at.Add(sla.Minute)
	if replica > 0 {
		moved = at.Add(-20 * sla.Second)
	}
	return turn{at: at, moved: moved, gone: at.Add(100 * sla.Second)}
}

// restarts restarts the checkout on Wednesdays at 14:10, and around the bad release.
func (p *plan) restarts(replica int, after sla.Instant) turn {
	at := p.weekly(after, replica*4, 14, 10, time.Wednesday)
	for _, other := range []sla.Instant{p.release.From, p.release.To} {
		if other > after {
			at = min(at, other)
		}
	}
	return turn{at: at}
}

// weekly gives the first of the days after an instant on which it is hour:minute, some minutes later.
func (p *plan) weekly(after sla.Instant, minutes, hour, minute int, days ...time.Weekday) sla.Instant {
	for local := after.In(p.zone); ; local = local.AddDate(0, 0, 1) {
		at := sla.At(time.Date(local.Year(), local.Month(), local.Day(), hour, minute+minutes, 0, 0, p.zone))
		for _, d := range days {
			if local.Weekday() == d && at > after {
				return at
			}
		}
	}
}

// targets gives everything that is scraped.
func (p *plan) targets(store *promtest.Store) []target {
	var list []target
	for _, s := range []struct {
		*service
		replicas int
	}{{p.storefront(), 2}, {p.checkout(), 2}, {p.delivery(), 1}} {
		for replica := range s.replicas {
			list = append(list, newLine(p, s.service, replica, store))
		}
	}
	for _, g := range p.gauges() {
		g.open(p, store)
		list = append(list, g)
	}
	return list
}
