package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// The lives of a file that a power cut ends, and the rounds of each.
const (
	powerLives  = 3
	powerRounds = 15
)

// lives opens and closes the file a few times, records rounds and seals, and
// marks in the record each round that it has an answer for. Another program
// writes the log back meanwhile, as Litestream does.
func lives(file, record string) error {
	ctx := context.Background()
	for life := range powerLives {
		s, err := store.Open(ctx, file, store.Options{})
		if err != nil {
			return err
		}
		for n := life * powerRounds; n < (life+1)*powerRounds; n++ {
			if err := s.AppendAudit(ctx, store.Action{Actor: kim, Action: "round", Text: fmt.Sprint(n)}); err != nil {
				return err
			}
			if _, err := s.RecordRound(ctx, crashRound(n)); err != nil {
				return err
			}
			if err := testkit.MarkDisk(record, fmt.Sprint(n)); err != nil {
				return err
			}
			switch n % 7 {
			case 2:
				err = writeBack(ctx, file, "RESTART")
			case 4:
				_, err = s.Seal(ctx, store.Sealing{At: start, Before: start.Add(100 * sla.Day), Recorded: sla.Forever})
			case 5:
				err = writeBack(ctx, file, "TRUNCATE")
			}
			if err != nil {
				return err
			}
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
	return nil
}

// writeBack writes the write-ahead log back into the file.
func writeBack(ctx context.Context, file, mode string) error {
	db, err := sql.Open("sqlite3", "file:"+file+"?_busy_timeout=5000")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint("+mode+")")
	if closed := db.Close(); err == nil {
		err = closed
	}
	return err
}

func TestFault_C3_AfterAPowerCutTheFileOpensAndHasWhatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	file, record := filepath.Join(dir, "slmd.db"), filepath.Join(t.TempDir(), "record")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childFile+"="+file, childDoes+"=power", childNote+"="+record)
	cmd.Env = append(cmd.Env, testkit.DiskLibrary(t, dir, record, "")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ops := testkit.ReadDisk(t, record)
	kinds := map[testkit.DiskOpKind]int{}
	for _, op := range ops {
		kinds[op.Kind]++
	}
	for kind := testkit.DiskWrite; kind <= testkit.DiskMark; kind++ {
		if kinds[kind] == 0 {
			t.Errorf("no operation of kind %d was recorded: %v", kind, kinds)
		}
	}
	seed := testkit.Number(t, "SLMD_CRASH_SEED", 1)
	r := rand.New(rand.NewPCG(uint64(seed), 3))
	cuts := make([]int, testkit.Number(t, "SLMD_POWER_CUTS", 60))
	for i := range cuts {
		cuts[i] = r.IntN(len(ops) + 1)
	}
	slices.Sort(cuts)
	disk, done, said := testkit.NewDisk(file), 0, -1
	for _, cut := range cuts {
		for ; done < cut; done++ {
			if disk.Do(ops[done]); ops[done].Kind == testkit.DiskMark {
				said++
			}
		}
		left := t.TempDir()
		disk.Cut(t, left, r)
		afterPowerCut(t, filepath.Join(left, "slmd.db"), said, cut)
		if err := os.RemoveAll(left); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d power cuts in %d operations, seed %d", len(cuts), len(ops), seed)
}

// afterPowerCut opens what is left and looks for the rounds up to said.
func afterPowerCut(t *testing.T, file string, said, cut int) {
	t.Helper()
	s, err := store.Open(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatalf("after %d operations: %v", cut, err)
	}
	defer s.Close()
	heads, err := s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(heads) > 0 || said >= 0 {
		checkCrashed(t, s, said)
	} else if found := findings(t, s); len(found) > 0 {
		t.Errorf("found %q", found)
	}
	if t.Failed() {
		t.Fatalf("after %s operations, of which round %d was the last one acknowledged", strconv.Itoa(cut), said)
	}
}
