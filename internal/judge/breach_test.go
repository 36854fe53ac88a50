package judge

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// seen is a verdict as the life of a breach record sees it.
func seen(state sla.State, certain, provisional bool) *sla.Verdict {
	left := big.NewRat(1, 1)
	if state == sla.Failing || state == sla.Breached {
		left = big.NewRat(-1, 1)
	}
	return &sla.Verdict{
		Agreement: "a", Version: 2, Objective: "o", Period: november, State: state, Certain: certain, Provisional: provisional,
		Budget: &sla.Budget{Allowed: big.NewRat(1, 1), Left: left},
	}
}

func TestTheLifeOfABreachRecord(t *testing.T) {
	var (
		failing   = seen(sla.Failing, false, true)
		recovered = seen(sla.AtRisk, false, true)
		breached  = seen(sla.Breached, true, true)
		confirmed = seen(sla.Breached, true, false)
		doubtful  = seen(sla.Breached, false, false)
		met       = seen(sla.Met, true, false)
		nothing   = seen(sla.NoData, true, false)
	)
	for _, c := range []struct {
		name     string
		verdicts []*sla.Verdict
		want     string // states in their order
		counts   int
	}{
		{"nothing happens", []*sla.Verdict{recovered, met, nothing}, "", 0},
		{"spent for certain", []*sla.Verdict{breached}, "open confirmed", 1},
		{"stays as it is", []*sla.Verdict{breached, breached, confirmed}, "open confirmed", 1},
		{"fails and is confirmed", []*sla.Verdict{failing, failing, confirmed}, "open confirmed", 1},
		{"recovers, but the period is not over", []*sla.Verdict{failing, recovered}, "open", 1},
		{"recovers and is averted", []*sla.Verdict{failing, recovered, met}, "open averted", 0},
		{"an exclusion withdraws it", []*sla.Verdict{breached, recovered}, "open confirmed withdrawn", 0},
		{"a late fact withdraws it", []*sla.Verdict{confirmed, met}, "open confirmed withdrawn", 0},
		{"a late fact confirms what was averted", []*sla.Verdict{failing, met, confirmed}, "open averted confirmed", 1},
		{"a late fact opens what was averted", []*sla.Verdict{failing, met, doubtful}, "open averted open", 1},
		{"withdrawn and confirmed again", []*sla.Verdict{confirmed, met, confirmed}, "open confirmed withdrawn confirmed", 1},
		{"unknown time could turn it over", []*sla.Verdict{doubtful, doubtful}, "open", 1},
		{"doubt does not undo what was certain", []*sla.Verdict{confirmed, doubtful}, "open confirmed", 1},
		{"nothing is left to judge", []*sla.Verdict{failing, nothing}, "open withdrawn", 0},
	} {
		var record *sla.Breach
		var steps []sla.Transition
		for i, v := range c.verdicts {
			before := record
			var had int
			if before != nil {
				had = len(before.Transitions)
			}
			next, added := StepBreach(record, v, Step{At: sla.Instant(i + 1)})
			if before != nil && len(before.Transitions) != had {
				t.Errorf("%s: the record before was changed", c.name)
			}
			record, steps = next, append(steps, added...)
		}
		var states []string
		for _, s := range steps {
			states = append(states, string(s.State))
			if s.Cause == "" || s.At == 0 {
				t.Errorf("%s: %+v", c.name, s)
			}
		}
		if got := strings.Join(states, " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if record == nil {
			continue
		}
		if !slices.Equal(record.Transitions, steps) || record.State != steps[len(steps)-1].State || record.OpenedAt != steps[0].At {
			t.Errorf("%s: %+v", c.name, record)
		}
		if record.Agreement != "a" || record.Version != 2 || record.Objective != "o" || record.Period != november {
			t.Errorf("%s: %+v", c.name, record)
		}
		if got := CountBreaches([]sla.Breach{*record}); got != c.counts {
			t.Errorf("%s: counts %d", c.name, got)
		}
	}
}

