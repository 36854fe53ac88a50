package store

import "github.com/slmd/slmd/internal/sla"

// Action is something that a person or a file did, for the audit log.
type Action struct {
	At     sla.Instant
	Actor  Actor
	Action string // create, update, issue …
	Object string // kind/name or kind/name/version
	Text   string // one sentence
	// Before and After are SHA-256 of the object's document, hexadecimal; empty
	// where there was or is none.
	Before, After string
}

// AuditRow is a row of the audit log. Hash is the SHA-256 over the row and Prev,
// the hash of the row before it.
type AuditRow struct {
	Seq int64
	Action
	Prev, Hash string
}

// AuditHead is the last row's place in the audit chain; of an empty log it is zero.
type AuditHead struct {
	Seq  int64
	Hash string
}
