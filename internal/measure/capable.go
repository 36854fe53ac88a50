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
	c := Capabilities{At: now}
	var build struct{ Version string }
	if s.fetchJSON(ctx, "status/buildinfo", url.Values{}, &build) == nil {
		c.Version = words([]byte(build.Version))
	}
	var metadata map[string][]struct{ Type string }
	c.Metadata = s.fetchJSON(ctx, "metadata", url.Values{"limit": {"1"}}, &metadata) == nil
	to := now.Add(-s.o.Lag)
	// Without a series to compare, what was seen before stands.
	s.streams(ctx, "{"+equals(metricName, "up")+"}", sla.Span{From: to.Add(-probed), To: to}, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Streams = s.capable.Streams
	s.capable = c
	return nil
}
