package render

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/wording"
)

//go:embed review.css review.gohtml parts.gohtml
var assets embed.FS

// page is a review with what its template needs to show it.
type page struct {
	*report.Review
	lang    wording.Language
	Style   template.CSS
	Columns []string
	Rows    []row
}

// Page gives the review as one HTML file that asks for nothing else: style and
// drawings are in it, and it holds no script.
func Page(r *report.Review) ([]byte, error) {
	style, err := assets.ReadFile("review.css")
	if err != nil {
		return nil, fmt.Errorf("reading the style of reviews: %w", err)
	}
	p := &page{
		Review: r, lang: wording.Language(r.Report.Language),
		Style: template.CSS(style), //nolint:gosec // our own style sheet, embedded; nothing of the review is in it
	}
	p.Columns, p.Rows = rows(r)
	t, err := template.New("review.gohtml").Funcs(p.functions()).ParseFS(assets, "*.gohtml")
	if err != nil {
		return nil, fmt.Errorf("reading the template of reviews: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("writing review %s as HTML: %w", r.Report.ID, err)
	}
	return out.Bytes(), nil
}

func (p *page) functions() template.FuncMap {
	return template.FuncMap{
		"amount": p.Amount, "target": p.TargetText, "reached": p.Reached, "title": heading, "of": raw,
		"seconds": func(n report.Number) string {
			if n == "" {
				return "–"
			}
			return p.lang.Duration(n.Millis())
		},
		"moment": func(s report.Stamp) string { return p.lang.Moment(s.Time()) },
		"lasted": func(from, to report.Stamp) string {
			return p.lang.Duration(sla.Millis(to.Time().Sub(from.Time()).Milliseconds()))
		},
		"day":      func(s report.Stamp) string { return p.lang.Date(s.Time()) },
		"percent":  p.percent,
		"period":   p.lang.Period,
		"short":    p.lang.ShortPeriod,
		"money":    p.money,
		"state":    p.lang.State,
		"letter":   p.lang.Letter,
		"blame":    p.lang.Blame,
		"category": p.lang.Category,
		"states":   func() []sla.State { return sla.States },
		"count":    p.lang.Count,
		"number":   func(n int) string { return p.lang.Number(strconv.Itoa(n)) },
		"burn":     p.burnDown,
		"spark":    p.spark,
		"blames":   p.blames,
		"words":    func(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") },
		"change":   p.change,
		"measure":  p.measure,
		"budget":   p.budget,
		"lost":     p.lost,
		"last":     last,
		"sentence": func(t report.Text) string { return strings.TrimSuffix(string(t), ".") + "." },
	}
}

// Worst gives the objectives worst first.
func (p *page) Worst() []*report.Objective {
	var out []*report.Objective
	for i := range p.Objectives {
		out = append(out, &p.Objectives[i])
	}
	slices.SortStableFunc(out, report.Worse)
	return out
}

// Title gives what the service is called.
func (p *page) Title() string { return titled(p.Titles.Service, heading(p.Report.Service)) }

// Party gives a party's title, its name where it has none.
func (p *page) Party(title, name string) string { return titled(title, name) }

func titled(title, name string) string {
	if title != "" {
		return title
	}
	return name
}

// heading gives a name as the first words of a line: Bad minutes for bad-minutes.
func heading(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(first)) + strings.ReplaceAll(name[size:], "-", " ")
}

// Amount says an amount in the unit of an objective.
func (p *page) Amount(o *report.Objective, n report.Number) string {
	switch {
	case n == "":
		return "–"
	case o.Unit == report.UnitSeconds:
		return p.lang.Duration(n.Millis())
	}
	return p.lang.Number(n.Short())
}

// TargetText says a target: 99.9%, or the bound of a mean.
func (p *page) TargetText(t report.Target) string {
	switch {
	case t.AtMost != "":
		return "≤ " + p.lang.Number(string(t.AtMost))
	case t.AtLeast != "":
		return "≥ " + p.lang.Number(string(t.AtLeast))
	case t.Shown == "":
		return "–"
	}
	return p.lang.Percent(t.Shown)
}

// Reached says a compliance, or the value of a mean.
func (p *page) Reached(o *report.Objective, s *report.Share) string {
	if s != nil && o.Unit == report.UnitValue {
		return p.lang.Number(s.Shown)
	}
	return p.percent(s)
}

func (p *page) percent(s *report.Share) string {
	if s == nil {
		return "–"
	}
	return p.lang.Percent(s.Shown)
}

// raw gives the fraction behind a percentage.
func raw(s *report.Share) string {
	if s == nil {
		return ""
	}
	return string(s.Num) + " / " + string(s.Den)
}

func (p *page) money(amount, currency any) string {
	if fmt.Sprint(amount) == "" {
		return "–"
	}
	return p.lang.Money(fmt.Sprint(amount), fmt.Sprint(currency))
}

// isShare reports whether a measure is a percentage; the others count.
func isShare(name string) bool {
	return name == "targets_met" || name == "current_agreements" || name == "timely_reviews"
}

func (p *page) measure(name string, value report.Text) string {
	switch {
	case value == "":
		return "–"
	case isShare(name):
		return p.lang.Percent(string(value))
	}
	return p.lang.Number(string(value))
}

// change says how a measure moved: in percentage points, or in percent of what it was.
func (p *page) change(name string, t report.Text) string {
	if t == "" {
		return "–"
	}
	text := p.lang.Number(string(t))
	if r := report.Number(t).Rat(); r != nil && r.Sign() > 0 {
		text = "+" + text
	}
	if isShare(name) {
		return text + " points"
	}
	return text + "%"
}

// lost says a bad amount with its unit.
func (p *page) lost(o *report.Objective, n report.Number) string {
	if o.Unit == report.UnitEvents {
		return p.Amount(o, n) + " bad events"
	}
	return p.Amount(o, n)
}

// budget says an error budget; that of ratio timeslices counts slices.
func (p *page) budget(o *report.Objective, n report.Number) string {
	if o.Method == sla.RatioTimeslices {
		return p.Amount(&report.Objective{Unit: report.UnitValue}, n) + " slices"
	}
	return p.Amount(o, n)
}

func last(h []report.History) *report.History {
	if len(h) == 0 {
		return nil
	}
	return &h[len(h)-1]
}

// Known gives the measures that have a value.
func (p *page) Known() []report.Measure {
	return slices.DeleteFunc(slices.Clone(p.Measures), func(m report.Measure) bool { return m.Value == "" })
}

// Broken gives the objectives with outages or a breach.
func (p *page) Broken() []*report.Objective {
	return slices.DeleteFunc(p.Worst(), func(o *report.Objective) bool { return o.Totals.Count == 0 && o.Breach == nil })
}

// Counted gives the objectives that an exclusion touches.
func (p *page) Counted() []*report.Objective {
	return slices.DeleteFunc(p.Worst(), func(o *report.Objective) bool { return o.WithoutExclusions == nil })
}

// AnyHistory reports whether there is an earlier period to show.
func (p *page) AnyHistory() bool { return len(p.Columns) > 1 }

// Trends gives the drawings of the objectives that have at least two periods.
func (p *page) Trends() []*trend {
	var out []*trend
	for _, r := range p.Rows {
		if t := p.trendOf(r); t != nil {
			out = append(out, t)
		}
	}
	return out
}

// share is one stretch of a stacked bar.
type share struct {
	X, Width, Middle string
	Class            sla.AttributionClass
	Label, Amount    string
}

// blames draws who caused what was bad in the listed outages; nil when nothing
// but the own side did.
func (p *page) blames(o *report.Objective) []share {
	parts := o.Attributed()
	total := new(big.Rat)
	others := false
	for _, a := range parts {
		if r := a.Bad.Rat(); r != nil {
			total.Add(total, r)
		}
		others = others || a.Class != sla.ByOwn
	}
	whole, _ := total.Float64()
	if !others || whole <= 0 {
		return nil
	}
	const width = 640.0
	x := 0.0
	var out []share
	for _, a := range parts {
		w := value(a.Bad) / whole * width
		label := p.lang.Blame(a.Class)
		if a.Agreement != "" {
			label = string(a.Agreement) + " (" + label + ")"
		}
		out = append(out, share{X: px(x), Width: px(w), Middle: px(x + w/2), Class: a.Class, Label: label, Amount: p.Amount(o, a.Bad)})
		x += w
	}
	return out
}
