package store_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// -golden writes the database of this version anew; those of older ones are never written again.
var golden = flag.Bool("golden", false, "write testdata's database of this version")

const goldenFile = "testdata/schema9.db"

func TestGolden_TheDatabaseOfEachVersionOpensVerifiesAndReadsTheSame(t *testing.T) {
	if *golden {
		if err := os.Remove(goldenFile); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		closedBook(t, goldenFile)
		if err := os.Remove(goldenFile + ".lock"); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob("testdata/schema*.db")
	if err != nil || len(files) < 3 {
		t.Fatalf("there are %d golden databases, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "slmd.db")
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			s := openFile(t, file)
			equal(t, "findings", verified(t, s), []string(nil))
			for i := range 3 {
				var want []sla.Entry
				for day := range 4 {
					want = append(want, hours(midnight.Add(sla.Millis(day)*sla.Day))...)
				}
				equal(t, "entries", entries(t, s, fmt.Sprint("indicator-", i), allTime), want)
			}
			if got := verdicts(t, s, "", allTime); len(got) != 4 || got[0].State != sla.Breached {
				t.Errorf("the verdicts are %+v", got)
			}
			equal(t, "what lists show", glances(t, s), glancesOf(verdicts(t, s, "", allTime)))
			var listed []store.ListedOutage
			for _, v := range verdicts(t, s, "", allTime) {
				listed = append(listed, store.ListedOf(&v)...)
			}
			if got := outagesOf(t, s, store.OutageQuery{Span: allTime, Limit: 9}); len(listed) == 0 || len(got) != len(listed) {
				t.Errorf("%d outages are listed, want %d", len(got), len(listed))
			}
			report, err := s.Report(t.Context(), "checkout-sla", "2026-11-02")
			if err != nil || string(report.Doc) != `{"report":"2026-11-02"}` || !report.Issued {
				t.Errorf("the report is %+v, %v", report, err)
			}
			breaches, err := s.Breaches(t.Context(), allTime)
			if err != nil || len(breaches) != 4 || len(breaches[3].Transitions) != 2 {
				t.Errorf("the breaches are %+v, %v", breaches, err)
			}
			if n := seal(t, s, midnight.Add(100*sla.Day)); name == "testdata/schema1.db" && n != 12 {
				t.Errorf("sealed %d days", n)
			}
			equal(t, "findings after sealing", verified(t, s), []string(nil))
		})
	}
}

func TestFault_C10_AnOlderSchemaIsCopiedThenMigrated(t *testing.T) {
	old, err := os.ReadFile("testdata/schema1.db")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "slmd.db")
	if err := os.WriteFile(file, old, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OpenReadOnly(t.Context(), file, store.Options{}); err == nil {
		t.Error("a file of an older schema was opened for reading")
	}
	s := openFile(t, file)
	equal(t, "findings", verified(t, s), []string(nil))
	kept := raw(t, file+".schema1")
	var rows int
	if err := kept.QueryRowContext(t.Context(), "SELECT count(*) FROM entry").Scan(&rows); err != nil || rows != 3*4*24 {
		t.Errorf("the copy has %d entries, %v", rows, err)
	}
	var version int
	if err := kept.QueryRowContext(t.Context(), "PRAGMA user_version").Scan(&version); err != nil || version != 1 {
		t.Errorf("the copy has schema %d, %v", version, err)
	}
	// What was decided before rows were vouched for is vouched for now.
	execute(t, raw(t, file), "DROP TRIGGER breach_transition_update; UPDATE breach_transition SET cause = 'another' WHERE breach_id = 2 AND seq = 1")
	if found := verified(t, s); len(found) == 0 {
		t.Error("an edit of an adopted decision was not found")
	}
}

func TestFault_F20_ACutAuditLogIsFoundAgainstAPublishedHead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	s := openFile(t, file)
	for i := range 5 {
		if err := s.AppendAudit(t.Context(), store.Action{At: start, Actor: kim, Action: "reload", Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	head, err := s.AuditHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	execute(t, raw(t, file), "DROP TRIGGER audit_delete; DELETE FROM audit WHERE seq = 5")
	equal(t, "findings without a head", verified(t, s), []string(nil))
	found, err := s.Verify(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "findings", found, []string{"audit row 5, which was published, is missing"})
	if err := s.AppendAudit(t.Context(), store.Action{At: start, Actor: kim, Action: "reload", Text: "another"}); err != nil {
		t.Fatal(err)
	}
	found, err = s.Verify(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "findings", found, []string{"audit row 5 is not the one that was published"})
}

// loadedBackups is how many backups the short form makes.
const loadedBackups = 6

func TestFault_C14_EveryCopyUnderLoadVerifiesAndIsABeginningOfTheLedger(t *testing.T) {
	dir := t.TempDir()
	s := openFile(t, filepath.Join(dir, "slmd.db"))
	everything(t, s)
	stop, done, rounds := make(chan struct{}), make(chan error, 1), make(chan struct{})
	go func() {
		defer close(rounds)
		for n := 1; ; n++ {
			select {
			case <-stop:
				done <- nil
				return
			case rounds <- struct{}{}: // somebody waits for a round
			default:
			}
			if _, err := s.RecordRound(t.Context(), liveRound(20, n-1, bytes.Repeat([]byte("x"), 400))); err != nil {
				done <- err
				return
			}
			if n%40 == 0 {
				if _, err := s.Seal(t.Context(), store.Sealing{At: start, Before: start.Add(sla.Day), Recorded: sla.Forever}); err != nil {
					done <- err
					return
				}
			}
		}
	}()
	for i := range testkit.Number(t, "SLMD_BACKUPS", loadedBackups) {
		<-rounds
		if err := s.Backup(t.Context(), filepath.Join(dir, fmt.Sprint(i, ".db"))); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	all := entries(t, s, "indicator-00019", allTime)
	for i := range testkit.Number(t, "SLMD_BACKUPS", loadedBackups) {
		c := openFile(t, filepath.Join(dir, fmt.Sprint(i, ".db")))
		equal(t, "findings", verified(t, c), []string(nil))
		if es := entries(t, c, "indicator-00019", allTime); len(es) > len(all) {
			t.Errorf("the copy has %d of %d entries", len(es), len(all))
		} else if !slices.Equal(es, all[:len(es)]) {
			t.Error("the copy is not a beginning of the ledger")
		}
	}
}
