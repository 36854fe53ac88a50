package store

import "github.com/slmd/slmd/internal/sla"

// Round is what one round found and decided; RecordRound writes it whole.
type Round struct {
	// At is when the round ran; it is kept with the facts and orders nothing.
	At sla.Instant
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
	// State and Cursor are where measuring goes on. A Cursor before the ledger's
	// leaves both as they are; a new indicator without entries starts at Cursor.
	State  []byte
	Cursor sla.Instant
	// Earlier says that the entries belong before the indicator's first entry,
	// where a backfill that was asked for later goes on: they have a cursor and
	// a state of their own until they reach the first entry.
	Earlier bool
}

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

// Recorded says what a round added to the file.
type Recorded struct {
	Entries int // new entries and revisions; those passed over are not counted
}
