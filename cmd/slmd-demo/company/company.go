// Package company is the sample company of the demo: Hafenladen, a web shop
// with five services, its agreements as catalogue files, and a made-up history
// of its metrics as Prometheus would have scraped them.
//
// Everything follows from a seed and an instant: the same two give the same
// samples, byte for byte. The history covers at least the two calendar months
// before the one under way, and goes on live with Advance. What it made up it
// also knows: Truth says what a measurement of an indicator must find.
//
// What happens: in the last month the payment provider is down for about an
// hour in the evening, a bad release of the checkout fails for an hour, the
// shop is rebuilt in a planned night, nobody approved a hotfix, and the
// monitoring itself is away for 25 minutes. So the checkout misses its
// availability and owes a credit. In the month under way an outage of the
// northern search site has used most of its budget: that objective is at risk.
package company

import (
	"fmt"
	"time"
	_ "time/tzdata" // the company lives in its zone on any machine

	"golang.org/x/sync/errgroup"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// ZoneName is the time zone that the company lives in.
const ZoneName = "Europe/Berlin"

// leadIn is how long the scrapes go back before the agreements begin, so that
// counters have a value to count from.
const leadIn = sla.Hour

// Company is one made-up company.
type Company struct {
	plan    plan
	now     sla.Instant
	targets []target
	store   *promtest.Store
}

// target is something that is scraped: it appends its samples up to an instant.
type target interface {
	advance(to sla.Instant) error
}

// New plans a company's history that ends at now.
func New(seed uint64, now time.Time) (*Company, error) {
	zone, err := time.LoadLocation(ZoneName)
	if err != nil {
		return nil, fmt.Errorf("loading the company's time zone: %w", err)
	}
	return &Company{plan: newPlan(seed, sla.At(now), zone), now: sla.At(now)}, nil
}

// First is when the agreements begin: the start of the first month that the history covers in full.
func (c *Company) First() sla.Instant { return c.plan.first }

// Now is the instant up to which Generate makes history.
func (c *Company) Now() sla.Instant { return c.now }

// LastMonth is the closed calendar month before the one under way at Now.
func (c *Company) LastMonth() sla.Span { return c.plan.lastMonth }

// Generate makes the history up to Now in an empty store and stays with it for Advance.
func (c *Company) Generate(store *promtest.Store) error {
	c.store = store
	describe(store)
	c.targets = c.plan.targets(store)
	return c.Advance(c.now.Time())
}

// Advance makes the samples after those that are there, up to and including
// to. In how many steps one comes to an instant makes no difference.
func (c *Company) Advance(to time.Time) error {
	var group errgroup.Group
	for _, t := range c.targets {
		group.Go(func() error { return t.advance(sla.At(to)) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("making history: %w", err)
	}
	return nil
}

// Break lets every request to the storefront fail in a span of time to which
// Advance has not come yet.
func (c *Company) Break(span sla.Span) { c.plan.broken = span }

// describe says what the metrics are, for those who browse them.
func describe(store *promtest.Store) {
	for metric, m := range map[string]promtest.Metadata{
		"up":                            {Type: "gauge", Help: "Whether the last scrape of the target succeeded."},
		"http_requests_total":           {Type: "counter", Help: "Requests answered, by status code."},
		"http_request_duration_seconds": {Type: "histogram", Help: "Time to answer a request.", Unit: "seconds"},
		"process_start_time_seconds":    {Type: "gauge", Help: "Start of the process, in Unix seconds.", Unit: "seconds"},
		"probe_success":                 {Type: "gauge", Help: "Whether the probe of a service from outside succeeded."},
		"delivery_queue_length":         {Type: "gauge", Help: "Parcels that wait for a label."},
	} {
		store.Describe(metric, m)
	}
}
