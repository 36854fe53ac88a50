package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// recordBreach adds the record, or the transitions that it has and the file has
// not, and gives its ID. A record is told by agreement, objective, version and period.
func recordBreach(ctx context.Context, tx *txn, b *sla.Breach, by *voucher) (int64, error) {
	var id int64
	err := tx.QueryRowContext(ctx, `SELECT breach_id FROM breach
		WHERE breach_id = ?1 OR (?1 = 0 AND agreement = ?2 AND objective = ?3 AND period = ?4 AND version = ?5)`,
		b.ID, b.Agreement, b.Objective, b.Period.Name, b.Version).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows) && b.ID == 0:
		id, err = insertBreach(ctx, tx, b)
	case errors.Is(err, sql.ErrNoRows):
		err = fmt.Errorf("there is no record %d", b.ID)
	}
	if err != nil {
		return 0, err
	}
	known, err := readTransitions(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	recorded := *b
	recorded.ID = id
	return id, addTransitions(ctx, tx, &recorded, known, by)
}

func insertBreach(ctx context.Context, tx *txn, b *sla.Breach) (int64, error) {
	res, err := tx.ExecContext(ctx, `INSERT INTO breach (agreement, version, objective, period, from_ms, to_ms, opened_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
		b.Agreement, b.Version, b.Objective, b.Period.Name, b.Period.From, b.Period.To, b.OpenedAt)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

func readTransitions(ctx context.Context, tx *txn, id int64) ([]sla.Transition, error) {
	var out []sla.Transition
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var t sla.Transition
		if err := rows.Scan(&t.At, &t.State, &t.Cause); err != nil {
			return err
		}
		out = append(out, t)
		return nil
	}, `SELECT at_ms, state, cause FROM breach_transition WHERE breach_id = ?1 ORDER BY seq`, id)
	return out, err
}

// addTransitions adds those of the record that the file has not got.
func addTransitions(ctx context.Context, tx *txn, b *sla.Breach, known []sla.Transition, by *voucher) error {
	if len(b.Transitions) == 0 {
		return errors.New("a breach record has at least the transition that opened it")
	}
	for i, t := range b.Transitions {
		if i < len(known) {
			if known[i] != t {
				return fmt.Errorf("transition %d differs from the one on record, of %s", i+1, known[i].At)
			}
			continue
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO breach_transition (breach_id, seq, at_ms, state, cause, audit_seq)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6)`, b.ID, i+1, t.At, t.State, t.Cause, by.seq)
		if err != nil {
			return err
		}
	}
	return eachDecision(ctx, tx, func(d *decision, seq int64) { by.add(d.sum()) },
		"b.breach_id = ?1 AND t.seq > ?2", b.ID, len(known))
}

// eachDecision reads transitions with their records and the number of the row that vouches for each.
func eachDecision(ctx context.Context, tx *txn, f func(d *decision, vouched int64), where string, args ...any) error {
	return each(ctx, tx, func(rows *sql.Rows) error {
		var d decision
		var vouched int64
		err := rows.Scan(&d.agreement, &d.objective, &d.period, &d.version, &d.span.From, &d.span.To, &d.openedAt,
			&d.breach, &d.seq, &d.At, &d.State, &d.Cause, &vouched)
		if err != nil {
			return err
		}
		f(&d, vouched)
		return nil
	}, `SELECT b.agreement, b.objective, b.period, b.version, b.from_ms, b.to_ms, b.opened_at, t.breach_id, t.seq, t.at_ms, t.state, t.cause, t.audit_seq
		FROM breach AS b JOIN breach_transition AS t ON t.breach_id = b.breach_id WHERE `+where+` ORDER BY t.breach_id, t.seq`, args...)
}

// Breaches gives the breach records whose period overlaps the span, with all
// transitions, in order of their IDs.
func (s *Store) Breaches(ctx context.Context, span sla.Span) ([]sla.Breach, error) {
	return s.breaches(ctx, "b.from_ms < ?1 AND b.to_ms > ?2", span.To, span.From)
}

// RecentBreaches gives the breach records whose period ends after the instant or
// that have a transition since, as Breaches does.
func (s *Store) RecentBreaches(ctx context.Context, since sla.Instant) ([]sla.Breach, error) {
	return s.breaches(ctx, `b.to_ms > ?1 OR EXISTS (SELECT 1 FROM breach_transition AS r
		WHERE r.breach_id = b.breach_id AND r.at_ms >= ?1)`, since)
}

// Breach gives one record with all transitions; ErrNotFound when there is none.
func (s *Store) Breach(ctx context.Context, id int64) (sla.Breach, error) {
	found, err := s.breaches(ctx, "b.breach_id = ?1", id)
	if err != nil {
		return sla.Breach{}, err
	}
	if len(found) == 0 {
		return sla.Breach{}, ErrNotFound
	}
	return found[0], nil
}

// BreachQuery says which breach records are wanted; what is empty does not count.
type BreachQuery struct {
	Span       sla.Span // that their period overlaps
	Agreements []string
	Objective  string
	State      sla.BreachState
	Limit      int
}

// LatestBreaches gives breach records with their last transition alone, the
// latest record first.
func (s *Store) LatestBreaches(ctx context.Context, q BreachQuery) ([]sla.Breach, error) {
	where := `b.from_ms < ?1 AND b.to_ms > ?2 AND (?3 = '' OR b.objective = ?3) AND (?4 = '' OR t.state = ?4)
		AND t.seq = (SELECT max(l.seq) FROM breach_transition AS l WHERE l.breach_id = b.breach_id)`
	args := []any{q.Span.To, q.Span.From, q.Objective, string(q.State), q.Limit}
	if len(q.Agreements) > 0 {
		where += ` AND b.agreement IN (` + places(len(args)+1, len(q.Agreements)) + `)`
		for _, name := range q.Agreements {
			args = append(args, name)
		}
	}
	var out []sla.Breach
	err := s.read(ctx, "listing breaches", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, scanBreaches(&out), selectBreaches+where+` ORDER BY b.breach_id DESC LIMIT ?5`, args...)
	})
	return out, err
}

func (s *Store) breaches(ctx context.Context, where string, args ...any) ([]sla.Breach, error) {
	var out []sla.Breach
	err := s.read(ctx, "reading breaches", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, scanBreaches(&out), selectBreaches+where+` ORDER BY b.breach_id, t.seq`, args...)
	})
	return out, err
}

const selectBreaches = `SELECT b.breach_id, b.agreement, b.version, b.objective, b.period, b.from_ms, b.to_ms, b.opened_at, t.at_ms, t.state, t.cause
	FROM breach AS b JOIN breach_transition AS t ON t.breach_id = b.breach_id WHERE `

// scanBreaches gathers records from rows of which each holds one transition.
func scanBreaches(out *[]sla.Breach) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var b sla.Breach
		var t sla.Transition
		err := rows.Scan(&b.ID, &b.Agreement, &b.Version, &b.Objective, &b.Period.Name, &b.Period.From, &b.Period.To,
			&b.OpenedAt, &t.At, &t.State, &t.Cause)
		if err != nil {
			return err
		}
		if n := len(*out); n == 0 || (*out)[n-1].ID != b.ID {
			*out = append(*out, b)
		}
		last := &(*out)[len(*out)-1]
		last.State = t.State
		last.Transitions = append(last.Transitions, t)
		return nil
	}
}
