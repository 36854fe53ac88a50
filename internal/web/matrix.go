package web

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// columns is how many closed periods the matrix shows beside the one under way.
const columns = 12

// matrix is services and their objectives over the last periods of one kind.
type matrix struct {
	Kind    sla.PeriodKind
	Title   string
	Periods []column
	Rows    []*serviceRow
	// Page says which services are shown when there are more; Before and After
	// lead to the others.
	Page, Before, After string
}

// column is one period of a matrix.
type column struct {
	Name, Short, Long string
	Now               bool
	from              sla.Instant
}

// serviceRow is a service with the worst of its objectives in every period.
type serviceRow struct {
	Service, Title string
	Cells          []cell
	Objectives     []*objectiveRow // of a closed service the worst alone
	Count          int             // of all its objectives
	Open           bool
	Toggle         string // address that opens or closes it
	worst          *objectiveRow
}

// Worst gives the objective that decides how the service stands.
func (s *serviceRow) Worst() *objectiveRow { return s.worst }

// objectiveRow is one objective over the periods.
type objectiveRow struct {
	s     *sla.Standing
	Cells []cell
	Label string
	Title string // of the agreement
	Href  string
	Badge badge
	Gauge *gauge
	Left  string
	Burn  string
	Goal  string
}

// Standing gives what is known of the objective now.
func (o *objectiveRow) Standing() *sla.Standing { return o.s }

// cell is one objective in one period; without a verdict nothing was judged.
type cell struct {
	Verdict  *sla.Verdict
	Badge    badge
	Value    string
	Named    string // the objective that decides
	Href     string
	Title    string
	Now, New bool // the period under way; the first by a new version
}

// key tells an objective in a period.
type key struct{ agreement, objective, period string }

// worstOf gives the worst verdict of each objective in each period that
// has rows in the span; of several parts of a period the worst stands.
func worstOf(verdicts []sla.Verdict) map[key]*sla.Verdict {
	out := map[key]*sla.Verdict{}
	for i := range verdicts {
		v := &verdicts[i]
		k := key{v.Agreement, v.Objective, v.Period.Name}
		if old := out[k]; old == nil || worse(v, old) {
			out[k] = v
		}
	}
	return out
}

