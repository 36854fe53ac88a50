package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// editsVariable says how many edits the long form makes; editsSeed is theirs.
const (
	editsVariable = "SLMD_EDITS"
	editsSeed     = 5
)

// closedBook writes a database with several of everything that is sealed or chained.
func closedBook(t *testing.T, file string) store.AuditHead {
	t.Helper()
	s, err := store.Open(t.Context(), file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	save(t, s, company(), start)
	for day := range 4 {
		from := midnight.Add(sla.Millis(day) * sla.Day)
		r := store.Round{At: from.Add(25 * sla.Hour)}
		for i := range 3 {
			r.Outcomes = append(r.Outcomes, store.Outcome{
				Indicator: fmt.Sprint("indicator-", i), Definition: 1, Entries: hours(from), Cursor: from.Add(sla.Day),
			})
		}
		v := verdict(sla.Breached, false)
		v.Period.Name = fmt.Sprint("2026-11-0", day+1)
		b := breach(sla.BreachOpen, sla.BreachConfirmed)
		b.Period.Name = v.Period.Name
		r.Verdicts, r.Breaches = []sla.Verdict{v}, []sla.Breach{b}
		record(t, s, r)
		seal(t, s, from.Add(sla.Day))
		doc := store.Report{Agreement: "checkout-sla", Period: v.Period.Name, Doc: []byte(`{"report":"` + v.Period.Name + `"}`), At: r.At}
		if _, err := s.IssueReport(t.Context(), doc, kim); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "findings before any edit", verified(t, s), []string(nil))
	head, err := s.AuditHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return head
}

// hours makes a day's entries of an hour each.
func hours(from sla.Instant) []sla.Entry {
	out := minutes(from, 24, events)
	for i := range out {
		at := from.Add(sla.Millis(i) * sla.Hour)
		out[i].Span = sla.Span{From: at, To: at.Add(sla.Hour)}
	}
	return out
}

// editor makes one edit of a table at a time.
type editor struct {
	t     *testing.T
	db    *sql.DB
	r     *rand.Rand
	table string
	where string // its rows that are vouched for
}

var editedTables = map[string]string{
	"sealed_day": "true", "audit": "true", "breach_transition": "true", "verdict": "final = 1", "report": "status = 'issued'", "catalogue_item": "true",
}

// key names a random row by values of its columns.
type row struct {
	columns []string
	values  []any
}

func (e *editor) rows() []row {
	rows, err := e.db.QueryContext(e.t.Context(), "SELECT * FROM "+e.table+" WHERE "+e.where)
	if err != nil {
		e.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		e.t.Fatal(err)
	}
	var out []row
	for rows.Next() {
		r := row{columns, make([]any, len(columns))}
		into := make([]any, len(columns))
		for i := range into {
			into[i] = &r.values[i]
		}
		if err := rows.Scan(into...); err != nil {
			e.t.Fatal(err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		e.t.Fatal(err)
	}
	return out
}

// exec runs a statement whose arguments are the row's values; values comes after them.
func (e *editor) exec(statement string, r row, values ...any) bool {
	var where []string
	for i, c := range r.columns {
		where = append(where, fmt.Sprintf("%s IS ?%d", c, i+1))
	}
	res, err := e.db.ExecContext(e.t.Context(), statement+" WHERE "+strings.Join(where, " AND "), append(append([]any(nil), r.values...), values...)...)
	if err != nil {
		return false // the file refuses it: not an edit
	}
	n, err := res.RowsAffected()
	return err == nil && n == 1
}

// edit makes one edit and says what it was; empty when it came to nothing.
func (e *editor) edit() string {
	all := e.rows()
	one := all[e.r.IntN(len(all))]
	column := e.r.IntN(len(one.columns))
	switch e.r.IntN(5) {
	case 0:
		changed := e.flipped(one.values[column])
		if changed != nil && e.exec(fmt.Sprintf("UPDATE %s SET %s = ?%d", e.table, one.columns[column], len(one.values)+1), one, changed) {
			return "a flipped byte in " + one.columns[column]
		}
	case 1:
		if e.exec("DELETE FROM "+e.table, one) {
			return "a deleted row"
		}
	case 2:
		if e.insert(one) {
			return "an inserted row"
		}
	case 3:
		other := all[e.r.IntN(len(all))]
		if e.swap(one, other, column) {
			return "two swapped values of " + one.columns[column]
		}
	case 4:
		cut := 0
		for _, last := range all[len(all)-1-e.r.IntN(min(3, len(all))):] {
			if e.exec("DELETE FROM "+e.table, last) {
				cut++
			}
		}
		if cut > 0 {
			return fmt.Sprintf("%d rows cut off", cut)
		}
	}
	return ""
}

func (e *editor) flipped(v any) any {
	bit := byte(1) << e.r.IntN(7)
	switch v := v.(type) {
	case int64:
		return v ^ int64(1)<<e.r.IntN(20)
	case string:
		if v == "" {
			return string(rune('a' + e.r.IntN(26)))
		}
		b := []byte(v)
		b[e.r.IntN(len(b))] ^= bit
		return string(b)
	case []byte:
		b := append([]byte(nil), v...)
		b[e.r.IntN(len(b))] ^= bit
		return b
	}
	return nil
}

// insert copies a row with another key.
func (e *editor) insert(r row) bool {
	values := append([]any(nil), r.values...)
	for i, c := range r.columns {
		switch {
		case c == "seq" || c == "revision" || c == "item_id":
			values[i] = values[i].(int64) + 100
		case (c == "hash" || c == "sha256") && e.table != "report" && e.table != "catalogue_item":
			values[i] = e.flipped(values[i])
		}
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")
	_, err := e.db.ExecContext(e.t.Context(), "INSERT INTO "+e.table+" VALUES ("+marks+")", values...)
	return err == nil
}

func (e *editor) swap(a, b row, column int) bool {
	if a.values[column] == nil || b.values[column] == nil || fmt.Sprint(a.values[column]) == fmt.Sprint(b.values[column]) {
		return false
	}
	set := fmt.Sprintf("UPDATE %s SET %s = ?%d", e.table, a.columns[column], len(a.values)+1)
	if !e.exec(set, a, b.values[column]) {
		return false
	}
	e.exec(set, b, a.values[column]) // where the column is a key, one of the two is an edit already
	return true
}

func TestVerify_FindsEveryEditOfWhatIsSealedOrChained(t *testing.T) {
	wanted := testkit.Number(t, editsVariable, 100)
	dir := t.TempDir()
	sound := filepath.Join(dir, "sound.db")
	head := closedBook(t, sound)
	original, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(editsSeed, 0))
	kinds := map[string]int{}
	for made := 0; made < wanted; {
		file := filepath.Join(dir, "edited.db")
		if err := os.WriteFile(file, original, 0o600); err != nil {
			t.Fatal(err)
		}
		what := editOnce(t, file, r)
		if what == "" {
			continue
		}
		made++
		kinds[what]++
		s, err := store.OpenReadOnly(t.Context(), file, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.Verify(t.Context(), head)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if len(found) == 0 {
			t.Errorf("%s was not found", what)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d edits of %d kinds, seed %d", wanted, len(kinds), editsSeed)
}

// editOnce edits the file as somebody would who knows SQLite, and says how.
func editOnce(t *testing.T, file string, r *rand.Rand) string {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+file+"?_journal_mode=MEMORY&_synchronous=OFF&_foreign_keys=0")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	triggers := triggerNames(t, db)
	execute(t, db, "DROP TRIGGER "+strings.Join(triggers, "; DROP TRIGGER "))
	execute(t, db, "PRAGMA ignore_check_constraints = 1")
	tables := []string{"sealed_day", "audit", "breach_transition", "verdict", "report", "catalogue_item"}
	table := tables[r.IntN(len(tables))]
	e := editor{t: t, db: db, r: r, table: table, where: editedTables[table]}
	what := e.edit()
	if what == "" {
		return ""
	}
	return table + ": " + what
}

func TestFault_C8_AFlippedByteOfTheFileInASealedDayIsFound(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "slmd.db")
	head := closedBook(t, file)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	packed := packedDay(t, file)
	for _, offset := range []int{0, 7, len(packed) - 1} {
		mended := append([]byte(nil), packed...)
		mended[offset] ^= 4
		changed := bytes.ReplaceAll(whole, packed, mended) // pages that are not in use may hold copies
		if bytes.Equal(changed, whole) {
			t.Fatal("the packed day is not in the file in one piece")
		}
		if err := os.WriteFile(file, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := store.OpenReadOnly(t.Context(), file, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.Verify(t.Context(), head)
		if err != nil || len(found) == 0 || !strings.Contains(found[0], "sealed day") {
			t.Errorf("byte %d: found %q, %v", offset, found, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func packedDay(t *testing.T, file string) []byte {
	t.Helper()
	var packed []byte
	if err := raw(t, file).QueryRowContext(t.Context(), "SELECT packed FROM sealed_day LIMIT 1").Scan(&packed); err != nil {
		t.Fatal(err)
	}
	return packed
}

// triggerNames lists what refuses changes.
func triggerNames(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}
