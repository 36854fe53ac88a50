package web

import (
	"cmp"
	"context"
	"fmt"
	"maps"
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

	past map[key]*sla.Glance
}

// column is one period of a matrix.
type column struct {
	Name, Short, Long string
	Now               bool
	span              sla.Span
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
	s     *look
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
func (o *objectiveRow) Standing() *sla.Standing { return o.s.Standing }

// cell is one objective in one period; without a glance nothing was judged.
type cell struct {
	Glance   *sla.Glance
	Badge    badge
	Value    string
	Named    string // the objective that decides
	Href     string
	Title    string
	Now, New bool // the period under way; the first by a new version
	Revised  bool // after its review was issued
}

// key tells an objective in a period.
type key struct{ agreement, objective, period string }

// past reads the worst verdict of each objective in each period of the columns;
// of several parts of a period the worst stands.
func (o *overview) past(ctx context.Context, groups []*grouped, periods []column) (map[key]*sla.Glance, error) {
	names := map[string]bool{}
	for _, g := range groups {
		for _, l := range g.list {
			names[l.Agreement.Name] = true
		}
	}
	span := sla.Span{From: periods[0].span.From, To: periods[len(periods)-1].span.To}
	list, err := o.h.o.Store.Glances(ctx, slices.Sorted(maps.Keys(names)), span)
	if err != nil {
		return nil, fmt.Errorf("reading the verdicts of past periods: %w", err)
	}
	out := make(map[key]*sla.Glance, len(list))
	for i := range list {
		g := &list[i]
		k := key{g.Agreement, g.Objective, g.Period}
		if old := out[k]; old == nil || worse(g, old) {
			out[k] = g
		}
	}
	return out, nil
}

// matrices gives a matrix for each kind of period that the standings have,
// months first.
func (o *overview) matrices(ctx context.Context, end sla.Instant) ([]*matrix, error) {
	byKind := map[sla.PeriodTerm][]*look{}
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
		m, err := o.matrix(ctx, term, byKind[term], end)
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

// rank orders objectives, the worst first.
func rank(a, b *look) int {
	if a.severity != b.severity {
		return b.severity - a.severity
	}
	return lessLeft(a.left, b.left)
}

// grouped is a service's objectives, the worst first.
type grouped struct {
	service, title string
	list           []*look
}

// mostServices is how many services one page of a matrix shows.
const mostServices = 50

func (o *overview) matrix(ctx context.Context, term sla.PeriodTerm, list []*look, end sla.Instant) (*matrix, error) {
	zone, err := calendar.Zone(list[0].Agreement.Zone)
	if err != nil {
		return nil, fmt.Errorf("agreement %s: %w", list[0].Agreement.Name, err)
	}
	m := &matrix{Kind: term.Kind, Title: o.f.say(kindTitle(term.Kind)), Periods: o.columnsOf(term, zone, end)}
	groups := o.page(m, o.group(list))
	if m.past, err = o.past(ctx, groups, m.Periods); err != nil {
		return nil, err
	}
	m.drop(groups)
	for _, g := range groups {
		row := o.serviceRow(g)
		row.Cells = o.worstCells(m, g)
		row.Count = len(g.list)
		shown := g.list[:1]
		if row.Open {
			shown = g.list
		}
		for _, l := range shown {
			r := o.objectiveRow(l)
			if row.Open { // otherwise only what is said of it now
				o.history(m, r)
			}
			row.Objectives = append(row.Objectives, r)
		}
		row.worst = row.Objectives[0]
		m.Rows = append(m.Rows, row)
	}
	return m, nil
}

// group puts the objectives of each service together and orders the services.
func (o *overview) group(list []*look) []*grouped {
	byName := map[string]*grouped{}
	var out []*grouped
	for _, l := range list {
		g := byName[l.Agreement.Service]
		if g == nil {
			svc := o.sight.service(l.Agreement.Service)
			g = &grouped{service: svc.Name, title: titled(svc.Title, svc.Name)}
			byName[g.service] = g
			out = append(out, g)
		}
		g.list = append(g.list, l)
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
func (o *overview) worstCells(m *matrix, g *grouped) []cell {
	out := make([]cell, len(m.Periods))
	for i, p := range m.Periods {
		var worst *sla.Glance
		var of *look
		for _, l := range g.list {
			if v := m.glance(l, p); v != nil && (worst == nil || worse(v, worst)) {
				worst, of = v, l
			}
			if p.Now && worst != nil {
				break // they are in this order
			}
		}
		out[i] = o.cell(of, worst, p)
	}
	return out
}

// glance gives what is shown of an objective in the period of a column, nil when
// nothing was judged. Of the last period what the last round found stands.
func (m *matrix) glance(l *look, p column) *sla.Glance {
	if p.Now && l.Current != nil {
		g := l.Current.Glance()
		return &g
	}
	kept := m.past[key{l.Agreement.Name, l.Objective.Name, p.Name}]
	if v := l.Previous; v != nil && v.Period.Name == p.Name && v.Part == v.Period.Span {
		g := v.Glance()
		g.Revised = kept != nil && kept.Revised
		return &g
	}
	return kept
}

func kindTitle(k sla.PeriodKind) string {
	return map[sla.PeriodKind]string{
		sla.PeriodMonth: "Services by month", sla.PeriodWeek: "Services by week", sla.PeriodDay: "Services by day", sla.PeriodQuarter: "Services by quarter",
		sla.PeriodHalf: "Services by half year", sla.PeriodYear: "Services by year", sla.PeriodRolling: "Services over rolling windows",
	}[k]
}

// columnsOf gives the periods of the columns, oldest first, the one in which
// end lies last.
func (o *overview) columnsOf(term sla.PeriodTerm, zone *time.Location, end sla.Instant) []column {
	if term.Kind == sla.PeriodRolling {
		return []column{{Name: "", Short: o.f.say("now"), Long: o.f.say("the window that ends now"), Now: true, span: sla.Span{From: end, To: end}}}
	}
	p := calendar.PeriodAt(term, zone, end)
	var out []column
	for range columns + 1 {
		out = append(out, column{
			Name: p.Name, Short: o.f.ShortPeriod(p.Name), Long: o.f.Period(p.Name),
			Now: p.Contains(o.now), span: p.Span,
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

// objectiveRow says what is known of an objective now.
func (o *overview) objectiveRow(s *look) *objectiveRow {
	row := &objectiveRow{
		s: s, Label: s.Objective.Name, Title: titled(s.Agreement.Title, s.Agreement.Name), Goal: o.f.target(s.Objective),
		Href: o.href(s), Badge: o.f.badge(s.Current), Gauge: o.f.gauge(s.Current),
	}
	if s.then != nil {
		row.Badge, row.Gauge = o.f.Badge(s.state), o.f.gaugeOf(s.state, s.left)
		row.Badge.Provisional = s.then.Glance != nil && s.then.Provisional
	}
	if s.Current != nil && s.Current.Budget != nil && s.Current.Compliance != nil {
		row.Left = o.f.budget(s.Current, s.Current.Budget.Left)
	}
	if r := s.Burn["1h"]; r != nil && r.Cmp(big.NewRat(1, 1)) > 0 { // slower than that the budget lasts
		row.Burn = o.f.burnText(r)
	}
	return row
}

// history fills in the cells of an objective.
func (o *overview) history(m *matrix, row *objectiveRow) {
	version := 0
	for _, p := range m.Periods {
		g := m.glance(row.s, p)
		c := o.cell(row.s, g, p)
		if g != nil {
			c.New = version > 0 && g.Version > version
			version = g.Version
		}
		row.Cells = append(row.Cells, c)
	}
}

func (o *overview) cell(s *look, g *sla.Glance, p column) cell {
	if g == nil {
		return cell{Now: p.Now}
	}
	c := cell{Glance: g, Badge: badge{g.State, g.Provisional, o.f}, Value: o.f.glanced(g, s.Objective), Named: s.Objective.Name, Now: p.Now, Revised: g.Revised}
	if g.State == sla.NoData {
		c.Value = c.Badge.Word()
	}
	c.Href = o.f.To("objectives", s.Agreement.Name, s.Objective.Name)
	if !p.Now && p.Name != "" {
		c.Href += "?period=" + p.Name
	}
	c.Title = o.f.say("%s, %s: %s, %s against %s", s.Objective.Name, p.Long, c.Badge.Word(), c.Value, o.f.target(s.Objective))
	if bad := rat(g.Bad); bad != nil && bad.Sign() > 0 {
		c.Title += ", " + o.f.amountBad(g.Timed, bad)
	}
	if g.Num != "" {
		c.Title += " (" + plain(rat(g.Num)) + " / " + plain(rat(g.Den)) + ")"
	}
	if g.Known != "" {
		c.Title += ", " + o.f.say("%s known", o.f.Percent(g.Known))
	}
	if g.Revised {
		c.Title += ", " + o.f.say("revised after its review was issued")
	}
	return c
}

// drop leaves out the columns before the first in which anything was judged.
func (m *matrix) drop(groups []*grouped) {
	judged := map[string]bool{}
	for k := range m.past {
		judged[k.period] = true
	}
	for _, g := range groups {
		for _, l := range g.list {
			if l.Previous != nil {
				judged[l.Previous.Period.Name] = true
			}
		}
	}
	first := slices.IndexFunc(m.Periods, func(p column) bool { return judged[p.Name] })
	if first < 0 {
		first = len(m.Periods) - 1
	}
	m.Periods = m.Periods[first:]
}

// lessLeft orders shares of budgets that are left, none last.
func lessLeft(a, b *int64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return cmp.Compare(*a, *b)
}
