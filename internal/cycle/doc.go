// Package cycle runs the round: what is due is measured, recorded, judged and
// turned into breach transitions and alert conditions, all in one transaction.
// Live operation, catching up and backfilling are the same code; they differ
// only in how far a cursor is behind.
package cycle
