// Package web answers over HTTP: pages, the JSON API, health and readiness.
package web

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// Options are what the handler shows and may do. All functions are called
// concurrently; those marked so may be nil.
type Options struct {
	Store     *store.Store
	Catalogue func() *sla.Catalogue
	Standings func() []sla.Standing
	Now       func() sla.Instant
	Metrics   http.Handler
	// Count, which may be nil, wraps the handler to count what was answered.
	Count func(http.Handler) http.Handler
	// Ready says why the daemon is not ready yet, nil when it is.
	Ready func() error
	// Reload reads configuration and catalogue anew; nil: not over HTTP.
	Reload func(context.Context) error
	// Apply applies catalogue files that came over HTTP; nil: not over HTTP.
	Apply func(ctx context.Context, files map[string][]byte, actor string, prune, dry bool) (any, error)
	// Review gives a service review as a file, issued or drafted.
	Review func(ctx context.Context, agreement, period, file string) (Document, error)
	// Status gives the parts of /api/v1/status by name.
	Status map[string]func(context.Context) (any, error)
	// Prefix comes before all paths; empty or "/metrics-proxy" style, without a slash at the end.
	Prefix string
}

// Document is a file to be sent.
type Document struct {
	Type    string // media type
	Content []byte
}

//go:embed templates/*.html
var files embed.FS

type handler struct {
	o     Options
	pages *template.Template
}

// New gives the handler of all paths.
func New(o Options) (http.Handler, error) {
	pages, err := template.ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("reading the page templates: %w", err)
	}
	h := &handler{o: o, pages: pages}
	mux := http.NewServeMux()
	h.routes(mux)
	var out http.Handler = mux
	if o.Count != nil {
		out = o.Count(mux)
	}
	if o.Prefix != "" {
		outer := http.NewServeMux()
		outer.Handle(o.Prefix+"/", http.StripPrefix(o.Prefix, out))
		outer.Handle("/{$}", http.RedirectHandler(o.Prefix+"/", http.StatusFound))
		out = outer
	}
	return guard(out), nil
}

func (h *handler) routes(mux *http.ServeMux) {
	mux.Handle("GET /metrics", h.o.Metrics)
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "slmd is healthy.") })
	mux.HandleFunc("GET /-/ready", h.ready)
	mux.HandleFunc("POST /-/reload", h.reload)
	mux.HandleFunc("PUT /-/reload", h.reload)
	mux.HandleFunc("GET /{$}", h.index)
	mux.HandleFunc("GET /reports", h.reportsPage)
	mux.HandleFunc("GET /status", h.statusPage)
	h.apiRoutes(mux)
}

// maxBody bounds what a client may send.
const maxBody = 1 << 20

// guard sets what holds for every answer: nothing from elsewhere, no framing,
// no sniffing, no caching, no writing from other sites' pages.
func guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return crossOrigin.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Frame-Options", "DENY")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	}))
}

func (h *handler) ready(w http.ResponseWriter, _ *http.Request) {
	if err := h.o.Ready(); err != nil {
		http.Error(w, "slmd is not ready: "+err.Error()+".", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "slmd is ready.")
}

func (h *handler) reload(w http.ResponseWriter, r *http.Request) {
	if h.o.Reload == nil {
		http.Error(w, "Reloading over HTTP is not enabled: start slmd with --web.enable-lifecycle, or send SIGHUP.", http.StatusForbidden)
		return
	}
	if err := h.o.Reload(r.Context()); err != nil {
		http.Error(w, "What was in force stays in force: "+err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, "Reloaded.")
}
