package render

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
)

// Charts are drawn from what the review says. Their coordinates are the only
// floating-point numbers here: nothing is read back from them.

// point is a place in a drawing.
type point struct{ X, Y float64 }

func px(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

func polyline(points []point) string {
	var s strings.Builder
	for i, p := range points {
		if i > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(px(p.X) + "," + px(p.Y))
	}
	return s.String()
}

func value(n report.Number) float64 {
	r := n.Rat()
	if r == nil {
		return 0
	}
	f, _ := r.Float64()
	return f
}

// tick is a mark on an axis.
type tick struct {
	At, Text string
	Anchor   string // of the text: start, middle or end
}

// bar is one day's bar.
type bar struct {
	X, Y, Width, Height string
	Title               string
}

// burn is the drawing of how an error budget went, above the bars of the days.
type burn struct {
	Width, Height     string
	Left, Right       string
	Full, Zero, Floor string // heights of 100 %, of nothing left, and of the days' base line
	Line              string
	Under, Over       string // the areas of what is left and of what is overspent
	End               string
	EndX, EndY        string
	X                 []tick
	Bad               []bar
	Removed, Unknown  []bar
	Most              string // what the highest bar stands for
	MostY             string
}

// Geometry of the burn-down: the budget above, the days below.
const (
	burnWidth, burnHeight = 640.0, 172.0
	burnLeft, burnRight   = 40.0, 560.0
	burnTop, burnBottom   = 8.0, 98.0
	daysTop, daysBottom   = 116.0, 154.0
)

// local gives the dates from the first to the last day of a span of stamps.
func local(from, to report.Stamp) []string {
	start, end := from.Time(), to.Time()
	var dates []string
	last := end.Add(-time.Millisecond).Format(time.DateOnly)
	for t := start; ; t = t.AddDate(0, 0, 1) {
		date := t.Format(time.DateOnly)
		if date > last || len(dates) > 400 {
			return dates
		}
		dates = append(dates, date)
	}
}

// burnDown draws an objective's budget; nil when there is nothing to be seen:
// no budget, nothing spent, or a period of a single day.
func (p *page) burnDown(o *report.Objective) *burn {
	from, to := p.Report.From, p.Report.To
	if o.Part != nil {
		from, to = o.Part.From, o.Part.To
	}
	dates := local(from, to)
	if o.Budget == nil || o.Budget.Allowed.Sign() <= 0 || len(o.Days) == 0 || len(dates) < 2 ||
		o.Method == sla.RatioTimeslices { // its budget counts slices, its days what was in them
		return nil
	}
	c := burnFrame()
	days := map[string]report.Day{}
	for _, d := range o.Days {
		days[d.Date] = d
	}
	p.burnLine(c, o, dates, days)
	p.dayBars(c, o, dates, days)
	step := (burnRight - burnLeft) / float64(len(dates))
	every := max(1, (len(dates)+5)/6)
	for i := 0; i < len(dates); i += every {
		t, _ := time.Parse(time.DateOnly, dates[i])
		c.X = append(c.X, tick{px(burnLeft + step*(float64(i)+.5)), t.Format("2 Jan"), "middle"})
	}
	return c
}

func burnFrame() *burn {
	return &burn{
		Width: px(burnWidth), Height: px(burnHeight), Left: px(burnLeft), Right: px(burnRight), Floor: px(daysBottom), Full: px(burnTop),
	}
}

// burnLine draws the share of the budget that is left at the end of each day.
func (p *page) burnLine(c *burn, o *report.Objective, dates []string, days map[string]report.Day) {
	allowed := value(o.Budget.Allowed)
	left, lowest := []float64{1}, 0.0
	spent := 0.0
	for _, date := range dates {
		if date > p.until(o) {
			break
		}
		spent += value(days[date].Bad)
		if p.Method.Unknown == sla.UnknownBad && o.Unit == report.UnitSeconds {
			spent += value(days[date].Unknown)
		}
		left = append(left, 1-spent/allowed)
		lowest = min(lowest, 1-spent/allowed)
	}
	height := func(share float64) float64 {
		return burnTop + (1-share)/(1-lowest)*(burnBottom-burnTop)
	}
	step := (burnRight - burnLeft) / float64(len(dates))
	var line []point
	for i, share := range left {
		line = append(line, point{burnLeft + step*float64(i), height(share)})
	}
	end := line[len(line)-1]
	c.Zero, c.Line = px(height(0)), polyline(line)
	c.Under, c.Over = areas(line, height(0))
	c.EndX, c.EndY = px(end.X), px(end.Y)
	if o.Budget.LeftShare != nil {
		c.End = p.lang.Percent(o.Budget.LeftShare.Shown)
	}
}

// areas gives what the line encloses above and below the height of zero.
func areas(line []point, zero float64) (above, below string) {
	up, down := []point{{line[0].X, zero}}, []point{{line[0].X, zero}}
	before := line[0]
	for _, p := range line {
		if (before.Y-zero)*(p.Y-zero) < 0 {
			cross := point{before.X + (p.X-before.X)*(zero-before.Y)/(p.Y-before.Y), zero}
			up, down = append(up, cross), append(down, cross)
		}
		up, down = append(up, point{p.X, min(p.Y, zero)}), append(down, point{p.X, max(p.Y, zero)})
		before = p
	}
	up, down = append(up, point{before.X, zero}), append(down, point{before.X, zero})
	for _, p := range line {
		if p.Y > zero {
			return polyline(up), polyline(down)
		}
	}
	return polyline(up), ""
}

// until gives the last date that the review judges.
func (p *page) until(o *report.Objective) string {
	if !o.Provisional || len(o.Days) == 0 {
		return "9999"
	}
	return o.Days[len(o.Days)-1].Date
}

// dayBars draws what was bad on each day, and where time was removed or unknown.
func (p *page) dayBars(c *burn, o *report.Objective, dates []string, days map[string]report.Day) {
	var most report.Number
	for _, d := range o.Days {
		if value(d.Bad) > value(most) {
			most = d.Bad
		}
	}
	step := (burnRight - burnLeft) / float64(len(dates))
	whole := bar{Y: px(daysTop), Height: px(daysBottom - daysTop), Width: px(step)}
	for i, date := range dates {
		d, ok := days[date]
		if !ok {
			continue
		}
		whole.X = px(burnLeft + step*float64(i))
		if d.Removed.Sign() > 0 {
			whole.Title = date + ": " + p.lang.Duration(d.Removed.Millis()) + " removed"
			c.Removed = append(c.Removed, whole)
		}
		if d.Unknown.Sign() > 0 {
			whole.Title = date + ": " + p.lang.Duration(d.Unknown.Millis()) + " unknown"
			c.Unknown = append(c.Unknown, whole)
		}
		if d.Bad.Sign() > 0 {
			tall := max(1.5, value(d.Bad)/value(most)*(daysBottom-daysTop))
			c.Bad = append(c.Bad, bar{
				X: px(burnLeft + step*(float64(i)+.12)), Width: px(step * .76), Y: px(daysBottom - tall), Height: px(tall),
				Title: date + ": " + p.Amount(o, d.Bad) + " bad",
			})
		}
	}
	if most.Sign() > 0 {
		c.Most, c.MostY = p.Amount(o, most), px(daysTop+8)
	}
}
