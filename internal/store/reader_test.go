package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// reading begins a read that goes on until its time is over, and gives its end.
func reading(t *testing.T, s *store.Store) <-chan error {
	t.Helper()
	begun, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		first := true
		ended <- s.EachEntry(context.Background(), allTime, func(string, sla.Entry) error {
			if first {
				close(begun)
				first = false
			}
			<-time.After(time.Millisecond) // somebody who takes what is read slowly
			return nil
		})
	}()
	select {
	case <-begun:
	case err := <-ended:
		t.Fatal("the read ended before anything was read: ", err)
	}
	return ended
}

func TestFault_C16_AReadThatTakesLongIsEndedAndTheLogStaysSmall(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	s, err := store.Open(t.Context(), file, store.Options{ReadLimit: 3 * sla.Second}) // a tenth of what is usual; the read below takes at least five
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	state := make([]byte, 400)
	n := 0
	write := func() {
		record(t, s, liveRound(5000, n, state))
		n++
	}
	write()
	ended := reading(t, s)
	write()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "reading the ledger") || !strings.Contains(err.Error(), "longer than the limit of 3s") {
			t.Errorf("the long read ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nobody ended the long read")
	}
	for range 25 { // 5 MB each: while somebody reads, all of it would stay in the log
		write()
	}
	stat, err := os.Stat(file + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if stat.Size() > 64<<20 {
		t.Errorf("the write-ahead log has %d MB", stat.Size()>>20)
	}
	if es, err := s.Entries(t.Context(), "indicator-00001", allTime); err != nil || len(es) != n {
		t.Errorf("read %d entries afterwards, %v, want %d", len(es), err, n)
	}
}

func TestAStoreThatIsOpenedForReadingOnlyReadsAsLongAsItTakes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	record(t, openFile(t, file), liveRound(100, 0, nil))
	reader, err := store.OpenReadOnly(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := <-reading(t, reader); err != nil {
		t.Error(err)
	}
}
