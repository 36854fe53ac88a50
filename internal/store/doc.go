// Package store keeps everything in one SQLite file: the catalogue's revisions,
// the ledger of facts with each indicator's cursor and measuring state, verdicts,
// breach records, conditions, reports and the audit log.
//
// A method is a transaction: it is done as a whole or not at all, and what it
// reads is of one moment. One process writes a file at a time and one writer
// within it; readers never wait for the writer. What was measured, decided,
// issued or audited is never changed: corrections are added, and triggers in
// the file refuse anything else.
//
// Instants are Unix milliseconds UTC, amounts are exact (whole units beside
// billionths), documents are JSON; there is no floating point in the file.
package store
