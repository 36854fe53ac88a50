package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Parse reads the name of a period: 2026-11, 2026-11-05, 2026-W45, 2026-Q4,
// 2026-H2, 2026, or 30d@2026-11-22T00:00:00Z for a rolling window. A day that
// the zone skips is an empty period.
func Parse(name string, loc *time.Location) (sla.Period, error) {
	if length, end, ok := strings.Cut(name, "@"); ok {
		return parseRolling(name, length, end)
	}
	kind, d, ok := parseName(name)
	if !ok {
		return sla.Period{}, fmt.Errorf("%q is not a period: write 2026-11, 2026-11-05, 2026-W45, 2026-Q4, 2026-H2 or 2026", name)
	}
	return periodOf(kind, loc, d), nil
}

// KindOf gives the kind of period that a name names, and whether it names one.
func KindOf(name string) (sla.PeriodKind, bool) {
	if length, end, ok := strings.Cut(name, "@"); ok {
		_, err := parseRolling(name, length, end)
		return sla.PeriodRolling, err == nil
	}
	kind, _, ok := parseName(name)
	return kind, ok
}

func parseRolling(name, length, end string) (sla.Period, error) {
	at, err := time.Parse(time.RFC3339, end)
	if err != nil {
		return sla.Period{}, fmt.Errorf("%q is not a period: its end is not a time in RFC 3339", name)
	}
	for i := len(units) - 1; i >= 0; i-- { // ms before s
		digits, ok := strings.CutSuffix(length, units[i].name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 32)
		if err == nil && n > 0 && digits[0] != '+' {
			return rolling(sla.Millis(n)*units[i].length, sla.At(at)), nil
		}
	}
	return sla.Period{}, fmt.Errorf("%q is not a period: its length is not a number with a unit, such as 30d", name)
}

// parseName gives the kind of a calendar period and a day in it.
func parseName(name string) (sla.PeriodKind, sla.Date, bool) {
	year, rest, _ := strings.Cut(name, "-")
	y, ok := number(year, 4, 1, 9999)
	if !ok || name == year+"-" {
		return "", sla.Date{}, false
	}
	d := sla.Date{Year: y, Month: 1, Day: 1}
	switch {
	case rest == "":
		return sla.PeriodYear, d, true
	case rest[0] == 'W':
		w, ok := number(rest[1:], 2, 1, 53)
		d = addDays(sla.Date{Year: y, Month: 1, Day: 4}, 7*(w-1)) // the fourth of January lies in week 1
		weekYear, _ := utc(d.Year, d.Month, d.Day).ISOWeek()
		return sla.PeriodWeek, d, ok && weekYear == y
	case rest[0] == 'Q':
		q, ok := number(rest[1:], 1, 1, 4)
		d.Month = 3*q - 2
		return sla.PeriodQuarter, d, ok
	case rest[0] == 'H':
		h, ok := number(rest[1:], 1, 1, 2)
		d.Month = 6*h - 5
		return sla.PeriodHalf, d, ok
	}
	month, day, daily := strings.Cut(rest, "-")
	if d.Month, ok = number(month, 2, 1, 12); !ok || !daily {
		return sla.PeriodMonth, d, ok
	}
	d.Day, ok = number(day, 2, 1, 31)
	return sla.PeriodDay, d, ok && normal(d.Year, d.Month, d.Day) == d
}

// number reads exactly so many digits, of a number from lo to hi.
func number(s string, digits, lo, hi int) (int, bool) {
	if len(s) != digits || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= lo && n <= hi
}
