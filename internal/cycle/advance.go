package cycle

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// sitting is one round's judging: the watch, and what it is judged from and written to.
type sitting struct {
	*watch
	c     *Cycle
	ctx   context.Context //nolint:containedctx // lives as long as the call to advance
	book  judge.Book
	round *store.Round
	now   sla.Instant
}

// advance judges what the round's entries touch, and adds the verdicts, breach
// transitions and conditions that follow to the round.
func (w *watch) advance(ctx context.Context, c *Cycle, round *store.Round, now sla.Instant) error {
	fresh, cursors := map[string][]sla.Entry{}, map[string]sla.Instant{}
	unread := maps.Clone(w.late.entries)
	if unread == nil {
		unread = map[string][]sla.Entry{}
	}
	for name, head := range c.heads {
		cursors[name] = head.Cursor
	}
	for _, o := range round.Outcomes {
		if !o.Earlier {
			fresh[o.Indicator], cursors[o.Indicator] = o.Entries, o.Cursor
			unread[o.Indicator] = overlay(slices.Clip(unread[o.Indicator]), o.Entries)
		}
	}
	reading := Reading{Store: c.o.Store, Catalogue: c.catalogue, FinaliseAfter: c.o.FinaliseAfter, Now: now}
	book := bookOver(ctx, reading, reachOf{cursors: cursors, settled: c.settled(reading.deadline()), fresh: unread})
	s := &sitting{watch: w, c: c, ctx: ctx, book: book, round: round, now: now}
	for _, a := range w.agreements {
		if err := w.extend(c, a, now); err != nil {
			return err
		}
	}
	for name, entries := range fresh {
		if !w.feed(name, entries) {
			return fmt.Errorf("indicator %s: its new entries do not follow on those in the ledger", name)
		}
	}
	for _, a := range w.agreements {
		if err := s.judge(a, fresh); err != nil {
			return err
		}
	}
	return s.conditionsNow()
}

// judge looks at an agreement's unsettled periods, oldest first.
func (s *sitting) judge(a *watched, fresh map[string][]sla.Entry) error {
	if a.latest.Period.Kind == sla.PeriodRolling {
		return s.judgeRolling(a, fresh)
	}
	for _, p := range a.periods {
		for _, t := range p.tracked {
			if t.settled || !t.touched && !s.closable(t) {
				continue
			}
			if err := s.judgeTracked(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// closable reports whether the tallied part is over and none of its facts will change.
func (s *sitting) closable(t *tracked) bool {
	end := t.tally.Part().To
	return s.book.Measured(t.indicator) >= end && s.book.Final(t.indicator) >= end
}

// moment gives the judging instant of an indicator: the end of what is measured.
func (s *sitting) moment(indicator string) judge.Moment {
	return judge.Moment{Now: min(s.now, s.book.Measured(indicator)), Final: s.book.Final(indicator)}
}

func (s *sitting) judgeTracked(t *tracked) error {
	t.touched = false
	t.verdict = t.tally.Verdict(s.moment(t.indicator))
	v := &t.verdict
	if err := s.stepBreach(t, v); err != nil {
		return err
	}
	if v.Provisional || !s.closable(t) {
		return nil
	}
	if err := s.book.Attribute(v, s.now); err != nil {
		return fmt.Errorf("attributing the outages of %s/%s in %s: %w", v.Agreement, v.Objective, v.Period.Name, err)
	}
	if t.record != nil {
		t.record.class = mainCause(v)
	}
	t.settled = true
	t.agreement.settle(v)
	s.round.Verdicts = append(s.round.Verdicts, *v)
	return nil
}

// judgeRolling judges a rolling window anew; it ends at the last measured instant.
func (s *sitting) judgeRolling(a *watched, fresh map[string][]sla.Entry) error {
	kase, touched := s.rollingCases(a, fresh)
	if !touched {
		return nil
	}
	var tallies []*tracked
	for _, k := range kase {
		tally, err := judge.NewTally(k)
		if err != nil {
			return fmt.Errorf("agreement %s: %w", a.name, err)
		}
		entries, err := s.book.Facts(k.Indicator.Name, tally.Part())
		if err != nil {
			return err
		}
		for _, e := range entries {
			tally.Add(e)
		}
		t := &tracked{agreement: a, tally: tally, indicator: k.Indicator.Name, record: a.excursion(k.Objective.Name)}
		t.verdict = tally.Verdict(s.moment(t.indicator))
		if err := s.stepBreach(t, &t.verdict); err != nil {
			return err
		}
		tallies = append(tallies, t)
	}
	if len(tallies) > 0 {
		a.periods = []watchedPeriod{{period: tallies[0].verdict.Period, tracked: tallies}}
	}
	return nil
}

// rollingCases gives the cases of the window that ends at the last measured
// instant, and whether the round brought any of them new facts.
func (s *sitting) rollingCases(a *watched, fresh map[string][]sla.Entry) ([]judge.Case, bool) {
	touched, end := len(a.periods) == 0, sla.Always
	for i := range a.latest.Objectives {
		name := a.latest.Objectives[i].Indicator
		touched = touched || len(fresh[name]) > 0
		end = max(end, min(s.now, s.book.Measured(name)))
	}
	if !touched || end <= a.latest.Valid.From {
		return nil, false
	}
	p := calendar.PeriodAt(a.latest.Period, nil, end)
	return s.book.Cases(a.name, p), true
}

// excursion gives the last breach record of an objective under a rolling window.
func (a *watched) excursion(objective string) *record {
	records := a.records[objective]
	if len(records) == 0 {
		return nil
	}
	return records[len(records)-1]
}
