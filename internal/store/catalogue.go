package store

import "github.com/slmd/slmd/internal/sla"

// Actor is who does something.
type Actor struct {
	Name    string // a user, a system user or "slmd"
	Role    string // empty for what is done on the host
	Address string // from where; empty for what is done on the host
}

// Kinds of items, as sla.Change names them.
const (
	KindParty     = "party"
	KindCalendar  = "calendar"
	KindService   = "service"
	KindIndicator = "indicator"
	KindAgreement = "agreement"
	KindExclusion = "exclusion"
)

// Revision is one state of one item of the catalogue; none is ever changed.
type Revision struct {
	Kind     string
	Name     string
	Version  int   // of an agreement, otherwise 0
	Revision int64 // counts from 1 per item
	// Definition is, for an indicator, the revision in which what is measured
	// last changed; a new schedule or unit leaves it.
	Definition int64
	Doc        []byte // canonical JSON of the sla value
	Retired    bool
	RecordedAt sla.Instant
	Actor      string
}
