package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

func issue(t *testing.T, s *store.Store, doc, reason string) store.Report {
	t.Helper()
	r, err := s.IssueReport(t.Context(), store.Report{Agreement: "checkout-sla", Period: "2026-11", Reason: reason, Doc: []byte(doc), At: start}, kim)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReports_AnIssuedOneStaysAndACorrectionIsARevisionWithAReason(t *testing.T) {
	s := open(t)
	draft := store.Report{Agreement: "checkout-sla", Period: "2026-11", Doc: []byte("draft"), At: start, By: "slmd"}
	for range 2 {
		if _, err := s.SaveDraft(t.Context(), draft); err != nil {
			t.Fatal(err)
		}
	}
	first := issue(t, s, "one", "")
	if first.Revision != 1 || !first.Issued || first.SHA256 != "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed" {
		t.Errorf("issued %+v", first)
	}
	_, err := s.IssueReport(t.Context(), store.Report{Agreement: "checkout-sla", Period: "2026-11", Doc: []byte("two"), At: start}, kim)
	if err == nil || !strings.Contains(err.Error(), "give a reason") {
		t.Errorf("without a reason: %v", err)
	}
	if _, err := s.SaveDraft(t.Context(), draft); err != nil {
		t.Fatal(err)
	}
	got, err := s.Report(t.Context(), "checkout-sla", "2026-11")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "report beside a draft", got, first)
	second := issue(t, s, "two", "A supplier's late facts.")
	got, err = s.Report(t.Context(), "checkout-sla", "2026-11")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "report", got, second)
	list, err := s.Reports(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Revision != 1 || list[1].Revision != 2 || list[0].Doc != nil {
		t.Errorf("the list is %+v", list)
	}
	if rows := auditRows(t, s); len(rows) != 2 || rows[1].Before != first.SHA256 || rows[1].After != second.SHA256 {
		t.Errorf("the audit log is %+v", rows)
	}
	if _, err := s.Report(t.Context(), "checkout-sla", "2026-12"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a report that is not there gave %v", err)
	}
}

// everything puts a row into each table.
func everything(t *testing.T, s *store.Store) {
	t.Helper()
	save(t, s, company(), start)
	r := liveRound(3, 0, []byte("state"))
	r.Verdicts = []sla.Verdict{verdict(sla.Breached, false)}
	r.Breaches = []sla.Breach{breach(sla.BreachOpen, sla.BreachConfirmed)}
	r.Conditions = []sla.Condition{condition(start.Add(sla.Hour), "")}
	r.Problems = []store.Problem{{"web", store.Pending, "down", start}}
	record(t, s, r)
	issue(t, s, "one", "")
	if err := s.AppendAudit(t.Context(), store.Action{At: start, Actor: kim, Action: "reload", Object: "config"}); err != nil {
		t.Fatal(err)
	}
}

func TestFault_C15_TriggersRefuseToChangeOrDeleteWhatIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	everything(t, openFile(t, file))
	db := raw(t, file)
	for table, column := range map[string]string{
		"catalogue_item": "doc", "round": "at_ms", "entry": "bad", "verdict": "state", "breach": "objective",
		"breach_transition": "state", "report": "doc", "audit": "actor",
	} {
		for _, statement := range []string{
			fmt.Sprintf("UPDATE %s SET %s = %[2]s", table, column),
			"DELETE FROM " + table,
		} {
			if _, err := db.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "never") {
				t.Errorf("%s gave %v", statement, err)
			}
		}
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE condition SET until_ms = NULL"); err == nil {
		t.Error("an ended condition was reopened")
	}
}

func findings(t *testing.T, s *store.Store) []string {
	t.Helper()
	found, err := s.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCheck_ASoundFileHasNothingToSay(t *testing.T) {
	s := open(t)
	equal(t, "findings of an empty file", findings(t, s), []string(nil))
	everything(t, s)
	equal(t, "findings", findings(t, s), []string(nil))
}

func TestCheck_FindsWhatWasChangedBehindItsBack(t *testing.T) {
	for change, words := range map[string]string{
		"UPDATE audit SET actor = 'eve' WHERE seq = 3":              "audit row 3 was changed",
		"DELETE FROM audit WHERE seq = 3":                           "audit row 3 is missing",
		"DELETE FROM audit WHERE seq = 1":                           "audit row 1 is missing",
		"UPDATE audit SET prev_hash = '' WHERE seq = 4":             "audit row 4 does not follow",
		"UPDATE catalogue_item SET doc = doc || ' ' WHERE rowid= 1": "was changed",
		"UPDATE report SET doc = x'00'":                             "the report on checkout-sla in 2026-11, revision 1 was changed",
		"DELETE FROM indicator WHERE name = 'indicator-00001'":      "that is not there",
		"UPDATE entry SET good_nano = -1":                           "CHECK constraint",
	} {
		t.Run(change, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "slmd.db")
			s := openFile(t, file)
			everything(t, s)
			db := raw(t, file)
			db.SetMaxOpenConns(1)
			for _, name := range []string{"audit_update", "audit_delete", "catalogue_item_update", "report_update", "entry_update"} {
				execute(t, db, "DROP TRIGGER "+name)
			}
			execute(t, db, "PRAGMA ignore_check_constraints = 1")
			execute(t, db, change)
			if got := strings.Join(findings(t, s), "\n"); !strings.Contains(got, words) {
				t.Errorf("found %q, want %q", got, words)
			}
		})
	}
}

func TestAudit_TheChainGoesOnAfterReopening(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	for i := range 3 {
		s := openFile(t, file)
		if err := s.AppendAudit(t.Context(), store.Action{At: start, Actor: kim, Action: "start", Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
		head, err := s.AuditHead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rows := auditRows(t, s)
		equal(t, "head", head, store.AuditHead{Seq: int64(i) + 1, Hash: rows[i].Hash})
		equal(t, "findings", findings(t, s), []string(nil))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBackup_UnderLoadIsSoundAndABeginningOfTheLedger(t *testing.T) {
	dir := t.TempDir()
	s := openFile(t, filepath.Join(dir, "slmd.db"))
	everything(t, s)
	const rounds = 60
	done := make(chan error)
	go func() {
		var err error
		for n := 1; n < rounds && err == nil; n++ {
			_, err = s.RecordRound(t.Context(), liveRound(20, n-1, nil))
			if n == 1 {
				done <- nil
			}
		}
		done <- err
	}()
	<-done
	copies := []string{filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db")}
	for _, file := range copies {
		if err := s.Backup(t.Context(), file); err != nil {
			t.Error(err)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	all := entries(t, s, "indicator-00019", allTime)
	for _, file := range copies {
		c := openFile(t, file)
		equal(t, "findings", findings(t, c), []string(nil))
		es := entries(t, c, "indicator-00019", allTime)
		if len(es) == 0 || len(es) > len(all) {
			t.Fatalf("the copy has %d of %d entries", len(es), len(all))
		}
		equal(t, "entries", es, all[:len(es)])
		if left, _ := filepath.Glob(file + ".part*"); left != nil {
			t.Errorf("it left %v", left)
		}
	}
	if err := s.Backup(t.Context(), copies[0]); err == nil || !strings.Contains(err.Error(), "a file already") {
		t.Errorf("a copy was overwritten: %v", err)
	}
}

func TestSizeBytes_NamesTheFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	s := openFile(t, file)
	record(t, s, liveRound(100, 0, nil))
	got, err := s.SizeBytes()
	if err != nil {
		t.Fatal(err)
	}
	stat, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got["slmd.db"] != stat.Size() || got["slmd.db-wal"] == 0 {
		t.Errorf("got %v", got)
	}
}
