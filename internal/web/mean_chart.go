package web

import (
	"math"
	"math/big"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// mean gives the mean of a day's values; nil where none were counted.
func (d *day) mean() *big.Rat {
	if d.count == nil || d.count.Sign() == 0 {
		return nil
	}
	return new(big.Rat).Quo(d.sum, d.count)
}

// added gives the sum and count that came to a mean between two verdicts on it.
func added(last, before *sla.Share) (sum, count *big.Rat) {
	if last == nil {
		return nil, nil
	}
	if before == nil {
		return last.Num, last.Den
	}
	return less(last.Num, before.Num), less(last.Den, before.Den)
}

// keeps reports whether a mean keeps the bound of an objective.
func keeps(o *sla.Objective, mean *big.Rat) bool {
	switch {
	case o.AtMost != nil:
		return mean.Cmp(o.AtMost.Rat()) <= 0
	case o.AtLeast != nil:
		return mean.Cmp(o.AtLeast.Rat()) >= 0
	}
	return true
}

// bound gives what a mean is held against; nil for an objective of shares.
func bound(o *sla.Objective) *big.Rat {
	switch {
	case o.AtMost != nil:
		return o.AtMost.Rat()
	case o.AtLeast != nil:
		return o.AtLeast.Rat()
	}
	return nil
}

// meanText says a mean in its unit.
func (f *frame) meanText(o *sla.Objective, mean *big.Rat) string {
	if mean == nil {
		return "–"
	}
	return f.measured(f.Number(sla.Truncate(mean, 3)), o.Indicator)
}

// meanStrip draws the mean of each day below or above the line of the bound; nil
// when nothing was counted on any day.
func (f *frame) meanStrip(a axis, d *detail, o *sla.Objective, zone *time.Location) *strip {
	goal, top, any := bound(o), 0.0, false
	if goal != nil {
		top, _ = goal.Float64()
	}
	for _, p := range d.parts {
		for i := range p.days {
			if m := p.days[i].mean(); m != nil {
				x, _ := m.Float64()
				top, any = math.Max(top, x), true
			}
		}
	}
	if !any || top <= 0 {
		return nil
	}
	top *= 1.1
	c := f.emptyStrip(a, zone)
	for _, p := range d.parts {
		for i := range p.days {
			c.Bars = append(c.Bars, f.meanBars(a, p, &p.days[i], o, top)...)
		}
	}
	if goal != nil {
		x, _ := goal.Float64()
		c.Goal = &mark{Y: px(stripBottom - x/top*(stripBottom-stripTop)), Text: f.target(o)}
	}
	return c
}

func (f *frame) meanBars(a axis, p *part, d *day, o *sla.Objective, top float64) []box {
	out := f.dayBars(a, p, *d, 0)
	m := d.mean()
	if m == nil {
		return out
	}
	x, _ := m.Float64()
	b := out[0]
	b.Class, b.Title = "good", f.say("%s: %s, of %s", f.Date(d.date), f.meanText(o, m), f.Number(sla.Truncate(d.count, 0)))
	if !keeps(o, m) {
		b.Class = "bad"
	}
	tall := math.Max(1, math.Max(0, x)/top*(stripBottom-stripTop))
	b.Y, b.Height = px(stripBottom-tall), px(tall)
	return append(out, b)
}
