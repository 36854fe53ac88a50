package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// Head is where measuring an indicator goes on.
type Head struct {
	First      sla.Instant // where its first entry begins, or its first cursor
	Cursor     sla.Instant // where its last entry ends
	Definition int64       // that the state belongs to
	State      []byte
	// Earlier is where a backfill before First goes on; nil when none is under way.
	Earlier *Head
}

// Heads gives where measuring goes on, by indicator, of all that was ever measured.
func (s *Store) Heads(ctx context.Context) (map[string]Head, error) {
	out := map[string]Head{}
	err := s.read(ctx, "reading where measuring goes on", func(ctx context.Context, tx *txn) error {
		err := eachHead(ctx, tx, "indicator_state", func(name string, h Head) { out[name] = h })
		if err != nil {
			return err
		}
		return eachHead(ctx, tx, "backfill_state", func(name string, earlier Head) {
			h := out[name]
			h.Earlier = &earlier
			out[name] = h
		})
	})
	return out, err
}

func eachHead(ctx context.Context, tx *txn, table string, f func(name string, h Head)) error {
	return each(ctx, tx, func(rows *sql.Rows) error {
		var name string
		var h Head
		if err := rows.Scan(&name, &h.First, &h.Cursor, &h.Definition, &h.State); err != nil {
			return err
		}
		f(name, h)
		return nil
	}, `SELECT i.name, s.first_ms, s.cursor_ms, s.definition, s.state
		FROM `+table+` AS s JOIN indicator AS i ON i.indicator_id = s.indicator_id`)
}

// Cursors gives the end of the last entry by indicator: Heads without the states.
func (s *Store) Cursors(ctx context.Context) (map[string]sla.Instant, error) {
	bounds, err := s.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[string]sla.Instant, len(bounds))
	for name, span := range bounds {
		out[name] = span.To
	}
	return out, nil
}

// Bounds gives from where to where the ledger has entries without a hole, by
// indicator; an empty span for one that has a cursor and no entry yet.
func (s *Store) Bounds(ctx context.Context) (map[string]sla.Span, error) {
	out := map[string]sla.Span{}
	err := s.read(ctx, "reading the bounds of the ledger", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			var name string
			var span sla.Span
			if err := rows.Scan(&name, &span.From, &span.To); err != nil {
				return err
			}
			out[name] = span
			return nil
		}, `SELECT i.name, s.first_ms, s.cursor_ms
			FROM indicator_state AS s JOIN indicator AS i ON i.indicator_id = s.indicator_id`)
	})
	return out, err
}

// slotLength is the stretch of time whose entries lie together in the file.
const slotLength = 15 * sla.Minute

// slotOf gives the slot in which i lies.
func slotOf(i sla.Instant) int64 {
	n := int64(i) / int64(slotLength)
	if int64(i)%int64(slotLength) < 0 {
		n--
	}
	return n
}

// extent is what bounds a search for an indicator's entries.
type extent struct {
	id      int64
	span    sla.Span    // all of its entries lie in it
	first   sla.Instant // from here to the end of span there is no hole
	longest sla.Millis  // no entry is longer
}

// slots gives the first and the last slot in which an entry that overlaps the
// span can begin, and whether there is any.
func (x extent) slots(span sla.Span) (first, last int64, found bool) {
	cut := span.Intersect(x.span)
	if cut.Empty() {
		return 0, 0, false
	}
	return slotOf(max(x.span.From, cut.From.Add(-x.longest))), slotOf(cut.To - 1), true
}

// expected guesses how many entries the span holds.
func (x extent) expected(span sla.Span) int64 {
	return min(int64(span.Intersect(x.span).Length()/max(x.longest, sla.Second))+2, 1<<17)
}

const extents = `SELECT i.name, i.indicator_id, i.longest_ms, s.first_ms, min(s.first_ms, coalesce(b.first_ms, s.first_ms)), s.cursor_ms
	FROM indicator AS i
	JOIN indicator_state AS s ON s.indicator_id = i.indicator_id
	LEFT JOIN backfill_state AS b ON b.indicator_id = i.indicator_id`

func readExtents(ctx context.Context, tx *txn, where string, args ...any) (map[string]extent, error) {
	out := map[string]extent{}
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var name string
		var x extent
		if err := rows.Scan(&name, &x.id, &x.longest, &x.first, &x.span.From, &x.span.To); err != nil {
			return err
		}
		out[name] = x
		return nil
	}, extents+where, args...)
	return out, err
}

