package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/slmd/slmd/internal/store"
)

func TestFault_C12_KilledWhileTheFileIsMadeTheNextStartPutsItBack(t *testing.T) {
	dir := t.TempDir()
	file, killed := filepath.Join(dir, "slmd.db"), filepath.Join(dir, "killed.db")
	s := openFile(t, file)
	record(t, s, liveRound(2, 0, nil))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A process that dies in a transaction without a write-ahead log, as the one
	// that switches it on, leaves a journal by which the file is put back.
	db := raw(t, file)
	db.SetMaxOpenConns(1)
	execute(t, db, "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN; CREATE TABLE big (x)")
	execute(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) INSERT INTO big SELECT randomblob(2000) FROM n")
	for _, suffix := range []string{"", "-journal"} {
		text, err := os.ReadFile(file + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(killed+suffix, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.Open(t.Context(), killed, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	equal(t, "findings", verified(t, s), []string(nil))
	if done := record(t, s, liveRound(2, 1, nil)); done.Entries != 2 {
		t.Errorf("%d entries were added, want those of the second round", done.Entries)
	}
}
