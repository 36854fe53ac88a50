package measure

import "github.com/slmd/slmd/internal/sla"

// Task asks for one indicator to be measured from its cursor on.
type Task struct {
	Indicator  *sla.Indicator
	Definition int64 // the revision of the indicator, stands in every entry
	// State is the State of the last Outcome that was recorded, nil before the
	// first. A state of another definition or of another cursor is not used:
	// measuring begins afresh at the cursor, with a new baseline.
	State []byte
	// Cursor is the end of the last recorded interval; before the first it is
	// where measuring begins. Within an interval, as after a change of its
	// length, what is left of that interval is recorded as unknown.
	Cursor sla.Instant
	// To bounds what is measured: no interval that ends later is recorded. Zero
	// means as far as the source's lag allows.
	To sla.Instant
}

// Outcome is what came of one task. Entries, State and Cursor are recorded in
// one transaction; all of them are usable whatever Problem says.
type Outcome struct {
	Indicator string
	// Entries tile [Task.Cursor, Cursor) by whole intervals, in order of time.
	Entries []sla.Entry
	State   []byte
	Cursor  sla.Instant
	// Read is up to where State has read samples: it may be beyond Cursor, where
	// what is read is decided later, Always before anything was read, and Forever
	// where it is not known.
	Read sla.Instant
	// Remaining says that a further call would get further at once. One call
	// advances a task by a bounded piece only.
	Remaining bool
	// Behind is how much of [Cursor, now − lag) is not recorded yet.
	Behind  sla.Millis
	Samples int      // raw samples read for this task; shared ones count for each
	Problem *Problem // why it did not get further, nil when all is well
	// Rejected lists samples that are not facts: their intervals are unknown.
	Rejected []Rejection
	// Unsure holds where entries begin that hang on what the state does not know
	// for certain: the first sample of a series, or what is plausible. A state
	// that goes further back may decide them otherwise.
	Unsure []sla.Instant
}

// Rejection counts samples of one series that were refused for one reason.
type Rejection struct {
	Reason string // one of the Reason constants
	Series string // the series in PromQL notation, one of those concerned
	Count  int
}

// Reasons of rejections, the label values of slmd_samples_rejected_total.
const (
	ReasonNaN      = "nan"
	ReasonInfinite = "infinite"
	ReasonNegative = "negative"        // a counter below zero
	ReasonType     = "wrong_type"      // a native histogram or a text where a number is wanted
	ReasonTooLarge = "too_large"       // beyond what a fact can hold
	ReasonExcess   = "part_over_total" // more good or bad events than events
	ReasonSeveral  = "several_series"  // a query gave more than one number
	ReasonOrder    = "out_of_order"    // older than the sample before it in the same answer, or of its time and another value
)

// Reasons lists all reasons of rejections.
var Reasons = []string{
	ReasonNaN, ReasonInfinite, ReasonNegative, ReasonType, ReasonTooLarge, ReasonExcess, ReasonSeveral, ReasonOrder,
}

// ProblemKind says what follows from a problem.
type ProblemKind string

// Kinds of problems.
const (
	// Pending: the source gave no usable answer; the intervals stay pending and
	// the next success reads from the cursor on.
	Pending ProblemKind = "pending"
	// Partial: the answer came with warnings or is incomplete and was discarded;
	// retried until the finalising deadline, then the intervals are unknown.
	Partial ProblemKind = "partial"
	// Misconfigured: the source refuses the indicator's query; pending until the
	// finalising deadline, then unknown.
	Misconfigured ProblemKind = "misconfigured"
	// Unusable: what answers is not the API or lets nobody in; pending.
	Unusable ProblemKind = "unusable"
	// Broken: the kept state cannot be read; pending until somebody mends it.
	Broken ProblemKind = "broken"
)

// Problem is why an indicator could not be measured as far as it was due.
type Problem struct {
	Kind ProblemKind
	// Text is one sentence with the source's own words, fit to be shown; it
	// holds no secret.
	Text string
	// SourceDown says that the source as a whole is concerned, not this query.
	SourceDown bool
	// RetryAfter is how long the source asks to be left alone, zero as a rule,
	// at most five minutes.
	RetryAfter sla.Millis
}

// Error gives the text.
func (p *Problem) Error() string { return p.Text }
