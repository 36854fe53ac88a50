package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/wording"
)

// frame is what every page shows around its content.
type frame struct {
	*texts
	Prefix  string
	Title   string
	Section string // of the navigation: overview, breaches, reports, status or none
	Theme   string // light, dark or auto
	Zone    string // of the times that the page shows
	Written string // when the page was made, in that zone
	Stamp   string // the same, ISO 8601
	Here    string // path and query of the page
	Address string // the same with the host, for paper
	Query   string // of the search
	Periods *picker
	Trail   []link
	Kiosk   bool
	Charts  bool // the page has charts that script makes better
	zone    *time.Location
	h       *handler
}

// link is a text with where it leads.
type link struct{ Text, To string }

// picker chooses the period of a page: neighbours as links, all as a list.
type picker struct {
	Label, Current string
	Earlier, Later string // addresses, empty at the ends
	Options        []option
	Keep           [][2]string // what else stands in the address
	Action         string
}

// option is one entry of a list.
type option struct {
	Value, Text string
	Chosen      bool
}

// show is a page with its frame.
type show struct {
	*frame
	Page any // what is shown within the frame
}

// Asset gives the address of a file that the page needs.
func (f *frame) Asset(name string) (string, error) {
	a, ok := f.h.assets[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return f.Prefix + a.address, nil
}

// Live reports whether the page shows what changes with each round, so that
// script refreshes it.
func (f *frame) Live() bool {
	return slices.Contains([]string{"overview", "breaches", "status"}, f.Section)
}

// T says a text of the catalogue.
func (f *frame) T(english string, args ...any) string { return f.say(english, args...) }

// Count says how many there are, in the plural that fits.
func (f *frame) Count(n int, one, many string) string { return f.count(n, one, many) }

// To gives the address of a path whose parts stand apart.
func (f *frame) To(parts ...string) string {
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return f.Prefix + "/" + strings.Join(parts, "/")
}

// frameOf begins a page in the language and theme that the reader chose.
func (h *handler) frameOf(r *http.Request, section, title string) *frame {
	f := &frame{texts: h.texts[wording.English], Prefix: h.o.Prefix, Section: section, Theme: "auto", h: h}
	if c, err := r.Cookie("slmd_language"); err == nil && h.texts[wording.Language(c.Value)] != nil {
		f.texts = h.texts[wording.Language(c.Value)]
	}
	if c, err := r.Cookie("slmd_theme"); err == nil && slices.Contains(themes, c.Value) {
		f.Theme = c.Value
	}
	f.Title, f.Query, f.Kiosk = f.say(title), r.FormValue("q"), r.FormValue("kiosk") == "1"
	f.Here = h.o.Prefix + r.URL.RequestURI()
	f.Address = r.Host + f.Here
	f.in(h.zone())
	return f
}

// in sets the zone of the page's times.
func (f *frame) in(zone *time.Location) *frame {
	now := f.h.o.Now().In(zone)
	f.zone = zone
	f.Zone, f.Written, f.Stamp = zone.String(), f.Moment(now), now.Format(time.RFC3339)
	return f
}

func (h *handler) zone() *time.Location {
	if h.o.Zone != nil {
		return h.o.Zone()
	}
	return time.UTC
}

var themes = []string{"auto", "light", "dark"}

// preferences keeps what the reader chose and goes back to the page.
func (h *handler) preferences(w http.ResponseWriter, r *http.Request) {
	keep := func(name, value string) {
		http.SetCookie(w, &http.Cookie{
			Name: name, Value: value, Path: h.o.Prefix + "/", MaxAge: 400 * 24 * 3600,
			HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
		})
	}
	if theme := r.PostFormValue("theme"); slices.Contains(themes, theme) {
		keep("slmd_theme", theme)
	}
	if language := r.PostFormValue("language"); h.texts[wording.Language(language)] != nil {
		keep("slmd_language", language)
	}
	http.Redirect(w, r, h.local(r.PostFormValue("back")), http.StatusSeeOther)
}

// local gives an address of this server, the first page for any other.
func (h *handler) local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || strings.ContainsAny(to, "\\\r\n\t") || path.Clean("/"+u.Path) != strings.TrimSuffix(u.Path, "/") && u.Path != "/" {
		return h.o.Prefix + "/"
	}
	return u.RequestURI()
}

