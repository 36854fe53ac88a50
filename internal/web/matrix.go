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
}

// column is one period of a matrix.
type column struct {
	Name, Short, Long string
	Now               bool
	from              sla.Instant
}

// serviceRow is a service with the worst of its objectives in every period.
type serviceRow struct {
	Service, Title, Owner string
	Cells                 []cell
	Objectives            []*objectiveRow
	Open                  bool
	Toggle                string // address that opens or closes it
	worst                 *objectiveRow
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

// closedVerdicts gives the worst verdict of each objective in each period that
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

func (o *overview) matrix(term sla.PeriodTerm, list []*sla.Standing, end sla.Instant) (*matrix, error) {
	zone, err := calendar.Zone(list[0].Agreement.Zone)
	if err != nil {
		return nil, fmt.Errorf("agreement %s: %w", list[0].Agreement.Name, err)
	}
	m := &matrix{Kind: term.Kind, Title: o.f.say(kindTitle(term.Kind)), Periods: o.columnsOf(term, zone, end)}
	rows := map[string]*serviceRow{}
	for _, s := range list {
		row := rows[s.Agreement.Service]
		if row == nil {
			row = o.serviceRow(s)
			rows[s.Agreement.Service] = row
			m.Rows = append(m.Rows, row)
		}
		row.Objectives = append(row.Objectives, o.objectiveRow(s, m.Periods))
	}
	m.drop()
	for _, row := range m.Rows {
		slices.SortStableFunc(row.Objectives, func(a, b *objectiveRow) int { return worst(a.s, b.s) })
		row.worst = row.Objectives[0]
		row.sum(m.Periods)
	}
	o.sort(m)
	return m, nil
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

func (o *overview) serviceRow(s *sla.Standing) *serviceRow {
	row := &serviceRow{Service: s.Agreement.Service, Title: o.h.service(s.Agreement.Service)}
	if svc := o.h.o.Catalogue().Service(row.Service); svc != nil {
		row.Owner = svc.Owner
	}
	row.Open = o.open["all"] || o.open[row.Service]
	row.Toggle = o.toggle(row.Service, row.Open)
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
		v := o.past[key{s.Agreement.Name, s.Objective.Name, p.Name}]
		if p.Now && s.Current != nil {
			v = s.Current
		}
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
func (m *matrix) drop() {
	first := len(m.Periods) - 1
	for _, row := range m.Rows {
		for _, o := range row.Objectives {
			for i := range o.Cells {
				if o.Cells[i].Verdict != nil {
					first = min(first, i)
				}
			}
		}
	}
	m.Periods = m.Periods[first:]
	for _, row := range m.Rows {
		for _, o := range row.Objectives {
			o.Cells = o.Cells[first:]
		}
	}
}

// sum puts the worst objective of each period into the service's own cells.
func (s *serviceRow) sum(periods []column) {
	s.Cells = make([]cell, len(periods))
	for i, p := range periods {
		s.Cells[i].Now = p.Now
		for _, o := range s.Objectives {
			if c := o.Cells[i]; c.Verdict != nil && (s.Cells[i].Verdict == nil || worse(c.Verdict, s.Cells[i].Verdict)) {
				s.Cells[i] = c
			}
		}
	}
}

// worst orders standings, the worst first.
func worst(a, b *sla.Standing) int {
	switch {
	case worse(a.Current, b.Current):
		return -1
	case worse(b.Current, a.Current):
		return 1
	}
	return 0
}

func (o *overview) sort(m *matrix) {
	by := func(a, b *serviceRow) int { return worst(a.worst.s, b.worst.s) }
	switch o.Sort {
	case "service":
		by = func(a, b *serviceRow) int { return cmp.Compare(a.Title, b.Title) }
	case "budget":
		by = func(a, b *serviceRow) int { return lessLeft(a.worst.s.Current, b.worst.s.Current) }
	}
	slices.SortStableFunc(m.Rows, by)
}

// lessLeft orders verdicts by the share of the budget that is left, none last.
func lessLeft(a, b *sla.Verdict) int {
	x, y := leftShare(a), leftShare(b)
	switch {
	case x == nil && y == nil:
		return 0
	case x == nil:
		return 1
	case y == nil:
		return -1
	}
	return x.Cmp(y)
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