// Entries gives the entries of an indicator that overlap the span, in order of
// time, of revised ones the latest revision.
func (s *Store) Entries(ctx context.Context, indicator string, span sla.Span) ([]sla.Entry, error) {
	var out []sla.Entry
	err := s.read(ctx, "reading the entries of "+indicator, func(ctx context.Context, tx *txn) error {
		known, err := readExtents(ctx, tx, " WHERE i.name = ?1", indicator)
		if err != nil {
			return err
		}
		out, err = readEntries(ctx, tx, known[indicator], span)
		return err
	})
	return out, err
}

// columns are those of an entry, as stored reads them.
const columns = `e.indicator_id, e.from_ms, e.to_ms, e.good, e.good_nano, e.bad, e.bad_nano, e.unknown_ms, e.bridged_ms, e.definition`

// stored is a row of the entry table.
type stored struct {
	id int64
	sla.Entry
}

func (r *stored) read(row []driver.Value) error {
	var n [10]int64
	for i := range n {
		v, ok := row[i].(int64)
		if !ok {
			return fmt.Errorf("the ledger holds %v where a number should be", row[i])
		}
		n[i] = v
	}
	r.id = n[0]
	r.Span = sla.Span{From: sla.Instant(n[1]), To: sla.Instant(n[2])}
	r.Good, r.Bad = join(n[3], n[4]), join(n[5], n[6])
	r.Unknown, r.Bridged, r.Definition = sla.Millis(n[7]), sla.Millis(n[8]), n[9]
	return nil
}

func readEntries(ctx context.Context, tx *txn, x extent, span sla.Span) ([]sla.Entry, error) {
	first, last, found := x.slots(span)
	if !found {
		return nil, nil
	}
	out := make([]sla.Entry, 0, x.expected(span))
	var r stored
	// Slots come in order and rows within one by the key; sorting them again would cost more than reading them.
	err := tx.raw(ctx, `WITH RECURSIVE slots (slot) AS (VALUES (?1) UNION ALL SELECT slot + 1 FROM slots WHERE slot < ?2)
		SELECT `+columns+` FROM slots CROSS JOIN entry AS e ON e.slot = slots.slot AND e.indicator_id = ?3`,
		integers(first, last, x.id), func(row []driver.Value) error {
			if err := r.read(row); err != nil {
				return err
			}
			switch n := len(out); {
			case !r.Overlaps(span):
			case n > 0 && out[n-1].From == r.From:
				out[n-1] = r.Entry
			case n > 0 && out[n-1].From > r.From:
				return errors.New("the ledger's rows came out of order")
			default:
				out = append(out, r.Entry)
			}
			return nil
		})
	return out, err
}

// EachEntry calls f with the entries of all indicators that overlap the span,
// each indicator's in order of time; it is how to read much. An error of f ends it.
func (s *Store) EachEntry(ctx context.Context, span sla.Span, f func(indicator string, e sla.Entry) error) error {
	return s.read(ctx, "reading the ledger", func(ctx context.Context, tx *txn) error {
		known, err := readExtents(ctx, tx, "")
		if err != nil {
			return err
		}
		names := make(map[int64]string, len(known))
		all := extent{span: sla.Span{From: sla.Forever, To: sla.Always}}
		for name, x := range known {
			names[x.id] = name
			all.longest = max(all.longest, x.longest)
			all.span = sla.Span{From: min(all.span.From, x.span.From), To: max(all.span.To, x.span.To)}
		}
		return scanAll(ctx, tx, all, span, func(r *stored) error { return f(names[r.id], r.Entry) })
	})
}

// scanAll holds each row back until the next one shows that it is the latest revision.
func scanAll(ctx context.Context, tx *txn, all extent, span sla.Span, f func(*stored) error) error {
	first, last, found := all.slots(span)
	if !found {
		return nil
	}
	var held, next stored
	give := func() error {
		if held.id == 0 || !held.Overlaps(span) {
			return nil
		}
		return f(&held)
	}
	err := tx.raw(ctx, `SELECT `+columns+` FROM entry AS e WHERE e.slot BETWEEN ?1 AND ?2
		ORDER BY e.slot, e.indicator_id, e.from_ms, e.revision`, integers(first, last), func(row []driver.Value) error {
		if err := next.read(row); err != nil {
			return err
		}
		if next.id != held.id || next.From != held.From {
			if err := give(); err != nil {
				return err
			}
		}
		held = next
		return nil
	})
	if err != nil {
		return err
	}
	return give()
}
