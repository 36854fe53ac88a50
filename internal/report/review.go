// Package report judges a period of an agreement into a service review: one
// plain value, the Review, from which every format is made without adding a
// figure. Its JSON is the document that is frozen when a review is issued.
package report

import "github.com/slmd/slmd/internal/sla"

// Schema names the form of the document.
const Schema = "slmd.review/1"

// Status says whether a review may still change.
type Status string

// Statuses of a review. An issued one never changes; a correction is a new revision.
const (
	Draft  Status = "draft"
	Issued Status = "issued"
)

// Review is the service review of one agreement in one period. Every field
// stands in the JSON, null where it does not apply, but the mark of approximate
// figures: it is left out where they are exact, as before there was one. Amounts are exact; lengths
// of time are seconds; moments are RFC 3339 in the agreement's zone.
type Review struct {
	Schema     string      `json:"schema"`
	Report     Head        `json:"report"`
	Summary    Summary     `json:"summary"`
	Objectives []Objective `json:"objectives"` // in the agreement's order; a row per version part
	Exclusions []Exclusion `json:"exclusions"`
	Credits    []Credit    `json:"credits"` // those that a band gives
	Supporting Supporting  `json:"supporting"`
	Measures   []Measure   `json:"measures"`
	Method     Method      `json:"method"`
	SHA256     string      `json:"sha256"` // of the canonical form of everything above

	// Titles are for show alone and no part of the document.
	Titles Titles `json:"-"`
}

// Titles says what the agreement, its service and its parties are called;
// empty where they have nothing but a name.
type Titles struct {
	Agreement, Service, Provider, Customer string
}

// Head says which review this is.
type Head struct {
	ID        string            `json:"id"` // AGREEMENT/PERIOD
	Agreement string            `json:"agreement"`
	Version   int               `json:"version"` // the last one in force in the period
	Kind      sla.AgreementKind `json:"kind"`
	Service   string            `json:"service"`
	Provider  string            `json:"provider"`
	Customer  string            `json:"customer"`
	Period    string            `json:"period"`
	From      Stamp             `json:"from"`
	To        Stamp             `json:"to"`
	Zone      string            `json:"time_zone"`
	Language  string            `json:"language"`
	Revision  int               `json:"revision"`
	Replaces  *int              `json:"replaces"`
	Reason    Text              `json:"reason"`
	Status    Status            `json:"status"`
	IssuedAt  Stamp             `json:"issued_at"` // UTC
}

// Summary is what a reader in a hurry reads.
type Summary struct {
	Text     string `json:"text"`
	Met      int    `json:"met"`
	Judged   int    `json:"judged"`
	NoData   int    `json:"no_data"`
	Breaches int    `json:"breaches"` // open and confirmed ones
}

// Objective is the verdict on one objective, by one version of the agreement.
type Objective struct {
	Name         string       `json:"name"`
	Part         *Part        `json:"part"` // null for a whole period
	Indicator    string       `json:"indicator"`
	Kind         sla.FactKind `json:"kind"`
	Method       sla.Method   `json:"method"`
	Unit         Unit         `json:"unit"` // of good, bad and budget
	Severity     sla.Severity `json:"severity"`
	Target       Target       `json:"target"`
	State        sla.State    `json:"state"`
	Provisional  bool         `json:"provisional"`
	Certain      bool         `json:"certain"`
	Inconclusive bool         `json:"inconclusive"`
	Compliance   *Share       `json:"compliance"` // of a mean: sum and count
	Lowest       *Share       `json:"lowest"`
	Highest      *Share       `json:"highest"`
	Good         Number       `json:"good"`
	Bad          Number       `json:"bad"`
	Unknown      Number       `json:"unknown_seconds"`
	Removed      Number       `json:"removed_seconds"`
	Scope        Number       `json:"scope_seconds"`
	Completeness *Share       `json:"completeness"`
	// Approximate says that facts were counted whose events were divided, since a
	// bound lay within a bucket of a native histogram: good and bad together are
	// exact, not each.
	Approximate bool    `json:"approximate,omitempty"`
	Budget      *Budget `json:"budget"` // null for a mean
	// WithoutExclusions is the compliance had no exclusion counted; null when none did.
	WithoutExclusions *Share    `json:"without_exclusions"`
	Outages           []Outage  `json:"outages"` // small ones are in the totals alone
	Totals            Totals    `json:"totals"`
	Breach            *Breach   `json:"breach"`
	Credit            *Reached  `json:"credit"` // null without credit terms; zero when no band is reached
	Days              []Day     `json:"days"`   // faultless ones are left out
	History           []History `json:"history"`
}

// Unit is what amounts count.
type Unit string

// Units.
const (
	UnitEvents  Unit = "events"
	UnitSeconds Unit = "seconds"
	UnitValue   Unit = "value"
)

// Part is the part of a period in which one version was in force.
type Part struct {
	Version int   `json:"version"`
	From    Stamp `json:"from"`
	To      Stamp `json:"to"`
}

// Share is a fraction as it was compared, and how it is shown: in percent (a
// mean: as it is), cut off and never rounded up.
type Share struct {
	Shown string `json:"shown"`
	Num   Number `json:"num"`
	Den   Number `json:"den"`
}

