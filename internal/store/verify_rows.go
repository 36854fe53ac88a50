package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// verifyHead looks for a head that was published once.
func verifyHead(ctx context.Context, tx *txn, published AuditHead) ([]string, error) {
	if published == (AuditHead{}) {
		return nil, nil
	}
	var hash string
	err := tx.QueryRowContext(ctx, `SELECT hash FROM audit WHERE seq = ?1`, published.Seq).Scan(&hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return []string{fmt.Sprintf("audit row %d, which was published, is missing", published.Seq)}, nil
	case err == nil && hash != published.Hash:
		return []string{fmt.Sprintf("audit row %d is not the one that was published", published.Seq)}, nil
	}
	return nil, err
}

// verifyVouched compares what the audit log vouches for with what there is.
func verifyVouched(ctx context.Context, tx *txn) ([]string, error) {
	have, err := vouchedRows(ctx, tx)
	if err != nil {
		return nil, err
	}
	expired, out, err := verifyRetention(ctx, tx)
	if err != nil {
		return nil, err
	}
	adopted := false
	err = eachAudit(ctx, tx, 0, -1, func(r *AuditRow) {
		seq, says := r.Seq, "what audit row %d vouches for (%s of %s) was changed"
		switch r.Action.Action {
		case actAdopt:
			seq, adopted = 0, true
		case actSeal:
			if day := strings.TrimPrefix(r.Object, "ledger/"); have[seq] == nil && day < expired {
				return
			}
		case actDecide:
		default:
			if have[seq] != nil {
				out = append(out, fmt.Sprintf("rows name audit row %d, which does not vouch for them", seq))
			}
			delete(have, seq)
			return
		}
		v := have[seq]
		if v == nil || v.digest() != r.After {
			out = append(out, fmt.Sprintf(says, r.Seq, r.Action.Action, r.Object))
		}
		delete(have, seq)
	})
	for seq := range have {
		if seq != 0 || !adopted {
			out = append(out, fmt.Sprintf("no audit row vouches for rows that name row %d", seq))
		}
	}
	return out, err
}

// vouchedRows gathers the hashes of rows by the number of the audit row that they name.
func vouchedRows(ctx context.Context, tx *txn) (map[int64]*voucher, error) {
	have := map[int64]*voucher{}
	add := func(seq int64, hash string) {
		if have[seq] == nil {
			have[seq] = &voucher{seq: seq}
		}
		have[seq].add(hash)
	}
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var seq int64
		var hash string
		err := rows.Scan(&seq, &hash)
		add(seq, hash)
		return err
	}, `SELECT audit_seq, hash FROM sealed_day`)
	if err != nil {
		return nil, err
	}
	if err := eachDecision(ctx, tx, func(d *decision, seq int64) { add(seq, d.sum()) }, "true"); err != nil {
		return nil, err
	}
	return have, eachRuling(ctx, tx, func(r *ruling, seq int64) { add(seq, r.sum()) }, "edition", "final = 1 OR audit_seq <> 0")
}

// verifyRetention gives the day, as 2026-11-05, before which nothing is kept:
// the audit log must say the same.
func verifyRetention(ctx context.Context, tx *txn) (expired string, out []string, err error) {
	day, found, err := readRetention(ctx, tx)
	if err != nil {
		return "", nil, err
	}
	if found {
		expired = dayText(day)
	}
	var said string
	err = tx.QueryRowContext(ctx, `SELECT object FROM audit WHERE action = ?1 ORDER BY seq DESC LIMIT 1`, actExpire).Scan(&said)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if said != expiredObject(expired) {
		out = append(out, fmt.Sprintf("the ledger says that facts before %q are no longer kept, the audit log says %q", expired, said))
	}
	return expired, out, err
}

func expiredObject(day string) string {
	if day == "" {
		return ""
	}
	return "ledger/before " + day
}

// verifyReports compares issued reports with what the audit log says of their issue.
func verifyReports(ctx context.Context, tx *txn) ([]string, error) {
	said := map[string]AuditRow{}
	err := eachAudit(ctx, tx, 0, -1, func(r *AuditRow) {
		if r.Action.Action == "issue" && strings.HasPrefix(r.Object, "report/") {
			said[r.Object] = *r
		}
	})
	if err != nil {
		return nil, err
	}
	var out []string
	err = each(ctx, tx, func(rows *sql.Rows) error {
		var r Report
		var approved sql.NullString
		if err := rows.Scan(&r.Agreement, &r.Period, &r.Revision, &r.Reason, &r.SHA256, &r.At, &r.By, &approved); err != nil {
			return err
		}
		object := r.object()
		row, ok := said[object]
		delete(said, object)
		switch {
		case !ok:
			out = append(out, "the audit log does not know the issue of "+object)
		case row.After != r.SHA256 || row.At != r.At || row.Actor.Name != r.By || row.Text != r.Reason || approved.Valid:
			out = append(out, "the issued "+object+" differs from what the audit log says of it")
		}
		return nil
	}, `SELECT agreement, period, revision, reason, sha256, at_ms, actor, approved_by FROM report
		WHERE status = 'issued' ORDER BY agreement, period, revision`)
	for object := range said {
		out = append(out, "the issued "+object+" is missing")
	}
	return out, err
}

