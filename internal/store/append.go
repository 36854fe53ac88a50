package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// head is what the file says of one indicator.
type head struct {
	id      int64
	longest sla.Millis
	main    lane
	earlier lane
}

// lane is a run of entries that grows at its end.
type lane struct {
	begun         bool
	first, cursor sla.Instant
}

func readHeads(ctx context.Context, tx *txn) (map[string]*head, error) {
	out := map[string]*head{}
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var name string
		var first, cursor, earlierFirst, earlierCursor sql.NullInt64
		h := &head{}
		if err := rows.Scan(&name, &h.id, &h.longest, &first, &cursor, &earlierFirst, &earlierCursor); err != nil {
			return err
		}
		h.main = lane{first.Valid, sla.Instant(first.Int64), sla.Instant(cursor.Int64)}
		h.earlier = lane{earlierFirst.Valid, sla.Instant(earlierFirst.Int64), sla.Instant(earlierCursor.Int64)}
		out[name] = h
		return nil
	}, `SELECT i.name, i.indicator_id, i.longest_ms, s.first_ms, s.cursor_ms, b.first_ms, b.cursor_ms
		FROM indicator AS i
		LEFT JOIN indicator_state AS s ON s.indicator_id = i.indicator_id
		LEFT JOIN backfill_state AS b ON b.indicator_id = i.indicator_id`)
	return out, err
}

// ledger books the outcomes of one round in one transaction.
type ledger struct {
	ctx   context.Context
	tx    *txn
	heads map[string]*head
	at    sla.Instant
	round int64
	added int
	runs  []run
}

// run is entries of one indicator that begin in one slot.
type run struct {
	slot, id, definition int64
	entries              []sla.Entry
}

func (l *ledger) book(outcomes []Outcome) error {
	if len(outcomes) == 0 {
		return nil
	}
	res, err := l.tx.ExecContext(l.ctx, `INSERT INTO round (at_ms) VALUES (?1)`, l.at)
	if err != nil {
		return err
	}
	if l.round, err = res.LastInsertId(); err != nil {
		return err
	}
	seen := make(map[string]bool, len(outcomes))
	for i := range outcomes {
		o := &outcomes[i]
		err := l.outcome(o)
		if seen[o.Indicator] {
			err = errors.New("it has two outcomes in one round")
		}
		if err != nil {
			return fmt.Errorf("indicator %s: %w", o.Indicator, err)
		}
		seen[o.Indicator] = true
	}
	return l.insertRuns()
}

func (l *ledger) outcome(o *Outcome) error {
	if o.Indicator == "" {
		return errors.New("an outcome has to name its indicator")
	}
	h, err := l.head(o)
	if err != nil {
		return err
	}
	where := &h.main
	if o.Earlier {
		where = &h.earlier
	}
	if o.done(h) {
		return l.compare(o, h, o.Entries)
	}
	fresh, err := l.fresh(o, h, where)
	if err != nil {
		return err
	}
	if err := l.grow(o, h, fresh); err != nil {
		return err
	}
	l.plan(o, h, fresh)
	for i := range o.Revised {
		if err := l.revise(h.id, o.Definition, &o.Revised[i]); err != nil {
			return err
		}
	}
	return l.moveOn(o, h, where, fresh)
}

func (l *ledger) head(o *Outcome) (*head, error) {
	if h := l.heads[o.Indicator]; h != nil {
		return h, nil
	}
	res, err := l.tx.ExecContext(l.ctx, `INSERT INTO indicator (name, longest_ms) VALUES (?1, 0)`, o.Indicator)
	if err != nil {
		return nil, err
	}
	h := &head{}
	h.id, err = res.LastInsertId()
	l.heads[o.Indicator] = h
	return h, err
}

// done reports whether o is of a backfill that has become part of the ledger already.
func (o *Outcome) done(h *head) bool {
	return o.Earlier && h.main.begun && !h.earlier.begun && len(o.Entries) > 0 && o.Entries[0].From >= h.main.first
}

