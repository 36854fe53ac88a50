package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// breachesPage lists breach records and outages.
type breachesPage struct {
	Breaches []breachView
	Outages  []outageView
	Later    string // address of the newest outages, where these are not
	Earlier  string // address of those before these
	Beyond   bool   // there are more records than are shown
	Services []option
	States   []option
	Classes  []option
	Period   string
	Filtered bool
}

// breachView is a breach record in a list.
type breachView struct {
	ID                          int64
	Href, Service, Agreement    string
	Objective, Period, Opened   string
	State, Word, Cause, Version string
	Stamp                       string
}

func (h *handler) breachView(f *frame, b *sla.Breach) breachView {
	zone, service := h.zone(), ""
	if versions := h.o.Catalogue().Versions(b.Agreement); len(versions) > 0 {
		if loc, err := calendar.Zone(versions[0].Zone); err == nil {
			zone = loc
		}
		service = versions[len(versions)-1].Service
	}
	last := b.Transitions[len(b.Transitions)-1]
	return breachView{
		ID: b.ID, Href: f.To("breaches", strconv.FormatInt(b.ID, 10)), Service: h.service(service), Agreement: b.Agreement, Objective: b.Objective,
		Period: f.periodText(b.Period, zone), Opened: f.moment(b.OpenedAt, zone), State: string(b.State), Word: f.say(string(b.State)),
		Cause: last.Cause, Version: strconv.Itoa(b.Version), Stamp: b.OpenedAt.In(zone).Format(time.RFC3339),
	}
}

// How many records and outages one page shows.
const (
	mostBreaches = 100
	mostOutages  = 50
)

func (h *handler) breachesPage(w http.ResponseWriter, r *http.Request) error {
	if _, err := oneOf(r, "state", recordStates...); err != nil {
		return err
	}
	if _, err := oneOf(r, "class", causedBy...); err != nil {
		return err
	}
	address := url.Values{}
	for _, name := range []string{"period", "service", "state", "class", "after"} {
		address.Set(name, r.FormValue(name))
	}
	return h.writeOnce(w, r, onceOnly{kept: &h.lists, name: "breaches", address: address.Encode()}, func() (*frame, any, error) {
		f := h.frameOf(r, "breaches", "Breaches and outages")
		p, err := h.breachesOf(r, f)
		return f, p, err
	})
}

// breachesOf gathers what the page of breaches and outages shows.
func (h *handler) breachesOf(r *http.Request, f *frame) (*breachesPage, error) {
	zone := h.zone()
	if standings := h.o.Standings(); len(standings) > 0 {
		if loc, err := calendar.Zone(standings[0].Agreement.Zone); err == nil {
			zone = loc
		}
	}
	f.in(zone)
	month := calendar.PeriodAt(sla.PeriodTerm{Kind: sla.PeriodMonth}, zone, h.o.Now())
	if text := r.FormValue("period"); text != "" {
		var err error
		if month, err = calendar.Parse(text, zone); err != nil {
			return nil, badInput("%v", err)
		}
	}
	keep := url.Values{}
	for _, name := range []string{"service", "state", "class"} {
		if v := r.FormValue(name); v != "" {
			keep.Set(name, v)
		}
	}
	f.Periods = f.picker(picking{
		term: sla.PeriodTerm{Kind: sla.PeriodMonth}, zone: zone, now: h.o.Now(), chosen: month,
		action: f.To("breaches"), keep: keep, first: firstOf(h.o.Standings()),
	})
	p := &breachesPage{Period: f.Period(month.Name), Filtered: len(keep) > 0}
	if err := h.listBreaches(r, f, p, month.Span); err != nil {
		return nil, err
	}
	keep.Set("period", month.Name)
	if err := h.listOutages(r, f, p, listing{month.Span, zone, keep}); err != nil {
		return nil, err
	}
	return p, p.lists(f, h, r)
}