// kinds are those of the catalogue's items.
var kinds = []string{KindParty, KindCalendar, KindService, KindIndicator, KindAgreement, KindExclusion}

// told is what the audit log and the catalogue both say of a revision.
type told struct {
	object, after, actor string
	at                   sla.Instant
}

// verifyCatalogue compares the catalogue's revisions with what the audit log says of them, in their order.
func verifyCatalogue(ctx context.Context, tx *txn) ([]string, error) {
	stored, out, err := toldByCatalogue(ctx, tx)
	if err != nil {
		return nil, err
	}
	n := 0
	err = eachAudit(ctx, tx, 0, -1, func(r *AuditRow) {
		kind, _, _ := strings.Cut(r.Object, "/")
		if !slices.Contains(kinds, kind) || r.Before+r.After == "" || len(out) > 0 {
			return // such as facts of an indicator that were measured again: no document changed
		}
		if n >= len(stored) || stored[n] != (told{r.Object, r.After, r.Actor.Name, r.At}) {
			out = append(out, fmt.Sprintf("the revision of %s that audit row %d tells of is missing or was changed", r.Object, r.Seq))
		}
		n++
	})
	if n < len(stored) && len(out) == 0 {
		out = append(out, "the audit log does not know a revision of "+stored[n].object)
	}
	return out, err
}

// toldByCatalogue reads the revisions in the order in which they were written,
// and finds numbers that do not follow each other.
func toldByCatalogue(ctx context.Context, tx *txn) (stored []told, out []string, err error) {
	last := map[string]Revision{}
	err = each(ctx, tx, func(rows *sql.Rows) error {
		var r Revision
		var hash string
		var id, retired int64
		var approved sql.NullString
		err := rows.Scan(&id, &r.Kind, &r.Name, &r.Version, &r.Revision, &r.Definition, &r.Doc, &hash, &retired, &r.RecordedAt, &r.Actor, &approved)
		if err != nil {
			return err
		}
		if retired != 0 {
			hash = ""
		}
		object := r.item().String()
		was := last[object]
		definition := int64(0)
		if r.Kind == KindIndicator {
			definition = r.Revision
			if was.Doc != nil && measuresSame(was.Doc, r.Doc) {
				definition = was.Definition
			}
		}
		if r.Revision != was.Revision+1 || r.Definition != definition || approved.Valid || id != int64(len(stored))+1 {
			out = append(out, fmt.Sprintf("revision %d of %s does not follow revision %d", r.Revision, object, was.Revision))
		}
		last[object] = r
		stored = append(stored, told{object, hash, r.Actor, r.RecordedAt})
		return nil
	}, `SELECT item_id, kind, name, version, revision, definition, doc, sha256, retired, recorded_at, actor, approved_by FROM catalogue_item ORDER BY item_id`)
	return stored, out, err
}

// verifyRecords looks for breach records without transitions and facts that no cursor reaches.
func verifyRecords(ctx context.Context, tx *txn) ([]string, error) {
	var out []string
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var text string
		err := rows.Scan(&text)
		out = append(out, text)
		return err
	}, `SELECT 'the breach record ' || b.breach_id || ' has transitions up to ' || coalesce(max(t.seq), 0) || ', and ' || count(t.seq) || ' of them are there'
			FROM breach AS b LEFT JOIN breach_transition AS t ON t.breach_id = b.breach_id
			GROUP BY b.breach_id HAVING count(t.seq) = 0 OR max(t.seq) <> count(t.seq)
		UNION ALL SELECT 'the indicator ' || i.name || ' has sealed days that its cursor has not reached'
			FROM indicator AS i LEFT JOIN indicator_state AS s ON s.indicator_id = i.indicator_id
			WHERE EXISTS (SELECT 1 FROM sealed_day AS d WHERE d.indicator_id = i.indicator_id AND (s.cursor_ms IS NULL OR d.to_ms > s.cursor_ms))`)
	return out, err
}
