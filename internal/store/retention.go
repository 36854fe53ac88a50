package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// Expire lets go of the sealed days that ended before the instant, under audit,
// and gives how many those were; verdicts, reports and the audit log stay. What
// is not sealed stays too.
func (s *Store) Expire(ctx context.Context, before, at sla.Instant) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	var gone int64
	day := dayOf(slotOf(before))
	err := s.writeLocked(ctx, "letting go of old facts", func(ctx context.Context, tx *txn) error {
		if floor, any, err := hotFloor(ctx, tx); err != nil {
			return err
		} else if any {
			day = min(day, dayOf(floor))
		}
		was, found, err := readRetention(ctx, tx)
		if err != nil || found && was >= day {
			return err
		}
		var any bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sealed_day WHERE day < ?1)`, day).Scan(&any); err != nil || !any {
			return err
		}
		gone, err = expire(ctx, tx, day, at)
		return err
	})
	s.heads = nil // where they begin may have moved
	s.rewritten.add("")
	return int(gone), err
}

func expire(ctx context.Context, tx *txn, day int64, at sla.Instant) (int64, error) {
	_, err := tx.ExecContext(ctx, `INSERT INTO retention (retention_id, before_day) VALUES (1, ?1)
		ON CONFLICT (retention_id) DO UPDATE SET before_day = excluded.before_day`, day)
	if err != nil {
		return 0, err
	}
	// An entry that began on the last day that goes may reach into the first that stays.
	_, err = tx.ExecContext(ctx, `UPDATE indicator_state AS s SET first_ms = min(s.cursor_ms, max(s.first_ms, ?1,
			coalesce((SELECT max(d.to_ms) FROM sealed_day AS d WHERE d.indicator_id = s.indicator_id AND d.day < ?2), ?1)))
		WHERE first_ms < ?1`, dayStart(day), day)
	if err != nil {
		return 0, err
	}
	failpoint("store.expire_moved")
	res, err := tx.ExecContext(ctx, `DELETE FROM sealed_day WHERE day < ?1`, day)
	if err != nil {
		return 0, err
	}
	failpoint("store.expire_deleted")
	n, err := res.RowsAffected()
	if err != nil {
		return 0, err
	}
	return n, appendAudit(ctx, tx, Action{
		At: at, Actor: self, Action: actExpire, Object: expiredObject(dayText(day)),
		Text: fmt.Sprintf("let go of %d sealed days", n),
	})
}

// readRetention gives the first day whose facts are kept, if any were let go of.
func readRetention(ctx context.Context, tx *txn) (day int64, found bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT before_day FROM retention`).Scan(&day)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return day, true, err
}

// FactsSince gives the instant before which facts are no longer kept; Always
// when none were let go of.
func (s *Store) FactsSince(ctx context.Context) (sla.Instant, error) {
	since := sla.Always
	err := s.read(ctx, "reading how long facts are kept", func(ctx context.Context, tx *txn) error {
		day, found, err := readRetention(ctx, tx)
		if found {
			since = dayStart(day)
		}
		return err
	})
	return since, err
}
