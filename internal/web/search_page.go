package web

import (
	"net/http"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// searchPage is what a search found in the catalogue.
type searchPage struct {
	For   string
	Found []hit
	More  bool
}

type hit struct {
	Kind, Text, Note, Href string
	Badge                  *badge
}

// mostHits bounds the list of what was found.
const mostHits = 100

func (h *handler) searchPage(w http.ResponseWriter, r *http.Request) error {
	f := h.frameOf(r, "", "Search")
	p := &searchPage{For: strings.TrimSpace(r.FormValue("q"))}
	if p.For != "" {
		p.look(f, h)
	}
	h.write(w, f, "search", p)
	return nil
}

func (p *searchPage) look(f *frame, h *handler) {
	text := strings.ToLower(p.For)
	add := func(v hit, in ...string) {
		for _, s := range in {
			if strings.Contains(strings.ToLower(s), text) {
				p.More = len(p.Found) >= mostHits
				if !p.More {
					p.Found = append(p.Found, v)
				}
				return
			}
		}
	}
	c := h.o.Catalogue()
	for i := range c.Services {
		s := &c.Services[i]
		add(hit{Kind: f.say("service"), Text: titled(s.Title, s.Name), Note: s.Description, Href: f.Prefix + "/?open=" + s.Name + "&text=" + s.Name}, s.Name, s.Title, s.Description)
	}
	seen := map[string]bool{}
	for i := range c.Agreements {
		a := &c.Agreements[i]
		if !seen[a.Name] {
			seen[a.Name] = true
			add(hit{Kind: string(a.Kind), Text: titled(a.Title, a.Name), Note: a.Name, Href: f.To("agreements", a.Name)}, a.Name, a.Title)
		}
	}
	standings := h.o.Standings()
	for i := range standings {
		s := &standings[i]
		b := f.badge(s.Current)
		add(hit{
			Kind: f.say("objective"), Text: h.service(s.Agreement.Service) + ": " + s.Objective.Name, Note: s.Agreement.Name,
			Href: f.To("objectives", s.Agreement.Name, s.Objective.Name), Badge: &b,
		}, s.Objective.Name, s.Objective.Indicator)
	}
	for i := range c.Indicators {
		ind := &c.Indicators[i]
		add(hit{Kind: f.say("indicator"), Text: ind.Name, Note: selectorsOf(ind), Href: f.To("indicators", ind.Name)}, ind.Name, selectorsOf(ind))
	}
}

func selectorsOf(i *sla.Indicator) string {
	return strings.Join(strings.Fields(strings.Join([]string{i.Total, i.Good, i.Bad, i.Histogram, i.Metric, i.Expr, i.Sum, i.Count}, " ")), " ")
}
