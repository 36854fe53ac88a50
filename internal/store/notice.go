package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// NoticeKind is what a mail tells of.
type NoticeKind string

// Kinds of notices.
const (
	BreachNotice NoticeKind = "breach"
	Digest       NoticeKind = "digest"
)

// NoticeState is what became of a mail.
type NoticeState string

// States of a notice. Undeliverable was given up, dropped was overtaken before
// it could be sent or had nothing to say.
const (
	NoticePending       NoticeState = "pending"
	NoticeSent          NoticeState = "sent"
	NoticeUndeliverable NoticeState = "undeliverable"
	NoticeDropped       NoticeState = "dropped"
)

// Notice is one mail to one recipient. Kind, About, Seq and Recipient tell it
// apart from all others.
type Notice struct {
	ID        int64
	Kind      NoticeKind
	About     int64 // the number of a breach record, or the instant of a digest
	Seq       int   // of the record's transition, from 1 on; 0 for a digest
	Recipient string
	MessageID string
	Subject   string
	State     NoticeState
	Attempts  int
	MadeAt    sla.Instant
	// At is when a pending one is tried next, and when any other was done.
	At     sla.Instant
	Answer string // what was said to the last attempt
	Mail   []byte // what is sent, in a form of the caller's; empty once it is done
}

// PlanNotices adds notices, passing over those that there are, and drops those
// of the numbers that are still pending, at the instant.
func (s *Store) PlanNotices(ctx context.Context, add []Notice, drop []int64, at sla.Instant) error {
	return s.write(ctx, "planning notices", func(ctx context.Context, tx *txn) error {
		for _, id := range drop {
			if _, err := tx.ExecContext(ctx, `UPDATE notice SET state = 'dropped', at_ms = ?1, mail = x''
				WHERE notice_id = ?2 AND state = 'pending'`, at, id); err != nil {
				return err
			}
		}
		for i := range add {
			if err := addNotice(ctx, tx, &add[i]); err != nil {
				return fmt.Errorf("the notice %q to %s: %w", add[i].Subject, add[i].Recipient, err)
			}
		}
		return nil
	})
}

func addNotice(ctx context.Context, tx *txn, n *Notice) error {
	mail := n.Mail
	if mail == nil || n.State != NoticePending {
		mail = []byte{}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO notice
		(kind, about, seq, recipient, message_id, subject, state, attempts, made_at, at_ms, answer, mail)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
		ON CONFLICT (kind, about, seq, recipient) DO NOTHING`,
		n.Kind, n.About, n.Seq, n.Recipient, n.MessageID, n.Subject, n.State, n.Attempts, n.MadeAt, n.At, n.Answer, mail)
	return err
}

// NoticeTried records how an attempt to send a pending notice went: the state
// that it is in now, the count of attempts, At and the answer of n.
func (s *Store) NoticeTried(ctx context.Context, n Notice) error {
	return s.write(ctx, "recording what became of a mail", func(ctx context.Context, tx *txn) error {
		_, err := tx.ExecContext(ctx, `UPDATE notice SET state = ?1, attempts = ?2, at_ms = ?3, answer = ?4,
			mail = CASE WHEN ?1 = 'pending' THEN mail ELSE x'' END WHERE notice_id = ?5 AND state = 'pending'`,
			n.State, n.Attempts, n.At, n.Answer, n.ID)
		return err
	})
}

const noticeColumns = `notice_id, kind, about, seq, recipient, message_id, subject, state, attempts, made_at, at_ms, answer, `

// NoticesAbout gives all notices of a kind about the numbers, without their
// mails, in order of number, transition and recipient.
func (s *Store) NoticesAbout(ctx context.Context, kind NoticeKind, about []int64) ([]Notice, error) {
	var out []Notice
	err := s.read(ctx, "reading notices", func(ctx context.Context, tx *txn) error {
		for _, id := range about {
			err := scanNotices(ctx, tx, &out, `SELECT `+noticeColumns+`x'' FROM notice
				WHERE kind = ?1 AND about = ?2 ORDER BY seq, recipient`, kind, id)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// DueNotices gives up to limit pending notices that are to be tried by now, with
// their mails, those that have waited longest first.
func (s *Store) DueNotices(ctx context.Context, now sla.Instant, limit int) ([]Notice, error) {
	var out []Notice
	err := s.read(ctx, "reading mails that are due", func(ctx context.Context, tx *txn) error {
		return scanNotices(ctx, tx, &out, `SELECT `+noticeColumns+`mail FROM notice
			WHERE state = 'pending' AND at_ms <= ?1 ORDER BY at_ms, notice_id LIMIT ?2`, now, limit)
	})
	return out, err
}

// Notices gives the newest notices in that state, without their mails, up to
// limit, and how many there are since the instant.
func (s *Store) Notices(ctx context.Context, state NoticeState, since sla.Instant, limit int) (newest []Notice, count int, err error) {
	err = s.read(ctx, "reading notices", func(ctx context.Context, tx *txn) error {
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM notice WHERE state = ?1 AND at_ms >= ?2`, state, since).Scan(&count); err != nil {
			return err
		}
		return scanNotices(ctx, tx, &newest, `SELECT `+noticeColumns+`x'' FROM notice
			WHERE state = ?1 AND at_ms >= ?2 ORDER BY at_ms DESC, notice_id DESC LIMIT ?3`, state, since, limit)
	})
	return newest, count, err
}

func scanNotices(ctx context.Context, tx *txn, out *[]Notice, query string, args ...any) error {
	return each(ctx, tx, func(rows *sql.Rows) error {
		var n Notice
		err := rows.Scan(&n.ID, &n.Kind, &n.About, &n.Seq, &n.Recipient, &n.MessageID, &n.Subject, &n.State, &n.Attempts,
			&n.MadeAt, &n.At, &n.Answer, &n.Mail)
		*out = append(*out, n)
		return err
	}, query, args...)
}
