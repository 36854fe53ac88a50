package measure

import "github.com/slmd/slmd/internal/sla"

// Sample is one raw sample.
type Sample struct {
	T sla.Instant
	V Value
}

// Label is one label of a series.
type Label struct{ Name, Value string }

// Series is the raw samples of one series in order of time.
type Series struct {
	Labels  []Label // sorted by name, __name__ among them
	Samples []Sample
	// Histograms counts native histogram samples, which have no number.
	Histograms int
}
