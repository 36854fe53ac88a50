package measure

import (
	"context"
	"net/url"

	"github.com/slmd/slmd/internal/sla"
)

// Capabilities are what a source was seen to do, not what it says of itself.
type Capabilities struct {
	At       sla.Instant // when it was tried; zero: not yet
	Metadata bool        // says of which type a metric is
	Streams  bool        // remote_read gives the very samples that a query does
	Exports  bool        // so does the export of VictoriaMetrics
	// Version is what the source calls itself. It decides nothing.
	Version string
}

// Capabilities gives what the last Probe found.
func (s *Source) Capabilities() Capabilities {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.capable
}

// Probe tries what the source can do. A source that does not answer leaves what
// was known.
func (s *Source) Probe(ctx context.Context, now sla.Instant) error {
	if s.base == nil {
		return nil
	}
	if _, err := s.number(ctx, "vector(1)", now.Add(-s.o.Lag)); err != nil {
		return err
	}
	s.mu.Lock()
	s.makeKnown = false // something else may answer by now
	s.mu.Unlock()
	c := Capabilities{At: now}
	var build struct{ Version string }
	if s.fetchJSON(ctx, "status/buildinfo", url.Values{}, &build) == nil && build.Version != "" {
		c.Version = words([]byte(build.Version))
	}
	var metadata map[string][]struct{ Type string }
	c.Metadata = s.fetchJSON(ctx, "metadata", url.Values{"limit": {"1"}}, &metadata) == nil && len(metadata) > 0
	to := now.Add(-s.o.Lag)
	for _, w := range s.ways() {
		// Without a series to compare, what was seen before stands.
		_ = s.prove(ctx, w, "{"+equals(metricName, "up")+"}", sla.Span{From: to.Add(-probed), To: to}, now)
		if shown, _ := s.seen(w, now); shown {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Streams, c.Exports = s.chunks.until > now, s.lines.until > now
	s.capable = c
	return nil
}
