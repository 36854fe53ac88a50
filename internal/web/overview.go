package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// overview is the first page: tiles, what needs attention, and the matrix.
type overview struct {
	h     *handler
	f     *frame
	now   sla.Instant
	sight *sight
	looks []look  // as they stand now or came out of the period chosen
	all   []*look // of the other filters' choice
	// chosen are those that all filters leave.
	chosen []*look
	open   map[string]bool
	values url.Values
	whole  bool // everything, not a page of it
	at     int  // the page of the matrix, from 1

	Tiles     []tile
	Matrices  []*matrix
	Attention []worry
	Rest      []worry // those that are opened first
	Worries   int     // all of them
	Beyond    int     // how many are shown where there are more
	Filter    filter
	Sort      string
	Sorts     map[string]sorting
	CSV       string
	OpenAll   string
	AllOpen   bool
	Clear     string
	Objects   int // objectives in force
	Shown     int
	Past      string // the period that is looked at, empty: the one under way
	PastText  string
	Judged    int // objectives that were met or missed
}

// How many things that need attention one page shows, and how many at once: the
// matrix is to be seen below them.
const (
	mostWorries  = 30
	worriesShown = 5
)

// sorting is a column's header that sorts.
type sorting struct {
	Href string
	Aria string // aria-sort
}

// filter is what the address leaves of all objectives.
type filter struct {
	Text, State, Kind, Customer, Owner, Label string
	States, Kinds, Customers, Owners, Labels  []option
	On                                        bool
	More                                      bool // one that is not shown at once is on
}

func (h *handler) overviewPage(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badInput("the address cannot be read: %v", err)
	}
	if err := checkOverview(r); err != nil {
		return err
	}
	return h.writeOnce(w, r, onceOnly{kept: &h.overviews, name: "overview", address: overviewValues(r.Form).Encode()}, func() (*frame, any, error) {
		o, err := h.overviewOf(r)
		if err != nil {
			return nil, nil, err
		}
		return o.f, o, nil
	})
}

func (h *handler) overviewOf(r *http.Request) (*overview, error) {
	if err := r.ParseForm(); err != nil {
		return nil, badInput("the address cannot be read: %v", err)
	}
	o := &overview{h: h, f: h.frameOf(r, "overview", "Service levels"), now: h.o.Now(), values: overviewValues(r.Form), open: map[string]bool{}, Sorts: map[string]sorting{}}
	o.at, _ = strconv.Atoi(r.FormValue("page")) // what is no number is the first page
	if o.whole = r.URL.Path == "/matrix.csv"; o.whole {
		o.open["all"] = true
	}
	for _, name := range strings.Split(r.FormValue("open"), ",") {
		o.open[name] = name != ""
	}
	var err error
	if o.sight, err = h.sight(r.Context()); err != nil {
		return nil, err
	}
	o.Objects, o.looks = len(o.sight.looks), o.sight.looks
	end, err := o.periods()
	if err != nil {
		return nil, err
	}
	if o.Past != "" {
		if o.looks, err = o.asOf(r.Context(), end); err != nil {
			return nil, err
		}
	}
	o.choose()
	if o.Matrices, err = o.matrices(r.Context(), end); err != nil {
		return nil, err
	}
	o.links()
	o.tiles()
	if o.Past != "" {
		o.Attention, o.Worries = o.missed()
	} else if o.Attention, o.Worries, err = h.worries(r.Context(), o); err != nil {
		return nil, err
	}
	o.fold()
	return o, nil
}

var overviewKeys = []string{"text", "state", "kind", "customer", "owner", "label", "sort", "open", "period", "kiosk", "page"}

// overviewValues gives what of an address counts for the overview.
func overviewValues(form url.Values) url.Values {
	out := url.Values{}
	for name, v := range form {
		if v[0] != "" && slices.Contains(overviewKeys, name) {
			out.Set(name, v[0])
		}
	}
	return out
}

// with gives the address of the overview with a value changed; empty takes it out.
func (o *overview) with(name, value string) string {
	values := maps.Clone(o.values)
	values.Del(name)
	if name != "open" {
		values.Del("page")
	}
	if value != "" {
		values.Set(name, value)
	}
	if len(values) == 0 {
		return o.f.Prefix + "/"
	}
	return o.f.Prefix + "/?" + values.Encode()
}

