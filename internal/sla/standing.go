package sla

import "math/big"

// Standing is what is known of one objective now: the one value that metrics,
// pages, alerts and the status command read.
type Standing struct {
	Agreement *Agreement // the version in force
	Objective *Objective
	Indicator *Indicator

	Current  *Verdict // of the period, or part, under way; nil before the first judgement
	Previous *Verdict // of the period before; nil when there is none

	// Burn holds the burn rate by the name of its window; a window in which
	// nothing was counted is absent.
	Burn map[string]*big.Rat
	// Firing holds the burn alerts that hold.
	Firing []BurnFiring

	// Exhaustion is when the error budget will be spent if it goes on as lately;
	// nil when nothing is being spent, or there is no budget left to spend.
	Exhaustion *Exhaustion

	// Measured is the end of the last measured interval; Always before the first.
	Measured Instant
	// BreachOpen reports an open or confirmed breach of the period under way.
	BreachOpen bool
	// Breaches counts the breach records of the objective that were confirmed, by attribution.
	Breaches map[AttributionClass]int64
}

// Exhaustion is when an error budget will be spent if it goes on as in the window.
type Exhaustion struct {
	At     Instant
	Window string // "6h", "3d"
}

// BurnFiring is a burn alert that holds: its long window and how urgent it is.
type BurnFiring struct {
	Window   string // "1h", "6h", "1d", "3d"
	Severity string // "critical" (page) or "warning" (ticket)
}

// Names of the alerts.
const (
	AlertBurn          = "SLMErrorBudgetBurn"
	AlertAtRisk        = "SLMObjectiveAtRisk"
	AlertBreached      = "SLMObjectiveBreached"
	AlertDataMissing   = "SLMDataMissing"
	AlertMisconfigured = "SLMIndicatorMisconfigured"
	AlertExpiring      = "SLMAgreementExpiring"
	AlertReviewOverdue = "SLMReviewOverdue"
	AlertStorage       = "SLMStorageFailing"
)

// Condition is something worth an alert that began to hold, as the store keeps
// it: a restart neither repeats nor forgets it. Everything but Until and
// Details is fixed when it begins, so its alert keeps one identity.
type Condition struct {
	Alertname string `json:"alertname"`
	Severity  string `json:"severity"` // critical, warning or info
	Agreement string `json:"agreement,omitempty"`
	Objective string `json:"objective,omitempty"`
	Indicator string `json:"indicator,omitempty"`
	Window    string `json:"window,omitempty"` // of a burn alert
	// Labels are the identity labels beside those above: service,
	// agreement_kind, customer, team and what the objective adds.
	Labels map[string]string `json:"labels,omitempty"`

	Since   Instant `json:"since"` // from the ledger, so that replicas and restarts agree
	Until   Instant `json:"until"` // Forever while it holds
	Details Details `json:"details"`
}

// Holds reports whether the condition still holds.
func (c *Condition) Holds() bool { return c.Until == Forever }

// Details are the numbers of a condition's last evaluation, ready to be shown.
type Details struct {
	Period       string `json:"period,omitempty"`
	Compliance   string `json:"compliance,omitempty"` // percent, truncated, or a mean's value
	Target       string `json:"target,omitempty"`     // as written
	BudgetUsed   string `json:"budget_used,omitempty"`
	Completeness string `json:"completeness,omitempty"`
	Text         string `json:"text,omitempty"` // what else there is to say, such as a source's own words
}
