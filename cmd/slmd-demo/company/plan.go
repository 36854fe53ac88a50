package company

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// step is the time between two scrapes of a target.
const step = 30 * sla.Second

// minHistory is the least time before now that is made up.
const minHistory = 61 * sla.Day

// plan is what happens to the company, and when.
type plan struct {
	seed uint64
	zone *time.Location

	first     sla.Instant // the agreements begin
	lastMonth sla.Span    // the closed month before the one under way
	thisMonth sla.Span

	outage      sla.Span // the payment provider is down
	release     sla.Span // a bad release of the checkout
	maintenance sla.Span // the shop is rebuilt, approved
	hotfix      sla.Span // work on the checkout that nobody approved
	gap         sla.Span // nothing is scraped
	north       sla.Span // the northern search site is down; empty where the month is too young
	broken      sla.Span // the storefront answers nobody; empty unless somebody wants it so
}

func newPlan(seed uint64, now sla.Instant, zone *time.Location) plan {
	p := plan{seed: seed, zone: zone}
	local := now.In(zone)
	month := func(n int) sla.Instant {
		return sla.At(time.Date(local.Year(), local.Month()+time.Month(n), 1, 0, 0, 0, 0, zone))
	}
	back := -2
	for now.Sub(month(back)) < minHistory {
		back--
	}
	p.first = month(back)
	p.lastMonth = sla.Span{From: month(-1), To: month(0)}
	p.thisMonth = sla.Span{From: month(0), To: month(1)}

	r := p.random("plan")
	minutes := func(least, spread int) sla.Millis {
		return sla.Millis(least)*sla.Minute + sla.Millis(r.IntN(spread*2+1))*step
	}
	p.gap = p.at(time.Wednesday, 0, 4, 40, minutes(25, 0))
	p.maintenance = p.at(time.Sunday, 1, 2, 0, 2*sla.Hour)
	p.outage = later(p.at(time.Tuesday, 2, 18, 5, minutes(58, 8)), minutes(0, 10))
	p.hotfix = p.at(time.Thursday, 2, 13, 0, 20*sla.Minute)
	p.release = p.at(time.Thursday, 3, 11, 20, minutes(56, 8))
	p.north = p.northOutage(now)
	return p
}

// at gives the time from hour:minute on the (n+1)th such weekday of the last month.
func (p *plan) at(day time.Weekday, n, hour, minute int, length sla.Millis) sla.Span {
	first := p.lastMonth.From.In(p.zone)
	date := 1 + (int(day-first.Weekday())+7)%7 + 7*n
	from := sla.At(time.Date(first.Year(), first.Month(), date, hour, minute, 0, 0, p.zone))
	return sla.Span{From: from, To: from.Add(length)}
}

func later(s sla.Span, d sla.Millis) sla.Span { return sla.Span{From: s.From.Add(d), To: s.To.Add(d)} }

// northShare is how much of its monthly budget (0.1 % of the month) the outage of the northern site takes.
const northShare = 0.86

// northOutage lies in the month under way, well before now; in the first two
// hours of a month there is no room for it.
func (p *plan) northOutage(now sla.Instant) sla.Span {
	length := sla.Millis(float64(p.thisMonth.Length())*0.001*northShare) / step * step
	gone := now.Sub(p.thisMonth.From)
	if gone < length+75*sla.Minute {
		return sla.Span{}
	}
	from := p.thisMonth.From.Add((gone - length) / 2 / step * step)
	// The weekly work on the search is no outage: keep clear of it.
	for _, work := range []sla.Span{p.patching(from), p.patching(from.Add(length))} {
		if work.Overlaps(sla.Span{From: from, To: from.Add(length)}) {
			from = work.From.Add(-length)
		}
	}
	return sla.Span{From: from, To: from.Add(length)}
}

// patching gives the weekly work on the search on the day of t, empty on days other than Sunday.
func (p *plan) patching(t sla.Instant) sla.Span {
	l := t.In(p.zone)
	if l.Weekday() != time.Sunday {
		return sla.Span{}
	}
	from := sla.At(time.Date(l.Year(), l.Month(), l.Day(), 3, 0, 0, 0, p.zone))
	return sla.Span{From: from, To: from.Add(30 * sla.Minute)}
}

// random gives a source of its own for each name.
func (p *plan) random(name string) *rand.Rand {
	return rand.New(rand.NewPCG(p.seed, hash(name)))
}

func hash(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return h.Sum64()
}

// clock follows one target through local time without asking the zone for every scrape.
type clock struct {
	zone   *time.Location
	hour   int64 // the UTC hour that the offset is of
	offset int64 // seconds east of UTC
}

// local gives the milliseconds since Monday 00:00 on the wall clock and the local day's number.
func (c *clock) local(t sla.Instant) (ofWeek sla.Millis, day int64) {
	if hour := int64(t) / int64(sla.Hour); hour != c.hour || c.zone == nil {
		_, offset := t.In(c.zone).Zone()
		c.hour, c.offset = hour, int64(offset)
	}
	wall := int64(t) + c.offset*1000
	day = wall / int64(sla.Day)
	// 1970-01-01 was a Thursday, three days after a Monday.
	return sla.Millis((wall + 3*int64(sla.Day)) % (7 * int64(sla.Day))), day
}

// blip is a short spell in which a share of something fails.
type blip struct {
	span  sla.Span
	share float64
}

// blips gives a service's spell of a day, empty on most days: with chance one
// in every, between 1 and most steps long. The first days of a month are spared, so that a young
// month is not judged by one bad minute.
func (p *plan) blips(service string, t sla.Instant, every, most int) blip {
	l := t.In(p.zone)
	r := rand.New(rand.NewPCG(p.seed^hash(service), uint64(l.Year()*1000+l.YearDay())))
	from := time.Date(l.Year(), l.Month(), l.Day(), 6+r.IntN(16), r.IntN(60), 0, 0, p.zone)
	length := sla.Millis(1+r.IntN(most)) * step
	share := 0.01 + 0.02*float64(r.IntN(100))/100
	if r.IntN(every) != 0 || l.Day() < 2 {
		return blip{}
	}
	return blip{sla.Span{From: sla.At(from), To: sla.At(from).Add(length)}, share}
}
