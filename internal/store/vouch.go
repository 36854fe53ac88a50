package store

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// What slmd itself writes for good, a row of the audit log vouches for: its
// After is the digest of the rows that name its number, so that the end of the
// audit chain covers them all.
const (
	actSeal   = "seal"
	actDecide = "decide"
	actExpire = "expire"
	actAdopt  = "adopt" // what was there before rows were vouched for; they name the number 0
)

// self is who acts when nobody told slmd to.
var self = Actor{Name: "slmd"}

// voucher gathers what one row of the audit log will vouch for.
type voucher struct {
	seq    int64 // of that row
	hashes []string
}

// newVoucher must be used up before anything else writes the audit log.
func newVoucher(ctx context.Context, tx *txn) (*voucher, error) {
	head, err := readAuditHead(ctx, tx)
	return &voucher{seq: head.Seq + 1}, err
}

func (v *voucher) add(hash string) { v.hashes = append(v.hashes, hash) }

// digest does not depend on the order in which rows were written or are read.
func (v *voucher) digest() string {
	slices.Sort(v.hashes)
	return sha256Hex([]byte(strings.Join(v.hashes, "\n")))
}

// write writes the row, if there is anything to vouch for.
func (v *voucher) write(ctx context.Context, tx *txn, a Action) error {
	if len(v.hashes) == 0 {
		return nil
	}
	a.Actor, a.After = self, v.digest()
	return appendAudit(ctx, tx, a)
}

// decision is a row of breach_transition with its record.
type decision struct {
	agreement, objective, period string
	version                      int64
	span                         sla.Span
	openedAt                     sla.Instant
	breach, seq                  int64
	sla.Transition
}

func (d *decision) sum() string {
	return hashFields("transition", d.agreement, d.objective, d.period, number(d.version), number(d.span.From), number(d.span.To),
		number(d.openedAt), number(d.breach), number(d.seq), number(d.At), string(d.State), d.Cause)
}

// ruling is a row of verdict.
type ruling struct {
	agreement, objective, period, state, doc string
	version, revision                        int64
	span                                     sla.Span
	final, edition                           int64
	judgedAt                                 sla.Instant
}

func (r *ruling) sum() string {
	fields := []string{
		"verdict", r.agreement, r.objective, r.period, number(r.version), number(r.revision), number(r.span.From), number(r.span.To),
		r.state, number(r.final), number(r.judgedAt), r.doc,
	}
	if r.edition != 0 { // before it was kept, rows were vouched for without it
		fields = append(fields, number(r.edition))
	}
	return hashFields(fields...)
}

func number[T ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// vouchedSince is the schema from which on decisions are vouched for.
const vouchedSince = 2

// adopt vouches for the decisions of a file that was there before.
func adopt(ctx context.Context, tx *txn) error {
	by, at, err := unvouched(ctx, tx)
	if err != nil {
		return err
	}
	return by.write(ctx, tx, Action{At: at, Action: actAdopt, Object: "ledger", Text: "decisions of an older schema"})
}

// unvouched gathers the decisions that no row vouches for, and when the last of them was made.
func unvouched(ctx context.Context, tx *txn) (*voucher, sla.Instant, error) {
	by, at := &voucher{}, sla.Instant(0)
	err := eachDecision(ctx, tx, func(d *decision, _ int64) {
		by.add(d.sum())
		at = max(at, d.At)
	}, "t.audit_seq = 0")
	if err != nil {
		return nil, 0, err
	}
	err = eachRuling(ctx, tx, func(r *ruling, _ int64) {
		by.add(r.sum())
		at = max(at, r.judgedAt)
	}, "0", "final = 1 AND audit_seq = 0") // of a schema that keeps no edition
	return by, at, err
}
