package web

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/store"
)

// reportsPage lists service reviews, the newest first.
type reportsPage struct {
	Rows                []reviewView
	Agreements, Periods []option
	Any                 bool
	Before, After       string // addresses of the pages before and after
}

// How many reviews one page shows, and how many periods can be chosen.
const (
	mostReviews = 100
	mostPeriods = 60
)

type reviewView struct {
	Agreement, Title, Period, Name, Status, Word string
	Revision                                     int
	Reason, SHA256, Short, At, Stamp             string
	Href                                         string
	Files                                        []link
}

func (h *handler) reportsPage(w http.ResponseWriter, r *http.Request) error {
	if _, _, err := periodAsked(r); err != nil {
		return err
	}
	periods, err := h.o.Store.ReportedPeriods(r.Context(), mostPeriods)
	if err != nil {
		return fmt.Errorf("reading the periods of reviews: %w", err)
	}
	f := h.frameOf(r, "reports", "Service reviews")
	p := &reportsPage{Any: len(periods) > 0}
	page, _ := strconv.Atoi(r.FormValue("page")) // what is no number is the first page
	page = min(max(page, 1), 1000)
	q := store.ReportQuery{Agreement: r.FormValue("agreement"), Period: r.FormValue("period"), After: (page - 1) * mostReviews, Limit: mostReviews + 1}
	reports, err := h.o.Store.LatestReports(r.Context(), q)
	if err != nil {
		return fmt.Errorf("reading the list of reviews: %w", err)
	}
	p.pages(f, q, page, len(reports))
	for i := range reports[:min(len(reports), mostReviews)] {
		p.Rows = append(p.Rows, h.reviewView(f, &reports[i]))
	}
	names := map[string]string{}
	agreements := h.o.Catalogue().Agreements
	for i := range agreements {
		names[agreements[i].Name] = titled(agreements[i].Title, agreements[i].Name)
	}
	p.Agreements = options(names, q.Agreement)
	for _, name := range periods {
		p.Periods = append(p.Periods, option{name, f.Period(name), name == q.Period})
	}
	h.write(w, f, "reports", p)
	return nil
}

// pages gives the ways to the pages before and after one on which so many were found.
func (p *reportsPage) pages(f *frame, q store.ReportQuery, page, found int) {
	to := func(n int) string {
		values := url.Values{"page": {strconv.Itoa(n)}}
		for name, v := range map[string]string{"agreement": q.Agreement, "period": q.Period} {
			if v != "" {
				values.Set(name, v)
			}
		}
		return f.To("reports") + "?" + values.Encode()
	}
	if page > 1 {
		p.Before = to(page - 1)
	}
	if found > mostReviews {
		p.After = to(page + 1)
	}
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
