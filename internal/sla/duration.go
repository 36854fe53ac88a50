package sla

import (
	"fmt"
	"strconv"
	"strings"
)

// FormatDuration writes a length of time as ParseDuration reads it.
func FormatDuration(m Millis) string {
	if m == 0 {
		return "0s"
	}
	var b strings.Builder
	if m < 0 {
		b.WriteByte('-')
		m = -m
	}
	for _, u := range units[1:] { // no weeks: 30d reads better than 4w2d
		if n := m / u.length; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			m -= n * u.length
		}
	}
	return b.String()
}

var units = []struct {
	name   string
	length Millis
}{{"w", 7 * Day}, {"d", Day}, {"h", Hour}, {"m", Minute}, {"s", Second}, {"ms", 1}}

// maxDuration is a hundred years: longer lengths are slips of the pen.
const maxDuration = 36525 * Day

// ParseDuration reads whole numbers with the units w, d, h, m, s and ms, the
// longest first, each at most once.
func ParseDuration(s string) (Millis, error) {
	rest, total, next := s, Millis(0), 0
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		number, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is not a length of time", s)
		}
		rest = rest[digits:]
		name := rest[:len(rest)-len(strings.TrimLeft(rest, "wdhms"))]
		for next < len(units) && units[next].name != name {
			next++
		}
		if next == len(units) {
			return 0, fmt.Errorf("%q is not a length of time", s)
		}
		if number > int64(maxDuration/units[next].length) {
			return 0, fmt.Errorf("%q is longer than a hundred years", s)
		}
		total += Millis(number) * units[next].length
		rest, next = rest[len(name):], next+1
	}
	if s == "" || total > maxDuration {
		return 0, fmt.Errorf("%q is not a length of time up to a hundred years", s)
	}
	return total, nil
}