func (o *overview) toggle(service string, isOpen bool) string {
	var open []string
	for name, is := range o.open {
		if is && name != service && name != "all" {
			open = append(open, name)
		}
	}
	if !isOpen {
		open = append(open, service)
	}
	slices.Sort(open)
	return o.with("open", strings.Join(open, ","))
}

// choose filters the standings by all that the address says.
func (o *overview) choose() {
	get := o.values.Get
	o.Filter = filter{Text: get("text"), State: get("state"), Kind: get("kind"), Customer: get("customer"), Owner: get("owner"), Label: get("label")}
	f := &o.Filter
	f.More = f.Kind+f.Customer+f.Owner+f.Label != ""
	f.On = f.Text+f.State+f.Kind+f.Customer+f.Owner+f.Label != ""
	kinds, customers, owners, labels := map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
	for i := range o.looks {
		s := &o.looks[i]
		svc := o.sight.service(s.Agreement.Service)
		kinds[string(s.Agreement.Kind)] = string(s.Agreement.Kind)
		customers[s.Agreement.Customer] = o.sight.party(s.Agreement.Customer)
		if svc.Owner != "" {
			owners[svc.Owner] = o.sight.party(svc.Owner)
		}
		for k, v := range svc.Labels {
			labels[k+"="+v] = k + ": " + v
		}
		if !f.takes(s.Standing, svc) {
			continue
		}
		o.all = append(o.all, s)
		if stateTakes(f.State, s) {
			o.chosen = append(o.chosen, s)
		}
	}
	o.Shown = len(o.chosen)
	f.Kinds, f.Customers = options(kinds, f.Kind), options(customers, f.Customer)
	f.Owners, f.Labels = options(owners, f.Owner), options(labels, f.Label)
	for _, state := range stateFilters {
		f.States = append(f.States, option{state.value, o.f.say(state.text), state.value == f.State})
	}
}

// stateFilters are the states that the overview can be narrowed to.
var stateFilters = []struct{ value, text string }{
	{"kept", "met or at risk"},
	{"met", "met"},
	{"at_risk", "at risk"},
	{"missed", "failing or breached"},
	{"failing", "failing"},
	{"breached", "breached"},
	{"no_data", "no data"},
	{"credit", "credit accrued"},
}

// checkOverview refuses words in the address that the overview does not know.
func checkOverview(r *http.Request) error {
	states := make([]string, len(stateFilters))
	for i := range stateFilters {
		states[i] = stateFilters[i].value
	}
	_, err := oneOf(r, "state", states...)
	if err == nil {
		_, err = oneOf(r, "kind", sla.SLA, sla.OLA, sla.UC)
	}
	if err == nil {
		_, err = oneOf(r, "sort", "service", "budget")
	}
	return err
}

func stateTakes(state string, s *look) bool {
	now := s.state
	switch state {
	case "":
		return true
	case "kept":
		return now == sla.Met || now == sla.AtRisk
	case "missed":
		return now == sla.Failing || now == sla.Breached
	case "credit":
		return len(sumMoney([]*look{s})) > 0
	}
	return string(now) == state
}

func (f *filter) takes(s *sla.Standing, svc *sla.Service) bool {
	if f.Kind != "" && string(s.Agreement.Kind) != f.Kind || f.Customer != "" && s.Agreement.Customer != f.Customer ||
		f.Owner != "" && svc.Owner != f.Owner {
		return false
	}
	if k, v, ok := strings.Cut(f.Label, "="); ok && svc.Labels[k] != v {
		return false
	}
	if f.Text == "" {
		return true
	}
	text := strings.ToLower(f.Text)
	for _, in := range []string{svc.Name, svc.Title, svc.Description, s.Agreement.Name, s.Agreement.Title, s.Objective.Name, s.Objective.Indicator, s.Agreement.Customer} {
		if strings.Contains(strings.ToLower(in), text) {
			return true
		}
	}
	return false
}

// options gives a list in the order of its texts.
func options(values map[string]string, chosen string) []option {
	var out []option
	for v, text := range values {
		out = append(out, option{v, text, v == chosen})
	}
	slices.SortFunc(out, func(a, b option) int { return strings.Compare(a.Text+a.Value, b.Text+b.Value) })
	return out
}

