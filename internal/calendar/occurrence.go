package calendar

import (
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// Occurrences gives when x applies within w, approved or not: its span, or the
// union of its occurrences. The error names a cron expression or zone that
// cannot be read.
func Occurrences(x *sla.Exclusion, w sla.Span) (Set, error) {
	if x.Every == nil {
		return Set(nil).push(x.Span.Intersect(w)), nil
	}
	set, err := recur(x.Every, w)
	if err != nil {
		return nil, fmt.Errorf("exclusion %s: %w", x.Name, err)
	}
	return set, nil
}

func recur(r *sla.Recurrence, w sla.Span) (Set, error) {
	expr, err := parseCron(r.Cron)
	if err != nil {
		return nil, err
	}
	loc, err := Zone(r.Zone)
	if err != nil {
		return nil, err
	}
	starts := sla.Span{From: max(r.Valid.From, w.From.Add(-r.Lasts)), To: min(r.Valid.To, w.To)}
	if w.Empty() || starts.Empty() || r.Lasts <= 0 {
		return nil, nil
	}
	var out Set
	// A start before the first day shown can be moved into it by a skipped day,
	// and the clock may go back over midnight.
	first, last := addDays(dateAt(loc, starts.From), -2), dateAt(loc, starts.To-1)
	for d := first; !after(d, last); d = addDays(d, 1) {
		if !expr.on(d) {
			continue
		}
		for _, c := range expr.clocks() {
			if at := firstAt(loc, wallOf(d, c)); starts.Contains(at) {
				out = append(out, sla.Span{From: at, To: at.Add(r.Lasts)})
			}
		}
	}
	return Of(out...).Clip(w), nil
}

// clocks gives the starts within a day.
func (c cron) clocks() []sla.Clock {
	var out []sla.Clock
	for h := sla.Millis(0); h < 24; h++ {
		for m := sla.Millis(0); m < 60; m++ {
			if c.hour&(1<<h) != 0 && c.minute&(1<<m) != 0 {
				out = append(out, h*sla.Hour+m*sla.Minute)
			}
		}
	}
	return out
}
