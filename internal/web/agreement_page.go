package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// agreementPage is one agreement with its terms.
type agreementPage struct {
	A          *sla.Agreement
	Title      string
	Pairs      [][2]string
	Hours      []string
	Objectives []termsView
	Versions   []versionView
	Exclusions []exclusionView
	Relies     []relianceView
	Gaps       []string
	Ended      bool
}

// termsView is an objective with its terms.
type termsView struct {
	Row   *objectiveRow
	Now   string
	Terms []string
	Bands []string
	// Ceiling is the best that it can promise, with how that came about.
	Ceiling, Chain string
}

type versionView struct {
	Version     int
	From, Until string
	InForce     bool
	Objectives  string
	Reason      string
}

type exclusionView struct {
	Name, Category, Reason, When, Approved string
	Effective                              bool
}

// relianceView is one link to what the agreement relies on.
type relianceView struct {
	AnyOf bool
	Of    []reliedOn
}

type reliedOn struct {
	Name, Title, Kind, Href string
	Badge                   badge
	Target, Reached         string
}

func (h *handler) agreementPage(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	catalogue := h.o.Catalogue()
	versions := catalogue.Versions(name)
	if len(versions) == 0 {
		return notFound("there is no agreement %q", name)
	}
	now := h.o.Now()
	a := catalogue.InForce(name, now)
	p := &agreementPage{Ended: a == nil}
	if a == nil {
		a = versions[len(versions)-1]
	}
	zone, err := calendar.Zone(a.Zone)
	if err != nil {
		return fmt.Errorf("agreement %s: %w", name, err)
	}
	f := h.frameOf(r, "overview", "").in(zone)
	p.A, p.Title = a, titled(a.Title, a.Name)
	f.Title, f.Trail = p.Title, []link{{f.say("Overview"), f.Prefix + "/"}}
	p.facts(f, h, zone)
	origin, err := h.o.Store.Origin(r.Context(), "agreement", name)
	if err != nil {
		return err
	}
	if origin.File != "" {
		p.Pairs = append(p.Pairs, [2]string{f.say("Defined in"), fmt.Sprintf("%s:%d", origin.File, origin.Line)})
	}
	p.Hours = f.hours(a.Calendar)
	o := &overview{h: h, f: f, now: now}
	standings := h.o.Standings()
	for i := range a.Objectives {
		p.Objectives = append(p.Objectives, o.terms(a, &a.Objectives[i], standingOf(standings, name, a.Objectives[i].Name)))
	}
	for _, v := range versions {
		p.Versions = append(p.Versions, versionOf(f, v, zone, v == a && !p.Ended))
	}
	p.exclusions(f, catalogue, zone)
	for _, link := range a.ReliesOn {
		p.Relies = append(p.Relies, o.reliance(link, standings))
	}
	gaps, err := judge.Coverage(catalogue, a)
	if err != nil {
		return fmt.Errorf("comparing the hours of what %s relies on: %w", name, err)
	}
	for _, g := range gaps {
		text := "The service hours of %s do not cover those of this agreement, first from %s."
		if g.Validity {
			text = "%s is not valid as long as this agreement, first from %s."
		}
		p.Gaps = append(p.Gaps, f.say(text, g.Agreement, f.moment(g.First.From, zone)))
	}
	h.write(w, f, "agreement", p)
	return nil
}

func standingOf(list []sla.Standing, agreement, objective string) *sla.Standing {
	for i := range list {
		if list[i].Agreement.Name == agreement && (objective == "" || list[i].Objective.Name == objective) {
			return &list[i]
		}
	}
	return nil
}

