package company

import (
	"math/rand/v2"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// sumUnit is 1/512 s: its multiples are exact in binary and with nine decimals.
const sumUnit = 1.0 / 512

// counter is a series that only grows, by whole units.
type counter struct {
	series *promtest.Series
	n      int64
	unit   float64
	born   bool // it is shown
}

// write adds and shows the counter, if there ever was something to show.
func (c *counter) write(t sla.Instant, by int64) error {
	c.n += by
	c.born = c.born || by > 0
	if !c.born {
		return nil
	}
	return c.series.Append(int64(t), float64(c.n)*c.unit)
}

// pod is one process as it is scraped.
type pod struct {
	since sla.Instant // its requests are counted up to here
	until sla.Instant // it gets none after this; zero: open
	fresh bool        // it restarted in place and has not been scraped since
	began float64     // start of the process, Unix seconds

	up, start        *promtest.Series
	ok, missing, bad *counter
	within           []*counter // by bucket, the last one is of all
	sum, count       *counter
}

// newPod makes a process that starts at an instant; series names its series.
func newPod(s *service, at sla.Instant, series func(metric string, more ...string) *promtest.Series) *pod {
	whole := func(metric string, more ...string) *counter {
		return &counter{series: series(metric, more...), unit: 1}
	}
	p := &pod{
		up: series("up"), start: series("process_start_time_seconds"),
		ok:      whole("http_requests_total", "code", "200"),
		missing: whole("http_requests_total", "code", "404"),
		bad:     whole("http_requests_total", "code", s.badCode),
	}
	if len(s.buckets) > 0 {
		for _, b := range append(s.buckets[:len(s.buckets):len(s.buckets)], bucket{le: "+Inf"}) {
			p.within = append(p.within, whole("http_request_duration_seconds_bucket", "le", b.le))
		}
		p.sum = &counter{series: series("http_request_duration_seconds_sum"), unit: sumUnit}
		p.count = whole("http_request_duration_seconds_count")
	}
	p.reset(at, s.preset)
	p.fresh = false
	return p
}

// reset starts the process (again): all counters are at zero, the histogram is
// there at once, the others only where they are preset.
func (p *pod) reset(at sla.Instant, preset bool) {
	for _, c := range []*counter{p.ok, p.missing, p.bad} {
		c.n, c.born = 0, preset
	}
	for _, c := range p.histogram() {
		c.n, c.born = 0, true
	}
	p.since, p.fresh = at, true
	p.began = float64(at.Add(-2*sla.Second)) / 1000
}

func (p *pod) histogram() []*counter {
	if p.sum == nil {
		return nil
	}
	return append([]*counter{p.sum, p.count}, p.within...)
}

// age gives the counters of a process that has been running for long.
func (p *pod) age(r *rand.Rand, s *service) {
	n := int64(s.rate*400_000) + r.Int64N(1000)
	drawn := s.draw(r, n, 0, 0)
	p.ok.n, p.ok.born = drawn.ok, true
	p.missing.n, p.missing.born = drawn.missing, true
	for i, c := range p.within {
		c.n = drawn.within[i]
	}
	if p.sum != nil {
		p.sum.n, p.count.n = drawn.sum, n
	}
	p.began -= 400_000
}

// write shows the process at t, r having come in since the last time.
func (p *pod) write(t sla.Instant, r requests) error {
	if err := p.up.Append(int64(t), 1); err != nil {
		return err
	}
	if err := p.start.Append(int64(t), p.began); err != nil {
		return err
	}
	for _, c := range [...]struct {
		*counter
		by int64
	}{{p.ok, r.ok}, {p.missing, r.missing}, {p.bad, r.bad}} {
		if err := c.write(t, c.by); err != nil {
			return err
		}
	}
	if p.sum == nil {
		return nil
	}
	for i, c := range p.within {
		if err := c.write(t, r.within[i]); err != nil {
			return err
		}
	}
	if err := p.sum.write(t, r.sum); err != nil {
		return err
	}
	return p.count.write(t, r.all())
}

// end writes stale markers: of all series where the target is gone, of all but
// up where only a scrape failed.
func (p *pod) end(t sla.Instant, gone bool) error {
	ended := []*promtest.Series{p.start}
	if gone {
		ended = append(ended, p.up)
	}
	for _, c := range append(p.histogram(), p.ok, p.missing, p.bad) {
		if c.born {
			ended = append(ended, c.series)
		}
	}
	for _, s := range ended {
		if err := s.Append(int64(t), promtest.Stale()); err != nil {
			return err
		}
	}
	return nil
}

// requests is what came in between two scrapes.
type requests struct {
	ok, missing, bad int64
	within           [4]int64 // by bucket, those of smaller ones included; the last one is of all
	sum              int64    // of their durations, in sumUnit
}

func (r *requests) all() int64 { return r.ok + r.missing + r.bad }

// draw makes up how n requests went.
func (s *service) draw(random *rand.Rand, n int64, failing, slow float64) requests {
	var r requests
	r.bad = of(random, n, failing)
	r.missing = of(random, n-r.bad, 0.015)
	r.ok = n - r.bad - r.missing
	left, share, lower := n, 0.0, 0.0
	for i, b := range s.buckets {
		upTo := b.usual + float64(slow*(b.slowed-b.usual))
		in := of(random, left, (upTo-share)/(1-share))
		left -= in
		r.within[i] = n - left
		// On average a request lies a little under the middle of its bucket.
		r.sum += int64(float64(in)*(lower+float64(0.4*(b.bound-lower)))/sumUnit + 0.5)
		share, lower = upTo, b.bound
	}
	r.within[len(s.buckets)] = n
	r.sum += int64(float64(left)*lower*1.6/sumUnit + 0.5)
	return r
}
