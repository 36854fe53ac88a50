// Package wording says numbers, lengths of time, dates, money and states as
// people read them. It is pure: what is said follows from the arguments alone.
package wording

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Language is the language in which something is said, as in the tag of RFC 5646.
type Language string

// English is the language of what is said when no other is asked for.
const English Language = "en"

// Duration says a length of time in two units at most, the second one cut off:
// 50 min, 43 min 04 s, 2 h 05 min, 29 d 21 h; below a second 0.25 s.
func (l Language) Duration(m sla.Millis) string {
	if m < 0 {
		return "−" + l.Duration(-m)
	}
	switch {
	case m < sla.Second && m > 0:
		return strings.TrimRight(fmt.Sprintf("0.%03d", int64(m)), "0") + " s"
	case m < sla.Minute:
		return fmt.Sprintf("%d s", m/sla.Second)
	case m < sla.Hour:
		return two(m, sla.Minute, "min", sla.Second, "s")
	case m < 3*sla.Day:
		return two(m, sla.Hour, "h", sla.Minute, "min")
	default:
		return two(m, sla.Day, "d", sla.Hour, "h")
	}
}

// two says m in a unit and the next smaller one, which is left out when it is zero.
func two(m, big sla.Millis, bigName string, small sla.Millis, smallName string) string {
	whole, rest := m/big, m%big/small
	if rest == 0 {
		return fmt.Sprintf("%d %s", whole, bigName)
	}
	return fmt.Sprintf("%d %s %02d %s", whole, bigName, rest, smallName)
}

// Moment says a date and a time of day in t's own zone: 14 Nov 2026, 21:43.
func (l Language) Moment(t time.Time) string { return t.Format("2 Jan 2006, 15:04") }

// Date says a date: 14 Nov 2026.
func (l Language) Date(t time.Time) string { return t.Format("2 Jan 2006") }

// Money says an amount in major units, given as a decimal: EUR 1,250.00.
func (l Language) Money(amount, currency string) string { return currency + " " + l.Number(amount) }

// Percent says a percentage that stands as a decimal: 99.88%.
func (l Language) Percent(shown string) string { return l.Number(shown) + "%" }

// Number says a decimal number with its thousands apart: 1,250.5.
func (l Language) Number(decimal string) string {
	digits, negative := strings.CutPrefix(decimal, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + fraction
	}
	if negative {
		return "−" + whole
	}
	return whole
}

// Count says how many there are: 1 outage, 12 outages.
func (l Language) Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return l.Number(strconv.Itoa(n)) + " " + many
}

// Period says the name of a calendar period: November 2026, 5 November 2026,
// week 45 of 2026, 4th quarter of 2026, 2nd half of 2026, 2026. Any other name
// is said as it is.
func (l Language) Period(name string) string {
	if t, err := time.Parse("2006-01", name); err == nil {
		return t.Format("January 2006")
	}
	if t, err := time.Parse("2006-01-02", name); err == nil {
		return t.Format("2 January 2006")
	}
	year, part, ok := strings.Cut(name, "-")
	if !ok || len(part) < 2 {
		return name
	}
	number := part[1:]
	switch part[0] {
	case 'W':
		return "week " + strings.TrimPrefix(number, "0") + " of " + year
	case 'Q':
		return ordinal(number) + " quarter of " + year
	case 'H':
		return ordinal(number) + " half of " + year
	}
	return name
}

// ShortPeriod says the name of a calendar period in few letters: Nov 2026, 5 Nov, W45, Q4 2026.
func (l Language) ShortPeriod(name string) string {
	if t, err := time.Parse("2006-01", name); err == nil {
		return t.Format("Jan 2006")
	}
	if t, err := time.Parse("2006-01-02", name); err == nil {
		return t.Format("2 Jan")
	}
	year, part, ok := strings.Cut(name, "-")
	switch {
	case !ok || part == "":
		return name
	case part[0] == 'W':
		return part
	case part[0] == 'Q', part[0] == 'H':
		return part + " " + year
	}
	return name
}

func ordinal(number string) string {
	switch number {
	case "1":
		return "1st"
	case "2":
		return "2nd"
	case "3":
		return "3rd"
	}
	return number + "th"
}
