package app_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// putBack puts a copy in the place of the database, as the documentation says.
func (s *stage) putBack(from string) {
	s.t.Helper()
	s.stop()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(s.path("data/slmd.db" + suffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.t.Fatal(err)
		}
	}
	text, err := os.ReadFile(s.path(from))
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("data/slmd.db", string(text))
}

// issued gives the file of a review and what the database has of it.
func (s *stage) issued(agreement, period string) (file []byte, review *report.Review, revision int) {
	s.t.Helper()
	file, err := os.ReadFile(s.path("data/reports/" + agreement + "/" + period + ".json"))
	if err != nil {
		s.t.Fatal(err)
	}
	if review, err = report.Read(file); err != nil {
		s.t.Fatal(err)
	}
	row, err := s.read().Report(context.Background(), agreement, period)
	if err != nil || !row.Issued || !bytes.Equal(row.Doc, file) {
		s.t.Fatalf("the database has %+v, %v, and another document than the file", row, err)
	}
	return file, review, row.Revision
}

// issue issues what is due and gives it.
func (s *stage) issue() []string {
	s.t.Helper()
	ids, err := s.app.IssueReviews(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return ids
}

func TestFault_C13_AfterYesterdaysBackupIsPutBackItIsMeasuredAgainAndNoReportNumberIsReused(t *testing.T) {
	begin := march.Add(3*sla.Day + 12*sla.Hour)
	terms := set{catalogue: strings.Replace(corner, "period: month", "period: day", 1), now: begin}
	s := newStage(t, terms)
	srv := serve(t, cornerShop(t, sla.Span{From: march, To: begin.Add(3 * sla.Day)}, busy), &s.clock)
	terms.source = srv.URL()
	terms.config = "reports: {formats: [html]}\n" // the document is written all the same
	s.configure(terms)
	s.open()
	s.rounds(begin.Add(4*sla.Hour), 2*sla.Hour)
	s.issue()
	if err := s.read().Backup(t.Context(), s.path("yesterday.db")); err != nil {
		t.Fatal(err)
	}
	s.rounds(begin.Add(sla.Day), 2*sla.Hour)
	if ids := s.issue(); !slices.Equal(ids, []string{"shop-sla/2026-03-04"}) {
		t.Fatalf("issued %q", ids)
	}
	ledger := s.entries()
	document, _, _ := s.issued("shop-sla", "2026-03-04")

	s.putBack("yesterday.db")
	s.clock.add(sla.Hour)
	s.open()
	s.round()
	s.clock.add(2 * sla.Hour)
	s.round() // what was measured anew is final
	for name, entries := range s.entries() {
		testkit.EqualLedgers(t, entries[:len(ledger[name])], ledger[name])
	}
	s.issue()
	if again, _, revision := s.issued("shop-sla", "2026-03-04"); revision != 1 || !bytes.Equal(again, document) {
		t.Errorf("the review that says the same is issued anew with the number %d", revision)
	}

	s.alter("shop-sla", "2026-03-04")
	s.putBack("yesterday.db")
	s.open()
	s.round()
	s.clock.add(2 * sla.Hour)
	s.round()
	s.issue()
	_, review, revision := s.issued("shop-sla", "2026-03-04")
	if head := review.Report; revision != 2 || head.Revision != 2 || head.Replaces == nil || *head.Replaces != 1 || !strings.Contains(string(head.Reason), "put back") {
		t.Errorf("where figures differ the review is issued with the number %d: %+v", revision, head)
	}
	if ids := s.issue(); len(ids) != 0 {
		t.Errorf("issued again: %q", ids)
	}
	if found := s.verify(); len(found) > 0 {
		t.Errorf("found %q", found)
	}
}

// alter makes the file of a review one of other facts.
func (s *stage) alter(agreement, period string) {
	s.t.Helper()
	_, review, _ := s.issued(agreement, period)
	review.Objectives[0].Good = review.Objectives[0].Bad
	if err := review.Seal(); err != nil {
		s.t.Fatal(err)
	}
	document, err := review.Marshal()
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("data/reports/"+agreement+"/"+period+".json", string(document))
}

func TestAFileThatIsNoReviewIsNotWrittenOver(t *testing.T) {
	begin := march.Add(2*sla.Day + 12*sla.Hour)
	terms := set{catalogue: strings.Replace(corner, "period: month", "period: day", 1), now: begin}
	s := newStage(t, terms)
	srv := serve(t, cornerShop(t, sla.Span{From: march, To: begin}, busy), &s.clock)
	terms.source = srv.URL()
	s.configure(terms)
	s.open()
	s.round()
	s.clock.add(2 * sla.Hour)
	s.round()
	if err := os.MkdirAll(s.path("data/reports/shop-sla"), 0o750); err != nil {
		t.Fatal(err)
	}
	s.write("data/reports/shop-sla/2026-03-01.json", "mine")
	ids, err := s.app.IssueReviews(context.Background())
	if err == nil || !strings.Contains(err.Error(), "shop-sla/2026-03-01.json") || !slices.Equal(ids, []string{"shop-sla/2026-03-02"}) {
		t.Errorf("issued %q, %v, want the other one, and the file named", ids, err)
	}
	if text, err := os.ReadFile(s.path("data/reports/shop-sla/2026-03-01.json")); err != nil || string(text) != "mine" {
		t.Errorf("the file is %q now, %v", text, err)
	}
}