// Budget is an error budget in the objective's unit.
type Budget struct {
	Allowed   Number `json:"allowed"`
	Left      Number `json:"left"`
	LeftShare *Share `json:"left_share"` // null when nothing is allowed
}

// Outage is a listed outage.
type Outage struct {
	From        Stamp         `json:"from"`
	To          Stamp         `json:"to"`
	Bad         Number        `json:"bad"`
	BudgetShare *Share        `json:"budget_share"` // null when nothing is allowed
	Cause       Text          `json:"cause"`
	Overruled   *Overruled    `json:"overruled"`
	Attribution []Attribution `json:"attribution"`
}

// Overruled is an attribution that a person replaced.
type Overruled struct {
	Class  sla.AttributionClass `json:"class"`
	Reason string               `json:"reason"`
	By     string               `json:"by"`
}

// Attribution is the part of a bad amount that one agreement explains.
type Attribution struct {
	Class     sla.AttributionClass `json:"class"`
	Agreement Text                 `json:"agreement"`
	Bad       Number               `json:"bad"`
}

// Totals sums up all outages of an objective.
type Totals struct {
	Count    int    `json:"count"`
	Small    int    `json:"small"`
	SmallBad Number `json:"small_bad"`
	Longest  Number `json:"longest"`
	MTRS     Number `json:"mtrs"`
	MTBF     Number `json:"mtbf"`
}

// Breach is the breach record of an objective in the period.
type Breach struct {
	State    sla.BreachState `json:"state"`
	OpenedAt Stamp           `json:"opened_at"`
	Cause    Text            `json:"cause"`
}

// Reached is what an objective's credit table gives.
type Reached struct {
	Percent  Text `json:"percent"` // of the charge; null for a fixed amount
	Amount   Text `json:"amount"`  // null without a charge
	Currency Text `json:"currency"`
}

// Day is one local day: its date and what was bad, in the objective's unit,
// and unknown and removed, in seconds.
type Day struct {
	Date                  string
	Bad, Unknown, Removed Number
}

// History is the verdict of an earlier period, judged from today's ledger.
type History struct {
	Period     string    `json:"period"`
	Version    int       `json:"version"`
	State      sla.State `json:"state"`
	Compliance *Share    `json:"compliance"`
	// Approximate is as of an objective.
	Approximate bool `json:"approximate,omitempty"`
}

// Exclusion is one stretch of excluded time in the period.
type Exclusion struct {
	Name       string       `json:"name"`
	Category   sla.Category `json:"category"`
	Reason     Text         `json:"reason"`
	From       Stamp        `json:"from"`
	To         Stamp        `json:"to"`
	ApprovedBy Text         `json:"approved_by"`
	ApprovedOn Text         `json:"approved_on"`
	Effect     Effect       `json:"effect"`
	Seconds    Number       `json:"seconds"` // within the service hours
}

// Effect is what an exclusion does by the agreement's terms.
type Effect string

// Effects. One that nobody approved has none.
const (
	EffectRemoved = Effect(sla.PlannedRemoved)
	EffectGood    = Effect(sla.PlannedGood)
	EffectCounted = Effect(sla.PlannedCounted)
	EffectNone    = Effect("none")
)

// Credit is one line of the credits.
type Credit struct {
	Objective string    `json:"objective"`
	Band      string    `json:"band"`
	Percent   Text      `json:"percent"`
	Charge    Text      `json:"charge"`
	Amount    Text      `json:"amount"`
	Currency  Text      `json:"currency"`
	Status    DueStatus `json:"status"`
}

// DueStatus says whether a credit is final.
type DueStatus string

// Credits are owed on final verdicts and accrued before.
const (
	Owed    DueStatus = "owed"
	Accrued DueStatus = "accrued"
)

// Supporting is what the agreement relies on.
type Supporting struct {
	Ceiling    *Share      `json:"ceiling"` // null when it relies on nothing
	Agreements []Supporter `json:"agreements"`
}

// Supporter is one objective of a supporting agreement in the same period.
type Supporter struct {
	Agreement  string            `json:"agreement"`
	Kind       sla.AgreementKind `json:"kind"`
	Objective  string            `json:"objective"`
	Target     Target            `json:"target"`
	Compliance *Share            `json:"compliance"`
	State      sla.State         `json:"state"`
	Until      Text              `json:"until"` // the day on which it ends, null without an end
	// Approximate is as of an objective.
	Approximate bool `json:"approximate,omitempty"`
}

// Measure is one of the ten measures of the practice over the customer's
// agreements; null where the daemon does not know it.
type Measure struct {
	Name     string `json:"name"`
	Value    Text   `json:"value"`
	Previous Text   `json:"previous"`
	Change   Text   `json:"change"`
}

// Method says how the figures came about.
type Method struct {
	Unknown    sla.UnknownRule `json:"unknown"`
	Planned    sla.Planned     `json:"planned"`
	Program    string          `json:"program"`
	AuditHead  Text            `json:"audit_head"`
	Indicators []Definition    `json:"indicators"`
}

// Definition is what an indicator measures, as it is asked of the data source.
type Definition struct {
	Name       string `json:"name"`
	Definition string `json:"definition"`
}
