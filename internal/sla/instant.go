package sla

import (
	"math"
	"time"
)

// Instant is a moment in Unix milliseconds, UTC.
type Instant int64

// Millis is a length of time in milliseconds.
type Millis int64

// Lengths of time.
const (
	Second Millis = 1000
	Minute        = 60 * Second
	Hour          = 60 * Minute
	Day           = 24 * Hour
)

// Forever is the end of what has no end; Always is the beginning of what has no beginning.
const (
	Forever Instant = math.MaxInt64
	Always  Instant = math.MinInt64
)

// At gives the instant of t, cut to the millisecond below.
func At(t time.Time) Instant { return Instant(t.UnixMilli()) }

// Time gives i as a time in UTC.
func (i Instant) Time() time.Time { return time.UnixMilli(int64(i)).UTC() }

// In gives i as a time in the zone loc.
func (i Instant) In(loc *time.Location) time.Time { return time.UnixMilli(int64(i)).In(loc) }

// Add gives the instant d later.
func (i Instant) Add(d Millis) Instant { return i + Instant(d) }

// Sub gives the time from j to i.
func (i Instant) Sub(j Instant) Millis { return Millis(i - j) }

// String gives i in RFC 3339, UTC.
func (i Instant) String() string {
	switch i {
	case Forever:
		return "forever"
	case Always:
		return "always"
	}
	return i.Time().Format(time.RFC3339Nano)
}

// MillisOf gives d in milliseconds, cut towards zero.
func MillisOf(d time.Duration) Millis { return Millis(d / time.Millisecond) }

// Duration gives m as a time.Duration; it holds up to 292 years.
func (m Millis) Duration() time.Duration { return time.Duration(m) * time.Millisecond }

// Span is a half-open stretch of time, [From, To).
type Span struct {
	From Instant `json:"from"`
	To   Instant `json:"to"`
}

// Empty reports whether s holds no instant.
func (s Span) Empty() bool { return s.To <= s.From }

// Length gives how long s is, zero when it is empty.
func (s Span) Length() Millis {
	if s.Empty() {
		return 0
	}
	return Millis(s.To - s.From)
}

// Contains reports whether i lies in s.
func (s Span) Contains(i Instant) bool { return s.From <= i && i < s.To }

// Intersect gives what s and t share; the result may be empty.
func (s Span) Intersect(t Span) Span { return Span{max(s.From, t.From), min(s.To, t.To)} }

// Overlaps reports whether s and t share an instant.
func (s Span) Overlaps(t Span) bool { return !s.Intersect(t).Empty() }
