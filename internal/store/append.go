package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

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
	failpoint("store.round_begun")
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
		failpoint("store.outcome")
	}
	if err := l.insertRuns(); err != nil {
		return err
	}
	failpoint("store.appended")
	return nil
}

func (l *ledger) outcome(o *Outcome) error {
	if o.Indicator == "" {
		return errors.New("an outcome has to name its indicator")
	}
	h, err := l.head(o)
	if err != nil {
		return err
	}
	if len(o.Entered) > 0 {
		if err := l.enter(o, h); err != nil {
			return err
		}
		return l.reviseAll(o, h)
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
	if err := l.reviseAll(o, h); err != nil {
		return err
	}
	return l.moveOn(o, h, where, fresh)
}

func (l *ledger) reviseAll(o *Outcome, h *head) error {
	for i := range o.Revised {
		if err := l.revise(h.id, o.Definition, &o.Revised[i]); err != nil {
			return err
		}
	}
	return nil
}

func (l *ledger) head(o *Outcome) (*head, error) {
	if h := l.heads[o.Indicator]; h != nil {
		return h, nil
	}
	res, err := l.tx.ExecContext(l.ctx, `INSERT INTO indicator (name, longest_ms) VALUES (?1, 0)`, o.Indicator)
	if err != nil {
		return nil, err
	}
	failpoint("store.indicator")
	h := &head{}
	h.id, err = res.LastInsertId()
	l.heads[o.Indicator] = h
	return h, err
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
	if !found || stored.To != e.To {
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
	failpoint("store.grown")
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
	failpoint("store.cursor")
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
