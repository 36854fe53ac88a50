package app_test

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// verify walks a stage's store as slmtool does.
func (s *stage) verify() []string {
	s.t.Helper()
	found, err := app.Verify(context.Background(), app.Verifying{Store: s.read(), FinaliseAfter: sla.Hour, Now: s.clock.now()})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

func TestSealing_ChangesNoFactNoVerdictAndNoReviewAndAllVerifies(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it measures a month and seals its days, some ten seconds; go test without -short plays it")
	}
	t.Parallel()
	from := at("2026-02-14T00:00:00Z")
	until := from.Add(days * sla.Day)
	h := shop(from)
	var clock clock
	clock.set(until)
	srv := serve(t, h.store(t), &clock)
	s := newStage(t, set{source: srv.URL(), catalogue: shopTerms(from, until), now: until.Add(2 * sla.Hour), config: "reports: {required_completeness: 50%}\n"}).open()
	s.round()
	s.clock.add(2 * sla.Hour)
	s.round() // facts are final now
	if _, err := s.app.IssueReviews(context.Background()); err != nil {
		t.Fatal(err)
	}
	before := s.entries()
	n, err := s.app.Seal(context.Background())
	if want := (days - 2) * len(before); err != nil || n != want {
		t.Errorf("sealed %d days, %v, want %d: all but the last two", n, err, want)
	}
	if again, err := s.app.Seal(context.Background()); err != nil || again != 0 {
		t.Errorf("the second time it sealed %d days, %v", again, err)
	}
	after := s.entries()
	for _, name := range slices.Sorted(maps.Keys(before)) {
		testkit.EqualLedgers(t, after[name], before[name])
	}
	s.restart()
	s.round()
	if found := s.verify(); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	reports, err := s.read().Reports(context.Background(), "shop-sla")
	if err != nil || len(reports) == 0 || !reports[0].Issued {
		t.Errorf("no review was issued: %+v, %v", reports, err)
	}
}

func TestVerify_FindsAVerdictAndAReviewThatDoNotFollowFromTheFacts(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it measures a month and seals its days, some ten seconds; go test without -short plays it")
	}
	t.Parallel()
	from := at("2026-02-14T00:00:00Z")
	until := from.Add(days * sla.Day)
	h := shop(from)
	var clock clock
	clock.set(until)
	srv := serve(t, h.store(t), &clock)
	s := newStage(t, set{source: srv.URL(), catalogue: shopTerms(from, until), now: until.Add(2 * sla.Hour), config: "reports: {required_completeness: 50%}\n"}).open()
	s.round()
	s.clock.add(2 * sla.Hour)
	s.round()
	if _, err := s.app.IssueReviews(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.stop()
	st, err := store.Open(context.Background(), filepath.Join(s.dir, "data", "slmd.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	verdicts, err := st.Verdicts(context.Background(), "shop-sla", ever)
	if err != nil {
		t.Fatal(err)
	}
	verdicts[0].Good.Add(verdicts[0].Good, verdicts[0].Bad)
	// Somebody who can write the whole file, its chain included, still has the facts against them.
	if _, err := st.RecordRound(context.Background(), store.Round{At: s.clock.now(), Verdicts: verdicts[:1]}); err != nil {
		t.Fatal(err)
	}
	report, err := st.Report(context.Background(), "shop-sla", "2026-02")
	if err != nil {
		t.Fatal(err)
	}
	report.Doc = []byte(strings.Replace(string(report.Doc), `"state": "breached"`, `"state": "met"`, 1))
	report.Reason = "forged"
	if _, err := st.IssueReport(context.Background(), report, store.Actor{Name: "slmd"}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	found := strings.Join(s.verify(), "\n")
	for _, want := range []string{"the verdict on shop-sla/" + verdicts[0].Objective + " in 2026-02 differs from a new judgement", "the issued review shop-sla/2026-02 "} {
		if !strings.Contains(found, want) {
			t.Errorf("found %q, want %q", found, want)
		}
	}
}