func (p *agreementPage) facts(f *frame, h *handler, zone *time.Location) {
	a := p.A
	add := func(name, value string) {
		if value != "" {
			p.Pairs = append(p.Pairs, [2]string{f.say(name), value})
		}
	}
	add("Kind", f.say(map[sla.AgreementKind]string{
		sla.SLA: "SLA, with a customer", sla.OLA: "OLA, with an internal team", sla.UC: "UC, with a supplier",
	}[a.Kind]))
	add("Service", h.service(a.Service))
	add("Provider", h.party(a.Provider))
	add("Customer", h.party(a.Customer))
	add("Valid", f.validity(a.Valid, zone))
	add("Version", fmt.Sprint(a.Version))
	add("Period", f.termText(a.Period))
	if a.Charge != nil {
		add("Charge per period", f.Money(a.Charge.Decimal(), a.Charge.Currency))
	}
	add("Unknown time", f.say(unknownText[a.Unknown]))
	add("Planned time", f.say(plannedText[a.Planned]))
	if due := a.ReviewDue(zone); due != sla.Forever {
		add("Next review due", f.Date(due.In(zone)))
	}
	add("Reason for a target above the ceiling", a.Reason)
}

// validity says a span by its days where it begins and ends at midnight; the last
// day is one of it.
func (f *frame) validity(s sla.Span, zone *time.Location) string {
	if s.To == sla.Forever || !midnight(s.From, zone) || !midnight(s.To, zone) {
		return f.say("%s to %s", f.moment(s.From, zone), f.moment(s.To, zone))
	}
	return f.say("%s to the end of %s", f.Date(s.From.In(zone)), f.Date((s.To - 1).In(zone)))
}

func midnight(i sla.Instant, zone *time.Location) bool {
	t := i.In(zone)
	return t.Hour()+t.Minute()+t.Second()+t.Nanosecond() == 0
}

func (f *frame) termText(t sla.PeriodTerm) string {
	if t.Kind == sla.PeriodRolling {
		return f.say("rolling window of %s", f.Duration(t.Rolling))
	}
	return f.say(string(t.Kind))
}

// terms gives an objective of the agreement with what is promised.
func (o *overview) terms(a *sla.Agreement, ob *sla.Objective, s *sla.Standing) termsView {
	f := o.f
	if s == nil {
		s = &sla.Standing{Agreement: a, Objective: ob}
	}
	l := lookAt(s)
	t := termsView{Row: o.objectiveRow(&l), Now: f.reached(s.Current)}
	add := func(text string, args ...any) { t.Terms = append(t.Terms, f.say(text, args...)) }
	add("severity %s", f.say(string(ob.Severity)))
	if ob.Target != nil {
		add("at risk below %s%% of the budget", ob.AtRisk.String())
	}
	if l := ob.Limits.LongestOutage; l != nil {
		add("no outage longer than %s", f.Duration(*l))
	}
	if n := ob.Limits.Outages; n != nil {
		add("at most %s", f.count(*n, "outage", "outages"))
	}
	if ob.MinEvents > 0 {
		add("judged from %s events on", f.Number(fmt.Sprint(ob.MinEvents)))
	}
	for i := range ob.Credits {
		t.Bands = append(t.Bands, f.band(&ob.Credits[i]))
	}
	if ob.CreditCap != nil {
		t.Bands = append(t.Bands, f.say("at most %s%% of the charge", ob.CreditCap.String()))
	}
	if c := judge.CeilingOf(o.h.o.Catalogue(), a, ob.Name); c != nil && ob.Target != nil {
		t.Ceiling, t.Chain = f.share(c.Ratio, sla.ShownDecimals(ob.Target)), c.Chain
	}
	return t
}

// band says one line of a credit table.
func (f *frame) band(b *sla.Band) string {
	var when []string
	for _, bound := range []struct {
		word  string
		value *sla.Decimal
	}{{"at least", b.AtLeast}, {"above", b.Above}, {"below", b.Below}, {"at most", b.AtMost}} {
		if bound.value != nil {
			when = append(when, f.say(bound.word)+" "+bound.value.String()+"%")
		}
	}
	what := ""
	switch {
	case b.Fixed != nil:
		what = f.Money(b.Fixed.Decimal(), b.Fixed.Currency)
	case b.Percent != nil:
		what = f.say("%s%% of the charge", b.Percent.String())
	}
	if b.Per > 0 {
		what = f.say("%s for each started %s of bad time", what, f.Duration(b.Per))
	}
	if len(when) == 0 {
		return what
	}
	return strings.Join(when, ", ") + ": " + what
}

