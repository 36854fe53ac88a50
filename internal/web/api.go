package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// answer is the envelope of every answer of the API, as Prometheus has it.
type answer struct {
	Status    string   `json:"status"` // success or error
	Data      any      `json:"data,omitempty"`
	ErrorType string   `json:"errorType,omitempty"`
	Error     string   `json:"error,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
}

// problem is an error that the client can do something about.
type problem struct {
	code int
	kind string
	text string
}

func (p *problem) Error() string { return p.text }

func badInput(format string, args ...any) error {
	return &problem{http.StatusBadRequest, "bad_data", fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &problem{http.StatusNotFound, "not_found", fmt.Sprintf(format, args...)}
}

// get registers a route whose function gives the data of the answer.
func (h *handler) get(mux *http.ServeMux, path string, f func(*http.Request) (any, error)) {
	mux.HandleFunc("GET /api/v1/"+path, func(w http.ResponseWriter, r *http.Request) { reply(w, r, f) })
}

func reply(w http.ResponseWriter, r *http.Request, f func(*http.Request) (any, error)) {
	data, err := f(r)
	code, out := http.StatusOK, answer{Status: "success", Data: data}
	if err != nil {
		code, out = refusal(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(out) // a client that went away is not our failure
}

func refusal(err error) (int, answer) {
	var p *problem
	if errors.As(err, &p) {
		return p.code, answer{Status: "error", ErrorType: p.kind, Error: p.text}
	}
	if errors.Is(err, store.ErrNotFound) {
		return http.StatusNotFound, answer{Status: "error", ErrorType: "not_found", Error: err.Error()}
	}
	return http.StatusServiceUnavailable, answer{Status: "error", ErrorType: "unavailable", Error: err.Error()}
}

func (h *handler) apiRoutes(mux *http.ServeMux) {
	for name, f := range h.o.Status {
		h.get(mux, "status/"+name, func(r *http.Request) (any, error) { return f(r.Context()) })
	}
	h.get(mux, "services", func(*http.Request) (any, error) { return h.o.Catalogue().Services, nil })
	h.get(mux, "agreements", func(*http.Request) (any, error) { return h.o.Catalogue().Agreements, nil })
	h.get(mux, "agreements/{name}", h.agreement)
	h.get(mux, "exclusions", h.exclusions)
	h.get(mux, "objectives", h.objectives)
	h.get(mux, "objectives/{agreement}/{objective}", h.objectiveStatus)
	h.get(mux, "objectives/{agreement}/{objective}/status", h.objectiveStatus)
	h.get(mux, "breaches", h.breaches)
	h.get(mux, "reports", h.reports)
	h.get(mux, "indicators/{name}/entries", h.entries)
	h.itemRoutes(mux)
	mux.HandleFunc("GET /api/v1/reports/{agreement}/{file}", h.report)
	mux.HandleFunc("GET /api/v1/openapi.yaml", h.openapi)
	mux.HandleFunc("PUT /api/v1/catalogue", h.apply)
	mux.HandleFunc("GET /api/", func(w http.ResponseWriter, r *http.Request) {
		reply(w, r, func(*http.Request) (any, error) {
			return nil, notFound("there is nothing at %s", r.URL.Path)
		})
	})
}

func (h *handler) agreement(r *http.Request) (any, error) {
	versions := h.o.Catalogue().Versions(r.PathValue("name"))
	if len(versions) == 0 {
		return nil, notFound("there is no agreement %q", r.PathValue("name"))
	}
	return versions, nil
}

// objectives gives the rows of `slmtool status`, of all agreements or of one.
func (h *handler) objectives(r *http.Request) (any, error) {
	period, within, err := periodAsked(r)
	if err != nil {
		return nil, err
	}
	agreement := r.FormValue("agreement")
	if period == "" {
		return h.standingRows(agreement, "")
	}
	if agreement != "" && len(h.o.Catalogue().Versions(agreement)) == 0 {
		return nil, notFound("there is no agreement %q", agreement)
	}
	return h.periodRows(r, agreement, listedPeriod{period, within})
}

// objectiveStatus gives the rows of one objective, of a period named or of the one under way.
func (h *handler) objectiveStatus(r *http.Request) (any, error) {
	agreement, objective := r.PathValue("agreement"), r.PathValue("objective")
	if r.FormValue("period") == "" {
		return h.standingRows(agreement, objective)
	}
	at, err := h.find(r)
	if err != nil {
		return nil, err
	}
	d, err := h.judged(r.Context(), at.key())
	if err != nil {
		return nil, err
	}
	rows := []StatusRow{}
	for _, p := range d.parts {
		rows = append(rows, RowOf(&p.verdict, at.zone, nil))
	}
	return rows, nil
}

func (h *handler) standingRows(agreement, objective string) ([]StatusRow, error) {
	rows := []StatusRow{}
	for _, s := range h.o.Standings() {
		if (agreement != "" && s.Agreement.Name != agreement) || (objective != "" && s.Objective.Name != objective) {
			continue
		}
		row, ok, err := RowOfStanding(&s)
		if err != nil {
			return nil, err
		}
		if ok {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 && agreement != "" {
		return nil, notFound("there is no objective %q of an agreement %q in force", objective, agreement)
	}
	return rows, nil
}

// RowOfStanding gives the row of an objective's period under way, false before
// its first judgement.
func RowOfStanding(s *sla.Standing) (StatusRow, bool, error) {
	if s.Current == nil {
		return StatusRow{}, false, nil
	}
	zone, err := calendar.Zone(s.Agreement.Zone)
	if err != nil {
		return StatusRow{}, false, fmt.Errorf("agreement %s: %w", s.Agreement.Name, err)
	}
	return RowOf(s.Current, zone, s.Burn), true, nil
}

// reportRow is a review as the list of reviews shows it.
type reportRow struct {
	Agreement string      `json:"agreement"`
	Period    string      `json:"period"`
	Revision  int         `json:"revision"`
	Status    string      `json:"status"`
	Reason    string      `json:"reason,omitempty"`
	SHA256    string      `json:"sha256"`
	At        sla.Instant `json:"at"`
}

func (h *handler) reportRows(r *http.Request) ([]reportRow, error) {
	reports, err := h.o.Store.Reports(r.Context(), r.FormValue("agreement"))
	if err != nil {
		return nil, fmt.Errorf("reading the list of reviews: %w", err)
	}
	period, _, err := periodAsked(r)
	if err != nil {
		return nil, err
	}
	rows := []reportRow{}
	for _, p := range reports {
		if period != "" && p.Period != period {
			continue
		}
		row := reportRow{p.Agreement, p.Period, p.Revision, "draft", p.Reason, p.SHA256, p.At}
		if p.Issued {
			row.Status = "issued"
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (h *handler) reports(r *http.Request) (any, error) { return h.reportRows(r) }

// reportItem gives the reviews of an agreement on one period, all revisions.
func (h *handler) reportItem(r *http.Request) (any, error) {
	agreement, period := r.PathValue("agreement"), r.PathValue("file")
	r.Form = url.Values{"agreement": {agreement}, "period": {period}}
	rows, err := h.reportRows(r)
	if err == nil && len(rows) == 0 {
		return nil, notFound("there is no review of %q on %s; a draft can be read as %s.html, %s.json or %s.csv", agreement, period, period, period, period)
	}
	return rows, err
}

// maxEntries bounds one answer: a month at one minute and some.
const maxEntries = 50_000

func (h *handler) entries(r *http.Request) (any, error) {
	name := r.PathValue("name")
	ind := h.o.Catalogue().Indicator(name)
	if ind == nil {
		return nil, notFound("there is no indicator %q", name)
	}
	span, err := spanOf(r)
	if err != nil {
		return nil, err
	}
	entries, err := h.o.Store.Entries(r.Context(), name, span)
	if err != nil {
		return nil, fmt.Errorf("reading the facts of %s: %w", name, err)
	}
	if len(entries) > maxEntries {
		return nil, badInput("%d entries are too many for one answer: ask for at most %d, in several spans", len(entries), maxEntries)
	}
	return EntryRows(ind, entries), nil
}

func spanOf(r *http.Request) (sla.Span, error) {
	return spanBetween(r.FormValue("from"), r.FormValue("to"))
}

func spanBetween(begin, end string) (sla.Span, error) {
	from, err := time.Parse(time.RFC3339, begin)
	if err != nil {
		return sla.Span{}, badInput("from=%q is not a time: write it as 2026-11-01T00:00:00Z", begin)
	}
	to, err := time.Parse(time.RFC3339, end)
	if err != nil {
		return sla.Span{}, badInput("to=%q is not a time: write it as 2026-11-01T00:00:00Z", end)
	}
	span := sla.Span{From: sla.At(from), To: sla.At(to)}
	if span.Empty() {
		return span, badInput("the span ends at %s before it begins at %s", span.To, span.From)
	}
	return span, nil
}

func (h *handler) report(w http.ResponseWriter, r *http.Request) {
	agreement, file := r.PathValue("agreement"), r.PathValue("file")
	period, _, ok := strings.Cut(file, ".")
	if !ok {
		reply(w, r, h.reportItem)
		return
	}
	doc, err := h.o.Review(r.Context(), agreement, period, file)
	if err != nil {
		reply(w, r, func(*http.Request) (any, error) { return nil, err })
		return
	}
	w.Header().Set("Content-Type", doc.Type)
	if strings.HasPrefix(doc.Type, "text/html") {
		w.Header().Set("Content-Security-Policy", reviewPolicy(doc.Content))
		w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	}
	_, _ = w.Write(doc.Content)
}

// apply takes one catalogue file as the body, or several as a JSON object of
// names and texts.
func (h *handler) apply(w http.ResponseWriter, r *http.Request) {
	reply(w, r, func(r *http.Request) (any, error) {
		if h.o.Apply == nil {
			return nil, &problem{http.StatusForbidden, "forbidden", "applying over HTTP is not enabled: start slmd with --web.enable-lifecycle"}
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, badInput("reading the request: %v", err)
		}
		texts := map[string]string{}
		if err := json.Unmarshal(body, &texts); err != nil {
			return nil, badInput("the body is not a JSON object of file names and their texts: %v", err)
		}
		files := map[string][]byte{}
		for name, text := range texts {
			files[name] = []byte(text)
		}
		q := r.URL.Query()
		return h.o.Apply(r.Context(), files, q.Get("as"), q.Get("prune") == "true", q.Get("dry_run") == "true")
	})
}

// Refuse gives an error that is answered as bad input.
func Refuse(format string, args ...any) error { return badInput(format, args...) }

// Missing gives an error that is answered as not found.
func Missing(format string, args ...any) error { return notFound(format, args...) }
