package store

import (
	"context"
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// Round is what one round found and decided; RecordRound writes it whole.
type Round struct {
	// At is when the round ran; it is kept with the facts and orders nothing.
	At sla.Instant
	// Edition is that of the catalogue by which the round judged.
	Edition int64
	// Outcomes holds at most one outcome of an indicator.
	Outcomes   []Outcome
	Problems   []Problem
	Verdicts   []sla.Verdict
	Breaches   []sla.Breach
	Conditions []sla.Condition
}

// Outcome is what was measured of one indicator.
type Outcome struct {
	Indicator string
	// Definition is the revision that was measured. It applies to every entry:
	// an entry's own Definition is ignored.
	Definition int64
	// Entries follow each other without a hole or overlap, begin at the
	// indicator's cursor (anywhere, for its first ones) and end at Cursor.
	// Entries that lie before the cursor must be those of the ledger; they are
	// passed over, so that a round may be recorded twice.
	Entries []sla.Entry
	// Revised holds new facts for spans that the ledger has, each with the exact
	// span of the entry that it stands in for from now on. The same facts again
	// add nothing.
	Revised []sla.Entry
	// Entered holds facts that people or other programs wrote down, in order of
	// time, anywhere that the ledger has nothing yet. An indicator has these or
	// measured ones, never both: State and Cursor are of no account with them.
	Entered []sla.Entry
	// State and Cursor are where measuring goes on. A Cursor before the ledger's
	// leaves both as they are; a new indicator without entries starts at Cursor.
	State  []byte
	Cursor sla.Instant
	// Earlier says that the entries belong before the indicator's first entry,
	// where a backfill that was asked for later goes on: they have a cursor and
	// a state of their own until they reach the first entry.
	Earlier bool
}

// Recorded says what a round added to the file.
type Recorded struct {
	Entries int // new entries and revisions; those passed over are not counted
}

// RecordRound writes a round in one transaction. The ID of each new breach is
// filled in. On an error nothing was written, but for a commit whose failure is
// the disk's: then only reading the ledger anew tells.
func (s *Store) RecordRound(ctx context.Context, r Round) (Recorded, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	var l ledger
	ids := make([]int64, len(r.Breaches))
	err := s.writeLocked(ctx, "recording a round", func(ctx context.Context, tx *txn) error {
		if s.heads == nil {
			heads, err := readHeads(ctx, tx)
			if err != nil {
				return err
			}
			s.heads = heads
		}
		l = ledger{ctx: ctx, tx: tx, heads: s.heads, at: r.At}
		if err := l.book(r.Outcomes); err != nil {
			return err
		}
		return recordDecisions(ctx, tx, r, ids)
	})
	if err != nil {
		s.heads = nil // they may be ahead of the file
		s.rewritten.add("")
		return Recorded{}, err
	}
	for i := range r.Breaches {
		r.Breaches[i].ID = ids[i]
	}
	for i := range r.Outcomes {
		if o := &r.Outcomes[i]; o.Earlier || len(o.Revised) > 0 {
			s.rewritten.add(o.Indicator)
		}
	}
	return Recorded{Entries: l.added}, nil
}

// recordDecisions writes what was decided; the audit log vouches for what of it is for good.
func recordDecisions(ctx context.Context, tx *txn, r Round, breachIDs []int64) error {
	for _, p := range r.Problems {
		if err := recordProblem(ctx, tx, p); err != nil {
			return fmt.Errorf("the problem of indicator %s: %w", p.Indicator, err)
		}
	}
	failpoint("store.problems")
	by, err := newVoucher(ctx, tx)
	if err != nil {
		return err
	}
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		if err := recordVerdict(ctx, tx, v, &r, by); err != nil {
			return fmt.Errorf("the verdict on %s/%s in %s: %w", v.Agreement, v.Objective, v.Period.Name, err)
		}
		failpoint("store.verdict")
	}
	for i := range r.Breaches {
		b := &r.Breaches[i]
		id, err := recordBreach(ctx, tx, b, by)
		if err != nil {
			return fmt.Errorf("the breach of %s/%s in %s: %w", b.Agreement, b.Objective, b.Period.Name, err)
		}
		breachIDs[i] = id
		failpoint("store.breach")
	}
	if err := by.write(ctx, tx, Action{At: r.At, Action: actDecide, Object: "ledger", Text: "verdicts or transitions of breaches"}); err != nil {
		return err
	}
	failpoint("store.decisions_vouched")
	for i := range r.Conditions {
		c := &r.Conditions[i]
		if err := recordCondition(ctx, tx, c); err != nil {
			return fmt.Errorf("the condition %s of %s/%s: %w", c.Alertname, c.Agreement, c.Objective, err)
		}
		failpoint("store.condition")
	}
	return nil
}
