package sla

import "math/big"

// State is the verdict on an objective in a period.
type State string

// States, from best to worst; no data is none of them.
const (
	Met      State = "met"
	AtRisk   State = "at_risk"
	Failing  State = "failing"
	Breached State = "breached"
	NoData   State = "no_data"
)

// States lists all states in the order in which they are shown, best first.
var States = []State{Met, AtRisk, Failing, Breached, NoData}

// Share is an exact fraction as it was compared: Num of Den, not reduced.
type Share struct {
	Num *big.Rat `json:"num"`
	Den *big.Rat `json:"den"`
}

// Ratio gives Num ÷ Den. Den is never zero.
func (s *Share) Ratio() *big.Rat { return new(big.Rat).Quo(s.Num, s.Den) }

// Budget is an error budget, in the unit of the objective: events, seconds or
// slices' shares.
type Budget struct {
	Allowed *big.Rat `json:"allowed"`
	Left    *big.Rat `json:"left"` // may be negative
}

// Share gives left ÷ allowed; nil when nothing is allowed (a target of 100 %).
func (b *Budget) Share() *big.Rat {
	if b.Allowed.Sign() == 0 {
		return nil
	}
	return new(big.Rat).Quo(b.Left, b.Allowed)
}

// Spent gives allowed − left.
func (b *Budget) Spent() *big.Rat { return new(big.Rat).Sub(b.Allowed, b.Left) }

// Verdict is the judgement of one objective, by one version of its agreement,
// in one period or the part of it in which that version was in force. Amounts
// are exact; nil stands for what does not apply or cannot be said, never zero.
type Verdict struct {
	Agreement     string        `json:"agreement"`
	Version       int           `json:"version"`
	AgreementKind AgreementKind `json:"agreement_kind"`
	Service       string        `json:"service"`
	Objective     string        `json:"objective"`
	Indicator     string        `json:"indicator"`
	Facts         FactKind      `json:"facts"`
	Method        Method        `json:"method"`
	Target        *Decimal      `json:"target,omitempty"` // percent, nil for a mean

	Period Period `json:"period"`
	// Part is the part of the period in which the version was in force; it is
	// the whole period unless the version changed within it or its validity
	// begins or ends there.
	Part Span `json:"part"`

	State        State `json:"state"`
	Provisional  bool  `json:"provisional"`
	Certain      bool  `json:"certain"`
	Inconclusive bool  `json:"inconclusive"`
	// Approximate says that facts were counted that are: see Entry. It is left
	// out where false, as documents of before the mark have it.
	Approximate bool `json:"approximate,omitempty"`

	// Good and Bad count events or seconds after exclusions and before the
	// term for unknown time; for slice methods they are slice seconds. A mean has none.
	Good *big.Rat `json:"good"`
	Bad  *big.Rat `json:"bad"`
	// FactGood and FactBad are the events or seconds behind them, whatever the
	// method: for occurrences, time and ratio timeslices they are Good and Bad.
	FactGood *big.Rat `json:"fact_good"`
	FactBad  *big.Rat `json:"fact_bad"`
	// In seconds.
	Unknown *big.Rat `json:"unknown_seconds"`
	Removed *big.Rat `json:"removed_seconds"`
	Scope   *big.Rat `json:"scope_seconds"`

	Compliance   *Share `json:"compliance"` // nil: no data, or a mean
	Lowest       *Share `json:"lowest"`
	Highest      *Share `json:"highest"`
	Completeness *Share `json:"completeness"` // nil when nothing is in scope
	Value        *Share `json:"value"`        // of a mean: sum, count

	Budget *Budget `json:"budget"` // nil for a mean

	Outages []Outage `json:"outages,omitempty"` // all of them, in order of time; Small marks those not listed
	Totals  Totals   `json:"totals"`

	Credit *Credit `json:"credit"` // nil when the objective has no credit bands
}

// MetTarget reports whether v holds a judged target that is kept so far.
func (v *Verdict) MetTarget() bool { return v.State == Met || v.State == AtRisk }

// Totals sums up the outages of a verdict.
type Totals struct {
	Count    int      `json:"count"`     // listed and small ones
	Small    int      `json:"small"`     // under 1 % of the budget: counted, not listed
	SmallBad *big.Rat `json:"small_bad"` // their bad amount
	Longest  Millis   `json:"longest"`
	MTRS     *big.Rat `json:"mtrs"` // seconds; nil without an outage
	MTBF     *big.Rat `json:"mtbf"` // seconds; nil without an outage
}

// AttributionClass says who caused an outage.
type AttributionClass string

// Classes of attribution.
const (
	ByThirdParty   AttributionClass = "third_party"
	ByInternal     AttributionClass = "internal"
	ByOwn          AttributionClass = "own"
	ByCustomer     AttributionClass = "customer"
	ByForceMajeure AttributionClass = "force_majeure"
)

// Attribution is the part of an outage's bad amount that one agreement explains;
// Agreement is empty for what nothing explains.
type Attribution struct {
	Class     AttributionClass `json:"class"`
	Agreement string           `json:"agreement,omitempty"`
	Bad       *big.Rat         `json:"bad"`
}

// Outage is a run of bad intervals of one objective.
type Outage struct {
	Span
	Duration    Millis        `json:"duration"`     // scope time from the first to the last bad entry
	Bad         *big.Rat      `json:"bad"`          // events or seconds
	BudgetShare *big.Rat      `json:"budget_share"` // of the period's budget; nil when nothing is allowed
	Small       bool          `json:"small"`
	Attribution []Attribution `json:"attribution,omitempty"`
}

// Credit is what an objective's credit table gives in a period.
type Credit struct {
	Band    string   `json:"band,omitempty"`   // "below 99.9%"; empty when no band is reached
	Percent *big.Rat `json:"percent"`          // of the charge, after the cap, 5 for 5 %; nil for a fixed amount
	Charge  *Money   `json:"charge,omitempty"` // of the part judged
	Amount  *Money   `json:"amount,omitempty"` // nil without a charge
	Owed    bool     `json:"owed"`             // on a final verdict; otherwise accrued
}

// BurnWindows are the windows over which burn rates are kept, shortest first.
var BurnWindows = []BurnWindow{
	{"5m", 5 * Minute},
	{"30m", 30 * Minute},
	{"1h", Hour},
	{"2h", 2 * Hour},
	{"6h", 6 * Hour},
	{"1d", Day},
	{"3d", 3 * Day},
}

// BurnWindow is a window with the name under which it is shown.
type BurnWindow struct {
	Name   string
	Length Millis
}
