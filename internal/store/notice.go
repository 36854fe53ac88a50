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
	ReviewNotice NoticeKind = "review"
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

// Notice is what one recipient is told. Kind, About, Seq and Recipient tell it
// apart from all others.
type Notice struct {
	ID        int64
	Kind      NoticeKind
	About     int64 // the number of a breach record, the key of a review, or the instant of a digest
	Seq       int   // of the record's transition or the review's revision, from 1 on; 0 for a digest
	Recipient string
	MessageID string // of the mail; notices that one mail tells of share it
	Subject   string // of the mail
	State     NoticeState
	Fixed     bool // the mail was begun, and may have been taken although nobody said so
	Attempts  int
	MadeAt    sla.Instant
	// At is when a pending one is tried next, and when any other was done.
	At     sla.Instant
	Answer string // what was said to the last attempt
	Mail   []byte // what is told, in a form of the caller's; empty once it is done
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
		(kind, about, seq, recipient, message_id, subject, state, fixed, attempts, made_at, at_ms, answer, mail)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
		ON CONFLICT (kind, about, seq, recipient) DO NOTHING`,
		n.Kind, n.About, n.Seq, n.Recipient, n.MessageID, n.Subject, n.State, n.Fixed, n.Attempts, n.MadeAt, n.At, n.Answer, mail)
	return err
}

// BeginMail notes that a mail which tells of pending notices is about to be
// sent: they are fixed until NoticesTried says otherwise.
func (s *Store) BeginMail(ctx context.Context, messageID, subject string, notices []Notice) error {
	return s.write(ctx, "noting that a mail begins", func(ctx context.Context, tx *txn) error {
		for i := range notices {
			_, err := tx.ExecContext(ctx, `UPDATE notice SET message_id = ?1, subject = ?2, fixed = 1
				WHERE notice_id = ?3 AND state = 'pending'`, messageID, subject, notices[i].ID)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// NoticesTried records how an attempt to send a mail went, for each pending notice
// that it tells of: the state that it is in now, whether it is fixed, the count of
// attempts, At and the answer.
func (s *Store) NoticesTried(ctx context.Context, notices []Notice) error {
	return s.write(ctx, "recording what became of a mail", func(ctx context.Context, tx *txn) error {
		for i := range notices {
			n := &notices[i]
			_, err := tx.ExecContext(ctx, `UPDATE notice SET state = ?1, fixed = ?2, attempts = ?3, at_ms = ?4, answer = ?5,
				mail = CASE WHEN ?1 = 'pending' THEN mail ELSE x'' END WHERE notice_id = ?6 AND state = 'pending'`,
				n.State, n.Fixed, n.Attempts, n.At, n.Answer, n.ID)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

const noticeColumns = `notice_id, kind, about, seq, recipient, message_id, subject, state, fixed, attempts, made_at, at_ms, answer, `

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

// DueNotices gives the pending notices that are to be tried by now, without their
// mails, those that have waited longest first.
func (s *Store) DueNotices(ctx context.Context, now sla.Instant) ([]Notice, error) {
	var out []Notice
	err := s.read(ctx, "reading which mails are due", func(ctx context.Context, tx *txn) error {
		return scanNotices(ctx, tx, &out, `SELECT `+noticeColumns+`x'' FROM notice
			WHERE state = 'pending' AND at_ms <= ?1 ORDER BY at_ms, notice_id`, now)
	})
	return out, err
}

// ReadMails gives the notices as they are on record, with their mails.
func (s *Store) ReadMails(ctx context.Context, notices []Notice) ([]Notice, error) {
	var out []Notice
	err := s.read(ctx, "reading mails", func(ctx context.Context, tx *txn) error {
		for i := range notices {
			if err := scanNotices(ctx, tx, &out, `SELECT `+noticeColumns+`mail FROM notice WHERE notice_id = ?1`, notices[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// MailsSent gives how many mails with notices of the kind each recipient got after
// the instant.
func (s *Store) MailsSent(ctx context.Context, kind NoticeKind, after sla.Instant) (map[string]int, error) {
	out := map[string]int{}
	err := s.read(ctx, "counting mails", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			var recipient string
			var mails int
			err := rows.Scan(&recipient, &mails)
			out[recipient] = mails
			return err
		}, `SELECT recipient, count(DISTINCT message_id) FROM notice
			WHERE state = 'sent' AND at_ms > ?1 AND kind = ?2 GROUP BY recipient`, after, kind)
	})
	return out, err
}

// Notices gives the newest mails in that state, up to limit, and how many there
// are since the instant. Each stands as one of its notices, without the mail.
func (s *Store) Notices(ctx context.Context, state NoticeState, since sla.Instant, limit int) (newest []Notice, count int, err error) {
	err = s.read(ctx, "reading notices", func(ctx context.Context, tx *txn) error {
		err := tx.QueryRowContext(ctx, `SELECT count(DISTINCT message_id) FROM notice
			WHERE state = ?1 AND at_ms >= ?2`, state, since).Scan(&count)
		if err != nil || limit == 0 {
			return err
		}
		return scanNotices(ctx, tx, &newest, `SELECT `+noticeColumns+`x'' FROM notice WHERE notice_id IN (
				SELECT max(notice_id) FROM notice WHERE state = ?1 AND at_ms >= ?2 GROUP BY message_id)
			ORDER BY at_ms DESC, notice_id DESC LIMIT ?3`, state, since, limit)
	})
	return newest, count, err
}

func scanNotices(ctx context.Context, tx *txn, out *[]Notice, query string, args ...any) error {
	return each(ctx, tx, func(rows *sql.Rows) error {
		var n Notice
		err := rows.Scan(&n.ID, &n.Kind, &n.About, &n.Seq, &n.Recipient, &n.MessageID, &n.Subject, &n.State, &n.Fixed, &n.Attempts,
			&n.MadeAt, &n.At, &n.Answer, &n.Mail)
		*out = append(*out, n)
		return err
	}, query, args...)
}
