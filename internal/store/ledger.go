package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"slices"

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
const columns = `e.indicator_id, e.from_ms, e.to_ms, e.good, e.good_nano, e.bad, e.bad_nano, e.unknown_ms, e.bridged_ms, e.definition, e.approximate`

// stored is a row of the entry table.
type stored struct {
	id int64
	sla.Entry
}

func (r *stored) read(row []driver.Value) error {
	var n [11]int64
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
	r.Approximate = n[10] != 0
	return nil
}

// slotsOfOne lists the slots from ?1 to ?2: found one by one, an indicator's rows
// are read alone, between two slots those of all would be.
const slotsOfOne = `WITH RECURSIVE slots (slot) AS (VALUES (?1) UNION ALL SELECT slot + 1 FROM slots WHERE slot < ?2) `

// readEntries unites what is sealed with what is not.
func readEntries(ctx context.Context, tx *txn, x extent, span sla.Span) ([]sla.Entry, error) {
	first, last, found := x.slots(span)
	if !found {
		return nil, nil
	}
	sealed, err := readSealed(ctx, tx, make([]sla.Entry, 0, x.expected(span)), stretch{x.id, dayOf(first), dayOf(last)})
	if err != nil {
		return nil, err
	}
	sealed = overlapping(sealed, span)
	floor, any, err := hotFloor(ctx, tx)
	if first = max(first, floor); err != nil || !any || first > last {
		return sealed, err
	}
	into := sealed[len(sealed):] // where they follow each other, which is the rule, nothing is copied
	hot, err := readHot(ctx, tx, into, stretch{x.id, first, last})
	if err != nil {
		return nil, err
	}
	return unite(sealed, overlapping(hot, span)), nil
}

// overlapping cuts off the entries before and after the span.
func overlapping(entries []sla.Entry, span sla.Span) []sla.Entry {
	for len(entries) > 0 && !entries[0].Overlaps(span) {
		entries = entries[1:]
	}
	for len(entries) > 0 && !entries[len(entries)-1].Overlaps(span) {
		entries = entries[:len(entries)-1]
	}
	return entries
}

// stretch is a part of one indicator's time: slots or days, both ends included.
type stretch struct{ id, first, last int64 }

// readHot appends an indicator's entries of the slots that are not sealed.
func readHot(ctx context.Context, tx *txn, out []sla.Entry, of stretch) ([]sla.Entry, error) {
	var r stored
	// Slots come in order and rows within one by the key; sorting them again would cost more than reading them.
	err := tx.raw(ctx, slotsOfOne+`SELECT `+columns+` FROM slots CROSS JOIN entry AS e ON e.slot = slots.slot AND e.indicator_id = ?3`,
		integers(of.first, of.last, of.id), func(row []driver.Value) error {
			if err := r.read(row); err != nil {
				return err
			}
			switch n := len(out); {
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

// chunk is how much of an indicator EachEntry reads at once.
const chunk = 31 * sla.Day

// EachEntry calls f with the entries of all indicators that overlap the span, an
// indicator after the other, each in order of time; it is how to read much. An
// error of f ends it.
func (s *Store) EachEntry(ctx context.Context, span sla.Span, f func(indicator string, e sla.Entry) error) error {
	return s.read(ctx, "reading the ledger", func(ctx context.Context, tx *txn) error {
		known, err := readExtents(ctx, tx, "")
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(known)) {
			x := known[name]
			err := eachOf(ctx, tx, x, span.Intersect(x.span), func(e sla.Entry) error { return f(name, e) })
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func eachOf(ctx context.Context, tx *txn, x extent, span sla.Span, f func(sla.Entry) error) error {
	for from := span.From; from < span.To; from = from.Add(chunk) {
		part := sla.Span{From: from, To: min(from.Add(chunk), span.To)}
		entries, err := readEntries(ctx, tx, x, part)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.From < from && from != span.From {
				continue // the part before gave it
			}
			if err := f(e); err != nil {
				return err
			}
		}
	}
	return nil
}
