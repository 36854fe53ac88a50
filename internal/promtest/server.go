package promtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// Options says how a Server answers.
type Options struct {
	// Address to listen on; empty: a free port of 127.0.0.1.
	Address string
	// Now is the server's clock: the default time of queries and the Date header. Required.
	Now func() time.Time
	// MaxSamples a query may load; zero: 50,000,000, as in Prometheus.
	MaxSamples int
	// Timeout of a query; zero: two minutes, as in Prometheus.
	Timeout time.Duration
}

// Served counts what a server has done since its start.
type Served struct {
	// Requests by path, refused and broken ones included.
	Requests map[string]int64
	// Samples read for answers: as Prometheus counts prometheus_engine_query_samples_total,
	// and the samples sent by remote_read.
	Samples int64
}

// Server answers the Prometheus API from a Store.
type Server struct {
	store    *Store
	opts     Options
	parser   parser.Parser
	engine   *promql.Engine
	listener net.Listener
	http     *http.Server
	cancel   context.CancelFunc // ends every request under way
	done     chan struct{}      // closed when the accepting has ended

	mu     sync.Mutex
	fault  Fault
	served Served
}

// New starts a server on the store. Close ends it.
func New(store *Store, opts Options) (*Server, error) {
	if opts.Now == nil {
		return nil, errors.New("promtest.Options.Now is not set: a server needs a clock")
	}
	if opts.Address == "" {
		opts.Address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", opts.Address)
	if err != nil {
		return nil, fmt.Errorf("listening for the in-process Prometheus: %w", err)
	}
	s := build(store, opts)
	s.listener = listener
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.http = &http.Server{
		Handler:           s.Handler(),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener) // always ends with an error, ErrServerClosed after Close
	}()
	return s, nil
}

// build gives a server that listens nowhere.
func build(store *Store, opts Options) *Server {
	if opts.MaxSamples == 0 {
		opts.MaxSamples = 50_000_000
	}
	if opts.Timeout == 0 {
		opts.Timeout = 2 * time.Minute
	}
	s := &Server{store: store, opts: opts, done: make(chan struct{})}
	s.parser = parser.NewParser(parser.Options{})
	s.engine = s.engineFor(opts.MaxSamples)
	s.served.Requests = map[string]int64{}
	return s
}

// engineFor gives PromQL as a Prometheus 3 without feature flags evaluates it.
func (s *Server) engineFor(maxSamples int) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples:               maxSamples,
		Timeout:                  s.opts.Timeout,
		LookbackDelta:            5 * time.Minute,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		Parser:                   s.parser,
	})
}

// URL is the server's address, such as http://127.0.0.1:40123.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Store gives what the server answers from.
func (s *Server) Store() *Store { return s.store }

// Break makes the server answer with a fault from the next request on; nil mends it.
func (s *Server) Break(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Served gives the counts so far.
func (s *Server) Served() Served {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Served{Requests: maps.Clone(s.served.Requests), Samples: s.served.Samples}
}

func (s *Server) countSamples(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served.Samples += n
}

// begin counts a request and gives the fault in force.
func (s *Server) begin(path string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served.Requests[path]++
	return s.fault
}

// Close ends all requests, also those that a fault holds, and gives the port
// free; it returns within two seconds. It may be called again.
func (s *Server) Close() error {
	s.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	<-s.done
	if err != nil {
		return fmt.Errorf("closing the in-process Prometheus: %w", err)
	}
	return nil
}

// Handler serves the API, faults included; it needs no network.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.routes(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", s.opts.Now().UTC().Format(http.TimeFormat))
		r.Body = http.MaxBytesReader(w, r.Body, maxRequestBytes)
		if fault := s.begin(r.URL.Path); fault != nil {
			fault(w, r, mux)
			return
		}
		mux.ServeHTTP(w, r)
	})
}
