package document

import (
	"math/big"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Years beyond which an instant is a slip of the pen.
const (
	firstYear = 1900
	lastYear  = 2199
)

// Instant reads RFC 3339, a date or a time without an offset (in the zone), or Unix
// seconds with fractions.
func (n Node) Instant(zone *time.Location) (sla.Instant, bool) {
	s, ok := n.Scalar()
	if ok {
		if at, ok := parseInstant(s, zone); ok {
			return at, true
		}
	}
	n.Problem("%s wanted: a date such as 2026-11-01 or a time such as 2026-11-01T09:30:00+01:00, not %q", n.what("a point in time is"), cut(s))
	return 0, false
}

func parseInstant(s string, zone *time.Location) (sla.Instant, bool) {
	if d, err := sla.ParseDecimal(s); err == nil {
		ms := new(big.Rat).Mul(d.Rat(), big.NewRat(1000, 1))
		if !ms.IsInt() || !ms.Num().IsInt64() {
			return 0, false
		}
		at := sla.Instant(ms.Num().Int64())
		return at, within(at.Time())
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return sla.At(t), within(t) && t.Nanosecond()%int(time.Millisecond) == 0
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return local(t, zone), within(t)
		}
	}
	return 0, false
}

func within(t time.Time) bool { return t.Year() >= firstYear && t.Year() <= lastYear }

// local gives the instant at which a clock of the zone first shows what t
// shows in UTC; a reading that the clock skips is the instant of the jump.
func local(t time.Time, zone *time.Location) sla.Instant {
	wall := t.UnixMilli()
	shows := func(at int64) int64 {
		_, offset := time.UnixMilli(at).In(zone).Zone()
		return at + int64(offset)*1000
	}
	// Offsets lie within a day of UTC; the first instant at or past the reading is
	// found by trying the offsets in force around it, earliest instant first.
	const day = 24 * 60 * 60 * 1000
	_, before := time.UnixMilli(wall - day).In(zone).Zone()
	_, after := time.UnixMilli(wall + day).In(zone).Zone()
	early, late := wall-int64(max(before, after))*1000, wall-int64(min(before, after))*1000
	if shows(early) == wall {
		return sla.Instant(early)
	}
	if shows(late) == wall {
		return sla.Instant(late)
	}
	// Skipped: the jump lies between the two.
	_, jump := time.UnixMilli(early).In(zone).ZoneBounds()
	return sla.At(jump)
}

// Date reads a day of the calendar, 2026-12-25.
func (n Node) Date() (sla.Date, bool) {
	s, ok := n.Scalar()
	t, err := time.Parse(time.DateOnly, s)
	if !ok || err != nil || !within(t) {
		n.Problem("%s wanted, such as 2026-12-25, not %q", n.what("a date is"), cut(s))
		return sla.Date{}, false
	}
	return sla.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}, true
}
