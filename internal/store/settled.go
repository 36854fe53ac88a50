package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// Settled gives, by indicator, the end of what had been recorded by rounds that
// ran before the instant: what came later may still be revised.
func (s *Store) Settled(ctx context.Context, before sla.Instant) (map[string]sla.Instant, error) {
	out := map[string]sla.Instant{}
	err := s.read(ctx, "reading what is settled", func(ctx context.Context, tx *txn) error {
		round, err := roundBefore(ctx, tx, before)
		if err != nil {
			return err
		}
		known, err := readExtents(ctx, tx, "")
		if err != nil {
			return err
		}
		for name, x := range known {
			if out[name], err = settled(ctx, tx, x, round); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
	return out, err
}

// roundBefore gives the number of the last round that ran before the instant, 0 for none.
func roundBefore(ctx context.Context, tx *txn, before sla.Instant) (int64, error) {
	var round int64
	err := tx.QueryRowContext(ctx, `SELECT round_id FROM round WHERE at_ms < ?1 ORDER BY round_id DESC LIMIT 1`, before).Scan(&round)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return round, err
}

// settled finds where the entries of later rounds begin, by halving: an
// indicator's first revisions were recorded in order of time.
func settled(ctx context.Context, tx *txn, x extent, round int64) (sla.Instant, error) {
	lo, hi := x.first, x.span.To // what ends at lo is settled, what begins at hi or after is not
	if span, by, found, err := latestSealed(ctx, tx, x.id, dayOf(slotOf(hi))); err != nil {
		return 0, err
	} else if found && by <= round && span.To <= hi {
		lo = max(lo, span.To)
	}
	for lo < hi {
		span, by, err := entryAt(ctx, tx, x, lo+(hi-lo)/2)
		if errors.Is(err, sql.ErrNoRows) {
			return x.span.To, nil // facts that were written down have holes: they have no order, all of them stand as they are
		}
		if err != nil {
			return 0, err
		}
		if by <= round {
			lo = max(span.To, lo+1)
		} else {
			hi = span.From
		}
	}
	return min(lo, x.span.To), nil
}

// entryAt gives the last entry that begins at the instant or before, and the
// round that recorded it; a sealed day is one entry. It goes back slot by slot: within one, the
// indicator's rows are found at once, over several those of all would be read.
func entryAt(ctx context.Context, tx *txn, x extent, at sla.Instant) (span sla.Span, by int64, err error) {
	sealed, sealedBy, found, err := latestSealed(ctx, tx, x.id, dayOf(slotOf(at)))
	if err != nil || found && sealed.From <= at && at < sealed.To {
		return sealed, sealedBy, err
	}
	for slot := slotOf(at); slot >= slotOf(at.Add(-x.longest)); slot-- {
		err = tx.QueryRowContext(ctx, `SELECT from_ms, to_ms, round_id FROM entry
			WHERE slot = ?1 AND indicator_id = ?2 AND from_ms <= ?3 AND revision = 0
			ORDER BY from_ms DESC LIMIT 1`, slot, x.id, at).Scan(&span.From, &span.To, &by)
		if !errors.Is(err, sql.ErrNoRows) {
			break
		}
	}
	return span, by, err
}