// fresh gives the entries of o that go on from the lane's cursor, after checking
// that those before it are in the ledger as they are here.
func (l *ledger) fresh(o *Outcome, h *head, where *lane) ([]sla.Entry, error) {
	if err := checkChain(o); err != nil {
		return nil, err
	}
	limit := sla.Forever
	if o.Earlier {
		if !h.main.begun {
			return nil, errors.New("nothing of it was measured yet that something could come before")
		}
		limit = h.main.first
	}
	if !where.begun {
		return o.Entries, checkEnd(o, limit)
	}
	n := 0
	for n < len(o.Entries) && o.Entries[n].From < where.cursor {
		n++
	}
	known, fresh := o.Entries[:n], o.Entries[n:]
	switch {
	case n > 0 && known[n-1].To > where.cursor:
		return nil, fmt.Errorf("the entry of %s overlaps the ledger's end at %s", spanText(known[n-1].Span), where.cursor)
	case len(fresh) > 0 && fresh[0].From != where.cursor:
		return nil, fmt.Errorf("entries begin at %s and leave a hole from the ledger's end at %s", fresh[0].From, where.cursor)
	case len(o.Entries) == 0 && o.Cursor > where.cursor:
		return nil, fmt.Errorf("the cursor would move from %s to %s without entries", where.cursor, o.Cursor)
	}
	if err := l.compare(o, h, known); err != nil {
		return nil, err
	}
	return fresh, checkEnd(o, limit)
}

// checkChain refuses entries that do not follow each other up to the cursor.
func checkChain(o *Outcome) error {
	for i := range o.Entries {
		e := &o.Entries[i]
		switch {
		case e.Empty():
			return fmt.Errorf("the entry of %s has no length", spanText(e.Span))
		case i > 0 && e.From != o.Entries[i-1].To:
			return fmt.Errorf("the entry of %s does not follow the one before, which ends at %s", spanText(e.Span), o.Entries[i-1].To)
		}
	}
	if n := len(o.Entries); n > 0 && o.Entries[n-1].To != o.Cursor {
		return fmt.Errorf("entries end at %s and the cursor stands at %s", o.Entries[n-1].To, o.Cursor)
	}
	return nil
}

func checkEnd(o *Outcome, limit sla.Instant) error {
	if o.Cursor > limit {
		return fmt.Errorf("a backfill up to %s would run into the first entry at %s", o.Cursor, limit)
	}
	return nil
}

func spanText(s sla.Span) string { return s.From.String() + " to " + s.To.String() }

// compare refuses entries that differ from those the ledger has for their spans.
func (l *ledger) compare(o *Outcome, h *head, known []sla.Entry) error {
	if len(known) == 0 {
		return nil
	}
	span := sla.Span{From: known[0].From, To: known[len(known)-1].To}
	x := extent{id: h.id, longest: h.longest, span: sla.Span{From: sla.Always / 2, To: sla.Forever}}
	stored, err := readEntries(l.ctx, l.tx, x, span)
	if err != nil {
		return err
	}
	latest := make(map[sla.Instant]sla.Entry, len(stored))
	for _, e := range stored {
		latest[e.From] = e
	}
	for _, e := range known {
		e.Definition = o.Definition
		if latest[e.From] == e {
			continue
		}
		first, found, err := l.revision(h.id, e.From, 0)
		if err != nil {
			return err
		}
		if !found || first != e {
			return fmt.Errorf("the entry of %s differs from the one in the ledger", spanText(e.Span))
		}
	}
	return nil
}

// revision reads one revision of the entry that begins at from.
func (l *ledger) revision(id int64, from sla.Instant, revision int64) (sla.Entry, bool, error) {
	var r stored
	found := false
	err := l.tx.raw(l.ctx, `SELECT `+columns+` FROM entry AS e
		WHERE e.slot = ?1 AND e.indicator_id = ?2 AND e.from_ms = ?3 AND e.revision = ?4`,
		integers(slotOf(from), id, int64(from), revision), func(row []driver.Value) error {
			found = true
			return r.read(row)
		})
	return r.Entry, found, err
}

