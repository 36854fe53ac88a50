package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// recordCondition adds the condition, or brings its end and details up to date.
func recordCondition(ctx context.Context, tx *txn, c *sla.Condition) error {
	labels, err := json.Marshal(c.Labels)
	if err != nil {
		return err
	}
	details, err := json.Marshal(c.Details)
	if err != nil {
		return err
	}
	until := sql.NullInt64{Int64: int64(c.Until), Valid: !c.Holds()}
	var id int64
	var wasUntil sql.NullInt64
	var wasDetails string
	err = tx.QueryRowContext(ctx, `SELECT condition_id, until_ms, details FROM condition
		WHERE alertname = ?1 AND severity = ?2 AND agreement = ?3 AND objective = ?4 AND indicator = ?5
		AND burn_window = ?6 AND labels = ?7 AND since_ms = ?8`,
		c.Alertname, c.Severity, c.Agreement, c.Objective, c.Indicator, c.Window, string(labels), c.Since).Scan(&id, &wasUntil, &wasDetails)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = tx.ExecContext(ctx, `INSERT INTO condition
			(alertname, severity, agreement, objective, indicator, burn_window, labels, since_ms, until_ms, details)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
			c.Alertname, c.Severity, c.Agreement, c.Objective, c.Indicator, c.Window, string(labels), c.Since, until, string(details))
		return err
	case err != nil:
		return err
	case wasUntil == until && (until.Valid || wasDetails == string(details)):
		return nil
	case wasUntil.Valid:
		return fmt.Errorf("the one since %s ended at %s for good", c.Since, sla.Instant(wasUntil.Int64))
	}
	_, err = tx.ExecContext(ctx, `UPDATE condition SET until_ms = ?1, details = ?2 WHERE condition_id = ?3`, until, string(details), id)
	return err
}

// Conditions gives the conditions that hold and those that ended at or after the
// instant, in the order in which they were first recorded.
func (s *Store) Conditions(ctx context.Context, endedSince sla.Instant) ([]sla.Condition, error) {
	var out []sla.Condition
	err := s.read(ctx, "reading conditions", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			var c sla.Condition
			var labels, details []byte
			err := rows.Scan(&c.Alertname, &c.Severity, &c.Agreement, &c.Objective, &c.Indicator, &c.Window,
				&labels, &c.Since, &c.Until, &details)
			if err != nil {
				return err
			}
			if err := json.Unmarshal(labels, &c.Labels); err != nil {
				return err
			}
			if err := json.Unmarshal(details, &c.Details); err != nil {
				return err
			}
			out = append(out, c)
			return nil
		}, `SELECT alertname, severity, agreement, objective, indicator, burn_window, labels, since_ms, coalesce(until_ms, ?1), details
			FROM condition WHERE until_ms IS NULL OR until_ms >= ?2 ORDER BY condition_id`, sla.Forever, endedSince)
	})
	return out, err
}
