package calendar

import (
	"fmt"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Hours gives the service hours of c within w, which must be bounded; all of w
// when c is nil. The error names a zone that does not exist.
func Hours(c *sla.Calendar, w sla.Span) (Set, error) {
	if w.Empty() {
		return nil, nil
	}
	if c == nil {
		return Set{w}, nil
	}
	loc, err := Zone(c.Zone)
	if err != nil {
		return nil, fmt.Errorf("calendar %s: %w", c.Name, err)
	}
	days := newDays(c)
	var spans []sla.Span
	for s := stretchAt(loc, w.From); s.From < w.To; s = stretchAt(loc, s.To) {
		spans = append(spans, days.within(s, w)...)
		if s.To == sla.Forever {
			break
		}
	}
	return Of(spans...), nil
}

// days finds the hours of a date.
type days struct {
	week [7][]sla.ClockSpan
	odd  map[sla.Date][]sla.ClockSpan // holidays and special days
}

func newDays(c *sla.Calendar) days {
	d := days{c.Week, make(map[sla.Date][]sla.ClockSpan, len(c.Holidays)+len(c.Special))}
	for _, h := range c.Holidays {
		d.odd[h] = nil
	}
	for _, s := range c.Special {
		d.odd[s.Date] = s.Hours
	}
	return d
}

func (d days) on(date sla.Date) []sla.ClockSpan {
	if hours, odd := d.odd[date]; odd {
		return hours
	}
	return d.week[weekday(date)]
}

// within gives the hours in w while the clock runs as in s. What the clock
// shows decides, so a reading that is skipped lies in no stretch and one that
// is doubled lies in two.
func (d days) within(s stretch, w sla.Span) []sla.Span {
	var out []sla.Span
	w = w.Intersect(s.Span)
	last := shown(w.To-1, s.offset)
	for date := shown(w.From, s.offset); !after(date, last); date = addDays(date, 1) {
		midnight := int64(wallOf(date, 0)) - s.offset
		for _, h := range d.on(date) {
			span := sla.Span{From: sla.Instant(midnight + int64(h.From)), To: sla.Instant(midnight + int64(h.To))}
			if span = span.Intersect(w); !span.Empty() {
				out = append(out, span)
			}
		}
	}
	return out
}

// shown gives the date that a clock of that offset shows.
func shown(i sla.Instant, offset int64) sla.Date {
	t := time.UnixMilli(int64(i) + offset).UTC()
	return sla.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
}

func after(a, b sla.Date) bool {
	switch {
	case a.Year != b.Year:
		return a.Year > b.Year
	case a.Month != b.Month:
		return a.Month > b.Month
	}
	return a.Day > b.Day
}