func versionOf(f *frame, v *sla.Agreement, zone *time.Location, inForce bool) versionView {
	var objectives []string
	for i := range v.Objectives {
		objectives = append(objectives, v.Objectives[i].Name+" "+f.target(&v.Objectives[i]))
	}
	return versionView{
		Version: v.Version, From: f.moment(v.Valid.From, zone), Until: f.moment(v.Valid.To, zone), InForce: inForce,
		Objectives: strings.Join(objectives, ", "), Reason: v.Reason,
	}
}

func (p *agreementPage) exclusions(f *frame, c *sla.Catalogue, zone *time.Location) {
	for i := range c.Exclusions {
		x := &c.Exclusions[i]
		if !x.Covers(p.A.Service) {
			continue
		}
		v := exclusionView{Name: x.Name, Category: f.say(f.Category(x.Category)), Reason: x.Reason, Effective: x.Approved()}
		if x.Every != nil {
			v.When = f.say("%s (cron, %s), each for %s", x.Every.Cron, x.Every.Zone, f.Duration(x.Every.Lasts))
		} else {
			v.When = f.say("%s to %s", f.moment(x.Span.From, zone), f.moment(x.Span.To, zone))
		}
		switch {
		case x.Withdrawn:
			v.Approved = f.say("withdrawn")
		case x.ApprovedBy == "":
			v.Approved = f.say("by nobody: it has no effect")
		default:
			v.Approved = f.say("by %s", x.ApprovedBy)
			if d := x.ApprovedOn; d != nil {
				v.Approved += ", " + f.Date(time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, zone))
			}
		}
		p.Exclusions = append(p.Exclusions, v)
	}
}

func (o *overview) reliance(link sla.Reliance, standings []sla.Standing) relianceView {
	out := relianceView{AnyOf: len(link.AnyOf) > 1}
	for _, name := range link.AnyOf {
		to := reliedOn{Name: name, Title: name, Href: o.f.To("agreements", name), Badge: o.f.Badge(sla.NoData), Target: "–", Reached: "–"}
		if s := standingOf(standings, name, ""); s != nil {
			to.Title, to.Kind, to.Badge = titled(s.Agreement.Title, name), string(s.Agreement.Kind), o.f.badge(s.Current)
			to.Target, to.Reached = o.f.target(s.Objective), o.f.reached(s.Current)
		}
		out.Of = append(out.Of, to)
	}
	return out
}

// hours says service hours: days with the same hours together.
func (f *frame) hours(c *sla.Calendar) []string {
	if c == nil {
		return []string{f.say("always, 24 hours on 7 days")}
	}
	var out []string
	text := func(spans []sla.ClockSpan) string {
		var parts []string
		for _, s := range spans {
			parts = append(parts, clock(s.From)+"–"+clock(s.To))
		}
		if len(parts) == 0 {
			return f.say("closed")
		}
		return strings.Join(parts, ", ")
	}
	for i := 0; i < 7; {
		j := i
		for j < 6 && text(c.Week[(j+2)%7]) == text(c.Week[(i+1)%7]) {
			j++
		}
		days := f.say(time.Weekday((i + 1) % 7).String())
		if j > i {
			days += " – " + f.say(time.Weekday((j+1)%7).String())
		}
		out = append(out, days+": "+text(c.Week[(i+1)%7]))
		i = j + 1
	}
	if n := len(c.Holidays); n > 0 {
		out = append(out, f.say("closed on %s", f.count(n, "holiday", "holidays")))
	}
	if n := len(c.Special); n > 0 {
		out = append(out, f.say("other hours on %s", f.count(n, "special day", "special days")))
	}
	return append(out, f.say("times of %s", c.Zone))
}

func clock(m sla.Millis) string { return fmt.Sprintf("%02d:%02d", m/sla.Hour, m%sla.Hour/sla.Minute) }
