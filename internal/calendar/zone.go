package calendar

import (
	"fmt"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Zone gives the time zone of that IANA name. The zone data is built in and the
// machine's is not looked at, so that the same facts are judged alike anywhere.
func Zone(name string) (*time.Location, error) {
	if name == "UTC" {
		return time.UTC, nil
	}
	loc, err := time.LoadLocationFromTZData(name, zoneFile(zones, name))
	if err != nil { // there is no such file
		return nil, fmt.Errorf("%q is not a time zone: write an IANA name such as Europe/Berlin or UTC", name)
	}
	return loc, nil
}

// wall is a reading of a wall clock in milliseconds, as if the clock showed UTC.
type wall int64

// wallOf gives the reading of midnight at the beginning of d, and of c after it.
func wallOf(d sla.Date, c sla.Clock) wall {
	return wall(utc(d.Year, d.Month, d.Day).UnixMilli() + int64(c))
}

// stretch is a span in which a zone's clock runs on without being turned.
type stretch struct {
	sla.Span
	offset int64 // what the clock shows less UTC, in milliseconds
}

// stretchAt gives the stretch in which i lies; it may reach from Always or to Forever.
func stretchAt(loc *time.Location, i sla.Instant) stretch {
	t := i.In(loc)
	_, seconds := t.Zone()
	start, end := t.ZoneBounds()
	s := stretch{sla.Span{From: sla.Always, To: sla.Forever}, int64(seconds) * 1000}
	if !start.IsZero() {
		s.From = sla.At(start)
	}
	if !end.IsZero() {
		s.To = sla.At(end)
	}
	if s.To <= i {
		// Where a zone's rules go on for ever, package time takes every year for
		// 365 days long, and on the last day of a leap year gives an end that has passed.
		s.To = i.Add(sla.Hour)
	}
	return s
}

// reach is the longest distance of a zone's clock from UTC, with room to spare.
const reach = 26 * sla.Hour

// firstAt gives the first instant at which the clock of loc shows w or a later
// reading: of a doubled reading the first, of a skipped one the instant at which
// the clock jumps over it.
func firstAt(loc *time.Location, w wall) sla.Instant {
	s := stretchAt(loc, sla.Instant(w).Add(-reach))
	for {
		at := max(sla.Instant(int64(w)-s.offset), s.From)
		if at < s.To || s.To == sla.Forever {
			return at
		}
		s = stretchAt(loc, s.To)
	}
}

// StartOf gives the first instant of a local day: midnight, or what follows it
// where the zone skips midnight or the whole day.
func StartOf(d sla.Date, loc *time.Location) sla.Instant { return firstAt(loc, wallOf(d, 0)) }

// dateAt gives the local day in which i lies, so that StartOf(d) ≤ i < StartOf(d+1).
// Where the clock goes back over midnight this is a day later than it shows.
func dateAt(loc *time.Location, i sla.Instant) sla.Date {
	y, m, day := i.In(loc).Date()
	d := sla.Date{Year: y, Month: int(m), Day: day}
	for next := addDays(d, 1); StartOf(next, loc) <= i; next = addDays(d, 1) {
		d = next
	}
	return d
}

func addDays(d sla.Date, n int) sla.Date { return normal(d.Year, d.Month, d.Day+n) }

// normal gives the date of y, m, d, of which month and day may lie out of range.
func normal(y, m, d int) sla.Date {
	t := utc(y, m, d)
	return sla.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
}

// utc gives midnight in UTC of a date of which month and day may lie out of range.
func utc(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

func weekday(d sla.Date) time.Weekday { return utc(d.Year, d.Month, d.Day).Weekday() }

// NoonUTC gives noon of the date in UTC, an instant that lies in or near the
// date in every zone.
func NoonUTC(d sla.Date) sla.Instant { return sla.Instant(wallOf(d, 12*sla.Hour)) }
