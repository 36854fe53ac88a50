package sla

// Action is what a change does to an object of the catalogue.
type Action string

// Actions.
const (
	Create     Action = "create"
	Update     Action = "update"      // of what has no versions: parties, services, exclusions …
	NewVersion Action = "new_version" // of an agreement or of an indicator's definition
	End        Action = "end"         // an agreement's validity is cut short
	Retire     Action = "retire"      // no longer named by the files (--prune)
)

// Change is one difference between the catalogue in force and another one.
type Change struct {
	Action Action `json:"action"`
	Object string `json:"object"` // party, calendar, service, indicator, agreement, exclusion
	Name   string `json:"name"`
	// Version is the agreement's version after the change, 0 for other objects.
	Version int `json:"version,omitempty"`
	// Text says in one sentence what changes, field by field, and from when.
	Text string `json:"text"`
}
