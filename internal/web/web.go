// Package web answers over HTTP: pages, the JSON API, health and readiness.
package web

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"time"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/wording"
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
	// Enter records facts, in CSV, that somebody wrote down; nil: not over HTTP.
	Enter func(ctx context.Context, indicator, actor string, facts io.Reader) (any, error)
	// Remeasure measures a span anew and revises what differs; nil: not over HTTP.
	Remeasure func(context.Context, Remeasuring) (any, error)
	// Review gives a service review as a file, issued or drafted.
	Review func(ctx context.Context, agreement, period, file string) (Document, error)
	// Book gives the agreements and facts as judging reads them now; it is for one goroutine.
	Book func(context.Context) (judge.Book, error)
	// Works, which may be nil, says how the daemon itself is doing.
	Works func() Works
	// Mail, which may be nil, says what becomes of mails; nil where none is sent.
	Mail func(context.Context) (*MailState, error)
	// Asked, which may be nil, gives the last requests to a source whose query is taken, newest first.
	Asked func(source string, takes func(query string) bool) []Asked
	// Zone, which may be nil, is the time zone of pages that show more than one agreement.
	Zone func() *time.Location
	// Status gives the parts of /api/v1/status by name.
	Status map[string]func(context.Context) (any, error)
	// Prefix comes before all paths; empty or "/metrics-proxy" style, without a slash at the end.
	Prefix string
}

// Remeasuring is a span of an indicator that somebody wants measured anew.
type Remeasuring struct {
	Indicator string
	Span      sla.Span
	Reason    string
	Actor     string
}

// Document is a file to be sent.
type Document struct {
	Type    string // media type
	Content []byte
}

//go:embed templates/*.html
var files embed.FS

type handler struct {
	o         Options
	pages     map[string]*template.Template
	assets    map[string]*asset
	texts     map[wording.Language]*texts
	sights    kept[round, struct{}, *sight]
	overviews writings
	charts    writings // pages of objectives
	lists     writings // pages of breaches and outages
	details   kept[round, detailKey, *detail]
	trails    kept[*sla.Catalogue, trailKey, *trail]
	ongoing   kept[round, struct{}, unsettledOutages]
}

// New gives the handler of all paths.
func New(o Options) (http.Handler, error) {
	h := &handler{o: o}
	if err := h.read(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	h.routes(mux)
	out, err := compressed(mux)
	if err != nil {
		return nil, err
	}
	if o.Count != nil {
		out = o.Count(out)
	}
	if o.Prefix != "" {
		outer := http.NewServeMux()
		outer.Handle(o.Prefix+"/", http.StripPrefix(o.Prefix, out))
		outer.Handle("/{$}", http.RedirectHandler(o.Prefix+"/", http.StatusFound))
		out = outer
	}
	return guard(out), nil
}

// How many objectives' periods and overviews are kept until the next round.
const (
	detailsKept   = 64
	overviewsKept = 16
)

func (h *handler) read() (err error) {
	if h.pages, err = readPages(); err != nil {
		return err
	}
	if h.assets, err = readAssets(); err != nil {
		return err
	}
	h.sights.epoch, h.sights.limit = h.round, 1
	h.overviews.epoch, h.overviews.limit = h.minute, overviewsKept
	h.charts.epoch, h.charts.limit = h.minute, detailsKept
	h.lists.epoch, h.lists.limit = h.minute, overviewsKept
	h.details.epoch, h.details.limit = h.round, detailsKept
	h.trails.epoch, h.trails.limit = h.o.Catalogue, detailsKept
	h.ongoing.epoch, h.ongoing.limit = h.round, 1
	h.texts, err = readTexts()
	return err
}

func (h *handler) routes(mux *http.ServeMux) {
	mux.Handle("GET /metrics", h.o.Metrics)
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "slmd is healthy.") })
	mux.HandleFunc("GET /-/ready", h.ready)
	mux.HandleFunc("POST /-/reload", h.reload)
	mux.HandleFunc("PUT /-/reload", h.reload)
	mux.HandleFunc("GET /-/reload", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", "PUT, POST")
		http.Error(w, "Reloading changes what slmd does: ask by PUT or POST.", http.StatusMethodNotAllowed)
	})
	h.pageRoutes(mux)
	h.apiRoutes(mux)
}

func (h *handler) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /assets/{name...}", h.asset)
	mux.HandleFunc("POST /preferences", h.preferences)
	h.page(mux, "/{$}", h.overviewPage)
	h.page(mux, "/matrix.csv", h.matrixCSV)
	h.page(mux, "/agreements/{name}", h.agreementPage)
	h.page(mux, "/objectives/{agreement}/{objective}", h.objectivePage)
	h.page(mux, "/objectives/{agreement}/{objective}/days.csv", h.daysCSV)
	h.page(mux, "/objectives/{agreement}/{objective}/outages/{from}", h.outagePage)
	h.page(mux, "/indicators/{name}", h.indicatorPage)
	h.page(mux, "/breaches", h.breachesPage)
	h.page(mux, "/breaches/{id}", h.breachPage)
	h.page(mux, "/reports", h.reportsPage)
	h.page(mux, "/reports/{agreement}/{period}", h.reviewPage)
	h.page(mux, "/status", h.statusPage)
	h.page(mux, "/search", h.searchPage)
	h.page(mux, "/", func(_ http.ResponseWriter, r *http.Request) error {
		return notFound("there is nothing at %s", r.URL.Path)
	})
}

// policy is what a page may load: only what this server has, and nothing inline.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; " +
	"frame-ancestors 'none'; form-action 'self'; base-uri 'none'"

// maxBody bounds what a client may send.
const maxBody = 1 << 20

// guard sets what holds for every answer: nothing from elsewhere, no framing,
// no sniffing, no caching, no writing from other sites' pages.
func guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return crossOrigin.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Frame-Options", "DENY")
		head.Set("Referrer-Policy", "same-origin") // forms need an origin that can be checked
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
