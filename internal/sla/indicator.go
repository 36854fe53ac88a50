package sla

// IndicatorKind says how an indicator is measured.
type IndicatorKind string

// Kinds of indicators.
const (
	Ratio       IndicatorKind = "ratio"   // counters: total and good or bad
	Latency     IndicatorKind = "latency" // a histogram and a threshold
	Samples     IndicatorKind = "samples" // every raw sample of a gauge is one event
	TimeGauge   IndicatorKind = "time"    // a gauge's time within a bound
	Query       IndicatorKind = "query"   // one number per evaluation
	MeanCounter IndicatorKind = "mean"    // counters: sum and count
	Entries     IndicatorKind = "entries" // recorded through the API or by import
)

// BoundKind is the side of a bound on which a value is good.
type BoundKind string

// Bounds; above and below exclude the bound itself.
const (
	AtLeast BoundKind = "at_least"
	AtMost  BoundKind = "at_most"
	Above   BoundKind = "above"
	Below   BoundKind = "below"
)

// Bound is what a good value keeps to.
type Bound struct {
	Kind  BoundKind `json:"kind"`
	Value Decimal   `json:"value"`
}

// Combine says how the series of a time indicator make one answer.
type Combine struct {
	Rule CombineRule `json:"rule"`
	N    int         `json:"n,omitempty"` // of at_least N
}

// CombineRule is the rule of a Combine.
type CombineRule string

// Rules of combining.
const (
	CombineMean    CombineRule = "mean"
	CombineAny     CombineRule = "any"
	CombineAll     CombineRule = "all"
	CombineAtLeast CombineRule = "at_least"
)

// Indicator says what is measured. Its selectors are plain PromQL vector
// selectors, so that raw samples can be read.
type Indicator struct {
	Name     string        `json:"name"`
	Service  string        `json:"service"`
	Source   string        `json:"source,omitempty"` // empty: the first data source
	Interval Millis        `json:"interval"`
	Schedule string        `json:"schedule"` // cron, UTC
	Kind     IndicatorKind `json:"kind"`

	Total string `json:"total,omitempty"` // ratio
	Good  string `json:"good,omitempty"`  // ratio: this or Bad
	Bad   string `json:"bad,omitempty"`

	Histogram string  `json:"histogram,omitempty"` // latency
	Within    Decimal `json:"within,omitzero"`     // latency, seconds

	Metric  string  `json:"metric,omitempty"` // samples, time
	Combine Combine `json:"combine,omitzero"` // time
	Expr    string  `json:"query,omitempty"`  // query
	Bound   Bound   `json:"bound,omitzero"`   // samples, time, query
	Sum     string  `json:"sum,omitempty"`    // mean
	Count   string  `json:"count,omitempty"`  // mean

	As   FactKind `json:"as,omitempty"` // entries
	Unit string   `json:"unit,omitempty"`
}

// Facts gives what the indicator's entries count.
func (i *Indicator) Facts() FactKind {
	switch i.Kind {
	case TimeGauge, Query:
		return Time
	case MeanCounter:
		return Mean
	case Entries:
		return i.As
	default:
		return Events
	}
}
