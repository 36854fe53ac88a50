package render

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
)

// periods is how many periods the SLAM chart and the trends show, this one included.
const periods = 12

// cell is one objective in one period.
type cell struct {
	Period     string
	State      sla.State // empty: the objective was not judged then
	Compliance *report.Share
	Version    int
	Mark       string // "*" for a provisional verdict
	Approx     bool   // approximate
	Now        bool
	New        bool // the first period of a new version
}

// row is one objective over the periods, whatever its parts.
type row struct {
	Name  string
	Cells []cell
	Of    *report.Objective
}

// rows gives the objectives over the last twelve periods.
func rows(r *report.Review) (columns []string, out []row) {
	seen := map[string]bool{}
	for i := range r.Objectives {
		for _, h := range r.Objectives[i].History {
			seen[h.Period] = true
		}
	}
	columns = slices.Sorted(maps.Keys(seen)) // names of one kind sort by time
	columns = append(columns, r.Report.Period)
	columns = columns[max(0, len(columns)-periods):]
	done := map[string]bool{}
	for i := range r.Objectives {
		if o := &r.Objectives[i]; !done[o.Name] {
			done[o.Name] = true
			out = append(out, row{Name: o.Name, Cells: cells(r, o, columns), Of: o})
		}
	}
	return columns, out
}

// cells gives one cell per column; of several parts of a period the worst stands.
func cells(r *report.Review, o *report.Objective, columns []string) []cell {
	at := map[string]int{}
	out := make([]cell, len(columns))
	for i, name := range columns {
		at[name], out[i].Period = i, name
	}
	put := func(c cell) {
		i, ok := at[c.Period]
		if !ok {
			return
		}
		if old := out[i]; old.State == "" || worse(c.State, old.State) {
			out[i] = c
		}
	}
	for _, h := range o.History {
		put(cell{Period: h.Period, State: h.State, Compliance: h.Compliance, Version: h.Version, Approx: h.Approximate})
	}
	for i := range r.Objectives {
		if same := &r.Objectives[i]; same.Name == o.Name {
			c := cell{Period: r.Report.Period, State: same.State, Compliance: same.Compliance, Version: r.Report.Version, Now: true, Approx: same.Approximate}
			if same.Part != nil {
				c.Version = same.Part.Version
			}
			if same.Provisional {
				c.Mark = "*"
			}
			put(c)
		}
	}
	for i := 1; i < len(out); i++ {
		out[i].New = out[i].Version > out[i-1].Version && out[i-1].Version > 0
	}
	return out
}

func worse(a, b sla.State) bool {
	return report.Worse(&report.Objective{State: a}, &report.Objective{State: b}) < 0
}

// trend is the drawing of an objective over the periods.
type trend struct {
	Name, State   string
	Width, Height string
	Left, Right   string
	Lines         []string // runs of periods with data
	Dots          []dot
	Goal          string // height of the target
	GoalText      string
	Top, Bottom   string // what the edges of the scale stand for
	TopY, BottomY string
	X             []tick
	New           []tick
}

// dot is one period's value, with the shape of its state.
type dot struct {
	X, Y  string
	State sla.State
	Title string
}

// Geometry of a trend.
const (
	trendWidth, trendHeight = 320.0, 118.0
	trendLeft, trendRight   = 50.0, 308.0
	trendTop, trendBottom   = 12.0, 92.0
)

// frame is where a line is drawn, and between which values.
type frame struct {
	left, right, top, bottom float64
	low, high                float64
}

func (f frame) height(v float64) float64 {
	return f.bottom - (v-f.low)/(f.high-f.low)*(f.bottom-f.top)
}

func (f frame) across(i, of int) float64 {
	return f.left + (f.right-f.left)/float64(max(1, of-1))*float64(i)
}

