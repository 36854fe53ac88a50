package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// glancedSince is the schema from which on lists need no documents.
const glancedSince = 4

// glanceRow is a row of verdict_glance.
type glanceRow struct {
	sla.Glance
	period   string // without the end of a rolling window
	revision int64
	span     sla.Span
	judgedAt sla.Instant
}

func glanceOf(v *sla.Verdict, revision int64, at sla.Instant) glanceRow {
	period, _, _ := strings.Cut(v.Period.Name, "@")
	return glanceRow{v.Glance(), period, revision, v.Period.Span, at}
}

// values gives the columns in their order.
func (r *glanceRow) values() []any {
	left := sql.NullInt64{}
	if r.Left != nil {
		left = sql.NullInt64{Int64: *r.Left, Valid: true}
	}
	return []any{
		r.Agreement, r.Objective, r.period, r.Version, r.revision, r.span.From, r.span.To, r.judgedAt, r.State, r.Provisional, r.Mean, r.Timed,
		r.Reached, r.Num, r.Den, r.Bad, r.Known, left,
	}
}

func writeGlance(ctx context.Context, tx *txn, r glanceRow) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO verdict_glance (agreement, objective, period, version, revision, from_ms, to_ms, judged_at,
		state, open, mean, timed, reached, num, den, bad, known, left_ppm)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
		ON CONFLICT (agreement, objective, period, version) DO UPDATE SET revision = excluded.revision, from_ms = excluded.from_ms,
			to_ms = excluded.to_ms, judged_at = excluded.judged_at, state = excluded.state, open = excluded.open, mean = excluded.mean,
			timed = excluded.timed, reached = excluded.reached, num = excluded.num, den = excluded.den, bad = excluded.bad,
			known = excluded.known, left_ppm = excluded.left_ppm`, r.values()...)
	return err
}

// latestGlances works out from the documents what lists show.
func latestGlances(ctx context.Context, tx *txn) ([]glanceRow, error) {
	var out []glanceRow
	err := eachLatest(ctx, tx, "", func(v *sla.Verdict, revision int64, at sla.Instant) error {
		out = append(out, glanceOf(v, revision, at))
		return nil
	})
	return out, err
}

// eachLatest reads the document of the latest verdict on each period; of all
// agreements when the name is empty.
func eachLatest(ctx context.Context, tx *txn, agreement string, f func(*sla.Verdict, int64, sla.Instant) error) error {
	return each(ctx, tx, func(rows *sql.Rows) error {
		var doc sql.RawBytes
		var v sla.Verdict
		var revision int64
		var at sla.Instant
		if err := rows.Scan(&doc, &revision, &at); err != nil {
			return err
		}
		if err := json.Unmarshal(doc, &v); err != nil {
			return err
		}
		return f(&v, revision, at)
	}, `SELECT v.doc, v.revision, v.judged_at FROM verdict AS v
		WHERE (?1 = '' OR v.agreement = ?1) AND NOT EXISTS (SELECT 1 FROM verdict AS n WHERE n.agreement = v.agreement
			AND n.objective = v.objective AND n.period = v.period AND n.version = v.version AND n.revision > v.revision)
		ORDER BY v.agreement, v.objective, v.period, v.version`, agreement)
}

// glanceAll fills in what lists show of the verdicts of an older file.
func glanceAll(ctx context.Context, tx *txn) error {
	rows, err := latestGlances(ctx, tx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := writeGlance(ctx, tx, r); err != nil {
			return err
		}
	}
	return nil
}

// manyNames is how many names one statement takes.
const manyNames = 500

// Glances gives what lists show of the latest verdicts of the agreements on
// periods that overlap the span, in no order; none where no agreement is named.
func (s *Store) Glances(ctx context.Context, agreements []string, span sla.Span) ([]sla.Glance, error) {
	var out []sla.Glance
	err := s.read(ctx, "reading what lists show of verdicts", func(ctx context.Context, tx *txn) error {
		for names := range slices.Chunk(agreements, manyNames) {
			args := []any{span.To, span.From}
			for _, n := range names {
				args = append(args, n)
			}
			err := each(ctx, tx, func(rows *sql.Rows) error {
				g, err := scanGlance(rows)
				out = append(out, g.Glance)
				return err
			}, selectGlances+` WHERE from_ms < ?1 AND to_ms > ?2 AND agreement IN (`+places(3, len(names))+`)`, args...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// selectGlances reads rows with whether the review that was issued last is older.
const selectGlances = `SELECT agreement, objective, period, version, revision, from_ms, to_ms, judged_at, state, open, mean, timed, reached, num, den, bad,
	known, left_ppm, judged_at > coalesce((SELECT max(r.at_ms) FROM report AS r WHERE r.agreement = g.agreement AND r.period = g.period
		AND r.status = 'issued'), judged_at) FROM verdict_glance AS g`

func scanGlance(rows *sql.Rows) (glanceRow, error) {
	var r glanceRow
	var left sql.NullInt64
	err := rows.Scan(&r.Agreement, &r.Objective, &r.period, &r.Version, &r.revision, &r.span.From, &r.span.To, &r.judgedAt, &r.State, &r.Provisional,
		&r.Mean, &r.Timed, &r.Reached, &r.Num, &r.Den, &r.Bad, &r.Known, &left, &r.Revised)
	if r.Period = r.period; left.Valid {
		r.Left = &left.Int64
	}
	return r, err
}

// places gives numbered parameters: ?3, ?4 …
func places(first, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("?%d", first+i)
	}
	return strings.Join(out, ", ")
}

// verifyGlances compares what lists show with the documents of the verdicts.
func verifyGlances(ctx context.Context, tx *txn) (out []string, err error) {
	want, err := latestGlances(ctx, tx)
	if err != nil {
		return nil, err
	}
	var have []glanceRow
	err = each(ctx, tx, func(rows *sql.Rows) error {
		r, err := scanGlance(rows)
		have = append(have, r)
		return err
	}, selectGlances+` ORDER BY agreement, objective, period, version`)
	if err != nil {
		return nil, err
	}
	for i := range min(len(want), len(have)) {
		if !slices.Equal(want[i].values(), have[i].values()) {
			return append(out, fmt.Sprintf("what lists show of the verdict on %s/%s in %s is not what it says", want[i].Agreement, want[i].Objective, want[i].period)), nil
		}
	}
	if len(want) != len(have) {
		out = append(out, fmt.Sprintf("lists show %d verdicts where there are %d", len(have), len(want)))
	}
	return out, nil
}
