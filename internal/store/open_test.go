package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// raw opens the file as any other program would.
func raw(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+file+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// refused says that opening must fail, naming the file, with the words.
func refused(t *testing.T, err error, file string, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("the file was opened")
	}
	for _, w := range append(words, file) {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is more than one line", err)
	}
}

func TestOpen_MakesDirectoryAndFileThatOthersCannotRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a", "b", "slmd.db")
	openFile(t, file)
	for name, want := range map[string]os.FileMode{file: 0o640, file + "-wal": 0o640, filepath.Dir(file): 0o750} {
		stat, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := stat.Mode().Perm(); got&^want != 0 {
			t.Errorf("%s has mode %v, want at most %v", name, got, want)
		}
	}
}

func TestOpen_TakesANameWithMarksOfAnAddressInIt(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a?b#c%20 d.db")
	s := openFile(t, file)
	record(t, s, liveRound(1, 0, nil))
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestOpen_ASecondStoreOfTheFileIsRefusedUntilTheFirstIsClosed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	first := openFile(t, file)
	_, err := store.Open(t.Context(), file, store.Options{})
	refused(t, err, file, "in use by another slmd process", "--slmd.url")
	if !errors.Is(err, store.ErrInUse) {
		t.Error("it is not ErrInUse")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	openFile(t, file)
}

func TestOpenReadOnly_SeesWhatAStoreBesideItCommits(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	s := openFile(t, file)
	reader, err := store.OpenReadOnly(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	record(t, s, liveRound(1, 0, nil))
	es, err := reader.Entries(t.Context(), "indicator-00000", allTime)
	if err != nil || len(es) != 1 {
		t.Errorf("got %v, %v", es, err)
	}
	if _, err := reader.RecordRound(t.Context(), liveRound(1, 1, nil)); err == nil || !strings.Contains(err.Error(), "reading only") {
		t.Errorf("writing gave %v", err)
	}
}

func TestOpenReadOnly_OfAMissingFileMakesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	_, err := store.OpenReadOnly(t.Context(), file, store.Options{})
	refused(t, err, file, "no such file")
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 0 {
		t.Errorf("it left %v", left)
	}
}

func TestFault_C11_ANewerSchemaIsRefusedAndItsBytesStay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	s := openFile(t, file)
	record(t, s, liveRound(3, 0, nil))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db := raw(t, file)
	execute(t, db, "PRAGMA user_version = 99")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), file, store.Options{})
	refused(t, err, file, "schema 99", "newer slmd")
	_, err = store.OpenReadOnly(t.Context(), file, store.Options{})
	refused(t, err, file, "schema 99", "newer slmd")
	after, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file changed (%v)", err)
	}
}

func TestOpen_AnotherProgramsDatabaseIsRefusedAndItsBytesStay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "other.db")
	db := raw(t, file)
	execute(t, db, "CREATE TABLE songs (title TEXT)")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(file)
	_, err := store.Open(t.Context(), file, store.Options{})
	refused(t, err, file, "another program's")
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("the file changed")
	}
}

func TestOpen_SaysWhatIsWrongWithTheFile(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(t.Context(), text, store.Options{})
	refused(t, err, text, "not an SQLite database")
	_, err = store.Open(t.Context(), dir, store.Options{})
	refused(t, err, dir, "is a directory")
	below := filepath.Join(text, "slmd.db")
	_, err = store.Open(t.Context(), below, store.Options{})
	refused(t, err, below, "not a directory")
}

// withoutRights runs f on a thread that may write only what anybody may: the
// superuser is above permissions otherwise.
func withoutRights(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := unix.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		defer unix.Setfsuid(0)
	}
	f()
}

func TestFault_C5_AReadOnlyDirectoryIsRefusedAtStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{filepath.Join(dir, "slmd.db"), filepath.Join(dir, "new", "slmd.db")} {
		withoutRights(t, func() {
			_, err := store.Open(t.Context(), file, store.Options{})
			refused(t, err, dir, "permission denied", "needs to write")
		})
	}
}

func TestFault_C7_ARoundFailsWholeWhileAnotherProgramLocksAndGoesThroughAfterwards(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	s, err := store.Open(t.Context(), file, store.Options{BusyTimeout: 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	record(t, s, liveRound(2, 0, nil))
	db := raw(t, file)
	db.SetMaxOpenConns(1)
	execute(t, db, "BEGIN IMMEDIATE")
	_, err = s.RecordRound(t.Context(), liveRound(2, 1, nil))
	if err == nil || !strings.Contains(err.Error(), "another program keeps the database locked") {
		t.Fatalf("got %v", err)
	}
	execute(t, db, "ROLLBACK")
	if done := record(t, s, liveRound(2, 1, nil)); done.Entries != 2 {
		t.Errorf("%d entries went through afterwards, want 2", done.Entries)
	}
}

func TestOpen_ALockedFileIsSaidToBeLocked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	if err := openFile(t, file).Close(); err != nil {
		t.Fatal(err)
	}
	db := raw(t, file)
	db.SetMaxOpenConns(1)
	execute(t, db, "PRAGMA locking_mode = EXCLUSIVE")
	execute(t, db, "BEGIN EXCLUSIVE")
	_, err := store.Open(t.Context(), file, store.Options{BusyTimeout: 20})
	refused(t, err, file, "another program keeps the database locked")
}

var allTime = sla.Span{From: sla.Always, To: sla.Forever}