func TestARollingWindowHasOneRecordPerExcursion(t *testing.T) {
	down, up, nothing := seen(sla.Breached, false, true), seen(sla.Met, false, true), seen(sla.NoData, false, true)
	step := func(b *sla.Breach, v *sla.Verdict, at sla.Instant) (*sla.Breach, []sla.Transition) {
		return StepBreach(b, v, Step{At: at, Rolling: true, Finalising: sla.Hour})
	}
	b, added := step(nil, down, 0)
	if b == nil || b.State != sla.BreachOpen || len(added) != 1 {
		t.Fatalf("got %+v", b)
	}
	if same, added := step(b, nothing, 10); same != b || len(added) != 0 {
		t.Errorf("no data ended it: %+v", same)
	}
	if averted, _ := step(b, up, sla.Instant(sla.Hour)); averted.State != sla.BreachAverted {
		t.Errorf("within the finalising time: %s", averted.State)
	}
	ended, _ := step(b, up, sla.Instant(sla.Hour+1))
	if ended.State != sla.BreachConfirmed {
		t.Errorf("after the finalising time: %s", ended.State)
	}
	if same, added := step(ended, up, 9e6); same != ended || len(added) != 0 {
		t.Errorf("it ended twice: %+v", added)
	}
	ended.ID = 7
	if again, _ := step(ended, down, 9e6); again.ID != 0 || again.OpenedAt != 9e6 || len(again.Transitions) != 1 {
		t.Errorf("the next excursion: %+v", again)
	}
}

func TestWhatFollowsOneRecordDoesNotShareItsTransitions(t *testing.T) {
	prev, _ := StepBreach(nil, seen(sla.Failing, false, true), Step{At: 1})
	prev.Transitions = slices.Grow(prev.Transitions, 8)
	confirmed, _ := StepBreach(prev, seen(sla.Breached, true, false), Step{At: 2})
	averted, _ := StepBreach(prev, seen(sla.Met, true, false), Step{At: 3})
	if confirmed.Transitions[1].State != sla.BreachConfirmed || averted.Transitions[1].State != sla.BreachAverted {
		t.Errorf("the transitions are %+v and %+v", confirmed.Transitions, averted.Transitions)
	}
}

func TestATransitionSaysWhy(t *testing.T) {
	limit := seen(sla.Breached, true, true)
	limit.Budget.Left = big.NewRat(1, 1)
	for _, c := range []struct {
		v    *sla.Verdict
		step Step
		want string
	}{
		{seen(sla.Breached, true, true), Step{}, "budget spent"},
		{seen(sla.Breached, true, true), Step{Cause: "late facts"}, "late facts"},
		{limit, Step{}, "limit exceeded"},
		{&sla.Verdict{State: sla.Failing}, Step{}, "mean beyond its bound"},
	} {
		if _, added := StepBreach(nil, c.v, c.step); added[0].Cause != c.want {
			t.Errorf("got %q, want %q", added[0].Cause, c.want)
		}
	}
}

func TestTheLastTransitionSaysWhy(t *testing.T) {
	for _, c := range []struct {
		before, then *sla.Verdict
		want         string
	}{
		{seen(sla.Failing, false, true), seen(sla.Met, true, false), "at or above the target in the end"},
		{seen(sla.Failing, false, true), seen(sla.NoData, true, false), "nothing left to judge"},
		{seen(sla.Breached, true, true), seen(sla.Met, true, false), "no longer below the target"},
	} {
		record, _ := StepBreach(nil, c.before, Step{})
		if _, added := StepBreach(record, c.then, Step{}); added[0].Cause != c.want {
			t.Errorf("got %q, want %q", added[0].Cause, c.want)
		}
	}
}

func TestTheWorstOfSeveralStates(t *testing.T) {
	for _, c := range []struct {
		states []sla.State
		want   sla.State
	}{
		{nil, sla.NoData},
		{[]sla.State{sla.NoData, sla.Met}, sla.Met},
		{[]sla.State{sla.Breached, sla.NoData, sla.Met}, sla.Breached},
		{[]sla.State{sla.Failing, sla.AtRisk}, sla.Failing},
		{[]sla.State{sla.Met, sla.AtRisk}, sla.AtRisk},
	} {
		if got := Worst(c.states...); got != c.want {
			t.Errorf("worst of %v: %s", c.states, got)
		}
	}
}
