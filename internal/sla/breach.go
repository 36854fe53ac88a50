package sla

// BreachState is where a breach record stands.
type BreachState string

// States of a breach record.
const (
	BreachOpen      BreachState = "open"
	BreachConfirmed BreachState = "confirmed"
	BreachAverted   BreachState = "averted"
	BreachWithdrawn BreachState = "withdrawn"
)

// Transition is one step in the life of a breach record; none is ever deleted.
type Transition struct {
	At    Instant     `json:"at"`
	State BreachState `json:"state"`
	Cause string      `json:"cause"`
}

// Breach is the record of one objective's breach in one period, version part
// or, for a rolling window, excursion.
type Breach struct {
	ID          int64        `json:"id"`
	Agreement   string       `json:"agreement"`
	Version     int          `json:"version"`
	Objective   string       `json:"objective"`
	Period      Period       `json:"period"`
	State       BreachState  `json:"state"`
	OpenedAt    Instant      `json:"opened_at"`
	Transitions []Transition `json:"transitions"`
}

// ConfirmedAt gives when a breach was certain by the ledger, however late it was
// judged; finaliseAfter is when facts no longer change.
func (b *Breach) ConfirmedAt(finaliseAfter Millis) Instant {
	if b.OpenedAt < b.Period.To && b.Transitions[0].State == BreachConfirmed {
		return b.OpenedAt
	}
	for _, step := range b.Transitions {
		if step.State == BreachConfirmed && step.At < b.Period.To {
			return step.At
		}
	}
	return b.Period.To.Add(finaliseAfter)
}
