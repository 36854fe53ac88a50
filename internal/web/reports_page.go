package web

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/store"
)

// reportsPage lists service reviews, the newest first.
type reportsPage struct {
	Rows       []reviewView
	Agreements []option
	Any        bool
}

type reviewView struct {
	Agreement, Title, Period, Name, Status, Word string
	Revision                                     int
	Reason, SHA256, Short, At, Stamp             string
	Href                                         string
	Files                                        []link
}

func (h *handler) reportsPage(w http.ResponseWriter, r *http.Request) error {
	reports, err := h.o.Store.Reports(r.Context(), "")
	if err != nil {
		return fmt.Errorf("reading the list of reviews: %w", err)
	}
	f := h.frameOf(r, "reports", "Service reviews")
	p := &reportsPage{Any: len(reports) > 0}
	names := map[string]string{}
	want := r.FormValue("agreement")
	for i := range reports {
		names[reports[i].Agreement] = h.agreementTitle(reports[i].Agreement)
		if want == "" || reports[i].Agreement == want {
			p.Rows = append(p.Rows, h.reviewView(f, &reports[i]))
		}
	}
	slices.SortStableFunc(p.Rows, func(a, b reviewView) int {
		if a.Name != b.Name {
			return strings.Compare(b.Name, a.Name)
		}
		return strings.Compare(a.Title, b.Title)
	})
	p.Agreements = options(names, want)
	h.write(w, f, "reports", p)
	return nil
}

func (h *handler) agreementTitle(name string) string {
	if versions := h.o.Catalogue().Versions(name); len(versions) > 0 {
		return titled(versions[len(versions)-1].Title, name)
	}
	return name
}

func (h *handler) reviewView(f *frame, p *store.Report) reviewView {
	v := reviewView{
		Agreement: p.Agreement, Title: h.agreementTitle(p.Agreement), Name: p.Period, Period: f.Period(p.Period), Revision: p.Revision,
		Reason: p.Reason, SHA256: p.SHA256, Short: p.SHA256[:min(12, len(p.SHA256))], At: f.moment(p.At, h.zone()),
		Stamp: p.At.In(h.zone()).Format(time.RFC3339), Href: f.To("reports", p.Agreement, p.Period),
		Status: "draft", Word: f.say("draft"),
	}
	if p.Issued {
		v.Status, v.Word = "issued", f.say("issued")
	}
	for _, format := range []string{"html", "json", "csv"} {
		v.Files = append(v.Files, link{strings.ToUpper(format), f.To("api", "v1", "reports", p.Agreement, p.Period+"."+format)})
	}
	return v
}

// reviewPage opens a review in place.
type reviewPage struct {
	reviewView
	Source string
}

func (h *handler) reviewPage(w http.ResponseWriter, r *http.Request) error {
	agreement, period := r.PathValue("agreement"), r.PathValue("period")
	versions := h.o.Catalogue().Versions(agreement)
	if len(versions) == 0 {
		return notFound("there is no agreement %q", agreement)
	}
	zone, err := calendar.Zone(versions[0].Zone)
	if err != nil {
		return fmt.Errorf("agreement %s: %w", agreement, err)
	}
	if _, err := calendar.Parse(period, zone); err != nil {
		return badInput("%v", err)
	}
	reports, err := h.o.Store.Reports(r.Context(), agreement)
	if err != nil {
		return fmt.Errorf("reading the list of reviews: %w", err)
	}
	row := store.Report{Agreement: agreement, Period: period, Revision: 1, At: h.o.Now()}
	for i := range reports {
		if reports[i].Period == period && (reports[i].Issued || !row.Issued) {
			row = reports[i]
		}
	}
	f := h.frameOf(r, "reports", "").in(zone)
	p := &reviewPage{reviewView: h.reviewView(f, &row), Source: f.To("api", "v1", "reports", agreement, period+".html")}
	f.Title = f.say("Service review: %s, %s", p.Title, p.Period)
	f.Trail = []link{{f.say("Service reviews"), f.To("reports")}}
	h.write(w, f, "review", p)
	return nil
}

var (
	styleSheets = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	styleOf     = regexp.MustCompile(`\sstyle="([^"]*)"`)
)

// reviewPolicy lets a review be shown within our own pages, with its own style
// by its hash and nothing else.
func reviewPolicy(content []byte) string {
	var hashes []string
	add := func(text []byte) {
		sum := sha256.Sum256(text)
		hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if !slices.Contains(hashes, hash) {
			hashes = append(hashes, hash)
		}
	}
	for _, m := range styleSheets.FindAllSubmatch(content, -1) {
		add(m[1])
	}
	for _, m := range styleOf.FindAllSubmatch(content, -1) {
		add(m[1])
	}
	return "default-src 'none'; style-src 'unsafe-hashes' " + strings.Join(hashes, " ") + "; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
}
