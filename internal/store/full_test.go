package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// small mounts a file system of some bytes.
func small(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves about so many bytes free.
func fill(t *testing.T, dir string, free int64) string {
	t.Helper()
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	left := int64(stat.Bfree)*stat.Bsize - free
	if _, err := f.Write(make([]byte, max(left, 0))); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return ballast
}

// The disk fills up at one point or another of rounds and seals; when there is
// room again the same store goes on where it was, and has lost nothing.
func TestRecordRound_OnAFullDiskNothingIsLostAndTheStoreGoesOnByItself(t *testing.T) {
	dir := small(t, 8<<20)
	r := rand.New(rand.NewPCG(4, 4))
	full := 0
	for n := range testkit.Number(t, "SLMD_FULL_DISKS", 20) {
		file := filepath.Join(dir, fmt.Sprint(n, ".db"))
		s, err := store.Open(t.Context(), file, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ballast := fill(t, dir, r.Int64N(800_000))
		want, failed := rounds(t, s, ballast)
		full += failed
		for i := range want {
			if got := entries(t, s, fmt.Sprintf("indicator-%05d", i), allTime); len(got) != want[i] {
				t.Errorf("indicator %d has %d entries, acknowledged were %d", i, len(got), want[i])
			}
		}
		equal(t, "findings", verified(t, s), []string(nil))
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		for _, left := range []string{file, file + "-wal", file + "-shm", file + ".lock"} {
			_ = os.Remove(left)
		}
	}
	if full == 0 {
		t.Error("the disk was never full")
	}
	t.Logf("the disk was full %d times", full)
}

// rounds records three days of half-hour rounds of 4 indicators, sealing in
// between; on a full disk it makes room once, and does the same again.
func rounds(t *testing.T, s *store.Store, ballast string) (entries []int, failed int) {
	t.Helper()
	const indicators, length = 4, 30
	again := func(doing string, f func() error) {
		err := f()
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "disk is full") && !strings.Contains(err.Error(), "the disk gave an error") {
			t.Fatalf("%s on a full disk: %v", doing, err)
		}
		failed++
		if trouble := s.Trouble(); trouble == nil || !strings.HasSuffix(err.Error(), trouble.Error()) {
			t.Errorf("the store says that its trouble is %v", trouble)
		}
		if es, err := s.Bounds(t.Context()); err != nil {
			t.Errorf("reading %v while the disk is full: %v", es, err)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if err := f(); err != nil {
			t.Fatalf("%s with room again: %v", doing, err)
		}
		if trouble := s.Trouble(); trouble != nil {
			t.Errorf("with room again its trouble is %v", trouble)
		}
	}
	for n := range 3 * 48 {
		from := midnight.Add(sla.Millis(n*length) * sla.Minute)
		round := store.Round{At: from.Add(sla.Hour)}
		for i := range indicators {
			round.Outcomes = append(round.Outcomes, store.Outcome{
				Indicator: fmt.Sprintf("indicator-%05d", i), Definition: 1, State: make([]byte, 2000),
				Entries: minutes(from, length, events), Cursor: from.Add(length * sla.Minute),
			})
		}
		again("a round", func() error {
			_, err := s.RecordRound(t.Context(), round)
			return err
		})
		if n%48 == 47 {
			again("sealing", func() error {
				_, err := s.Seal(t.Context(), store.Sealing{At: from, Before: from.Add(length * sla.Minute), Recorded: sla.Forever})
				return err
			})
		}
	}
	_ = os.Remove(ballast) // where it was never in the way
	for range indicators {
		entries = append(entries, 3*48*length)
	}
	return entries, failed
}

func TestBackup_PutBackMeasuringGoesOnFromThere(t *testing.T) {
	dir := t.TempDir()
	file, copied := filepath.Join(dir, "slmd.db"), filepath.Join(dir, "copy.db")
	s, err := store.Open(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := minutes(midnight, 3*1440, events)
	record(t, s, roundOf(outcome(all[:2000]...)))
	issue(t, s, "one", "")
	if err := s.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	record(t, s, roundOf(outcome(all[2000:]...)))
	seal(t, s, midnight.Add(2*sla.Day))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(copied, file); err != nil {
		t.Fatal(err)
	}
	s = openFile(t, file)
	equal(t, "findings", verified(t, s), []string(nil))
	heads, err := s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "cursor", heads["web"].Cursor, all[2000].From)
	record(t, s, roundOf(outcome(all[2000:]...)))
	seal(t, s, midnight.Add(2*sla.Day))
	equal(t, "entries", entries(t, s, "web", allTime), all)
	if again := issue(t, s, "two", "The backup was put back."); again.Revision != 2 {
		t.Errorf("the next report is revision %d", again.Revision)
	}
	equal(t, "findings", verified(t, s), []string(nil))
}
