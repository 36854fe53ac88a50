package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// breachesPage lists breach records and outages.
type breachesPage struct {
	Breaches []breachView
	Outages  []outageView
	More     int // outages beyond those shown
	Services []option
	States   []option
	Classes  []option
	Period   string
	Any      bool // there are records when nothing is filtered
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

// mostOutages bounds the list of outages on one page.
const mostOutages = 200

func (h *handler) breachesPage(w http.ResponseWriter, r *http.Request) error {
	f := h.frameOf(r, "breaches", "Breaches and outages")
	zone := h.zone()
	if standings := h.o.Standings(); len(standings) > 0 {
		if loc, err := calendar.Zone(standings[0].Agreement.Zone); err == nil {
			zone = loc
		}
	}
	f.in(zone)
	p := &breachesPage{}
	month := calendar.PeriodAt(sla.PeriodTerm{Kind: sla.PeriodMonth}, zone, h.o.Now())
	if text := r.FormValue("period"); text != "" {
		var err error
		if month, err = calendar.Parse(text, zone); err != nil {
			return badInput("%v", err)
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
	p.Period = f.Period(month.Name)
	if err := h.listBreaches(r, f, p, month.Span); err != nil {
		return err
	}
	if err := h.listOutages(r, f, p, month.Span, zone); err != nil {
		return err
	}
	p.lists(f, h, r)
	h.write(w, f, "breaches", p)
	return nil
}

func (h *handler) listBreaches(r *http.Request, f *frame, p *breachesPage, span sla.Span) error {
	records, err := h.o.Store.Breaches(r.Context(), span)
	if err != nil {
		return fmt.Errorf("reading the breach records: %w", err)
	}
	p.Any = len(records) > 0
	service, state := r.FormValue("service"), r.FormValue("state")
	for i := range records {
		b := &records[i]
		if state != "" && string(b.State) != state || service != "" && h.serviceOf(b.Agreement) != service {
			continue
		}
		p.Breaches = append(p.Breaches, h.breachView(f, b))
	}
	slices.Reverse(p.Breaches)
	return nil
}

func (h *handler) serviceOf(agreement string) string {
	if versions := h.o.Catalogue().Versions(agreement); len(versions) > 0 {
		return versions[len(versions)-1].Service
	}
	return ""
}

// listOutages gathers the listed outages of all verdicts on periods that overlap
// the span; of periods under way those of the last round.
func (h *handler) listOutages(r *http.Request, f *frame, p *breachesPage, span sla.Span, zone *time.Location) error {
	verdicts, err := h.o.Store.Verdicts(r.Context(), "", span)
	if err != nil {
		return fmt.Errorf("reading the verdicts: %w", err)
	}
	service, class := r.FormValue("service"), r.FormValue("class")
	for i := range verdicts {
		v := &verdicts[i]
		if service != "" && v.Service != service {
			continue
		}
		for j := range v.Outages {
			o := &v.Outages[j]
			if o.Small || !o.Overlaps(span) {
				continue
			}
			view := h.outageView(f, v, o, zone)
			if class == "" || slices.Contains(view.Classes, sla.AttributionClass(class)) {
				p.Outages = append(p.Outages, view)
			}
		}
	}
	slices.SortStableFunc(p.Outages, func(a, b outageView) int { return int(b.from - a.from) })
	if len(p.Outages) > mostOutages {
		p.More, p.Outages = len(p.Outages)-mostOutages, p.Outages[:mostOutages]
	}
	return nil
}

func (p *breachesPage) lists(f *frame, h *handler, r *http.Request) {
	services := map[string]string{}
	for _, s := range h.o.Standings() {
		services[s.Agreement.Service] = h.service(s.Agreement.Service)
	}
	p.Services = options(services, r.FormValue("service"))
	for _, s := range []sla.BreachState{sla.BreachOpen, sla.BreachConfirmed, sla.BreachAverted, sla.BreachWithdrawn} {
		p.States = append(p.States, option{string(s), f.say(string(s)), string(s) == r.FormValue("state")})
	}
	for _, c := range []sla.AttributionClass{sla.ByOwn, sla.ByInternal, sla.ByThirdParty, sla.ByCustomer, sla.ByForceMajeure} {
		p.Classes = append(p.Classes, option{string(c), f.say(f.Blame(c)), string(c) == r.FormValue("class")})
	}
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
	records, err := h.o.Store.Breaches(r.Context(), sla.Span{From: sla.Always, To: sla.Forever})
	if err != nil {
		return fmt.Errorf("reading the breach records: %w", err)
	}
	i := slices.IndexFunc(records, func(b sla.Breach) bool { return b.ID == id })
	if i < 0 {
		return notFound("there is no breach %d", id)
	}
	b := &records[i]
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
