package store_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

var november = sla.Period{Name: "2026-11", Span: sla.Span{From: start, To: start.Add(30 * sla.Day)}}

func verdict(state sla.State, provisional bool) sla.Verdict {
	third := big.NewRat(1, 3)
	return sla.Verdict{
		Agreement: "checkout-sla", Version: 1, AgreementKind: sla.SLA, Service: "checkout", Objective: "availability", Indicator: "web",
		Facts: sla.Events, Method: sla.Occurrences, Target: &sla.Decimal{Coef: 999, Scale: 1}, Period: november, Part: november.Span,
		State: state, Provisional: provisional, Good: third, Bad: big.NewRat(7, 1), Unknown: new(big.Rat), Removed: new(big.Rat), Scope: third,
		Compliance: &sla.Share{Num: third, Den: big.NewRat(22, 3)}, Budget: &sla.Budget{Allowed: third, Left: big.NewRat(-1, 3)},
		Outages: []sla.Outage{{Span: november.Span, Duration: 5, Bad: third, BudgetShare: third}},
		Totals:  sla.Totals{Count: 1, SmallBad: new(big.Rat), Longest: 5},
	}
}

func verdicts(t *testing.T, s *store.Store, agreement string, span sla.Span) []sla.Verdict {
	t.Helper()
	got, err := s.Verdicts(t.Context(), agreement, span)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// inJSON makes exact numbers comparable, which may be written in memory in several ways.
func inJSON(t *testing.T, v any) string {
	t.Helper()
	doc, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

func count(t *testing.T, file, query string) int {
	t.Helper()
	var n int
	if err := raw(t, file).QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestVerdicts_AProvisionalOneIsReplacedAFinalOneIsKept(t *testing.T) {
	file := t.TempDir() + "/slmd.db"
	s := openFile(t, file)
	for i, c := range []struct {
		verdict sla.Verdict
		rows    int
	}{
		{verdict(sla.Met, true), 1},
		{verdict(sla.Failing, true), 1},
		{verdict(sla.Breached, false), 1},
		{verdict(sla.Breached, false), 1},
		{verdict(sla.Met, false), 2}, // late facts
		{verdict(sla.Met, false), 2},
	} {
		record(t, s, store.Round{At: start.Add(sla.Millis(i)), Verdicts: []sla.Verdict{c.verdict}})
		equal(t, "verdicts", inJSON(t, verdicts(t, s, "checkout-sla", allTime)), inJSON(t, []sla.Verdict{c.verdict}))
		if got := count(t, file, "SELECT count(*) FROM verdict"); got != c.rows {
			t.Errorf("step %d: %d rows, want %d", i, got, c.rows)
		}
	}
	equal(t, "verdicts of another agreement", verdicts(t, s, "other", allTime), []sla.Verdict(nil))
	equal(t, "verdicts of another time", verdicts(t, s, "", sla.Span{From: november.To, To: sla.Forever}), []sla.Verdict(nil))
	if got := verdicts(t, s, "", sla.Span{From: november.To - 1, To: sla.Forever}); len(got) != 1 {
		t.Errorf("%d verdicts overlap November's end, want 1", len(got))
	}
}

func TestVerdicts_ARollingWindowHasOneHoweverFarItRolled(t *testing.T) {
	file := t.TempDir() + "/slmd.db"
	s := openFile(t, file)
	var last sla.Verdict
	for i := range 3 {
		last = verdict(sla.Met, false)
		to := start.Add(sla.Millis(i) * sla.Minute)
		last.Period = sla.Period{Name: "30d@" + to.String(), Span: sla.Span{From: to.Add(-30 * sla.Day), To: to}}
		record(t, s, store.Round{At: start, Verdicts: []sla.Verdict{last}})
	}
	equal(t, "verdicts", inJSON(t, verdicts(t, s, "", allTime)), inJSON(t, []sla.Verdict{last}))
	if got := count(t, file, "SELECT count(*) FROM verdict"); got != 1 {
		t.Errorf("there are %d rows, want 1", got)
	}
}

func breach(states ...sla.BreachState) sla.Breach {
	b := sla.Breach{Agreement: "checkout-sla", Version: 1, Objective: "availability", Period: november, OpenedAt: start}
	for i, state := range states {
		b.State = state
		b.Transitions = append(b.Transitions, sla.Transition{At: start.Add(sla.Millis(i)), State: state, Cause: "because"})
	}
	return b
}

func TestBreaches_GrowByTransitionsAndKeepTheirID(t *testing.T) {
	s := open(t)
	r := store.Round{At: start, Breaches: []sla.Breach{breach(sla.BreachOpen)}}
	other := breach(sla.BreachOpen, sla.BreachAverted)
	other.Objective = "speed"
	r.Breaches = append(r.Breaches, other)
	record(t, s, r)
	first, second := r.Breaches[0].ID, r.Breaches[1].ID
	if first == 0 || second == 0 || first == second {
		t.Fatalf("IDs are %d and %d", first, second)
	}
	grown := breach(sla.BreachOpen, sla.BreachConfirmed)
	for range 2 { // once without knowing the ID, once with it
		r = store.Round{At: start, Breaches: []sla.Breach{grown}}
		record(t, s, r)
		grown = r.Breaches[0]
	}
	if grown.ID != first {
		t.Errorf("the record got ID %d, want %d", grown.ID, first)
	}
	other.ID = second
	got, err := s.Breaches(t.Context(), november.Span)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "breaches", got, []sla.Breach{grown, other})
	got, err = s.Breaches(t.Context(), sla.Span{From: november.To, To: sla.Forever})
	if err != nil || got != nil {
		t.Errorf("breaches of another time: %v, %v", got, err)
	}
}

func TestBreaches_RefuseAnotherPast(t *testing.T) {
	s := open(t)
	record(t, s, store.Round{At: start, Breaches: []sla.Breach{breach(sla.BreachOpen, sla.BreachConfirmed)}})
	unknown := breach(sla.BreachOpen)
	unknown.ID = 77
	for words, b := range map[string]sla.Breach{
		"transition 2 differs": breach(sla.BreachOpen, sla.BreachAverted),
		"no record 77":         unknown,
		"at least":             breach(),
	} {
		if _, err := s.RecordRound(t.Context(), store.Round{At: start, Breaches: []sla.Breach{b}}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, want %q", err, words)
		}
	}
}

func condition(until sla.Instant, used string) sla.Condition {
	return sla.Condition{
		Alertname: sla.AlertBurn, Severity: "critical", Agreement: "checkout-sla", Objective: "availability", Indicator: "web", Window: "1h",
		Labels: map[string]string{"team": "payments", "service": "checkout"}, Since: start, Until: until, Details: sla.Details{BudgetUsed: used},
	}
}

func conditions(t *testing.T, s *store.Store, endedSince sla.Instant) []sla.Condition {
	t.Helper()
	got, err := s.Conditions(t.Context(), endedSince)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestConditions_HoldEndOnceAndBeginAnew(t *testing.T) {
	s := open(t)
	say := func(c sla.Condition) {
		t.Helper()
		record(t, s, store.Round{At: start, Conditions: []sla.Condition{c}})
	}
	say(condition(sla.Forever, "10%"))
	say(condition(sla.Forever, "20%"))
	equal(t, "while it holds", conditions(t, s, sla.Forever), []sla.Condition{condition(sla.Forever, "20%")})
	end := start.Add(sla.Hour)
	say(condition(end, "30%"))
	say(condition(end, "31%"))
	equal(t, "just after its end", conditions(t, s, end), []sla.Condition{condition(end, "30%")})
	equal(t, "long after its end", conditions(t, s, end+1), []sla.Condition(nil))
	_, err := s.RecordRound(t.Context(), store.Round{At: start, Conditions: []sla.Condition{condition(sla.Forever, "40%")}})
	if err == nil || !strings.Contains(err.Error(), "for good") {
		t.Errorf("an ended condition held again: %v", err)
	}
	again := condition(sla.Forever, "50%")
	again.Since = end.Add(sla.Hour)
	say(again)
	equal(t, "anew", conditions(t, s, start), []sla.Condition{condition(end, "30%"), again})
}
