package sla

// FactKind says what the two amounts of an entry count.
type FactKind string

// Kinds of facts.
const (
	Events FactKind = "events" // good and bad events
	Time   FactKind = "time"   // good and bad seconds
	Mean   FactKind = "mean"   // a sum and a count
)

// Entry is one fact of one indicator in the ledger: what was good, bad and
// unknown in a short span. Facts are additive: the fact of a longer span is
// the sum of its parts in any order. A span without an entry is unknown in full.
type Entry struct {
	Span
	// Good and Bad count events or seconds. Of a time indicator
	// good + bad + unknown is the length of the span.
	// For a mean Good holds the sum and Bad the count.
	Good, Bad Amount
	// Unknown is the part of the span, in milliseconds, for which nothing is known.
	Unknown Millis
	// Bridged is the length of the gap that a counter's difference in this
	// entry reaches back over from the entry's own interval, zero as a rule.
	Bridged Millis
	// Approximate says that a bound lay within a bucket of a native histogram,
	// whose events were divided: the sum of good and bad is exact, not each.
	Approximate bool
	// Definition is the revision of the indicator's definition that was measured.
	Definition int64
}
