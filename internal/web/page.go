package web

import (
	"bytes"
	"net/http"

	"github.com/slmd/slmd/internal/sla"
)

// page writes a page; a template that fails leaves no half page behind.
func (h *handler) page(w http.ResponseWriter, name string, content any) {
	var out bytes.Buffer
	if err := h.pages.ExecuteTemplate(&out, name, content); err != nil {
		http.Error(w, "The page cannot be shown: "+err.Error()+".", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = out.WriteTo(w)
}

// indexRow is one objective on the first page.
type indexRow struct {
	StatusRow
	Title string
	Shown string
	Want  string
}

func (h *handler) index(w http.ResponseWriter, _ *http.Request) {
	catalogue := h.o.Catalogue()
	var rows []indexRow
	for _, s := range h.o.Standings() {
		row, ok, err := RowOfStanding(&s)
		if err != nil || !ok {
			continue
		}
		out := indexRow{StatusRow: row, Title: s.Agreement.Title}
		if svc := catalogue.Service(s.Agreement.Service); out.Title == "" && svc != nil {
			out.Title = svc.Title
		}
		out.Shown, out.Want = percentage(row.Shown), percentage(row.Target)
		if v := s.Current.Value; v != nil {
			out.Shown = sla.Truncate(v.Ratio(), 3)
		}
		rows = append(rows, out)
	}
	h.page(w, "index.html", map[string]any{"Prefix": h.o.Prefix, "Rows": rows})
}

// percentage gives a percentage with its sign, or a dash.
func percentage(s *string) string {
	if s == nil {
		return "–"
	}
	return *s + "%"
}

func (h *handler) reportsPage(w http.ResponseWriter, r *http.Request) {
	rows, err := h.reportRows(r)
	if err != nil {
		http.Error(w, "The list of reviews cannot be read: "+err.Error()+".", http.StatusServiceUnavailable)
		return
	}
	h.page(w, "reports.html", map[string]any{"Prefix": h.o.Prefix, "Rows": rows})
}

// statusPart is one part of the status page: its name and its text.
type statusPart struct{ Name, Text string }

func (h *handler) statusPage(w http.ResponseWriter, r *http.Request) {
	problems, err := h.o.Store.Problems(r.Context())
	if err != nil {
		http.Error(w, "The state of the indicators cannot be read: "+err.Error()+".", http.StatusServiceUnavailable)
		return
	}
	var parts []statusPart
	for _, p := range problems {
		parts = append(parts, statusPart{p.Indicator, string(p.Kind) + " since " + p.Since.String() + ": " + p.Text})
	}
	h.page(w, "status.html", map[string]any{"Prefix": h.o.Prefix, "Problems": parts})
}