// periods makes the picker and gives the instant with whose period the matrix ends.
func (o *overview) periods() (sla.Instant, error) {
	zone, term := o.h.zone(), sla.PeriodTerm{Kind: sla.PeriodMonth}
	if len(o.sight.looks) > 0 {
		a := o.sight.looks[0].Agreement
		loc, err := calendar.Zone(a.Zone)
		if err != nil {
			return 0, fmt.Errorf("agreement %s: %w", a.Name, err)
		}
		zone = loc
	}
	o.f.in(zone)
	end, chosen := o.now, o.values.Get("period")
	if chosen != "" {
		p, err := calendar.Parse(chosen, zone)
		if err != nil {
			return 0, badInput("%v", err)
		}
		if p.To <= o.now {
			end, o.Past, o.PastText = p.To-1, chosen, o.f.Period(p.Name)
		}
	}
	o.f.Periods = o.f.picker(picking{
		term: term, zone: zone, now: o.now, chosen: calendar.PeriodAt(term, zone, end), action: o.f.Prefix + "/", keep: o.values,
		first: firstOf(o.h.o.Standings()),
	})
	return end, nil
}

// firstOf gives when the first of the agreements came into force.
func firstOf(standings []sla.Standing) sla.Instant {
	first := sla.Forever
	for i := range standings {
		first = min(first, standings[i].Agreement.Valid.From)
	}
	return first
}

// picking is what a picker is made of.
type picking struct {
	term   sla.PeriodTerm
	zone   *time.Location
	now    sla.Instant
	chosen sla.Period
	first  sla.Instant // before which there is nothing
	action string
	keep   url.Values
}

// picker gives the list of periods up to the one under way, at most three dozen.
func (f *frame) picker(p picking) *picker {
	out := &picker{Label: f.Period(p.chosen.Name), Current: p.chosen.Name, Action: p.action}
	address := func(name string) string {
		values := maps.Clone(p.keep)
		if values == nil {
			values = url.Values{}
		}
		values.Set("period", name)
		return p.action + "?" + values.Encode()
	}
	at := calendar.PeriodAt(p.term, p.zone, p.now)
	under := at.Name
	for range 36 {
		text := f.Period(at.Name)
		if at.Name == under {
			text = f.say("%s, under way", text)
		}
		out.Options = append(out.Options, option{at.Name, text, at.Name == p.chosen.Name})
		if at.From <= p.first {
			break
		}
		at = calendar.Prev(p.term, p.zone, at)
	}
	for i, o := range out.Options {
		if !o.Chosen {
			continue
		}
		if i+1 < len(out.Options) {
			out.Earlier = address(out.Options[i+1].Value)
		}
		if i > 0 {
			out.Later = address(out.Options[i-1].Value)
		}
	}
	for name, v := range p.keep {
		if name != "period" {
			out.Keep = append(out.Keep, [2]string{name, v[0]})
		}
	}
	slices.SortFunc(out.Keep, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return out
}

// links gives the addresses that change one thing about the page.
func (o *overview) links() {
	o.Sort = o.values.Get("sort")
	for _, by := range []string{"service", "budget", ""} {
		s := sorting{o.with("sort", by), "none"}
		if by == o.Sort {
			s.Aria = "ascending"
			if by == "" {
				s.Aria = "descending" // the worst first
			}
		}
		o.Sorts[by] = s
	}
	o.AllOpen = o.open["all"]
	o.OpenAll = o.with("open", "all")
	if o.AllOpen {
		o.OpenAll = o.with("open", "")
	}
	o.CSV = o.f.Prefix + "/matrix.csv"
	if len(o.values) > 0 {
		o.CSV += "?" + o.values.Encode()
	}
	o.Clear = o.f.Prefix + "/"
}

// fold puts away what needs attention beyond the first few.
func (o *overview) fold() {
	if o.Worries > len(o.Attention) {
		o.Beyond = len(o.Attention)
	}
	if len(o.Attention) > worriesShown+1 { // a list of one more takes no more room than the line that opens it
		o.Attention, o.Rest = o.Attention[:worriesShown], o.Attention[worriesShown:]
	}
}
