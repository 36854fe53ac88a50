package sla

// AgreementKind is who promises to whom.
type AgreementKind string

// Kinds of agreements.
const (
	SLA AgreementKind = "SLA" // with a customer
	OLA AgreementKind = "OLA" // with an internal team
	UC  AgreementKind = "UC"  // underpinning contract, with a supplier
)

// PeriodKind is the length of a reporting period.
type PeriodKind string

// Kinds of periods. A week begins on Monday.
const (
	PeriodDay     PeriodKind = "day"
	PeriodWeek    PeriodKind = "week"
	PeriodMonth   PeriodKind = "month"
	PeriodQuarter PeriodKind = "quarter"
	PeriodHalf    PeriodKind = "half"
	PeriodYear    PeriodKind = "year"
	PeriodRolling PeriodKind = "rolling"
)

// PeriodTerm is an agreement's period: one of the calendar, or a rolling window.
type PeriodTerm struct {
	Kind    PeriodKind `json:"kind"`
	Rolling Millis     `json:"rolling,omitempty"` // length of a rolling window
}

// Period is one concrete period: its name, such as 2026-11, 2026-W45, 2026-Q4,
// 2026-H2, 2026 or 30d@2026-11-22T00:00:00Z, and its span.
type Period struct {
	Name string `json:"name"`
	Span
}

// Planned says what an approved exclusion does.
type Planned string

// Rules for planned time.
const (
	PlannedRemoved Planned = "removed" // in neither side
	PlannedGood    Planned = "good"    // all of it counts as good
	PlannedCounted Planned = "counted" // no effect
)

// UnknownRule says on which side unknown time counts.
type UnknownRule string

// Rules for unknown time.
const (
	UnknownRemoved UnknownRule = "removed"
	UnknownGood    UnknownRule = "good"
	UnknownBad     UnknownRule = "bad"
)

// Months is a length of time in calendar months.
type Months int

// Reliance is one link of an agreement to what it relies on: one agreement, or
// several of which any suffices.
type Reliance struct {
	AnyOf []string `json:"any_of"`
}

// Agreement is one version of an agreement. The calendar stands in it in full,
// so that a version says by itself how its periods are judged.
type Agreement struct {
	Name     string        `json:"name"`
	Version  int           `json:"version"`
	Kind     AgreementKind `json:"kind"`
	Title    string        `json:"title,omitempty"`
	Service  string        `json:"service"`
	Provider string        `json:"provider"`
	Customer string        `json:"customer"`
	// Valid is when the version is in force; To is Forever without an end.
	Valid    Span        `json:"valid"`
	Calendar *Calendar   `json:"calendar,omitempty"` // nil: always, 24x7
	Zone     string      `json:"time_zone"`          // of its periods
	Period   PeriodTerm  `json:"period"`
	Planned  Planned     `json:"planned"`
	Unknown  UnknownRule `json:"unknown"`
	Charge   *Money      `json:"charge,omitempty"` // per period
	// ReviewEvery is how often the agreement is to be reviewed; zero: no review is due.
	ReviewEvery Months      `json:"review_every,omitempty"`
	ReliesOn    []Reliance  `json:"relies_on,omitempty"`
	Reason      string      `json:"reason,omitempty"` // for a target above the ceiling
	Objectives  []Objective `json:"objectives"`
}

// Objective gives the objective of that name, nil when there is none.
func (a *Agreement) Objective(name string) *Objective {
	for i := range a.Objectives {
		if a.Objectives[i].Name == name {
			return &a.Objectives[i]
		}
	}
	return nil
}
