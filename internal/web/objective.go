package web

import (
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// objectivePage is one objective in one period.
type objectivePage struct {
	Agreement *sla.Agreement
	Objective *sla.Objective
	Title     string // of the agreement
	Service   string
	Period    string
	Span      string
	Open      bool // the period is under way
	Parts     []partView
	Charts    []*burnDown // the same on each sheet; none without a budget
	Strips    []*strip
	Days      []dayView
	Burn      []burnView
	Lasts     string // for how long the budget does, as it is spent lately
	Firing    string
	Mean      bool // nothing of it is good or bad, so it has no outages
	Outages   []outageView
	Small     string // what the outages that are not listed come to
	History   []cell
	Columns   []column
	Method    method
	CSV       string
	Problem   string
	Breaches  []breachView
}

// partView is the numbers of one version's part of the period.
type partView struct {
	Version  int
	Span     string // empty when it is the whole period
	Badge    badge
	Reached  string
	Raw      string
	Target   string
	Sentence string
	Gauge    *gauge
	Pairs    [][2]string
	Left     string   // of the error budget; empty without one
	Aside    string   // the amounts behind it
	Marks    []string // inconclusive and such
}

type dayView struct{ Date, Bad, Unknown, Removed, Left, ISO, Mean, Count string }

type burnView struct {
	Window, Rate, Width string
	Hot, Firing         bool
}

// outageView is a row of an outage list.
type outageView struct {
	Href, From, To, Duration, Bad, Share string
	Attribution                          string
	Objective, Service, Agreement        string
	Period                               string
	Classes                              []sla.AttributionClass
	Stamp                                string
}

// found is what an address names, in the version to show.
type found struct {
	agreement *sla.Agreement
	objective *sla.Objective
	indicator *sla.Indicator
	zone      *time.Location
	period    sla.Period
	standing  *sla.Standing // nil unless the period is under way
	now       *sla.Standing // whatever the period; nil for an agreement that has ended
}

// find looks up the objective and period of an address.
func (h *handler) find(r *http.Request) (*found, error) {
	name, objective := r.PathValue("agreement"), r.PathValue("objective")
	catalogue := h.o.Catalogue()
	versions := catalogue.Versions(name)
	if len(versions) == 0 {
		return nil, notFound("there is no agreement %q", name)
	}
	now := h.o.Now()
	a := catalogue.InForce(name, now)
	if a == nil {
		a = versions[len(versions)-1]
	}
	zone, err := calendar.Zone(a.Zone)
	if err != nil {
		return nil, fmt.Errorf("agreement %s: %w", name, err)
	}
	f := &found{zone: zone, period: calendar.PeriodAt(a.Period, zone, now)}
	if text := r.FormValue("period"); text != "" {
		if f.period, err = calendar.Parse(text, zone); err != nil {
			return nil, badInput("%v", err)
		}
	}
	for _, v := range versions {
		if v.Valid.Overlaps(f.period.Span) && v.Objective(objective) != nil {
			a = v
		}
	}
	if f.agreement, f.objective = a, a.Objective(objective); f.objective == nil {
		return nil, notFound("there is no objective %q in the agreement %q", objective, name)
	}
	if f.indicator = catalogue.Indicator(f.objective.Indicator); f.indicator == nil {
		return nil, notFound("there is no indicator %q", f.objective.Indicator)
	}
	standings := h.o.Standings()
	for i := range standings {
		s := &standings[i]
		if s.Agreement.Name != name || s.Objective.Name != objective {
			continue
		}
		f.now = s
		if f.period.Contains(now) || a.Period.Kind == sla.PeriodRolling && r.FormValue("period") == "" {
			f.standing = s
			if a.Period.Kind == sla.PeriodRolling && s.Current != nil {
				f.period = s.Current.Period // the window that the last round judged, not one that moves with the clock
			}
		}
	}
	return f, nil
}

func (f *found) key() detailKey {
	return detailKey{f.agreement.Name, f.objective.Name, f.period}
}

func (h *handler) objectivePage(w http.ResponseWriter, r *http.Request) error {
	at, err := h.find(r)
	if err != nil {
		return err
	}
	page := onceOnly{kept: &h.charts, name: "objective", address: strings.Join([]string{at.agreement.Name, at.objective.Name, at.period.Name}, "/")}
	return h.writeOnce(w, r, page, func() (*frame, any, error) {
		f := h.frameOf(r, "overview", "").in(at.zone)
		p, err := h.objectiveOf(r, f, at)
		return f, p, err
	})
}

// objectiveOf gathers what the page of an objective shows.
func (h *handler) objectiveOf(r *http.Request, f *frame, at *found) (*objectivePage, error) {
	d, err := h.judged(r.Context(), at.key())
	if err != nil {
		return nil, err
	}
	f.Charts = true
	p := &objectivePage{
		Agreement: at.agreement, Objective: at.objective, Title: titled(at.agreement.Title, at.agreement.Name),
		Service: h.service(at.agreement.Service), Period: f.periodText(at.period, at.zone), Open: at.standing != nil,
		Span: f.say("%s to %s", f.moment(at.period.From, at.zone), f.moment(at.period.To, at.zone)),
		CSV:  f.To("objectives", at.agreement.Name, at.objective.Name, "days.csv") + "?period=" + url.QueryEscape(at.period.Name),
	}
	f.Title = p.Service + ": " + at.objective.Name
	f.Trail = []link{{f.say("Overview"), f.Prefix + "/"}, {p.Title, f.To("agreements", at.agreement.Name)}}
	f.Periods = f.picker(picking{
		term: at.agreement.Period, zone: at.zone, now: h.o.Now(), chosen: at.period, first: h.o.Catalogue().Versions(at.agreement.Name)[0].Valid.From,
		action: f.To("objectives", at.agreement.Name, at.objective.Name),
	})
	if at.agreement.Period.Kind == sla.PeriodRolling {
		f.Periods = nil // its only period is the one that ends now
	}
	p.numbers(f, at, d)
	for _, on := range []sheet{broad, narrow} {
		if c := f.burnDown(axis{at.period.Span, on}, d, at.zone, h.o.Now()); c != nil {
			p.Charts = append(p.Charts, c)
		}
		if s := f.stripOf(axis{at.period.Span, on}, d, at); s != nil {
			p.Strips = append(p.Strips, s)
		}
	}
	p.Mean = at.objective.Target == nil
	p.days(f, d)
	p.burns(f, at)
	p.outages(f, h, at, d)
	p.Method = h.method(f, at)
	return p, h.history(r, f, at, p)
}

// numbers fills in what is said of each part. Of a period under way the verdict
// of the last round stands, the one that metrics and alerts tell.
func (p *objectivePage) numbers(f *frame, at *found, d *detail) {
	for _, part := range d.parts {
		v := &part.verdict
		if at.standing != nil && at.standing.Current != nil && at.standing.Current.Part == v.Part {
			current := *at.standing.Current
			current.Outages = v.Outages
			v = &current
		}
		p.Parts = append(p.Parts, p.part(f, at, v, len(d.parts) > 1))
	}
}

func (p *objectivePage) part(f *frame, at *found, v *sla.Verdict, several bool) partView {
	o := at.objective
	out := partView{
		Version: v.Version, Badge: f.badge(v), Reached: f.reached(v), Raw: raw(v.Compliance), Target: f.target(o),
		Sentence: f.sentence(v, o), Gauge: f.gauge(v),
	}
	if v.Value != nil {
		out.Raw = raw(v.Value)
	}
	if several {
		out.Span = f.say("Version %d, %s to %s", v.Version, f.moment(v.Part.From, at.zone), f.moment(v.Part.To, at.zone))
	}
	if b := v.Budget; b != nil && v.Compliance != nil {
		out.Left, out.Aside = f.share(b.Share(), 1), f.say("%s of %s", f.budget(v, b.Left), f.budget(v, b.Allowed))
		if b.Left.Sign() < 0 {
			out.Aside = f.say("%s more than the %s that may be bad", f.budget(v, new(big.Rat).Neg(b.Left)), f.budget(v, b.Allowed))
		}
	}
	add := func(name, value string) { out.Pairs = append(out.Pairs, [2]string{f.say(name), value}) }
	if v.Value != nil {
		add("Count", f.events(v.Value.Den))
	} else {
		add("Good", f.amount(v, v.Good))
		add("Bad", f.amount(v, v.Bad))
	}
	add("Unknown", f.seconds(v.Unknown))
	add("Excluded", f.seconds(v.Removed))
	add("Complete", orDash(f, v.CompletenessShown()))
	if v.Approximate {
		add("Counted", f.say("approximately"))
		out.Marks = append(out.Marks, f.say("approximate: a bound lies within a bucket of a native histogram, whose events are divided; good and bad together are exact, not each"))
	}
	if v.Lowest != nil && v.Highest != nil {
		digits := sla.ShownDecimals(v.Target)
		add("Bounds", f.say("%s to %s", f.share(v.Lowest.Ratio(), digits), f.share(v.Highest.Ratio(), digits)))
	}
	if v.Value == nil {
		count := f.Number(fmt.Sprint(v.Totals.Count))
		if v.Totals.Small > 0 {
			count = f.say("%s, %s listed", count, f.Number(fmt.Sprint(v.Totals.Count-v.Totals.Small)))
		}
		add("Outages", count)
	}
	if v.Totals.Count > 0 {
		add("Longest outage", f.Duration(v.Totals.Longest))
	}
	if v.Credit != nil && v.Credit.Amount != nil {
		name := "Credit accrued"
		if v.Credit.Owed {
			name = "Credit owed"
		}
		add(name, f.Money(v.Credit.Amount.Decimal(), v.Credit.Amount.Currency))
	}
	if v.Inconclusive {
		out.Marks = append(out.Marks, f.say("inconclusive: unknown time could turn the verdict over"))
	}
	if v.Provisional {
		out.Marks = append(out.Marks, f.say("provisional: the period is open, or its facts may still change"))
	}
	return out
}

func orDash(f *frame, shown string) string {
	if shown == "" {
		return "–"
	}
	return f.Percent(shown)
}

// stripOf draws the days of an objective: what was bad, or the means.
func (f *frame) stripOf(a axis, d *detail, at *found) *strip {
	if at.objective.Target == nil {
		return f.meanStrip(a, d, at.objective, at.zone)
	}
	return f.dayStrip(a, d, at.zone)
}

func (p *objectivePage) days(f *frame, d *detail) {
	for _, part := range d.parts {
		v := &part.verdict
		for _, day := range part.days {
			row := dayView{
				Date: f.Date(day.date), ISO: day.date.Format(time.DateOnly), Bad: f.amount(v, day.bad),
				Unknown: f.seconds(day.unknown), Removed: f.seconds(day.removed), Left: "–",
			}
			if p.Mean {
				row.Mean, row.Count = f.meanText(p.Objective, day.mean()), f.amountOf(false, day.count)
			}
			if day.spent != nil && v.Budget.Allowed.Sign() > 0 && v.Compliance != nil {
				left := new(big.Rat).Sub(v.Budget.Allowed, day.spent)
				row.Left = f.share(left.Quo(left, v.Budget.Allowed), 1)
			}
			p.Days = append(p.Days, row)
		}
	}
}

// burns shows the burn rates of now, each against the rate that spends the
// budget ten times too fast.
func (p *objectivePage) burns(f *frame, at *found) {
	if at.standing == nil || at.objective.Target == nil {
		return
	}
	firing := map[string]bool{}
	for _, b := range at.standing.Firing {
		firing[b.Window] = true
	}
	for _, w := range sla.BurnWindows {
		r := at.standing.Burn[w.Name]
		b := burnView{Window: w.Name, Rate: f.burnText(r), Firing: firing[w.Name]}
		if r != nil {
			x, _ := r.Float64()
			b.Width, b.Hot = px(min(x/10, 1)*100), x > 1
		}
		p.Burn = append(p.Burn, b)
	}
	if e := at.standing.Exhaustion; e != nil && len(p.Burn) > 0 {
		p.Lasts = f.say("If it goes on as in the last %s, the budget is spent on %s.", e.Window, f.moment(e.At, at.zone))
	}
}

func (p *objectivePage) outages(f *frame, h *handler, at *found, d *detail) {
	small, smallBad := 0, new(big.Rat)
	for _, part := range d.parts {
		v := &part.verdict
		for i := range v.Outages {
			if o := &v.Outages[i]; !o.Small {
				p.Outages = append(p.Outages, h.outageView(f, ofVerdict(v), o, at.zone))
			}
		}
		small += v.Totals.Small
		if v.Totals.SmallBad != nil {
			smallBad.Add(smallBad, v.Totals.SmallBad)
		}
	}
	slices.Reverse(p.Outages)
	if small > 0 {
		p.Small = f.say("%s under 1%% of the budget each are not listed: %s together.", f.count(small, "outage", "outages"), f.bad(&d.parts[0].verdict, smallBad))
	}
}

// outageOf says whose an outage is.
type outageOf struct {
	agreement, objective, service, period string
	timed                                 bool // what is bad are seconds, not events
}

func ofVerdict(v *sla.Verdict) outageOf {
	return outageOf{v.Agreement, v.Objective, v.Service, v.Period.Name, v.Timed()}
}

func (h *handler) outageView(f *frame, of outageOf, o *sla.Outage, zone *time.Location) outageView {
	out := outageView{
		Href: f.To("objectives", of.agreement, of.objective, "outages", fmt.Sprint(int64(o.From))) + "?period=" + url.QueryEscape(of.period),
		From: f.moment(o.From, zone), To: f.moment(o.To, zone), Duration: f.Duration(o.Duration), Bad: f.amountBad(of.timed, o.Bad),
		Share: f.share(o.BudgetShare, 1), Objective: of.objective, Service: h.service(of.service), Agreement: of.agreement, Period: of.period,
		Stamp: o.From.In(zone).Format(time.RFC3339),
	}
	for _, a := range o.Attribution {
		text := f.say(f.Blame(a.Class))
		if a.Agreement != "" {
			text += " (" + a.Agreement + ")"
		}
		if len(o.Attribution) > 1 {
			text += " " + f.amountOf(of.timed, a.Bad)
		}
		out.Attribution = join(out.Attribution, text)
		out.Classes = append(out.Classes, a.Class)
	}
	if out.Attribution == "" {
		out.Attribution, out.Classes = f.say(f.Blame(sla.ByOwn)), []sla.AttributionClass{sla.ByOwn}
	}
	return out
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// history fills in the row of periods and what is known of problems and breaches.
func (h *handler) history(r *http.Request, f *frame, at *found, p *objectivePage) error {
	o := &overview{h: h, f: f, now: h.o.Now()}
	s := at.now
	if s == nil {
		s = &sla.Standing{Agreement: at.agreement, Objective: at.objective}
	}
	l := lookAt(s)
	m, row, groups := &matrix{Periods: o.columnsOf(at.agreement.Period, at.zone, o.now)}, o.objectiveRow(&l), []*grouped{{list: []*look{&l}}}
	var err error
	if m.past, err = o.past(r.Context(), groups, m.Periods); err != nil {
		return err
	}
	m.drop(groups)
	o.history(m, row)
	p.Columns, p.History = m.Periods, row.Cells
	problems, err := h.o.Store.Problems(r.Context())
	if err != nil {
		return fmt.Errorf("reading what keeps indicators from being measured: %w", err)
	}
	for _, problem := range problems {
		if problem.Indicator == at.objective.Indicator && problem.Kind != store.NoProblem {
			p.Problem = f.say("Not measured since %s: %s", f.moment(problem.Since, at.zone), problem.Text)
		}
	}
	breaches, err := h.o.Store.LatestBreaches(r.Context(), store.BreachQuery{
		Span: at.period.Span, Agreements: []string{at.agreement.Name}, Objective: at.objective.Name, Limit: mostBreaches,
	})
	if err != nil {
		return fmt.Errorf("reading the breach records: %w", err)
	}
	for i := range breaches {
		p.Breaches = append(p.Breaches, h.breachView(f, &breaches[i]))
	}
	return nil
}

// daysCSV gives the days of a period as a table.
func (h *handler) daysCSV(w http.ResponseWriter, r *http.Request) error {
	at, err := h.find(r)
	if err != nil {
		return err
	}
	d, err := h.judged(r.Context(), at.key())
	if err != nil {
		return err
	}
	rows := [][]string{{"agreement", "objective", "period", "version", "date", "good", "bad", "unknown_seconds", "removed_seconds", "budget_spent", "budget_allowed", "approximate", "sum", "count"}}
	for _, p := range d.parts {
		allowed := ""
		if p.verdict.Budget != nil {
			allowed = plain(p.verdict.Budget.Allowed)
		}
		for _, day := range p.days {
			rows = append(rows, []string{
				at.agreement.Name, at.objective.Name, at.period.Name, fmt.Sprint(p.verdict.Version), day.date.Format(time.DateOnly),
				plain(day.good), plain(day.bad), plain(day.unknown), plain(day.removed), plain(day.spent), allowed, yesNo(p.verdict.Approximate), plain(day.sum), plain(day.count),
			})
		}
	}
	return sendCSV(w, at.agreement.Name+"-"+at.objective.Name+"-days.csv", rows)
}

// indicatorPage leads to the objective that an indicator is measured for.
func (h *handler) indicatorPage(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	for _, s := range h.o.Standings() {
		if s.Objective.Indicator == name {
			http.Redirect(w, r, h.o.Prefix+"/objectives/"+s.Agreement.Name+"/"+s.Objective.Name, http.StatusFound)
			return nil
		}
	}
	return notFound("there is no objective in force that the indicator %q is measured for", name)
}
