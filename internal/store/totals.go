package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"

	"github.com/slmd/slmd/internal/sla"
)

// Total is what entries of an indicator come to.
type Total struct {
	Entries          int64
	Good, Bad        sla.Amount
	Unknown, Bridged sla.Millis
}

func (t Total) plus(o Total) Total {
	return Total{t.Entries + o.Entries, t.Good.Add(o.Good), t.Bad.Add(o.Bad), t.Unknown + o.Unknown, t.Bridged + o.Bridged}
}

// Totals gives, by indicator, what the entries come to that begin on the days
// (in UTC) that the span touches. Of days that are sealed only the sums are read.
func (s *Store) Totals(ctx context.Context, span sla.Span) (map[string]Total, error) {
	out := map[string]Total{}
	err := s.read(ctx, "adding up the ledger", func(ctx context.Context, tx *txn) error {
		known, err := readExtents(ctx, tx, "")
		if err != nil || span.Empty() {
			return err
		}
		first, end := dayOf(slotOf(span.From)), dayOf(slotOf(span.To-1))+1
		hot, any, err := hotFloor(ctx, tx) // days before it are sealed, of all indicators
		if err != nil {
			return err
		}
		sealedEnd := end
		if any {
			sealedEnd = min(end, max(first, dayOf(hot)))
		}
		sums, err := sealedSums(ctx, tx, first, sealedEnd)
		if err != nil {
			return err
		}
		rest := sla.Span{From: dayStart(sealedEnd), To: dayStart(end)}
		for name, x := range known {
			t, found := sums[x.id]
			entries, err := readEntries(ctx, tx, x, rest)
			if err != nil {
				return err
			}
			for i := range entries {
				if e := &entries[i]; rest.Contains(e.From) {
					t, found = t.plus(Total{1, e.Good, e.Bad, e.Unknown, e.Bridged}), true
				}
			}
			if found {
				out[name] = t
			}
		}
		return nil
	})
	return out, err
}

// sealedSums adds up the sealed days from first up to end, by indicator; of each day its last revision.
func sealedSums(ctx context.Context, tx *txn, first, end int64) (map[int64]Total, error) {
	out := map[int64]Total{}
	var day, id int64
	var last Total // of the day under way
	done := func() { out[id] = out[id].plus(last) }
	err := tx.raw(ctx, `SELECT day, indicator_id, entries, good, bad, unknown_ms, bridged_ms FROM sealed_day
		WHERE day >= ?1 AND day < ?2 ORDER BY day, indicator_id, revision`, integers(first, end), func(row []driver.Value) error {
		var n [5]int64
		for i, column := range []int{0, 1, 2, 5, 6} {
			var ok bool
			if n[i], ok = row[column].(int64); !ok {
				return fmt.Errorf("the ledger holds %v where a number should be", row[column])
			}
		}
		if n[0] != day || n[1] != id {
			done()
		}
		var err error
		day, id = n[0], n[1]
		last = Total{Entries: n[2], Unknown: sla.Millis(n[3]), Bridged: sla.Millis(n[4])}
		if last.Good, err = amountOf(row[3]); err == nil {
			last.Bad, err = amountOf(row[4])
		}
		return err
	})
	done()
	return out, err
}

func amountOf(v driver.Value) (sla.Amount, error) {
	text, ok := v.(string)
	if !ok {
		return sla.Amount{}, fmt.Errorf("the ledger holds %v where a sum should be", v)
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil { // nearly all: reading others takes ten times as long
		return sla.Whole(n), nil
	}
	return sla.ParseAmount(text)
}
