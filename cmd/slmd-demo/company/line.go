package company

import (
	"fmt"
	"math/rand/v2"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// line is one replica of a service, scraped at a fixed beat, whose processes
// follow each other.
type line struct {
	*service
	plan    *plan
	replica int
	store   *promtest.Store
	random  *rand.Rand
	clock   clock
	day     day
	next    sla.Instant // the next scrape
	turn    turn        // the next or present change of process
	pod     *pod
	old     *pod // the process before, while both are there
	tallies map[string]*tally
}

func newLine(p *plan, s *service, replica int, store *promtest.Store) *line {
	name := fmt.Sprintf("%s-%d", s.job, replica)
	l := &line{service: s, plan: p, replica: replica, store: store, random: p.random(name)}
	begin := p.first.Add(-leadIn)
	l.clock.zone = p.zone
	l.next = begin.Add(offset(name, s.step))
	l.turn = s.turns(replica, begin)
	l.pod = l.newPod(begin)
	l.pod.since = l.next
	l.pod.age(l.random, s)
	l.tallies = map[string]*tally{}
	for _, indicator := range []string{s.requests, s.quick, s.mean} {
		l.tallies[indicator] = &tally{from: begin}
	}
	return l
}

// offset spreads the scrapes of targets over a step, in whole milliseconds.
func offset(name string, step sla.Millis) sla.Millis {
	return sla.Millis(hash(name) % uint64(step))
}

func (l *line) tallyOf(indicator string) *tally { return l.tallies[indicator] }

func (l *line) holdsOf(string) *holds { return nil }

// newPod makes the process that starts at an instant. Pods have an address of
// their own; a process that restarts in place keeps its.
func (l *line) newPod(at sla.Instant) *pod {
	lset := []string{"job", l.job, "instance", fmt.Sprintf("%s-%d:8080", l.job, l.replica)}
	if l.turn.gone != 0 {
		id := hash(fmt.Sprintf("%d/%s/%d/%d", l.plan.seed, l.job, l.replica, at))
		lset = []string{
			"job", l.job, "instance", fmt.Sprintf("10.20.%d.%d:8080", id>>8%64, 2+id%250),
			"pod", fmt.Sprintf("%s-%08x-%05x", l.job, hash(fmt.Sprint(l.plan.seed, at/sla.Instant(sla.Hour)))&0xffffffff, id>>16&0xfffff),
		}
	}
	return newPod(l.service, at, func(metric string, more ...string) *promtest.Series {
		all := append([]string{"__name__", metric}, lset...)
		return l.store.Series(labels.FromStrings(append(all, more...)...))
	})
}

// advance scrapes up to an instant.
func (l *line) advance(to sla.Instant) error {
	for ; l.next <= to; l.next = l.next.Add(l.step) {
		restarted, err := l.change(l.next)
		if err != nil {
			return err
		}
		if restarted || l.plan.gap.Contains(l.next) {
			continue
		}
		if err := l.scrape(l.pod, l.next); err != nil {
			return err
		}
		if l.old != nil {
			if err := l.scrape(l.old, l.next); err != nil {
				return err
			}
		}
	}
	return nil
}

// change does what is due of a turn before the scrape at t, and tells whether
// the process restarted in place, so that this scrape failed.
func (l *line) change(t sla.Instant) (restarted bool, err error) {
	if l.old != nil && t >= l.turn.gone {
		if err := l.old.end(t, true); err != nil {
			return false, err
		}
		l.old = nil
		l.turn = l.turns(l.replica, l.turn.at)
	}
	switch {
	case l.old != nil || t < l.turn.at:
		return false, nil
	case l.turn.gone == 0:
		err = l.restart(t)
		l.turn = l.turns(l.replica, t)
		return true, err
	}
	l.old = l.pod
	l.old.until = l.turn.moved
	l.pod = l.newPod(l.turn.at)
	l.pod.since = l.turn.moved
	return false, nil
}

// restart lets the scrape at t fail; five seconds later the process is there again.
func (l *line) restart(t sla.Instant) error {
	if err := l.pod.up.Append(int64(t), 0); err != nil {
		return err
	}
	if err := l.pod.end(t, false); err != nil {
		return err
	}
	l.pod.reset(t.Add(5*sla.Second), l.preset)
	return nil
}

// scrape reads a process at t.
func (l *line) scrape(p *pod, t sla.Instant) error {
	ofWeek, number := l.clock.local(t)
	if number != l.day.number {
		l.day = day{number, t.In(l.plan.zone).Day(), l.plan.blips(l.job, t, l.every, l.most)}
	}
	to := t
	if p.until != 0 {
		to = min(t, p.until)
	}
	served := max(0, to.Sub(p.since))
	p.since = max(p.since, to)
	failing, slow := l.condition(t, l.day)
	if !p.bad.born && served > 2*l.step || p.fresh {
		// What a counter of errors that begins here counts depends on when it
		// began, which nobody sees: let it begin in a later scrape.
		failing = 0
	}
	p.fresh = false
	mean := l.rate * l.shape.at(ofWeek) * float64(served) / 1000
	r := l.draw(l.random, events(l.random, mean), failing, slow)
	l.book(t, r)
	return p.write(t, r)
}

// book keeps what the samples at t show for the truth.
func (l *line) book(t sla.Instant, r requests) {
	l.tallies[l.requests].add(t, r.ok+r.missing, r.bad)
	if len(l.buckets) == 0 {
		return
	}
	l.tallies[l.quick].add(t, r.within[l.fast], r.all()-r.within[l.fast])
	if l.mean != "" {
		l.tallies[l.mean].add(t, r.sum, r.all())
	}
}
