package cycle

import (
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// outage makes the probe bad for an hour from the tenth day on.
func outage(indicator string, at sla.Instant) sla.Entry {
	if since := at.Sub(march.Add(10 * sla.Day)); indicator == "probe" && since >= 0 && since < sla.Hour {
		return sla.Entry{Bad: sla.Seconds(sla.Minute)}
	}
	return fine(indicator, at)
}

// earlyOutage is outage on the second day.
func earlyOutage(indicator string, at sla.Instant) sla.Entry {
	return outage(indicator, at.Add(9*sla.Day))
}

func TestABreachOpensAtTheSameInstantHoweverTheRoundsWereCut(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it judges days over and over")
	}
	spent := march.Add(10*sla.Day + 45*sla.Minute) // 99.9 % of 31 days leave 44 minutes 38 seconds
	for _, step := range []sla.Millis{7 * sla.Minute, 5 * sla.Hour, 12 * sla.Day} {
		for _, piece := range []sla.Millis{13 * sla.Minute, sla.Day, 40 * sla.Day} {
			w := newWorld(t, simple, march.Add(10*sla.Day))
			w.source.fact, w.source.piece = outage, piece
			for now := march.Add(10 * sla.Day); now < march.Add(10*sla.Day+2*sla.Hour); {
				now = now.Add(step)
				w.round(now)
			}
			b := w.breaches()
			if len(b) != 1 || b[0].OpenedAt != spent || b[0].State != sla.BreachConfirmed {
				t.Errorf("rounds every %s in pieces of %s: the breaches are %+v, want one since %s", step.Duration(), piece.Duration(), b, spent)
			}
		}
	}
}

func TestABreachIsNotOpenedAgainByARestart(t *testing.T) {
	w := newWorld(t, simple, march.Add(11*sla.Day))
	w.source.fact = outage
	for day := sla.Millis(11); day < 14; day++ {
		w.round(march.Add(day * sla.Day))
		w.reload()
	}
	if b := w.breaches(); len(b) != 1 || len(b[0].Transitions) != 2 {
		t.Errorf("the breaches are %+v, want one with two transitions", b)
	}
	if c := w.holding(sla.AlertBreached); len(c) != 1 || c[0].Since != march.Add(10*sla.Day+45*sla.Minute) {
		t.Errorf("told is %+v, want one breach since it was certain", c)
	}
}

// swaying fails 30 of 100 requests of day five, makes up for it by many good
// ones, and fails again.
func swaying(indicator string, at sla.Instant) sla.Entry {
	if indicator != "requests" {
		return fine(indicator, at)
	}
	switch at.Sub(march) / sla.Day {
	case 5, 7:
		return sla.Entry{Good: sla.Whole(90), Bad: sla.Whole(30)}
	case 6:
		return sla.Entry{Good: sla.Whole(4_000)}
	}
	return fine(indicator, at)
}

func TestATargetThatIsMissedMetAndMissedAgainIsToldEachTime(t *testing.T) {
	w := newWorld(t, simple, march.Add(5*sla.Day))
	w.source.fact = swaying
	var told []sla.Instant
	for now := march.Add(5 * sla.Day); now <= march.Add(8*sla.Day); now = now.Add(sla.Hour) {
		w.reload() // as a restart does
		w.round(now)
		for _, c := range w.holding(sla.AlertBreached) {
			if len(told) == 0 || told[len(told)-1] != c.Since {
				told = append(told, c.Since)
			}
		}
	}
	if len(told) != 2 {
		t.Errorf("a missed target was told since %v, want twice", told)
	}
	if b := w.breaches(); len(b) != 1 || b[0].State != sla.BreachOpen {
		t.Errorf("the breaches are %+v, want one that is open", b)
	}
}

func TestAnExclusionThatIsApprovedAfterThePeriodIsSettledWithdrawsItsBreach(t *testing.T) {
	w := newWorld(t, simple, march.Add(30*sla.Day))
	w.source.fact = outage
	w.round(march.Add(32 * sla.Day))
	w.round(march.Add(32*sla.Day + 2*sla.Hour)) // now March is final
	if b := w.breaches(); len(b) != 1 || b[0].State != sla.BreachConfirmed {
		t.Fatalf("the breaches are %+v, want one that is confirmed", b)
	}
	w.apply(simple + `exclusions:
  - {name: works, services: [shop], category: maintenance, reason: Works, from: 2026-03-11T00:00:00Z, to: 2026-03-11T02:00:00Z, approved_by: kim@example.com, approved_on: 2026-04-02}
`)
	for range 2 { // the second time nothing is left to do
		w.reload()
		w.round(w.now.Add(sla.Hour))
	}
	if b := w.breaches(); len(b) != 1 || b[0].State != sla.BreachWithdrawn || len(b[0].Transitions) != 3 {
		t.Errorf("the breaches are %+v, want the one of before, withdrawn once", b)
	}
	previous := w.cycle.Standings()[1].Previous
	if previous == nil || previous.Period.Name != "2026-03" || previous.State != sla.Met {
		t.Errorf("March is %+v, want met", previous)
	}
	if told := w.holding(sla.AlertBreached); len(told) != 0 {
		t.Errorf("told is %+v, want nothing", told)
	}
}

func TestAnExclusionThatIsRecordedWhileARoundIsUnderWayIsJudgedByAfterwards(t *testing.T) {
	w := newWorld(t, simple, march.Add(30*sla.Day))
	w.source.fact = outage
	w.round(march.Add(32 * sla.Day))
	w.apply(simple + `exclusions:
  - {name: works, services: [shop], category: maintenance, reason: Works, from: 2026-03-11T00:00:00Z, to: 2026-03-11T02:00:00Z, approved_by: kim@example.com, approved_on: 2026-04-02}
`) // the cycle has not heard of it yet, or is killed before it does
	w.round(march.Add(32*sla.Day + 2*sla.Hour)) // now March is final
	w.reload()
	w.round(w.now.Add(sla.Hour))
	if b := w.breaches(); len(b) != 1 || b[0].State != sla.BreachWithdrawn {
		t.Errorf("the breaches are %+v, want one that is withdrawn", b)
	}
	previous := w.cycle.Standings()[1].Previous
	if previous == nil || previous.Period.Name != "2026-03" || previous.State != sla.Met {
		t.Errorf("March is %+v, want met", previous)
	}
}

func TestABurnAlertBeginsAtTheSameInstantHoweverTheRoundsWereCut(t *testing.T) {
	began := map[string]sla.Instant{}
	for _, step := range []sla.Millis{sla.Minute, 7 * sla.Minute, 52 * sla.Minute} {
		w := newWorld(t, simple, march.Add(sla.Day))
		w.source.fact = earlyOutage
		for now := march.Add(sla.Day - sla.Hour); now < march.Add(sla.Day+40*sla.Minute); {
			now = now.Add(step)
			w.round(now)
			if step == 7*sla.Minute {
				w.reload() // as a restart does
			}
		}
		told := w.holding(sla.AlertBurn)
		for _, c := range told {
			key := c.Objective + " " + c.Window
			if step == sla.Minute {
				began[key] = c.Since
			}
			if c.Since != began[key] || c.Since <= march.Add(sla.Day) {
				t.Errorf("rounds every %s: %s burns since %s, with rounds every minute since %s", step.Duration(), key, c.Since, began[key])
			}
		}
		if len(told) == 0 || len(told) != len(began) {
			t.Errorf("rounds every %s: %d burn alerts hold, with rounds every minute %d", step.Duration(), len(told), len(began))
		}
	}
}
