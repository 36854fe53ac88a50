package calendar

import (
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Set is a set of instants as spans in order of time that neither overlap nor
// touch. The zero value is the empty set. Sets are values: no method changes
// its receiver or argument.
type Set []sla.Span

// Of gives the set that the spans cover, whatever their order.
func Of(spans ...sla.Span) Set { panic("not yet") }

// Union gives what lies in s or t.
func (s Set) Union(t Set) Set { panic("not yet") }

// Intersect gives what lies in both s and t.
func (s Set) Intersect(t Set) Set { panic("not yet") }

// Subtract gives what lies in s and not in t.
func (s Set) Subtract(t Set) Set { panic("not yet") }

// Clip gives what of s lies in w.
func (s Set) Clip(w sla.Span) Set { panic("not yet") }

// Length gives how long all spans of s are together.
func (s Set) Length() sla.Millis { panic("not yet") }

// Contains reports whether i lies in s.
func (s Set) Contains(i sla.Instant) bool { panic("not yet") }

// Hours gives the service hours of c within w, which must be bounded; all of w
// when c is nil. The error names a zone that does not exist.
func Hours(c *sla.Calendar, w sla.Span) (Set, error) { panic("not yet") }

// Occurrences gives when x applies within w, approved or not: its span, or the
// union of its occurrences. The error names a cron expression or zone that
// cannot be read.
func Occurrences(x *sla.Exclusion, w sla.Span) (Set, error) { panic("not yet") }

// PeriodAt gives the period of the term in which at lies; for a rolling window
// the one that ends at at. Periods begin and end at the first instant of a
// local day.
func PeriodAt(term sla.PeriodTerm, loc *time.Location, at sla.Instant) sla.Period { panic("not yet") }

// Next gives the period that begins where p ends; of a rolling window the one
// that is moved by its length.
func Next(term sla.PeriodTerm, loc *time.Location, p sla.Period) sla.Period { panic("not yet") }

// Prev gives the period that ends where p begins; of a rolling window the one
// that is moved back by its length.
func Prev(term sla.PeriodTerm, loc *time.Location, p sla.Period) sla.Period { panic("not yet") }

// Parse reads the name of a period: 2026-11, 2026-11-05, 2026-W45, 2026-Q4,
// 2026-H2, 2026, or 30d@2026-11-22T00:00:00Z for a rolling window. A day that
// the zone skips is an empty period.
func Parse(name string, loc *time.Location) (sla.Period, error) { panic("not yet") }

// KindOf gives the kind of period that a name names, and whether it names one.
func KindOf(name string) (sla.PeriodKind, bool) { panic("not yet") }

// StartOf gives the first instant of a local day: midnight, or what follows it
// where the zone skips midnight or the whole day.
func StartOf(d sla.Date, loc *time.Location) sla.Instant { panic("not yet") }

// Zone gives the time zone of that IANA name; the zone data is built in.
func Zone(name string) (*time.Location, error) { panic("not yet") }
