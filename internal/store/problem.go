package store

import (
	"context"
	"database/sql"

	"github.com/slmd/slmd/internal/sla"
)

// ProblemKind is what keeps an indicator from being measured.
type ProblemKind string

// Kinds of problems.
const (
	NoProblem     ProblemKind = ""
	Pending       ProblemKind = "pending"       // the source gave no usable answer; it is asked again
	Misconfigured ProblemKind = "misconfigured" // the source refuses the query
)

// Problem is what keeps an indicator from being measured, in the source's words.
type Problem struct {
	Indicator string
	Kind      ProblemKind // NoProblem ends the one there was
	Text      string
	// Since is when a problem of this kind began: where the indicator has one
	// already, its Since is kept.
	Since sla.Instant
}

func recordProblem(ctx context.Context, tx *txn, p Problem) error {
	if p.Kind == NoProblem {
		_, err := tx.ExecContext(ctx, `DELETE FROM problem WHERE indicator = ?1`, p.Indicator)
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO problem (indicator, kind, text, since_ms) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (indicator) DO UPDATE SET kind = excluded.kind, text = excluded.text,
			since_ms = CASE WHEN problem.kind = excluded.kind THEN problem.since_ms ELSE excluded.since_ms END`,
		p.Indicator, p.Kind, p.Text, p.Since)
	return err
}

// Problems gives what keeps indicators from being measured now, in order of their names.
func (s *Store) Problems(ctx context.Context) ([]Problem, error) {
	var out []Problem
	err := s.read(ctx, "reading what cannot be measured", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			var p Problem
			if err := rows.Scan(&p.Indicator, &p.Kind, &p.Text, &p.Since); err != nil {
				return err
			}
			out = append(out, p)
			return nil
		}, `SELECT indicator, kind, text, since_ms FROM problem ORDER BY indicator`)
	})
	return out, err
}
