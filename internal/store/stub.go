package store

import (
	"context"
	"errors"

	"github.com/slmd/slmd/internal/sla"
)

var errNotYet = errors.New("not built yet")

// Options of a store; the zero value is good.
type Options struct {
	BusyTimeout sla.Millis // how long to wait for a lock; zero: 5 s
	Readers     int        // connections of the read-only pool; zero: 4
}

// Store is an open file. It may be used by several goroutines.
type Store struct{}

// Open opens the database file for reading and writing, alone among processes;
// it makes the file and its directory where they are missing and brings an older
// schema up to date.
func Open(ctx context.Context, file string, o Options) (*Store, error) { return nil, errNotYet }

// OpenReadOnly opens the database file for reading, beside a running daemon or without one.
func OpenReadOnly(ctx context.Context, file string, o Options) (*Store, error) {
	return nil, errNotYet
}

// Close ends all use of the file. It may be called twice.
func (s *Store) Close() error { return errNotYet }

// RecordRound writes a round in one transaction. The ID of each new breach is
// filled in. On an error nothing was written (a failed commit may say otherwise
// after a restart: the ledger is to be read anew).
func (s *Store) RecordRound(ctx context.Context, r Round) (Recorded, error) {
	return Recorded{}, errNotYet
}

// Heads gives where measuring goes on, by indicator, of all that was ever measured.
func (s *Store) Heads(ctx context.Context) (map[string]Head, error) { return nil, errNotYet }

// Cursors gives the end of the last entry by indicator: Heads without the states.
func (s *Store) Cursors(ctx context.Context) (map[string]sla.Instant, error) { return nil, errNotYet }

// Bounds gives from where to where the ledger has entries, by indicator.
func (s *Store) Bounds(ctx context.Context) (map[string]sla.Span, error) { return nil, errNotYet }

// Entries gives the entries of an indicator that overlap the span, in order of
// time, of revised ones the latest revision.
func (s *Store) Entries(ctx context.Context, indicator string, span sla.Span) ([]sla.Entry, error) {
	return nil, errNotYet
}

// EachEntry calls f with the entries of all indicators that overlap the span,
// each indicator's in order of time; it is how to read much. An error of f ends it.
func (s *Store) EachEntry(ctx context.Context, span sla.Span, f func(indicator string, e sla.Entry) error) error {
	return errNotYet
}

// Settled gives, by indicator, the end of what had been recorded by rounds that
// ran before the instant: what came later may still be revised.
func (s *Store) Settled(ctx context.Context, before sla.Instant) (map[string]sla.Instant, error) {
	return nil, errNotYet
}

// Problems gives what keeps indicators from being measured now, in order of their names.
func (s *Store) Problems(ctx context.Context) ([]Problem, error) { return nil, errNotYet }

// Catalogue gives the newest revision of all that is not retired.
func (s *Store) Catalogue(ctx context.Context) (*sla.Catalogue, error) { return nil, errNotYet }

// CatalogueAt gives the catalogue as it was recorded at the instant.
func (s *Store) CatalogueAt(ctx context.Context, at sla.Instant) (*sla.Catalogue, error) {
	return nil, errNotYet
}

// SaveCatalogue writes a revision of each item whose document differs, an audit
// row beside each, and gives how many those were. What c does not hold stays as
// it is unless a change retires it.
func (s *Store) SaveCatalogue(ctx context.Context, c *sla.Catalogue, changes []sla.Change, by Actor, at sla.Instant) (int, error) {
	return 0, errNotYet
}

// History gives all revisions of the items of that kind and name, oldest first.
func (s *Store) History(ctx context.Context, kind, name string) ([]Revision, error) {
	return nil, errNotYet
}

// LatestDefinitions gives by indicator the definition to measure it by, for Outcome.Definition.
func (s *Store) LatestDefinitions(ctx context.Context) (map[string]int64, error) {
	return nil, errNotYet
}

// Verdicts gives the latest verdicts on periods that overlap the span; of all
// agreements when the name is empty. In order of agreement, objective, period, version.
func (s *Store) Verdicts(ctx context.Context, agreement string, span sla.Span) ([]sla.Verdict, error) {
	return nil, errNotYet
}

// Breaches gives the breach records whose period overlaps the span, with all
// transitions, in order of their IDs.
func (s *Store) Breaches(ctx context.Context, span sla.Span) ([]sla.Breach, error) {
	return nil, errNotYet
}

// Conditions gives the conditions that hold and those that ended at or after the
// instant, in the order in which they were first recorded.
func (s *Store) Conditions(ctx context.Context, endedSince sla.Instant) ([]sla.Condition, error) {
	return nil, errNotYet
}

// SaveDraft keeps the document as the draft of the next revision of its report,
// in place of the draft there was. Revision, Issued and SHA256 are worked out.
func (s *Store) SaveDraft(ctx context.Context, r Report) (Report, error) { return Report{}, errNotYet }

// IssueReport keeps the document as the next revision for good, under audit. A
// revision after the first needs a reason. Revision, Issued and SHA256 are worked out.
func (s *Store) IssueReport(ctx context.Context, r Report, by Actor) (Report, error) {
	return Report{}, errNotYet
}

// Reports lists the reports without their documents, in order of agreement,
// period and revision; of all agreements when the name is empty.
func (s *Store) Reports(ctx context.Context, agreement string) ([]Report, error) {
	return nil, errNotYet
}

// Report gives the latest issued revision, or the draft where none is issued;
// ErrNotFound when there is neither.
func (s *Store) Report(ctx context.Context, agreement, period string) (Report, error) {
	return Report{}, errNotYet
}

// ErrNotFound says that what was asked for is not there.
var ErrNotFound = errors.New("not found")

// AppendAudit adds to the audit log what changed something outside the store's own methods.
func (s *Store) AppendAudit(ctx context.Context, a Action) error { return errNotYet }

// Audit gives up to limit rows after the sequence number, oldest first.
func (s *Store) Audit(ctx context.Context, after int64, limit int) ([]AuditRow, error) {
	return nil, errNotYet
}

// AuditHead gives the end of the audit chain.
func (s *Store) AuditHead(ctx context.Context) (AuditHead, error) { return AuditHead{}, errNotYet }

// SizeBytes gives the sizes of the database's files by their names (slmd.db, slmd.db-wal).
func (s *Store) SizeBytes() (map[string]int64, error) { return nil, errNotYet }

// Backup copies the database as of one moment into a new file, beside all reading and writing.
func (s *Store) Backup(ctx context.Context, file string) error { return errNotYet }

// Check looks the whole file over and gives what is wrong with it, a sentence
// each, nothing when it is sound: SQLite's own check, foreign keys, the audit chain.
func (s *Store) Check(ctx context.Context) ([]string, error) { return nil, errNotYet }