// revise adds a revision of an entry where its facts differ from the latest one.
func (l *ledger) revise(id, definition int64, e *sla.Entry) error {
	var newest sql.NullInt64
	err := l.tx.QueryRowContext(l.ctx, `SELECT max(revision) FROM entry WHERE slot = ?1 AND indicator_id = ?2 AND from_ms = ?3`,
		slotOf(e.From), id, e.From).Scan(&newest)
	if err != nil {
		return err
	}
	stored, found, err := l.revision(id, e.From, newest.Int64)
	if err != nil {
		return err
	}
	if !newest.Valid || !found || stored.To != e.To {
		return fmt.Errorf("the ledger has no entry of %s that could be revised", spanText(e.Span))
	}
	revised := *e
	revised.Definition = definition
	if stored == revised {
		return nil
	}
	var add insertion
	if err := add.row(l.round, run{slotOf(e.From), id, definition, nil}, newest.Int64+1, e); err != nil {
		return err
	}
	l.added++
	return add.flush(l.ctx, l.tx)
}

// grow keeps the length of the indicator's longest entry.
func (l *ledger) grow(o *Outcome, h *head, fresh []sla.Entry) error {
	longest := h.longest
	for i := range fresh {
		longest = max(longest, fresh[i].Length())
	}
	if longest == h.longest {
		return nil
	}
	h.longest = longest
	_, err := l.tx.ExecContext(l.ctx, `UPDATE indicator SET longest_ms = ?1 WHERE indicator_id = ?2`, longest, h.id)
	return err
}

// plan cuts the entries into runs.
func (l *ledger) plan(o *Outcome, h *head, fresh []sla.Entry) {
	for len(fresh) > 0 {
		slot, n := slotOf(fresh[0].From), 1
		end := sla.Instant(slot+1) * sla.Instant(slotLength)
		for n < len(fresh) && fresh[n].From < end {
			n++
		}
		l.runs = append(l.runs, run{slot, h.id, o.Definition, fresh[:n]})
		fresh = fresh[n:]
	}
}

const (
	width = 13 // columns of an entry
	batch = 60 // entries of one statement
)

// insertSQL gives the statement that adds n entries.
func insertSQL(n int) string {
	row := ", (" + strings.TrimSuffix(strings.Repeat("?, ", width), ", ") + ")"
	return `INSERT INTO entry (slot, indicator_id, from_ms, revision, to_ms, good, good_nano, bad, bad_nano,
		unknown_ms, bridged_ms, definition, round_id) VALUES ` + strings.TrimPrefix(strings.Repeat(row, n), ", ")
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
		int64(e.Unknown), int64(e.Bridged), r.definition, round)
	return nil
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

// moveOn writes the lane's cursor and state; a backfill that has reached the
// first entry ends and becomes the beginning of the ledger.
func (l *ledger) moveOn(o *Outcome, h *head, where *lane, fresh []sla.Entry) error {
	if where.begun && o.Cursor < where.cursor {
		return nil
	}
	if !where.begun {
		where.first = o.Cursor
		if len(fresh) > 0 {
			where.first = fresh[0].From
		}
		where.begun = true
	}
	where.cursor = o.Cursor
	if o.Earlier && where.cursor == h.main.first {
		return l.joinLanes(h)
	}
	table := "indicator_state"
	if o.Earlier {
		table = "backfill_state"
	}
	state := o.State
	if state == nil {
		state = []byte{}
	}
	return l.tx.raw(l.ctx, `INSERT INTO `+table+` (indicator_id, first_ms, cursor_ms, definition, round_id, state)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6)
		ON CONFLICT (indicator_id) DO UPDATE SET cursor_ms = excluded.cursor_ms, definition = excluded.definition,
			round_id = excluded.round_id, state = excluded.state`,
		append(integers(h.id, int64(where.first), int64(where.cursor), o.Definition, l.round), driver.NamedValue{Ordinal: 6, Value: state}), nil)
}

func (l *ledger) joinLanes(h *head) error {
	h.main.first, h.earlier = h.earlier.first, lane{}
	if _, err := l.tx.ExecContext(l.ctx, `UPDATE indicator_state SET first_ms = ?1 WHERE indicator_id = ?2`, h.main.first, h.id); err != nil {
		return err
	}
	_, err := l.tx.ExecContext(l.ctx, `DELETE FROM backfill_state WHERE indicator_id = ?1`, h.id)
	return err
}