// write writes a page; a template that breaks off leaves no half page behind.
func (h *handler) write(w http.ResponseWriter, f *frame, name string, content any) {
	h.writeCode(w, f, name, content, http.StatusOK)
}

func (h *handler) writeCode(w http.ResponseWriter, f *frame, name string, content any, code int) {
	main, err := h.main(f, name, content)
	if err != nil {
		http.Error(w, "The page cannot be shown: "+err.Error()+".", http.StatusInternalServerError)
		return
	}
	h.send(w, f, name, main, code)
}

// main writes what stands within the frame.
func (h *handler) main(f *frame, name string, content any) ([]byte, error) {
	var out bytes.Buffer
	if err := h.pages[name].ExecuteTemplate(&out, "page", show{frame: f, Page: content}); err != nil {
		return nil, fmt.Errorf("writing the page: %w", err)
	}
	return out.Bytes(), nil
}

// send writes the frame around what was written.
func (h *handler) send(w http.ResponseWriter, f *frame, name string, main []byte, code int) {
	var above, below bytes.Buffer
	err := h.pages[name].ExecuteTemplate(&above, "above", show{frame: f})
	if err == nil {
		err = h.pages[name].ExecuteTemplate(&below, "below", show{frame: f})
	}
	if err != nil {
		http.Error(w, "The page cannot be shown: "+err.Error()+".", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	if _, err := w.Write(above.Bytes()); err != nil {
		return // the reader has gone
	}
	if _, err := w.Write(main); err != nil {
		return // the same
	}
	_, _ = w.Write(below.Bytes())
}

// page registers a page; an error of its function becomes a page that says it.
func (h *handler) page(mux *http.ServeMux, pattern string, f func(http.ResponseWriter, *http.Request) error) {
	mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			h.refuse(w, r, err)
		}
	})
}

// refuse says on a page what went wrong.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the reader has gone
	}
	code, title := http.StatusServiceUnavailable, "This cannot be shown now"
	var p *problem
	switch {
	case errors.As(err, &p):
		code = p.code
	case errors.Is(err, store.ErrNotFound):
		code = http.StatusNotFound
	}
	switch code {
	case http.StatusNotFound:
		title = "There is no such page"
	case http.StatusBadRequest:
		title = "The address says something that cannot be"
	}
	h.writeCode(w, h.frameOf(r, "", title), "error", err.Error(), code)
}

// readPages reads the templates: one set for each page, with the frame and the
// parts that pages share.
func readPages() (map[string]*template.Template, error) {
	shared, err := template.New("shared").Funcs(template.FuncMap{"pair": pair, "ofOne": ofOne, "less": func(a, b int) int { return a - b }, "states": func() []sla.State { return sla.States }}).
		ParseFS(files, "templates/frame.html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("reading the page templates: %w", err)
	}
	entries, err := files.ReadDir("templates")
	if err != nil {
		return nil, fmt.Errorf("reading the page templates: %w", err)
	}
	out := map[string]*template.Template{}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".html")
		if name == "frame" || name == "parts" {
			continue
		}
		own, err := shared.Clone()
		if err == nil {
			own, err = own.ParseFS(files, "templates/"+e.Name())
		}
		if err != nil {
			return nil, fmt.Errorf("reading the page template %s: %w", name, err)
		}
		out[name] = own
	}
	return out, nil
}

// couple is what a part of a page is given: the page and the thing it shows.
type couple struct {
	F    *frame
	V    any
	Many bool // it is of several objectives, which are named
}

func pair(s show, v any) couple { return couple{F: s.frame, V: v, Many: true} }

func ofOne(s show, v any) couple { return couple{F: s.frame, V: v} }
