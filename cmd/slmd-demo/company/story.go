package company

import (
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// Event is something that happens to the company, for those who want to know
// what they are about to find.
type Event struct {
	sla.Span
	Text string
}

// Story tells the large events of the history in order of time; the weekly
// releases and the small failures of every day are not in it.
func (c *Company) Story() []Event {
	p := &c.plan
	story := []Event{
		{p.gap, "Nothing is scraped: the monitoring itself is away."},
		{p.maintenance, "The shop moves to a new cluster, in an approved maintenance window."},
		{p.outage, "The payment provider is down; customers cannot pay."},
		{p.hotfix, "A hotfix of the checkout during the day, in a window that nobody approved."},
		{p.release, "A bad release of the checkout fails until it is rolled back."},
	}
	if !p.north.Empty() {
		story = append(story, Event{p.north, "The northern search site is down; the southern one answers for it."})
	}
	slices.SortFunc(story, func(a, b Event) int { return int(a.From.Sub(b.From) / sla.Second) })
	return story
}
