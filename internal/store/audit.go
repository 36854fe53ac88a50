package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/slmd/slmd/internal/sla"
)

// Actor is who does something.
type Actor struct {
	Name    string // a user, a system user or "slmd"
	Role    string // empty for what is done on the host
	Address string // from where; empty for what is done on the host
}

// Action is something that a person or a file did, for the audit log.
type Action struct {
	At     sla.Instant
	Actor  Actor
	Action string // create, update, issue …
	Object string // kind/name or kind/name/version
	Text   string // one sentence
	// Before and After are SHA-256 of the object's document, hexadecimal; empty
	// where there was or is none.
	Before, After string
}

// AuditRow is a row of the audit log. Hash is the SHA-256 over the row and Prev,
// the hash of the row before it.
type AuditRow struct {
	Seq int64
	Action
	Prev, Hash string
}

// AuditHead is the last row's place in the audit chain; of an empty log it is zero.
type AuditHead struct {
	Seq  int64
	Hash string
}

// sum gives the hash that r must have: SHA-256, hexadecimal, over its fields,
// each written as its length in bytes, a colon and the field.
func (r *AuditRow) sum() string {
	return hashFields(
		strconv.FormatInt(r.Seq, 10), strconv.FormatInt(int64(r.At), 10), r.Actor.Name, r.Actor.Role, r.Actor.Address,
		r.Action.Action, r.Object, r.Text, r.Before, r.After, r.Prev)
}

// hashFields gives the SHA-256, hexadecimal, over the fields, each with its length.
func hashFields(fields ...string) string {
	h := sha256.New()
	for _, field := range fields {
		_, _ = io.WriteString(h, strconv.Itoa(len(field))+":"+field) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sha256Hex(doc []byte) string {
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:])
}

// AppendAudit adds to the audit log what changed something outside the store's own methods.
func (s *Store) AppendAudit(ctx context.Context, a Action) error {
	return s.write(ctx, "writing the audit log", func(ctx context.Context, tx *txn) error {
		return appendAudit(ctx, tx, a)
	})
}

var errNobody = errors.New("an action has to say who acts")

func appendAudit(ctx context.Context, tx *txn, a Action) error {
	if a.Actor.Name == "" {
		return errNobody
	}
	head, err := readAuditHead(ctx, tx)
	if err != nil {
		return err
	}
	failpoint("store.audit")
	r := AuditRow{Seq: head.Seq + 1, Action: a, Prev: head.Hash}
	_, err = tx.ExecContext(ctx, `INSERT INTO audit
		(seq, at_ms, actor, role, address, action, object, text, before_sha256, after_sha256, prev_hash, hash)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)`,
		r.Seq, r.At, r.Actor.Name, r.Actor.Role, r.Actor.Address, r.Action.Action, r.Object, r.Text, r.Before, r.After, r.Prev, r.sum())
	return err
}

func readAuditHead(ctx context.Context, tx *txn) (AuditHead, error) {
	var h AuditHead
	err := tx.QueryRowContext(ctx, `SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`).Scan(&h.Seq, &h.Hash)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return h, err
}

// AuditHead gives the end of the audit chain.
func (s *Store) AuditHead(ctx context.Context) (AuditHead, error) {
	var h AuditHead
	err := s.read(ctx, "reading the end of the audit log", func(ctx context.Context, tx *txn) (err error) {
		h, err = readAuditHead(ctx, tx)
		return err
	})
	return h, err
}

// Audit gives up to limit rows after the sequence number, oldest first.
func (s *Store) Audit(ctx context.Context, after int64, limit int) ([]AuditRow, error) {
	var out []AuditRow
	err := s.read(ctx, "reading the audit log", func(ctx context.Context, tx *txn) error {
		return eachAudit(ctx, tx, after, limit, func(r *AuditRow) { out = append(out, *r) })
	})
	return out, err
}

func eachAudit(ctx context.Context, tx *txn, after int64, limit int, f func(*AuditRow)) error {
	return each(ctx, tx, func(rows *sql.Rows) error {
		var r AuditRow
		err := rows.Scan(&r.Seq, &r.At, &r.Actor.Name, &r.Actor.Role, &r.Actor.Address, &r.Action.Action, &r.Object,
			&r.Text, &r.Before, &r.After, &r.Prev, &r.Hash)
		if err != nil {
			return err
		}
		f(&r)
		return nil
	}, `SELECT seq, at_ms, actor, role, address, action, object, text, before_sha256, after_sha256, prev_hash, hash
		FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2`, after, limit)
}

// checkAudit gives the first place where the audit chain is broken.
func checkAudit(ctx context.Context, tx *txn) (string, error) {
	finding := ""
	var last AuditRow
	err := eachAudit(ctx, tx, 0, -1, func(r *AuditRow) {
		switch {
		case finding != "":
		case r.Seq != last.Seq+1:
			finding = fmt.Sprintf("audit row %d is missing", last.Seq+1)
		case r.Prev != last.Hash:
			finding = fmt.Sprintf("audit row %d does not follow the row before it", r.Seq)
		case r.sum() != r.Hash:
			finding = fmt.Sprintf("audit row %d was changed", r.Seq)
		}
		last = *r
	})
	return finding, err
}
