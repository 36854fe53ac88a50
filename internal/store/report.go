package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// Report is a service review as it is kept: its document, drafted or issued.
type Report struct {
	Agreement string
	Period    string // its name, such as 2026-11
	Revision  int    // counts from 1 per agreement and period
	Issued    bool   // an issued one never changes
	Reason    string // why there is another revision; empty for the first
	Doc       []byte // JSON, byte for byte
	SHA256    string // of Doc, hexadecimal
	At        sla.Instant
	By        string // who drafted or issued it
}

func (r *Report) object() string {
	return fmt.Sprintf("report/%s/%s/%d", r.Agreement, r.Period, r.Revision)
}

// SaveDraft keeps the document as the draft of the next revision of its report,
// in place of the draft there was. Revision, Issued and SHA256 are worked out.
func (s *Store) SaveDraft(ctx context.Context, r Report) (Report, error) {
	r.Issued, r.Revision = false, 0
	err := s.write(ctx, "keeping a draft of the report on "+r.Agreement+" in "+r.Period, func(ctx context.Context, tx *txn) error {
		_, err := putReport(ctx, tx, &r)
		return err
	})
	return r, err
}

// IssueReport keeps the document as the next revision for good, under audit, but
// not with a lower number than r.Revision: files may tell of some that this
// database does not know. A revision after the first needs a reason. Revision,
// Issued, By and SHA256 are worked out.
func (s *Store) IssueReport(ctx context.Context, r Report, by Actor) (Report, error) {
	r.Issued, r.By = true, by.Name
	err := s.write(ctx, "issuing the report on "+r.Agreement+" in "+r.Period, func(ctx context.Context, tx *txn) error {
		before, err := putReport(ctx, tx, &r)
		if err != nil {
			return err
		}
		failpoint("store.report_row")
		return appendAudit(ctx, tx, Action{
			At: r.At, Actor: by, Action: "issue", Object: r.object(),
			Text: r.Reason, Before: before, After: r.SHA256,
		})
	})
	return r, err
}

// putReport writes r as the revision after the last issued one, whose hash it gives.
func putReport(ctx context.Context, tx *txn, r *Report) (before string, err error) {
	if r.Agreement == "" || r.Period == "" || r.By == "" {
		return "", errors.New("a report has to name its agreement, its period and who made it")
	}
	least := r.Revision
	err = tx.QueryRowContext(ctx, `SELECT revision, sha256 FROM report WHERE agreement = ?1 AND period = ?2 AND status = 'issued'
		ORDER BY revision DESC LIMIT 1`, r.Agreement, r.Period).Scan(&r.Revision, &before)
	if errors.Is(err, sql.ErrNoRows) {
		r.Revision, err = 0, nil
	}
	if err != nil {
		return "", err
	}
	r.Revision = max(r.Revision+1, least)
	r.SHA256 = sha256Hex(r.Doc)
	status := "draft"
	if r.Issued {
		status = "issued"
		if r.Revision > 1 && r.Reason == "" {
			return "", fmt.Errorf("revision %d replaces an issued report; it has to give a reason", r.Revision)
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO report (agreement, period, revision, status, reason, doc, sha256, at_ms, actor)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
		ON CONFLICT (agreement, period, revision) DO UPDATE SET status = excluded.status, reason = excluded.reason,
			doc = excluded.doc, sha256 = excluded.sha256, at_ms = excluded.at_ms, actor = excluded.actor`,
		r.Agreement, r.Period, r.Revision, status, r.Reason, r.Doc, r.SHA256, r.At, r.By)
	return before, err
}

// Reports lists the reports without their documents, in order of agreement,
// period and revision; of all agreements when the name is empty.
func (s *Store) Reports(ctx context.Context, agreement string) ([]Report, error) {
	var out []Report
	err := s.read(ctx, "listing reports", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			var r Report
			if err := rows.Scan(&r.Agreement, &r.Period, &r.Revision, &r.Issued, &r.Reason, &r.SHA256, &r.At, &r.By); err != nil {
				return err
			}
			out = append(out, r)
			return nil
		}, `SELECT agreement, period, revision, status = 'issued', reason, sha256, at_ms, actor FROM report
			WHERE ?1 = '' OR agreement = ?1 ORDER BY agreement, period, revision`, agreement)
	})
	return out, err
}

// IssuedReports gives the reports of which a revision was issued since the
// instant, the latest revision of each without its document, in order of issue.
func (s *Store) IssuedReports(ctx context.Context, since sla.Instant) ([]Report, error) {
	var out []Report
	err := s.read(ctx, "listing issued reports", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			r := Report{Issued: true}
			err := rows.Scan(&r.Agreement, &r.Period, &r.Revision, &r.Reason, &r.SHA256, &r.At, &r.By)
			out = append(out, r)
			return err
		}, `SELECT agreement, period, revision, reason, sha256, at_ms, actor FROM report AS r
			WHERE status = 'issued' AND at_ms >= ?1 AND NOT EXISTS (SELECT 1 FROM report AS later WHERE later.agreement = r.agreement
				AND later.period = r.period AND later.status = 'issued' AND later.revision > r.revision)
			ORDER BY at_ms, agreement, period`, since)
	})
	return out, err
}

// ReportQuery says which reports are wanted; what is empty does not count.
type ReportQuery struct {
	Agreement, Period string
	After, Limit      int // so many are left out before, and at most so many given
}

// LatestReports gives reports without their documents, the latest periods first,
// in order of agreements, the latest revision first.
func (s *Store) LatestReports(ctx context.Context, q ReportQuery) ([]Report, error) {
	var out []Report
	err := s.read(ctx, "listing reports", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			var r Report
			err := rows.Scan(&r.Agreement, &r.Period, &r.Revision, &r.Issued, &r.Reason, &r.SHA256, &r.At, &r.By)
			out = append(out, r)
			return err
		}, `SELECT agreement, period, revision, status = 'issued', reason, sha256, at_ms, actor FROM report
			WHERE (?1 = '' OR agreement = ?1) AND (?2 = '' OR period = ?2)
			ORDER BY period DESC, agreement, revision DESC LIMIT ?3 OFFSET ?4`, q.Agreement, q.Period, q.Limit, q.After)
	})
	return out, err
}

// ReportedPeriods gives the names of the last periods that have reports, the latest first.
func (s *Store) ReportedPeriods(ctx context.Context, limit int) (out []string, err error) {
	err = s.read(ctx, "listing the periods of reports", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			out = append(out, name)
			return err
		}, `SELECT DISTINCT period FROM report ORDER BY period DESC LIMIT ?1`, limit)
	})
	return out, err
}

// Report gives the latest issued revision, or the draft where none is issued;
// ErrNotFound when there is neither.
func (s *Store) Report(ctx context.Context, agreement, period string) (Report, error) {
	r := Report{Agreement: agreement, Period: period}
	err := s.read(ctx, "reading the report on "+agreement+" in "+period, func(ctx context.Context, tx *txn) error {
		err := tx.QueryRowContext(ctx, `SELECT revision, status = 'issued', reason, doc, sha256, at_ms, actor FROM report
			WHERE agreement = ?1 AND period = ?2 ORDER BY status = 'issued' DESC, revision DESC LIMIT 1`, agreement, period).
			Scan(&r.Revision, &r.Issued, &r.Reason, &r.Doc, &r.SHA256, &r.At, &r.By)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		return err
	})
	return r, err
}
