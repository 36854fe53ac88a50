package app

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	commoncfg "github.com/prometheus/common/config"

	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
)

// SourceStatus is what is known of a data source.
type SourceStatus struct {
	Name      string `json:"name"`
	URL       string `json:"url"` // without credentials
	Kind      string `json:"kind"`
	Lag       string `json:"lag"`
	Reachable *bool  `json:"reachable"` // null before the first request
	LastError string `json:"last_error,omitempty"`
	// Capabilities are what it was seen to do; null before that was tried.
	Capabilities *SourceCapabilities `json:"capabilities"`
}

// SourceCapabilities are what a data source was seen to do; the version is what
// it says of itself, and nothing follows from it.
type SourceCapabilities struct {
	At         sla.Instant `json:"at"`
	RemoteRead bool        `json:"remote_read"`
	Export     bool        `json:"export"`
	Metadata   bool        `json:"metadata"`
	Version    string      `json:"version,omitempty"`
}

// sources are the data sources of one configuration.
type sources struct {
	byName    map[string]cycle.Source
	measuring map[string]*measure.Source // the same ones
	first     string
	list      []config.Source

	mu    sync.Mutex
	known map[string]outcome
}

// outcome is how the last request to a source went.
type outcome struct {
	up   bool
	text string
}

// watchers are told of every request to a source; the clock may be nil.
type watchers struct {
	request func(source string, r measure.Request)
	clock   func() time.Time
	compare bool // the sources' clocks with it
}

// newSources builds the clients of all data sources. It makes no request.
func newSources(cfg *config.Config, w watchers) (*sources, error) {
	out := &sources{byName: map[string]cycle.Source{}, measuring: map[string]*measure.Source{}, list: cfg.Sources, known: map[string]outcome{}}
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		client, err := httpClient(s.HTTP, "source "+s.Name)
		if err != nil {
			return nil, err
		}
		if out.first == "" {
			out.first = s.Name
		}
		source, err := measure.New(measure.Options{
			Name: s.Name, URL: s.URL, HTTP: client, Headers: s.HTTP.Headers, Kind: measure.SourceKind(s.Kind),
			Timeout: s.Timeout.Duration(), Lag: s.Lag, Concurrency: s.Concurrency, FinaliseAfter: cfg.Measuring.FinaliseAfter,
			Observe: func(r measure.Request) { w.request(s.Name, r) }, Clock: w.clock, CompareClock: w.compare,
		})
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", s.Name, err)
		}
		out.byName[s.Name], out.measuring[s.Name] = source, source
	}
	return out, nil
}

// note keeps how the last request to a source went.
func (s *sources) note(name string, up bool, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[name] = outcome{up, text}
}

// well reports whether the last request to a source was answered.
func (s *sources) well(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[name].up
}

// explain keeps why the source gives no answer that can be used, in its words.
func (s *sources) explain(name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, ok := s.known[name]; ok && !o.up {
		s.known[name] = outcome{text: text}
	}
}

func (s *sources) status() []SourceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []SourceStatus{}
	for _, src := range s.list {
		row := SourceStatus{Name: src.Name, URL: withoutUser(src.URL), Kind: src.Kind, Lag: src.Lag.Duration().String()}
		if o, ok := s.known[src.Name]; ok {
			row.Reachable, row.LastError = &o.up, o.text
		}
		if c := s.measuring[src.Name].Capabilities(); c.At != 0 {
			row.Capabilities = &SourceCapabilities{c.At, c.Streams, c.Exports, c.Metadata, c.Version}
		}
		out = append(out, row)
	}
	return out
}

// withoutUser leaves out what stands before the host of an address.
func withoutUser(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	host, path, _ := strings.Cut(rest, "/")
	if _, after, has := strings.Cut(host, "@"); has {
		host = after
	}
	if path != "" {
		path = "/" + path
	}
	return scheme + "://" + host + path
}

// httpClient builds a client as configured that follows no redirect to another host.
func httpClient(h config.HTTP, whose string) (*http.Client, error) {
	client, err := commoncfg.NewClientFromConfig(h.Client, whose)
	if err != nil {
		return nil, fmt.Errorf("the HTTP client of %s: %w", whose, err)
	}
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if req.URL.Host != via[0].URL.Host || len(via) > 3 {
			return http.ErrUseLastResponse
		}
		return nil
	}
	client.Transport = withHeaders(client.Transport, h.Headers)
	return client, nil
}

// withHeaders sets the headers on every request.
func withHeaders(next http.RoundTripper, headers map[string]string) http.RoundTripper {
	if len(headers) == 0 {
		return next
	}
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		for k, v := range headers {
			r.Header.Set(k, v)
		}
		return next.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip makes the request.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// loopback reports whether only this machine can reach the address.
func loopback(addr net.Addr) bool {
	host, _, err := net.SplitHostPort(addr.String())
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// orDefault gives the required completeness with its default.
func orDefault(d sla.Decimal) sla.Decimal {
	if d.Sign() == 0 {
		return sla.Decimal{Coef: 95}
	}
	return d
}
