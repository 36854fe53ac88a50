package catalogue

import (
	"slices"
	"strconv"
	"strings"

	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (r *Reader) calendar(n document.Node) sla.Calendar {
	f := n.Fields()
	k := sla.Calendar{Name: name(f), Zone: r.zoneName}
	if k.Name == "always" {
		if n, ok := f.Get("name"); ok {
			n.Problem("the calendar always is built in (24x7): give this one another name")
		}
	}
	if n, ok := f.Get("time_zone"); ok {
		if zone, _, ok := readZone(n); ok {
			k.Zone = zone
		}
	}
	if n, ok := f.Need("hours"); ok {
		week(n, &k.Week)
	}
	if n, ok := f.Get("holidays"); ok {
		n.List(func(_ int, n document.Node) {
			if d, ok := n.Date(); ok && !slices.Contains(k.Holidays, d) { // a holiday given twice is one
				k.Holidays = append(k.Holidays, d)
			}
		})
	}
	if n, ok := f.Get("special"); ok {
		n.List(func(_ int, n document.Node) { k.Special = append(k.Special, special(n)) })
	}
	f.Close()
	return k
}

func special(n document.Node) sla.SpecialDay {
	f := n.Fields()
	s := sla.SpecialDay{Hours: []sla.ClockSpan{}}
	if n, ok := f.Need("date"); ok {
		s.Date, _ = n.Date()
	}
	if n, ok := f.Need("hours"); ok {
		s.Hours = clockSpans(n)
	}
	f.Close()
	return s
}

// week reads hours by days: mon, mon-fri, or several of them with commas.
func week(n document.Node, to *[7][]sla.ClockSpan) {
	f := n.Fields()
	var taken [7]bool
	for _, key := range f.Keys() {
		days, ok := days(key)
		if !ok {
			f.KeyProblem(key, "%q is not a day: write sun, mon, tue, wed, thu, fri or sat, or a range such as mon-fri", key)
			f.Know(key)
			continue
		}
		v, ok := f.Get(key)
		if !ok {
			continue
		}
		hours := clockSpans(v)
		for _, d := range days {
			if taken[d] {
				f.KeyProblem(key, "%s has its hours already: name each day once", dayNames[d])
				break
			}
			taken[d] = true
			if len(hours) > 0 {
				to[d] = hours
			}
		}
	}
}

func days(key string) ([]int, bool) {
	var out []int
	for part := range strings.SplitSeq(key, ",") {
		from, to, ranged := strings.Cut(strings.TrimSpace(part), "-")
		first, last := slices.Index(dayNames, from), slices.Index(dayNames, to)
		if !ranged {
			last = first
		}
		if first < 0 || last < 0 {
			return nil, false
		}
		for d := first; ; d = (d + 1) % 7 {
			out = append(out, d)
			if d == last {
				break
			}
		}
	}
	return out, true
}

// clockSpans reads a list of hours, "08:00-12:00", and sorts it.
func clockSpans(n document.Node) []sla.ClockSpan {
	out := []sla.ClockSpan{}
	n.List(func(_ int, n document.Node) {
		s, _ := n.Scalar()
		a, b, cut := strings.Cut(s, "-")
		from, ok1 := clock(a)
		to, ok2 := clock(b)
		switch {
		case !cut || !ok1 || !ok2:
			n.Problem("hours are written as \"08:00-18:00\", from 00:00 to 24:00, not %q", s)
		case from >= to:
			n.Problem("%q ends before it begins: write a window over midnight as two, one that ends at 24:00 and one from 00:00 on the next day", s)
		default:
			out = append(out, sla.ClockSpan{From: from, To: to})
		}
	})
	slices.SortFunc(out, func(a, b sla.ClockSpan) int { return int(a.From - b.From) })
	for i := 1; i < len(out); i++ {
		if out[i].From < out[i-1].To {
			n.Problem("the hours overlap: make one window of them")
			break
		}
	}
	return out
}

func clock(s string) (sla.Clock, bool) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	if !ok || len(h) != 2 || len(m) != 2 || strings.Trim(h+m, "0123456789") != "" {
		return 0, false
	}
	hours, _ := strconv.Atoi(h)
	minutes, _ := strconv.Atoi(m)
	c := sla.Clock(hours)*sla.Hour + sla.Clock(minutes)*sla.Minute
	return c, minutes < 60 && c <= sla.Day
}
