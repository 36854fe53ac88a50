package store

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
)

func TestSplit_GivesWholeUnitsAndBillionthsAboveThem(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		whole := rapid.Int64Range(-math.MaxInt64+1, math.MaxInt64-1).Draw(r, "whole")
		above := rapid.Int64Range(0, nano-1).Draw(r, "above")
		a := sla.Whole(whole).Add(sla.Nanos(above))
		w, n, err := split(a)
		if err != nil || w != whole || n != above {
			r.Fatalf("split(%s) = %d, %d, %v", a, w, n, err)
		}
		if back := join(w, n); back != a {
			r.Fatalf("join(%d, %d) = %s, want %s", w, n, back, a)
		}
	})
}

func TestSlotOf_RoundsDownAlsoBefore1970(t *testing.T) {
	for at, want := range map[sla.Instant]int64{0: 0, 899_999: 0, 900_000: 1, -1: -1, -900_000: -1, -900_001: -2} {
		if got := slotOf(at); got != want {
			t.Errorf("slotOf(%d) = %d, want %d", at, got, want)
		}
	}
}

func TestConnect_AMisspeltSettingIsFoundOnReadingItBack(t *testing.T) {
	for wrong, name := range map[string]string{
		"_jurnal_mode=WAL":                     "journal_mode",
		"_journal_mode=WAL&_synchronus=FULL":   "synchronous",
		"_journal_mode=WAL&_synchronous=FULL&": "foreign_keys",
	} {
		file := filepath.Join(t.TempDir(), "x.db")
		c, err := writerConnector(file, 100)
		if err != nil {
			t.Fatal(err)
		}
		c.dsn = "file:" + file + "?" + wrong
		conn, err := c.Connect(t.Context())
		if err == nil {
			_ = conn.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "keeps "+name) {
			t.Errorf("%s gave %v", wrong, err)
		}
	}
}

func TestWrite_ATransactionHoldsTheLockFromItsBeginning(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	s, err := Open(t.Context(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other, err := openWriter(file, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = s.write(t.Context(), "holding", func(ctx context.Context, _ *txn) error {
		if _, err := other.BeginTx(ctx, nil); err == nil {
			t.Error("two write transactions were open at once")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestMigrate_AnOlderFileIsBroughtUpToDateAndAFailedStepLeavesItAsItWas(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	one, err := steps(migrations)
	if err != nil {
		t.Fatal(err)
	}
	reopen := func(more ...string) (*Store, error) {
		return open(t.Context(), file, Options{}.filled(), append(append([]string(nil), one...), more...))
	}
	version := func(want int64) {
		t.Helper()
		s, err := OpenReadOnly(t.Context(), file, Options{})
		if want > int64(len(one)) {
			if err == nil {
				t.Error("a newer schema was opened")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		found, err := readSchema(t.Context(), s.readers)
		if err != nil || found.version != want {
			t.Errorf("schema %d, %v, want %d", found.version, err, want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	s, err := reopen()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	version(int64(len(one)))
	if _, err := reopen("CREATE TABLE more (x INTEGER) STRICT; CREATE TABLE entry (x INTEGER);"); err == nil || !strings.Contains(err.Error(), "to version") {
		t.Errorf("a step that cannot be gave %v", err)
	}
	version(int64(len(one)))
	s, err = reopen("CREATE TABLE more (x INTEGER) STRICT;")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	version(int64(len(one)) + 1)
}

func TestAuditRow_TheHashCoversEachFieldAndTheRowBefore(t *testing.T) {
	row := AuditRow{Seq: 1, Action: Action{At: 2, Actor: Actor{"a", "b", "c"}, Action: "d", Object: "e", Text: "f", Before: "g", After: "h"}, Prev: "i"}
	for name, change := range map[string]func(*AuditRow){
		"seq": func(r *AuditRow) { r.Seq++ }, "at": func(r *AuditRow) { r.At++ }, "actor": func(r *AuditRow) { r.Actor.Name = "x" },
		"role": func(r *AuditRow) { r.Actor.Role = "x" }, "address": func(r *AuditRow) { r.Actor.Address = "x" },
		"action": func(r *AuditRow) { r.Action.Action = "x" }, "object": func(r *AuditRow) { r.Object = "x" },
		"text": func(r *AuditRow) { r.Text = "x" }, "before": func(r *AuditRow) { r.Before = "x" }, "after": func(r *AuditRow) { r.After = "x" },
		"prev":                func(r *AuditRow) { r.Prev = "x" },
		"a letter moved over": func(r *AuditRow) { r.Actor.Name, r.Actor.Role = "ab", "" },
	} {
		changed := row
		change(&changed)
		if changed.sum() == row.sum() {
			t.Errorf("%s: the hash stayed", name)
		}
	}
}

func TestFault_C17_ADatabaseOnANetworkFileSystemIsRefused(t *testing.T) {
	for kind, refused := range map[uint32]bool{
		0x6969: true, 0xff534d42: true, 0xfe534d42: true, 0x01021997: true, // NFS, CIFS, SMB2, 9P
		0xef53: false, 0x58465342: false, 0x01021994: false, 0x794c7630: false, // ext, XFS, tmpfs, overlay
	} {
		err := onNetwork(kind)
		if (err != nil) != refused {
			t.Errorf("file system %#x: %v", kind, err)
		}
		if err != nil && !strings.Contains(err.Error(), "network file system") {
			t.Error(err)
		}
	}
	if err := refuseNetwork(filepath.Join(t.TempDir(), "x.db")); err != nil {
		t.Error(err)
	}
}