// matrices gives a matrix for each kind of period that the standings have,
// months first.
func (o *overview) matrices(end sla.Instant) ([]*matrix, error) {
	byKind := map[sla.PeriodTerm][]*sla.Standing{}
	var terms []sla.PeriodTerm
	for _, s := range o.chosen {
		term := s.Agreement.Period
		if term.Kind == sla.PeriodRolling {
			term.Rolling = 0 // windows of any length stand in one matrix
		}
		if byKind[term] == nil {
			terms = append(terms, term)
		}
		byKind[term] = append(byKind[term], s)
	}
	slices.SortFunc(terms, func(a, b sla.PeriodTerm) int { return cmp.Compare(kindOrder(a.Kind), kindOrder(b.Kind)) })
	var out []*matrix
	for _, term := range terms {
		m, err := o.matrix(term, byKind[term], end)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func kindOrder(k sla.PeriodKind) int {
	return slices.Index([]sla.PeriodKind{
		sla.PeriodMonth, sla.PeriodWeek, sla.PeriodDay, sla.PeriodQuarter, sla.PeriodHalf, sla.PeriodYear, sla.PeriodRolling,
	}, k)
}

// ranked is an objective with what it is ordered by.
type ranked struct {
	s        *sla.Standing
	severity int
	left     *big.Rat // share of the budget; nil without one
}

// rank orders objectives, the worst first.
func rank(a, b ranked) int {
	switch {
	case a.severity != b.severity:
		return b.severity - a.severity
	case a.left == nil || b.left == nil:
		return lessLeft(a.left, b.left)
	}
	return a.left.Cmp(b.left)
}

// grouped is a service's objectives, the worst first.
type grouped struct {
	service, title string
	list           []ranked
}

// mostServices is how many services one page of a matrix shows.
const mostServices = 50

func (o *overview) matrix(term sla.PeriodTerm, list []*sla.Standing, end sla.Instant) (*matrix, error) {
	zone, err := calendar.Zone(list[0].Agreement.Zone)
	if err != nil {
		return nil, fmt.Errorf("agreement %s: %w", list[0].Agreement.Name, err)
	}
	m := &matrix{Kind: term.Kind, Title: o.f.say(kindTitle(term.Kind)), Periods: o.columnsOf(term, zone, end)}
	groups := o.page(m, o.group(list))
	m.drop(o, groups)
	for _, g := range groups {
		row := o.serviceRow(g)
		row.Cells = o.worstCells(g, m.Periods)
		row.Count = len(g.list)
		shown := g.list[:1]
		if row.Open {
			shown = g.list
		}
		for _, r := range shown {
			periods := m.Periods
			if !row.Open {
				periods = nil // only what is said of it now
			}
			row.Objectives = append(row.Objectives, o.objectiveRow(r.s, periods))
		}
		row.worst = row.Objectives[0]
		m.Rows = append(m.Rows, row)
	}
	return m, nil
}

// group puts the objectives of each service together and orders the services.
func (o *overview) group(list []*sla.Standing) []*grouped {
	byName := map[string]*grouped{}
	var out []*grouped
	for _, s := range list {
		g := byName[s.Agreement.Service]
		if g == nil {
			g = &grouped{service: s.Agreement.Service, title: o.h.service(s.Agreement.Service)}
			byName[g.service] = g
			out = append(out, g)
		}
		r := ranked{s: s, left: leftShare(s.Current), severity: severity(sla.NoData)}
		if s.Current != nil {
			r.severity = severity(s.Current.State)
		}
		g.list = append(g.list, r)
	}
	for _, g := range out {
		slices.SortStableFunc(g.list, rank)
	}
	by := func(a, b *grouped) int { return rank(a.list[0], b.list[0]) }
	switch o.Sort {
	case "service":
		by = func(a, b *grouped) int { return cmp.Compare(a.title, b.title) }
	case "budget":
		by = func(a, b *grouped) int { return lessLeft(a.list[0].left, b.list[0].left) }
	}
	slices.SortStableFunc(out, by)
	return out
}

// page gives the services that this page shows, with the way to the others.
func (o *overview) page(m *matrix, groups []*grouped) []*grouped {
	if o.whole || len(groups) <= mostServices {
		return groups
	}
	pages := (len(groups) + mostServices - 1) / mostServices
	at := min(max(o.at, 1), pages)
	m.Page = o.f.say("services %d to %d of %d", (at-1)*mostServices+1, min(at*mostServices, len(groups)), len(groups))
	if at > 1 {
		m.Before = o.with("page", fmt.Sprint(at-1))
	}
	if at < pages {
		m.After = o.with("page", fmt.Sprint(at+1))
	}
	return groups[(at-1)*mostServices : min(at*mostServices, len(groups))]
}

// worstCells gives the worst of a service's objectives in each period.
func (o *overview) worstCells(g *grouped, periods []column) []cell {
	out := make([]cell, len(periods))
	for i, p := range periods {
		out[i].Now = p.Now
		var worstVerdict *sla.Verdict
		var of *sla.Standing
		for _, r := range g.list {
			if v := o.verdict(r.s, p); v != nil && (worstVerdict == nil || worse(v, worstVerdict)) {
				worstVerdict, of = v, r.s
			}
		}
		if worstVerdict != nil {
			out[i] = o.cell(of, worstVerdict, p)
		}
	}
	return out
}

// verdict gives the verdict on an objective in the period of a column.
func (o *overview) verdict(s *sla.Standing, p column) *sla.Verdict {
	if p.Now && s.Current != nil {
		return s.Current
	}
	if v := s.Previous; v != nil && v.Period.Name == p.Name && v.Part == v.Period.Span {
		return v // as of the last round
	}
	return o.past[key{s.Agreement.Name, s.Objective.Name, p.Name}]
}

func kindTitle(k sla.PeriodKind) string {
	return map[sla.PeriodKind]string{
		sla.PeriodMonth: "By month", sla.PeriodWeek: "By week", sla.PeriodDay: "By day", sla.PeriodQuarter: "By quarter",
		sla.PeriodHalf: "By half year", sla.PeriodYear: "By year", sla.PeriodRolling: "Rolling windows",
	}[k]
}

// columnsOf gives the periods of the columns, oldest first, the one in which
// end lies last.
func (o *overview) columnsOf(term sla.PeriodTerm, zone *time.Location, end sla.Instant) []column {
	if term.Kind == sla.PeriodRolling {
		return []column{{Name: "", Short: o.f.say("now"), Long: o.f.say("the window that ends now"), Now: true}}
	}
	p := calendar.PeriodAt(term, zone, end)
	var out []column
	for range columns + 1 {
		out = append(out, column{
			Name: p.Name, Short: o.f.ShortPeriod(p.Name), Long: o.f.Period(p.Name),
			Now: p.Contains(o.now), from: p.From,
		})
		p = calendar.Prev(term, zone, p)
	}
	slices.Reverse(out)
	return out
}

func (o *overview) serviceRow(g *grouped) *serviceRow {
	row := &serviceRow{Service: g.service, Title: g.title}
	row.Open = o.open["all"] || o.open[g.service]
	row.Toggle = o.toggle(g.service, row.Open)
	return row
}

func (o *overview) objectiveRow(s *sla.Standing, periods []column) *objectiveRow {
	row := &objectiveRow{
		s: s, Label: s.Objective.Name, Title: titled(s.Agreement.Title, s.Agreement.Name), Goal: o.f.target(s.Objective),
		Href: o.f.To("objectives", s.Agreement.Name, s.Objective.Name), Badge: o.f.badge(s.Current),
		Gauge: o.f.gauge(s.Current), Cells: make([]cell, len(periods)),
	}
	if s.Current != nil && s.Current.Budget != nil && s.Current.Compliance != nil {
		row.Left = o.f.budget(s.Current, s.Current.Budget.Left)
	}
	if r := s.Burn["1h"]; r != nil {
		row.Burn = o.f.burnText(r)
	}
	version := 0
	for i, p := range periods {
		v := o.verdict(s, p)
		if v == nil {
			row.Cells[i] = cell{Now: p.Now}
			continue
		}
		row.Cells[i] = o.cell(s, v, p)
		row.Cells[i].New = version > 0 && v.Version > version
		version = v.Version
	}
	return row
}

func (o *overview) cell(s *sla.Standing, v *sla.Verdict, p column) cell {
	c := cell{Verdict: v, Badge: o.f.badge(v), Value: o.f.reached(v), Named: s.Objective.Name, Now: p.Now}
	c.Href = o.f.To("objectives", s.Agreement.Name, s.Objective.Name)
	if !p.Now && p.Name != "" {
		c.Href += "?period=" + p.Name
	}
	c.Title = o.f.say("%s, %s: %s, %s against %s", s.Objective.Name, p.Long, c.Badge.Word(), c.Value, o.f.target(s.Objective))
	if v.Bad != nil && v.Bad.Sign() > 0 {
		c.Title += ", " + o.f.bad(v, v.Bad)
	}
	if share := v.Compliance; share != nil {
		c.Title += " (" + raw(share) + ")"
	}
	if v.Completeness != nil {
		c.Title += ", " + o.f.say("%s known", o.f.Percent(v.CompletenessShown()))
	}
	return c
}

// drop leaves out the columns before the first in which anything was judged.
func (m *matrix) drop(o *overview, groups []*grouped) {
	first := len(m.Periods) - 1
	for _, g := range groups {
		for _, r := range g.list {
			for i := range first {
				if o.verdict(r.s, m.Periods[i]) != nil {
					first = i
					break
				}
			}
		}
	}
	m.Periods = m.Periods[first:]
}

// lessLeft orders shares of budgets that are left, none last.
func lessLeft(a, b *big.Rat) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Cmp(b)
}

// sumMoney adds credits by currency.
func sumMoney(list []*sla.Standing) map[string]*big.Rat {
	out := map[string]*big.Rat{}
	for _, s := range list {
		if s.Current == nil || s.Current.Credit == nil || s.Current.Credit.Amount == nil || s.Current.Credit.Amount.Minor == 0 {
			continue
		}
		m := s.Current.Credit.Amount
		if out[m.Currency] == nil {
			out[m.Currency] = new(big.Rat)
		}
		r, _ := new(big.Rat).SetString(m.Decimal())
		out[m.Currency].Add(out[m.Currency], r)
	}
	return out
}
