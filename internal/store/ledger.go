package store

import "github.com/slmd/slmd/internal/sla"

// Head is where measuring an indicator goes on.
type Head struct {
	First      sla.Instant // where its first entry begins, or its first cursor
	Cursor     sla.Instant // where its last entry ends
	Definition int64       // that the state belongs to
	State      []byte
	// Earlier is where a backfill before First goes on; nil when none is under way.
	Earlier *Head
}
