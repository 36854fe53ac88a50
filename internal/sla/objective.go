package sla

// Method is how good and bad become compliance.
type Method string

// Methods. The first four are the budgeting methods of OpenSLO v1.
const (
	Occurrences     Method = "occurrences"
	TimeMethod      Method = "time"
	Timeslices      Method = "timeslices"
	RatioTimeslices Method = "ratio_timeslices"
	MeanMethod      Method = "mean"
)

// Severity is how much a breach matters.
type Severity string

// Severities.
const (
	Critical Severity = "critical"
	Major    Severity = "major"
	Minor    Severity = "minor"
)

// EmptyRule says what a slice without events is.
type EmptyRule string

// Rules for empty slices.
const (
	EmptySkipped EmptyRule = "skipped"
	EmptyGood    EmptyRule = "good"
	EmptyBad     EmptyRule = "bad"
)

// Slices cuts a scope into parts that are good or bad as a whole.
type Slices struct {
	Length Millis `json:"length"`
	// BadAbove and BadAt are shares in percent; a slice is bad strictly above
	// the first or at and above the second. One of them is set for timeslices,
	// none for ratio timeslices.
	BadAbove *Decimal  `json:"bad_above,omitempty"`
	BadAt    *Decimal  `json:"bad_at,omitempty"`
	MinRun   Millis    `json:"min_run,omitempty"`
	Empty    EmptyRule `json:"empty"`
}

// Limits are bounds beside the target; going over one is a breach.
type Limits struct {
	LongestOutage *Millis `json:"longest_outage,omitempty"`
	Outages       *int    `json:"outages,omitempty"`
}

// Alerts switches and labels the alerts of an objective.
type Alerts struct {
	BurnOff bool              `json:"burn_off,omitempty"`
	MinBad  int64             `json:"min_bad"`
	Labels  map[string]string `json:"labels,omitempty"`
}

// Band is one line of a credit table. Below (exclusive) or AtMost (inclusive)
// is its upper bound, AtLeast (inclusive) or Above (exclusive) its lower one;
// in percent of compliance, or in the unit of a mean. Exactly one of Percent,
// Fixed and Per says what is owed.
type Band struct {
	Below   *Decimal `json:"below,omitempty"`
	AtMost  *Decimal `json:"at_most,omitempty"`
	AtLeast *Decimal `json:"at_least,omitempty"`
	Above   *Decimal `json:"above,omitempty"`

	Percent *Decimal `json:"percent,omitempty"` // of the charge; of each started Per where that is set
	Fixed   *Money   `json:"fixed,omitempty"`
	Per     Millis   `json:"per,omitempty"` // each started such length of bad time earns the credit
}

// Objective is one promise of an agreement.
type Objective struct {
	Name      string   `json:"name"`
	Indicator string   `json:"indicator"`
	Target    *Decimal `json:"target,omitempty"` // percent; nil for a mean
	// AtMost or AtLeast is the bound of a mean.
	AtMost  *Decimal `json:"at_most,omitempty"`
	AtLeast *Decimal `json:"at_least,omitempty"`

	Method          Method   `json:"method"`
	Slices          *Slices  `json:"slices,omitempty"`
	Severity        Severity `json:"severity"`
	AtRisk          Decimal  `json:"at_risk"` // percent of the budget left below which it is at risk
	Alerts          Alerts   `json:"alerts"`
	Limits          Limits   `json:"limits"`
	Credits         []Band   `json:"credits,omitempty"`
	CreditCap       *Decimal `json:"credit_cap,omitempty"` // percent of the charge
	CreditMinimum   *Money   `json:"credit_minimum,omitempty"`
	CreditPrecision *int     `json:"credit_precision,omitempty"` // decimals of percent; nil: exact
	MergeGap        Millis   `json:"merge_gap"`
	MinEvents       int64    `json:"min_events,omitempty"`
}

// Defaults of an objective where the catalogue is silent.
const (
	DefaultMinBad   int64  = 5
	DefaultMergeGap Millis = 5 * Minute
)

// DefaultAtRisk is 25 % of the budget.
var DefaultAtRisk = Decimal{Coef: 25}
