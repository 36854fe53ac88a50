package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// Sealing says which days are final.
type Sealing struct {
	At     sla.Instant // when; it is kept with the seals
	Before sla.Instant // days that end here or earlier
	// Recorded leaves out days of which rounds recorded anything at this instant
	// or later.
	Recorded sla.Instant
}

// sealBatch bounds how many indicators one transaction seals, so that rounds do not wait long.
const sealBatch = 25

// abandoned is how old an unfinished day of an indicator must be to be sealed
// as it is: nobody measures it any more, or it is months behind.
const abandoned = 30 * sla.Day

// Seal packs the days that are final, oldest first, and deletes the rows that
// they replace, a few indicators in a transaction; rounds may come in between.
// Late facts of a sealed day become its next revision. It gives how many days it
// sealed; ctx ends it between transactions.
func (s *Store) Seal(ctx context.Context, o Sealing) (int, error) {
	plan, err := s.planSeal(ctx, o)
	if err != nil {
		return 0, err
	}
	total := 0
	for day, found := plan.first, plan.any; found && dayStart(day+1) <= o.Before; {
		for batch := range slices.Chunk(plan.indicators, sealBatch) {
			if err := ctx.Err(); err != nil {
				return total, err
			}
			n, err := s.sealDay(ctx, o, plan, day, batch)
			if err != nil {
				return total, err
			}
			total += n
			failpoint("store.seal_batch")
		}
		if day, found, err = s.nextHotDay(ctx, day+1); err != nil {
			return total, err
		}
	}
	return total, nil
}

// sealPlan is what holds for all batches of one sealing.
type sealPlan struct {
	at         sla.Instant // when it is done
	indicators []namedExtent
	round      int64 // the last one whose facts are final
	first      int64 // the first day with hot rows
	any        bool
}

type namedExtent struct {
	name string
	extent
}

func (s *Store) planSeal(ctx context.Context, o Sealing) (sealPlan, error) {
	p := sealPlan{at: o.At}
	err := s.read(ctx, "looking for days to seal", func(ctx context.Context, tx *txn) error {
		known, err := readExtents(ctx, tx, "")
		if err != nil {
			return err
		}
		for name, x := range known {
			p.indicators = append(p.indicators, namedExtent{name, x})
		}
		slices.SortFunc(p.indicators, func(a, b namedExtent) int { return int(a.id - b.id) })
		if p.round, err = roundBefore(ctx, tx, o.Recorded); err != nil {
			return err
		}
		var slot int64
		slot, p.any, err = hotFloor(ctx, tx)
		p.first = dayOf(slot)
		return err
	})
	return p, err
}

func (s *Store) nextHotDay(ctx context.Context, from int64) (day int64, found bool, err error) {
	err = s.read(ctx, "looking for days to seal", func(ctx context.Context, tx *txn) error {
		var slot sql.NullInt64
		err := tx.QueryRowContext(ctx, `SELECT min(slot) FROM entry WHERE slot >= ?1`, from*slotsOfDay).Scan(&slot)
		day, found = dayOf(slot.Int64), slot.Valid
		return err
	})
	return day, found, err
}

// ready reports whether nothing of the day is still to come.
func (x *namedExtent) ready(day int64, o Sealing) bool {
	end := dayStart(day + 1)
	return x.first < end && (end <= x.span.To || end.Add(abandoned) <= o.Before)
}

// sealDay seals one day of a few indicators.
func (s *Store) sealDay(ctx context.Context, o Sealing, plan sealPlan, day int64, batch []namedExtent) (int, error) {
	var sealed int
	err := s.write(ctx, "sealing "+dayText(day), func(ctx context.Context, tx *txn) error {
		var rows []*sealedDay
		for i := range batch {
			if !batch[i].ready(day, o) {
				continue
			}
			d, err := plan.prepare(ctx, tx, day, &batch[i])
			if err != nil {
				return fmt.Errorf("indicator %s: %w", batch[i].name, err)
			}
			if d != nil {
				rows = append(rows, d)
			}
		}
		sealed = len(rows)
		return writeSeals(ctx, tx, rows, o.At)
	})
	if err != nil {
		return 0, err
	}
	return sealed, nil
}

// prepare gives the row for an indicator's day; nil where there is nothing to
// seal, or something that is not final.
func (p *sealPlan) prepare(ctx context.Context, tx *txn, day int64, x *namedExtent) (*sealedDay, error) {
	first, last := day*slotsOfDay, (day+1)*slotsOfDay-1
	var round sql.NullInt64
	err := tx.QueryRowContext(ctx, slotsOfOne+`SELECT max(e.round_id) FROM slots CROSS JOIN entry AS e
		ON e.slot = slots.slot AND e.indicator_id = ?3`, first, last, x.id).Scan(&round)
	if err != nil || !round.Valid || round.Int64 > p.round {
		return nil, err
	}
	hot, err := readHot(ctx, tx, nil, stretch{x.id, first, last})
	if err != nil {
		return nil, err
	}
	d := &sealedDay{id: x.id, day: day, round: round.Int64, sealedAt: p.at, seq: 1}
	err = tx.QueryRowContext(ctx, `SELECT seq + 1, hash FROM sealed_day WHERE indicator_id = ?1 ORDER BY seq DESC LIMIT 1`, x.id).Scan(&d.seq, &d.prev)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	var was int64
	err = tx.QueryRowContext(ctx, `SELECT revision + 1, hash, round_id FROM sealed_day WHERE indicator_id = ?1 AND day = ?2
		ORDER BY revision DESC LIMIT 1`, x.id, day).Scan(&d.revision, &d.replaces, &was)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	d.round = max(d.round, was)
	old, err := readSealed(ctx, tx, nil, stretch{x.id, day, day})
	if err != nil {
		return nil, err
	}
	entries := unite(old, hot)
	d.span = sla.Span{From: entries[0].From, To: entries[len(entries)-1].To}
	d.sums, d.packed = sumOf(entries), Pack(entries)
	d.hash = d.sum(x.name)
	return d, nil
}

// writeSeals puts the rows in place of what they hold.
func writeSeals(ctx context.Context, tx *txn, rows []*sealedDay, at sla.Instant) error {
	if len(rows) == 0 {
		return nil
	}
	by, err := newVoucher(ctx, tx)
	if err != nil {
		return err
	}
	for _, d := range rows {
		by.add(d.hash)
		d.vouched = by.seq
		failpoint("store.seal_packed")
		if err := d.insert(ctx, tx); err != nil {
			return err
		}
		failpoint("store.seal_inserted")
		err := tx.raw(ctx, `DELETE FROM entry WHERE indicator_id = ?3 AND slot IN (`+slotsOfOne+`SELECT slot FROM slots)`,
			integers(d.day*slotsOfDay, (d.day+1)*slotsOfDay-1, d.id), nil)
		if err != nil {
			return err
		}
		failpoint("store.seal_deleted")
	}
	text := fmt.Sprintf("sealed %d days", len(rows))
	if len(rows) == 1 {
		text = "sealed a day"
	}
	if err := by.write(ctx, tx, Action{At: at, Action: actSeal, Object: "ledger/" + dayText(rows[0].day), Text: text}); err != nil {
		return err
	}
	failpoint("store.seal_vouched")
	return nil
}
