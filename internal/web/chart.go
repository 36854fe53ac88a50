package web

import (
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Charts are drawn from what is judged. Their coordinates are the only floating
// point numbers of the pages: nothing is read back from them.

// frameSize is the drawing's size and where the plot lies in it.
const (
	chartHeight           = 250.0
	plotTop, plotBottom   = 14.0, 186.0
	barsTop, barsBottom   = 196.0, 214.0
	stripHeight           = 128.0
	stripTop, stripBottom = 20.0, 100.0
)

// sheet is what a chart is drawn on: one for screens and paper, one for phones.
type sheet struct {
	name               string
	width, left, right float64
	dates              int // how many the axis names at most
}

var (
	broad  = sheet{"broad", 920, 52, 908, 8}
	narrow = sheet{"narrow", 380, 44, 374, 4}
)

// mark is a line or text at a place of an axis.
type mark struct {
	X, Y   string
	Text   string
	Anchor string
}

// box is a rectangle with what it stands for.
type box struct {
	X, Y, Width, Height string
	Class, Title, Href  string
}

// burnDown is how the error budget of a period was spent.
type burnDown struct {
	Name       string // of the sheet
	Size       string // viewBox
	Rail       string // the width of the plot
	Left       string
	Right      string
	Top        string
	Bottom     string
	Zero       string // the height of nothing left
	Ideal      [4]string
	Lines      []string
	Areas      []string
	Now        *mark
	X, Y       []mark
	Removed    []box
	Outages    []box
	Versions   []mark
	EndX, EndY string
	End        string
	Said       string // title and description
}

// axis maps a period to the width of a plot.
type axis struct {
	span sla.Span
	on   sheet
}

func (a axis) x(i sla.Instant) float64 {
	i = min(max(i, a.span.From), a.span.To)
	return a.on.left + float64(i-a.span.From)/float64(a.span.Length())*(a.on.right-a.on.left)
}

// ticks marks dates along the axis.
func (a axis) ticks(f *frame, zone *time.Location) []mark {
	days := int(a.span.Length()/sla.Day) + 1
	var out []mark
	if days <= 3 {
		step := max(a.span.Length()/sla.Millis(a.on.dates-2)/sla.Hour, 1) * sla.Hour
		for at := a.span.From; at < a.span.To; at = at.Add(step) {
			out = append(out, mark{X: px(a.x(at)), Text: at.In(zone).Format("2 Jan 15:04"), Anchor: "start"})
		}
		return out
	}
	every := max(1, (days+a.on.dates-1)/a.on.dates)
	t := a.span.From.In(zone)
	for i := 0; i < days; i += every {
		at := sla.At(time.Date(t.Year(), t.Month(), t.Day()+i, 0, 0, 0, 0, zone))
		if at < a.span.To {
			out = append(out, mark{X: px(a.x(at)), Text: at.In(zone).Format("2 Jan"), Anchor: "start"})
		}
	}
	return out
}

// burnDown draws the parts of a period; nil when none has a budget.
func (f *frame) burnDown(a axis, d *detail, zone *time.Location, now sla.Instant) *burnDown {
	c := &burnDown{
		Name: a.on.name, Size: "0 0 " + px(a.on.width) + " " + px(chartHeight), Left: px(a.on.left), Right: px(a.on.right),
		Rail: px(a.on.right - a.on.left), Top: px(plotTop), Bottom: px(plotBottom), X: a.ticks(f, zone),
	}
	lowest := 0.0
	var runs [][][2]float64 // x, share left
	for _, p := range d.parts {
		b := p.verdict.Budget
		if b == nil || b.Allowed.Sign() <= 0 || p.verdict.Compliance == nil {
			continue
		}
		var run [][2]float64
		for _, at := range p.course {
			if at.spent == nil {
				continue
			}
			left, _ := new(big.Rat).Quo(at.spent, b.Allowed).Float64()
			lowest = min(lowest, 1-left)
			run = append(run, [2]float64{a.x(at.at), 1 - left})
		}
		if len(run) > 1 {
			runs = append(runs, run)
			c.End = f.share(b.Share(), 1)
		}
	}
	if len(runs) == 0 {
		return nil
	}
	lowest = math.Max(lowest, -4) // beyond that the line leaves the drawing
	height := func(share float64) float64 {
		return plotTop + (1-math.Max(share, lowest))/(1-lowest)*(plotBottom-plotTop)
	}
	c.Zero = px(height(0))
	c.Ideal = [4]string{px(a.on.left), px(height(1)), px(a.on.right), px(height(0))}
	for _, share := range scaleOf(lowest) {
		c.Y = append(c.Y, mark{Y: px(height(share)), Text: f.Percent(sla.Truncate(new(big.Rat).SetFloat64(math.Round(share*100)), 0))})
	}
	for _, run := range runs {
		points := make([]string, len(run))
		for i, p := range run {
			points[i] = px(p[0]) + "," + px(height(p[1]))
		}
		first, last, line := run[0], run[len(run)-1], strings.Join(points, " ")
		c.Lines = append(c.Lines, line)
		c.Areas = append(c.Areas, px(first[0])+","+c.Zero+" "+line+" "+px(last[0])+","+c.Zero)
		c.EndX, c.EndY = px(last[0]), px(height(last[1]))
	}
	c.parts(f, a, d, zone)
	if a.span.Contains(now) {
		c.Now = &mark{X: px(a.x(now)), Text: f.say("now")}
	}
	return c
}

// scaleOf gives the shares that the axis names.
func scaleOf(lowest float64) []float64 {
	switch {
	case lowest < -1.5:
		return []float64{1, 0, math.Floor(lowest)}
	case lowest < -.4:
		return []float64{1, .5, 0, -.5, -1}
	}
	shares := []float64{1, .75, .5, .25, 0}
	if lowest < -.2 {
		shares = append(shares, -.25)
	}
	return shares
}

// parts draws what is removed, the outages and where versions change.
func (c *burnDown) parts(f *frame, a axis, d *detail, zone *time.Location) {
	for i, p := range d.parts {
		if i > 0 {
			c.Versions = append(c.Versions, mark{X: px(a.x(p.verdict.Part.From)), Text: f.say("version %d", p.verdict.Version)})
		}
		for _, s := range p.removed.Clip(a.span) {
			c.Removed = append(c.Removed, box{
				X: px(a.x(s.From)), Width: px(math.Max(a.x(s.To)-a.x(s.From), 3)), Y: px(plotTop), Height: px(barsBottom - plotTop),
				Title: f.say("Excluded from %s for %s", f.moment(s.From, zone), f.Duration(s.Length())),
			})
		}
		for _, o := range p.verdict.Outages {
			if o.Small {
				continue
			}
			c.Outages = append(c.Outages, box{
				X: px(a.x(o.From)), Width: px(math.Max(a.x(o.To)-a.x(o.From), 2.5)), Y: px(barsTop), Height: px(barsBottom - barsTop),
				Title: f.say("Outage of %s from %s: %s", f.Duration(o.Duration), f.moment(o.From, zone), f.bad(&p.verdict, o.Bad)),
			})
		}
	}
}

// strip is one bar for every day, as high as the day was bad.
type strip struct {
	Name, Size, Left, Right, Top, Bottom string
	Bars                                 []box
	X                                    []mark
	Most                                 string // what the top stands for
	Goal                                 *mark  // the bound of a mean
}

// emptyStrip is a strip without bars.
func (f *frame) emptyStrip(a axis, zone *time.Location) *strip {
	return &strip{
		Name: a.on.name, Size: "0 0 " + px(a.on.width) + " " + px(stripHeight), Left: px(a.on.left), Right: px(a.on.right),
		Top: px(stripTop), Bottom: px(stripBottom), X: a.ticks(f, zone),
	}
}

// dayStrip draws the days of a period; nil when no day has facts.
func (f *frame) dayStrip(a axis, d *detail, zone *time.Location) *strip {
	c := f.emptyStrip(a, zone)
	most, text := new(big.Rat), ""
	for _, p := range d.parts {
		for _, d := range p.days {
			if d.bad != nil && d.bad.Cmp(most) > 0 {
				most, text = d.bad, f.say("%s in a day", f.bad(&p.verdict, d.bad))
			}
		}
	}
	top, _ := most.Float64()
	c.Most = text
	for _, p := range d.parts {
		for _, day := range p.days {
			c.Bars = append(c.Bars, f.dayBars(a, p, day, top)...)
		}
	}
	if len(c.Bars) == 0 {
		return nil
	}
	return c
}

// dayBars gives the bars of one day: its slot, what is not counted in it, and what was bad.
func (f *frame) dayBars(a axis, p *part, d day, top float64) []box {
	x, w := a.x(d.from), a.x(d.to)-a.x(d.from)
	gap := math.Min(2, w*.15)
	slot := box{X: px(x + gap/2), Width: px(math.Max(w-gap, .8)), Y: px(stripTop), Height: px(stripBottom - stripTop), Class: "slot"}
	slot.Title = f.Date(d.date)
	if d.bad != nil {
		slot.Title = f.say("%s: %s bad", f.Date(d.date), f.amount(&p.verdict, d.bad))
	}
	out := []box{slot}
	add := func(r *big.Rat, class, text string) {
		if r != nil && r.Sign() > 0 {
			seconds, _ := r.Float64()
			b := slot
			b.Height = px(math.Max(4, min(1, seconds*1000/float64(d.to-d.from))*(stripBottom-stripTop)))
			b.Class, b.Title = class, f.say(text, f.Date(d.date), f.seconds(r))
			out = append(out, b)
		}
	}
	add(d.removed, "removed", "%s: %s excluded")
	add(d.unknown, "unknown", "%s: %s unknown")
	if d.bad != nil && d.bad.Sign() > 0 && top > 0 {
		v, _ := d.bad.Float64()
		tall := math.Max(1, v/top*(stripBottom-stripTop))
		b := slot
		b.Class, b.Y, b.Height = "bad", px(stripBottom-tall), px(tall)
		out = append(out, b)
	}
	return out
}
