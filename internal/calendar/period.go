package calendar

import (
	"fmt"
	"strconv"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// PeriodAt gives the period of the term in which at lies; for a rolling window
// the one that ends at at. Periods begin and end at the first instant of a
// local day.
func PeriodAt(term sla.PeriodTerm, loc *time.Location, at sla.Instant) sla.Period {
	if term.Kind == sla.PeriodRolling {
		return rolling(term.Rolling, at)
	}
	return periodOf(term.Kind, loc, dateAt(loc, at))
}

// Next gives the period that begins where p ends; of a rolling window the one
// that is moved by its length.
func Next(term sla.PeriodTerm, loc *time.Location, p sla.Period) sla.Period {
	if term.Kind == sla.PeriodRolling {
		return rolling(term.Rolling, p.To.Add(term.Rolling))
	}
	return PeriodAt(term, loc, p.To)
}

// Prev gives the period that ends where p begins; of a rolling window the one
// that is moved back by its length.
func Prev(term sla.PeriodTerm, loc *time.Location, p sla.Period) sla.Period {
	if term.Kind == sla.PeriodRolling {
		return rolling(term.Rolling, p.From)
	}
	return PeriodAt(term, loc, p.From-1)
}

func rolling(length sla.Millis, end sla.Instant) sla.Period {
	return sla.Period{Name: rollingName(length) + "@" + end.String(), Span: sla.Span{From: end.Add(-length), To: end}}
}

// rollingName gives a length in the largest unit that divides it, as 30d or 36h.
func rollingName(length sla.Millis) string {
	for _, u := range units {
		if length%u.length == 0 {
			return strconv.FormatInt(int64(length/u.length), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(length), 10) + "ms"
}

var units = []struct {
	name   string
	length sla.Millis
}{{"d", sla.Day}, {"h", sla.Hour}, {"m", sla.Minute}, {"s", sla.Second}, {"ms", 1}}

// periodOf gives the period of that kind in which the local day d lies.
func periodOf(kind sla.PeriodKind, loc *time.Location, d sla.Date) sla.Period {
	from, to := d, addDays(d, 1)
	var name string
	switch kind {
	case sla.PeriodDay:
		name = fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
	case sla.PeriodWeek:
		from = addDays(d, -(int(weekday(d))+6)%7)
		to = addDays(from, 7)
		year, week := utc(d.Year, d.Month, d.Day).ISOWeek()
		name = fmt.Sprintf("%04d-W%02d", year, week)
	case sla.PeriodQuarter:
		from, to = months(d, 3)
		name = fmt.Sprintf("%04d-Q%d", d.Year, (d.Month+2)/3)
	case sla.PeriodHalf:
		from, to = months(d, 6)
		name = fmt.Sprintf("%04d-H%d", d.Year, (d.Month+5)/6)
	case sla.PeriodYear:
		from, to = months(d, 12)
		name = fmt.Sprintf("%04d", d.Year)
	default: // a month; other kinds do not get past the catalogue
		from, to = months(d, 1)
		name = fmt.Sprintf("%04d-%02d", d.Year, d.Month)
	}
	return sla.Period{Name: name, Span: sla.Span{From: StartOf(from, loc), To: StartOf(to, loc)}}
}

// months gives the first day of the n months, counted from January, in which d
// lies, and the one after them.
func months(d sla.Date, n int) (from, to sla.Date) {
	first := (d.Month-1)/n*n + 1
	return sla.Date{Year: d.Year, Month: first, Day: 1}, normal(d.Year, first+n, 1)
}
