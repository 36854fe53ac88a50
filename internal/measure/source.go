package measure

import (
	"context"
	"net/http"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// SourceKind is the make of a data source; it decides the extra parameters.
type SourceKind string

// Kinds of sources. Auto asks like Prometheus does.
const (
	Auto            SourceKind = "auto"
	Prometheus      SourceKind = "prometheus"
	VictoriaMetrics SourceKind = "victoriametrics"
	Thanos          SourceKind = "thanos"
	Mimir           SourceKind = "mimir"
)

// Read gives the raw samples of the series that a plain vector selector
// matches, with span.From ≤ t < span.To, in order of time within a series. An
// error is a *Problem or anything else, which counts as Pending.
type Read func(ctx context.Context, selector string, span sla.Span) ([]Series, error)

// Options describe a source.
type Options struct {
	Name string // in texts, never an address
	// URL is the address before /api/v1; HTTP the client with the credentials.
	URL     string
	HTTP    *http.Client
	Headers map[string]string
	Kind    SourceKind
	Timeout time.Duration // of one request, body included; default 30 s
	Lag     sla.Millis    // how far behind now samples are complete
	// Concurrency is how many requests run at once; default 4.
	Concurrency int
	// Piece is the longest span that one request reads when far behind, default
	// 1 h; it grows to a day where there are few samples.
	Piece sla.Millis
	// FinaliseAfter is how long intervals stay pending after their end, or
	// after the first refusal, when the source answers but cannot say; default 1 h.
	FinaliseAfter sla.Millis
	MaxBody       int64 // bytes of one answer; default 32 MiB
	// Observe, when set, hears of every request. It may be called concurrently.
	Observe func(Request)
	// Clock times the requests for Observe; without it they take no time.
	Clock func() time.Time
	// Read replaces the reading over HTTP, for series in memory.
	Read Read
}

// Request is what Observe hears of one request.
type Request struct {
	Kind    string // samples, evidence or query
	Result  string // ok, or the kind of the problem, or split
	Took    time.Duration
	Samples int
	Bytes   int64
}

// Source measures the indicators of one data source. Its methods may be called
// concurrently; the state of an indicator must not be in two calls at once.
type Source struct{}

// New gives a source. It makes no request.
func New(o Options) (*Source, error) { return nil, nil }

// Measure advances every task by one bounded piece, at most up to now − lag,
// and gives the outcomes in the order of the tasks. It never fails as a whole:
// what went wrong stands in the outcomes.
func (s *Source) Measure(ctx context.Context, tasks []Task, now sla.Instant) []Outcome { return nil }