func (h *handler) listBreaches(r *http.Request, f *frame, p *breachesPage, span sla.Span) error {
	q := store.BreachQuery{Span: span, State: sla.BreachState(r.FormValue("state")), Limit: mostBreaches + 1}
	if service := r.FormValue("service"); service != "" {
		if q.Agreements = h.agreementsOf(service); len(q.Agreements) == 0 {
			return nil
		}
	}
	records, err := h.o.Store.LatestBreaches(r.Context(), q)
	if err != nil {
		return fmt.Errorf("reading the breach records: %w", err)
	}
	p.Beyond = len(records) > mostBreaches
	for i := range records[:min(len(records), mostBreaches)] {
		p.Breaches = append(p.Breaches, h.breachView(f, &records[i]))
	}
	return nil
}

// agreementsOf gives the names of the agreements on a service.
func (h *handler) agreementsOf(service string) (names []string) {
	agreements := h.o.Catalogue().Agreements
	for i := range agreements {
		if agreements[i].Service == service && !slices.Contains(names, agreements[i].Name) {
			names = append(names, agreements[i].Name)
		}
	}
	return names
}

func (p *breachesPage) lists(f *frame, h *handler, r *http.Request) error {
	at, err := h.sight(r.Context())
	if err != nil {
		return err
	}
	services := map[string]string{}
	for i := range at.looks {
		s := at.service(at.looks[i].Agreement.Service)
		services[s.Name] = titled(s.Title, s.Name)
	}
	p.Services = options(services, r.FormValue("service"))
	for _, s := range recordStates {
		p.States = append(p.States, option{string(s), f.say(string(s)), string(s) == r.FormValue("state")})
	}
	for _, c := range causedBy {
		p.Classes = append(p.Classes, option{string(c), f.say(f.Blame(c)), string(c) == r.FormValue("class")})
	}
	return nil
}

// breachPage is one record with all that happened to it.
type breachPage struct {
	breachView
	Steps   []stepView
	Outages []outageView
	Part    *partView
	ToPage  string
}

type stepView struct{ At, Stamp, State, Word, Cause string }

func (h *handler) breachPage(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return notFound("there is no breach %q: breaches have numbers", r.PathValue("id"))
	}
	record, err := h.o.Store.Breach(r.Context(), id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return notFound("there is no breach %d", id)
	case err != nil:
		return fmt.Errorf("reading the breach record: %w", err)
	}
	b := &record
	f := h.frameOf(r, "breaches", "")
	p := &breachPage{breachView: h.breachView(f, b)}
	f.Title = f.say("Breach %d: %s, %s", b.ID, b.Objective, p.Service)
	f.Trail = []link{{f.say("Breaches and outages"), f.To("breaches")}}
	p.ToPage = f.To("objectives", b.Agreement, b.Objective) + "?period=" + url.QueryEscape(b.Period.Name)
	if err := h.breachFacts(r, f, p, b); err != nil {
		return err
	}
	h.write(w, f, "breach", p)
	return nil
}

// breachFacts fills in the transitions and what was judged around them.
func (h *handler) breachFacts(r *http.Request, f *frame, p *breachPage, b *sla.Breach) error {
	r.SetPathValue("agreement", b.Agreement)
	r.SetPathValue("objective", b.Objective)
	r.Form = url.Values{"period": {b.Period.Name}}
	at, err := h.find(r)
	zone := h.zone()
	if err == nil {
		zone = at.zone
		f.in(zone)
	}
	for _, t := range b.Transitions {
		p.Steps = append(p.Steps, stepView{f.moment(t.At, zone), t.At.In(zone).Format(time.RFC3339), string(t.State), f.say(string(t.State)), t.Cause})
	}
	if err != nil {
		p.ToPage = "" // the agreement is no longer in the catalogue: the record stands alone
		return nil    //nolint:nilerr // said by leaving the link out
	}
	d, err := h.judged(r.Context(), at.key())
	if err != nil {
		return err
	}
	page := &objectivePage{}
	for _, part := range d.parts {
		if part.verdict.Version == b.Version {
			view := page.part(f, at, &part.verdict, false)
			p.Part = &view
		}
	}
	page.outages(f, h, at, d)
	p.Outages = page.Outages
	return nil
}
