// Package measure turns indicators into facts: raw samples of a data source in,
// ledger entries out, every event counted once and every raw sample read once.
//
// A [Source] is one data source. [Source.Measure] takes what is due, plans few
// requests for it, reads raw samples and works out exact differences (counters)
// and holding times (gauges). All that has to be remembered between two calls is
// in the state that an [Outcome] carries; it is committed together with the
// entries and the cursor, so a crash neither loses nor doubles anything. Live
// operation, catch-up and backfill are the same calls with cursors that are
// more or less far behind.
package measure
