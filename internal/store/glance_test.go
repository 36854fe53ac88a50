package store_test

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// glances reads what lists show of the one agreement, in order of periods.
func glances(t *testing.T, s *store.Store) []sla.Glance {
	t.Helper()
	got, err := s.Glances(t.Context(), []string{"checkout-sla", "no-such-agreement"}, allTime)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b sla.Glance) int { return cmp.Compare(a.Period, b.Period) })
	return got
}

func glancesOf(verdicts []sla.Verdict) []sla.Glance {
	var out []sla.Glance
	for i := range verdicts {
		out = append(out, verdicts[i].Glance())
	}
	slices.SortFunc(out, func(a, b sla.Glance) int { return cmp.Compare(a.Period, b.Period) })
	return out
}

func TestListsShowTheLatestRevisionOfAVerdict_AndWhetherItsReviewIsOlder(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "slmd.db"))
	save(t, s, company(), start)
	look := func(what string, state sla.State, revised bool) {
		t.Helper()
		v := verdict(state, false)
		want := v.Glance()
		want.Revised = revised
		equal(t, what, glances(t, s), []sla.Glance{want})
	}
	at := start
	decide := func(state sla.State) {
		at = at.Add(sla.Hour)
		v := verdict(state, false)
		record(t, s, store.Round{At: at, Verdicts: []sla.Verdict{v}})
	}
	issue := func(reason string) {
		at = at.Add(sla.Hour)
		r := store.Report{Agreement: "checkout-sla", Period: november.Name, Doc: []byte("{}"), At: at, Reason: reason}
		if _, err := s.IssueReport(t.Context(), r, kim); err != nil {
			t.Fatal(err)
		}
	}
	decide(sla.Met)
	look("before a review", sla.Met, false)
	issue("")
	look("after its review", sla.Met, false)
	decide(sla.Breached)
	look("revised after its review", sla.Breached, true)
	issue("late facts")
	look("after the review's revision", sla.Breached, false)
	if none, err := s.Glances(t.Context(), nil, allTime); err != nil || len(none) > 0 {
		t.Errorf("without a name there is %v, %v", none, err)
	}
}

func TestFault_C8_AnEditOfWhatListsShowIsFound(t *testing.T) {
	for name, edit := range map[string]string{
		"changed": "UPDATE verdict_glance SET reached = '100'", "deleted": "DELETE FROM verdict_glance WHERE period = '2026-11-02'",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "slmd.db")
			closedBook(t, file)
			s := openFile(t, file)
			execute(t, raw(t, file), edit)
			if found := verified(t, s); len(found) != 1 || !strings.Contains(found[0], "lists show") {
				t.Errorf("found %q", found)
			}
		})
	}
}
