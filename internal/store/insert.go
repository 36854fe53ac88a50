package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

const (
	width = 14 // columns of an entry
	batch = 60 // entries of one statement
)

// insertSQL gives the statement that adds n entries.
func insertSQL(n int) string {
	row := ", (" + strings.TrimSuffix(strings.Repeat("?, ", width), ", ") + ")"
	return `INSERT INTO entry (slot, indicator_id, from_ms, revision, to_ms, good, good_nano, bad, bad_nano,
		unknown_ms, bridged_ms, approximate, definition, round_id) VALUES ` + strings.TrimPrefix(strings.Repeat(row, n), ", ")
}

// insertion gathers entries for one statement.
type insertion struct {
	args []driver.NamedValue
	full string // the statement for a whole batch
}

func (a *insertion) add(values ...int64) {
	for _, v := range values {
		a.args = append(a.args, driver.NamedValue{Ordinal: len(a.args) + 1, Value: v})
	}
}

func (a *insertion) row(round int64, r run, revision int64, e *sla.Entry) error {
	good, goodNano, err := split(e.Good)
	if err != nil {
		return err
	}
	bad, badNano, err := split(e.Bad)
	if err != nil {
		return err
	}
	a.add(r.slot, r.id, int64(e.From), revision, int64(e.To), good, goodNano, bad, badNano,
		int64(e.Unknown), int64(e.Bridged), flag(e.Approximate), r.definition, round)
	return nil
}

func flag(set bool) int64 {
	if set {
		return 1
	}
	return 0
}

func (a *insertion) flush(ctx context.Context, tx *txn) error {
	n := len(a.args) / width
	if n == 0 {
		return nil
	}
	statement := a.full
	if n != batch || statement == "" {
		statement = insertSQL(n)
	}
	err := tx.raw(ctx, statement, a.args, nil)
	failpoint("store.flushed")
	a.args = a.args[:0]
	return err
}

// insertRuns writes the entries in the order in which they lie in the file.
func (l *ledger) insertRuns() error {
	slices.SortFunc(l.runs, func(a, b run) int {
		return cmp.Or(cmp.Compare(a.slot, b.slot), cmp.Compare(a.id, b.id))
	})
	add := insertion{args: make([]driver.NamedValue, 0, width*batch), full: insertSQL(batch)}
	for _, r := range l.runs {
		for i := range r.entries {
			if err := add.row(l.round, r, 0, &r.entries[i]); err != nil {
				return err
			}
			l.added++
			if len(add.args) == width*batch {
				if err := add.flush(l.ctx, l.tx); err != nil {
					return err
				}
			}
		}
	}
	return add.flush(l.ctx, l.tx)
}
