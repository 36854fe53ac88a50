package store

import (
	"context"

	"github.com/slmd/slmd/internal/sla"
)

// RecordedAfter reports whether any fact that overlaps the span was recorded, or
// revised, by a round after the instant.
func (s *Store) RecordedAfter(ctx context.Context, span sla.Span, at sla.Instant) (bool, error) {
	var found bool
	err := s.read(ctx, "looking for facts that were recorded late", func(ctx context.Context, tx *txn) error {
		first, last := slotOf(span.From), slotOf(span.To-1)
		return tx.QueryRowContext(ctx, `SELECT
			EXISTS (SELECT 1 FROM entry AS e JOIN round AS r ON r.round_id = e.round_id
				WHERE e.slot BETWEEN ?1 AND ?2 AND e.from_ms < ?3 AND e.to_ms > ?4 AND r.at_ms > ?5)
			OR EXISTS (SELECT 1 FROM sealed_day AS d JOIN round AS r ON r.round_id = d.round_id
				WHERE d.day BETWEEN ?6 AND ?7 AND d.from_ms < ?3 AND d.to_ms > ?4 AND r.at_ms > ?5)`,
			first, last, span.To, span.From, at, dayOf(first), dayOf(last)).Scan(&found)
	})
	return found, err
}
