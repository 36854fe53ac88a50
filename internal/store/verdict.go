package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// recordVerdict keeps v in place of a provisional one; what differs from a final
// one is added as the next revision.
// A final one is vouched for.
func recordVerdict(ctx context.Context, tx *txn, v *sla.Verdict, round *Round, by *voucher) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return err
	}
	period, _, rolling := strings.Cut(v.Period.Name, "@")
	final := !v.Provisional && !rolling
	var revision int64
	var wasFinal bool
	var was string
	err = tx.QueryRowContext(ctx, `SELECT revision, final, doc FROM verdict
		WHERE agreement = ?1 AND objective = ?2 AND period = ?3 AND version = ?4
		ORDER BY revision DESC LIMIT 1`, v.Agreement, v.Objective, period, v.Version).Scan(&revision, &wasFinal, &was)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		revision = 1
	case err != nil:
		return err
	case was == string(doc) && wasFinal == final:
		return nil
	case wasFinal:
		revision++
	}
	seq := int64(0)
	if final {
		seq = by.seq
		by.add((&ruling{
			agreement: v.Agreement, objective: v.Objective, period: period, state: string(v.State), doc: string(doc),
			version: int64(v.Version), revision: revision, span: v.Period.Span, final: 1, edition: round.Edition, judgedAt: round.At,
		}).sum())
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO verdict
		(agreement, objective, period, version, revision, from_ms, to_ms, state, final, judged_at, doc, audit_seq, edition)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
		ON CONFLICT (agreement, objective, period, version, revision) DO UPDATE SET
			from_ms = excluded.from_ms, to_ms = excluded.to_ms, state = excluded.state,
			final = excluded.final, judged_at = excluded.judged_at, doc = excluded.doc, audit_seq = excluded.audit_seq, edition = excluded.edition`,
		v.Agreement, v.Objective, period, v.Version, revision, v.Period.From, v.Period.To, v.State, final, round.At, string(doc), seq, round.Edition)
	if err != nil {
		return err
	}
	if err := writeGlance(ctx, tx, glanceOf(v, revision, round.At)); err != nil {
		return err
	}
	return listOutages(ctx, tx, v)
}

// eachRuling reads verdicts and the number of the row that vouches for each;
// edition is the column of that name, or what stands for it where there is none.
func eachRuling(ctx context.Context, tx *txn, f func(r *ruling, vouched int64), edition, where string) error {
	return each(ctx, tx, func(rows *sql.Rows) error {
		var r ruling
		var vouched int64
		err := rows.Scan(&r.agreement, &r.objective, &r.period, &r.version, &r.revision, &r.span.From, &r.span.To,
			&r.state, &r.final, &r.judgedAt, &r.doc, &vouched, &r.edition)
		if err != nil {
			return err
		}
		f(&r, vouched)
		return nil
	}, `SELECT agreement, objective, period, version, revision, from_ms, to_ms, state, final, judged_at, doc, audit_seq, `+edition+`
		FROM verdict WHERE `+where)
}

// Verdicts gives the latest verdicts on periods that overlap the span; of all
// agreements when the name is empty. They come in order of agreement, objective,
// beginning of the period, version.
func (s *Store) Verdicts(ctx context.Context, agreement string, span sla.Span) ([]sla.Verdict, error) {
	judged, err := s.Judgements(ctx, agreement, span)
	var out []sla.Verdict
	for i := range judged {
		out = append(out, judged[i].Verdict)
	}
	return out, err
}

// Judgements is Verdicts, with when and by which edition of the catalogue each was judged.
func (s *Store) Judgements(ctx context.Context, agreement string, span sla.Span) ([]Judgement, error) {
	var out []Judgement
	err := s.read(ctx, "reading verdicts", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			var doc sql.RawBytes
			var j Judgement
			if err := rows.Scan(&doc, &j.At, &j.Edition); err != nil {
				return err
			}
			out = append(out, j)
			return json.Unmarshal(doc, &out[len(out)-1].Verdict)
		}, `SELECT v.doc, v.judged_at, v.edition FROM verdict AS v
			WHERE (?1 = '' OR v.agreement = ?1) AND v.from_ms < ?2 AND v.to_ms > ?3
			AND NOT EXISTS (SELECT 1 FROM verdict AS n WHERE n.agreement = v.agreement AND n.objective = v.objective
				AND n.period = v.period AND n.version = v.version AND n.revision > v.revision)
			ORDER BY v.agreement, v.objective, v.from_ms, v.period, v.version`, agreement, span.To, span.From)
	})
	return out, err
}

// Judgement is a verdict, and when and by which edition of the catalogue it was
// judged; the edition is 0 where that was not kept yet.
type Judgement struct {
	sla.Verdict
	At      sla.Instant
	Edition int64
}