// fit sets the values between which the cells and the target lie; it reports
// false when fewer than two cells have data.
func (f *frame) fit(list []cell, goal float64) bool {
	n := 0
	f.low, f.high = goal, goal
	for _, c := range list {
		if c.Compliance != nil {
			n++
			f.low, f.high = min(f.low, shownValue(c.Compliance)), max(f.high, shownValue(c.Compliance))
		}
	}
	if f.high == f.low {
		f.low, f.high = f.low-.5, f.high+.5
	}
	return n > 1
}

// lines gives the runs of neighbouring periods that have data.
func (f frame) lines(list []cell) []string {
	var out []string
	var run []point
	for i, c := range append(slices.Clone(list), cell{}) {
		if c.Compliance != nil {
			run = append(run, point{f.across(i, len(list)), f.height(shownValue(c.Compliance))})
			continue
		}
		if len(run) > 1 {
			out = append(out, polyline(run))
		}
		run = nil
	}
	return out
}

// trendOf draws a row; nil when fewer than two periods have data.
func (p *page) trendOf(r row) *trend {
	f := frame{left: trendLeft, right: trendRight, top: trendTop, bottom: trendBottom}
	goal := goalOf(r.Of)
	if !f.fit(r.Cells, goal) {
		return nil
	}
	t := &trend{
		Name: r.Name, Width: px(trendWidth), Height: px(trendHeight), Left: px(trendLeft), Right: px(trendRight),
		Goal: px(f.height(goal)), GoalText: p.TargetText(r.Of.Target), TopY: px(trendTop), BottomY: px(trendBottom),
		Top: scale(f.high, r.Of), Bottom: scale(f.low, r.Of), Lines: f.lines(r.Cells),
	}
	for i, c := range r.Cells {
		x := f.across(i, len(r.Cells))
		if i == 0 || i == len(r.Cells)-1 || (i == len(r.Cells)/2 && len(r.Cells) > 5) {
			t.X = append(t.X, tick{px(x), p.lang.ShortPeriod(c.Period), anchor(i, len(r.Cells))})
		}
		if c.New {
			t.New = append(t.New, tick{px((x + f.across(i-1, len(r.Cells))) / 2), "v" + strconv.Itoa(c.Version), "middle"})
		}
		if c.Compliance != nil {
			said := p.lang.Period(c.Period) + ": " + p.Reached(r.Of, c.Compliance) + ", " + p.lang.State(c.State)
			t.Dots = append(t.Dots, dot{px(x), px(f.height(shownValue(c.Compliance))), c.State, said})
		}
	}
	return t
}

// spark draws an objective's periods in small, its last one with a dot.
func (p *page) spark(o *report.Objective) *trend {
	for _, r := range p.Rows {
		f, goal := frame{left: 2, right: 80, top: 3, bottom: 19}, goalOf(o)
		if r.Name != o.Name || !f.fit(r.Cells, goal) {
			continue
		}
		t := &trend{Goal: px(f.height(goal)), Lines: f.lines(r.Cells)}
		if last := r.Cells[len(r.Cells)-1]; last.Compliance != nil {
			t.Dots = []dot{{X: "80", Y: px(f.height(shownValue(last.Compliance))), State: last.State}}
		}
		return t
	}
	return nil
}

func shownValue(s *report.Share) float64 { return value(report.Number(s.Shown)) }

func goalOf(o *report.Objective) float64 {
	switch {
	case o.Target.AtMost != "":
		return value(o.Target.AtMost)
	case o.Target.AtLeast != "":
		return value(o.Target.AtLeast)
	}
	return value(report.Number(o.Target.Shown))
}

// scale says what an edge of a trend stands for, with the decimals of the values.
func scale(v float64, o *report.Objective) string {
	like := o.Target.Shown
	if o.Compliance != nil {
		like = o.Compliance.Shown
	}
	_, fraction, _ := strings.Cut(like, ".")
	return strconv.FormatFloat(v, 'f', min(len(fraction), 3), 64)
}

// anchor keeps the texts at both ends of an axis within the drawing.
func anchor(i, of int) string {
	switch i {
	case 0:
		return "start"
	case of - 1:
		return "end"
	}
	return "middle"
}
