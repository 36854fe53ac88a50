package judge

import (
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// check runs a property beside others: SLMD_CHECKS random cases, 300 unless set.
// The package's own default of rapid is 100.
func check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	checkPart(t, 1, property)
}

// checkPart is check for one in so many of the cases.
func checkPart(t *testing.T, in int, property func(*rapid.T)) {
	t.Helper()
	t.Parallel()
	n, err := strconv.Atoi(os.Getenv("SLMD_CHECKS"))
	if err != nil {
		n = 300
	}
	failed := false // then the same case is run again and again, to make it small
	for left := n / in; left > 0 && !t.Failed(); {
		rapid.Check(t, func(t *rapid.T) {
			if left <= 0 && !failed {
				return
			}
			defer func() { failed = failed || t.Failed() }()
			property(t)
			left-- // not of a case that was skipped
		})
	}
}

// world is a random case with its facts. All edges lie on multiples of unit,
// and facts are spread evenly, so that a loop over units can judge it.
type world struct {
	c       Case
	unit    sla.Millis
	entries []sla.Entry
	now     sla.Instant
	final   sla.Instant // before which the facts no longer change
}

// zones are the zones of random worlds with days on which their clocks change.
var zones = []struct {
	name string
	days []sla.Date
}{
	{"UTC", []sla.Date{{Year: 2026, Month: 3, Day: 29}}},
	{"Europe/Berlin", []sla.Date{{Year: 2026, Month: 3, Day: 29}, {Year: 2026, Month: 10, Day: 25}, {Year: 2026, Month: 11, Day: 4}}},
	{"America/Havana", []sla.Date{{Year: 2026, Month: 3, Day: 8}, {Year: 2026, Month: 11, Day: 1}}},
	{"Australia/Lord_Howe", []sla.Date{{Year: 2026, Month: 4, Day: 5}, {Year: 2026, Month: 10, Day: 4}}},
	{"Pacific/Apia", []sla.Date{{Year: 2011, Month: 12, Day: 29}, {Year: 2012, Month: 4, Day: 1}}},
	{"America/St_Johns", []sla.Date{{Year: 2010, Month: 11, Day: 6}}},
	{"Asia/Kolkata", []sla.Date{{Year: 2026, Month: 6, Day: 1}}},
}

func drawWorld(t *rapid.T) *world {
	unit := sla.Minute
	if rapid.IntRange(0, 3).Draw(t, "fine") == 0 {
		unit = sla.Second
	}
	return drawWorldOf(t, unit, 60, 2880)
}

// drawWorldOf draws a world of at least and at most so many units.
func drawWorldOf(t *rapid.T, unit sla.Millis, least, most int) *world {
	w := &world{unit: unit}
	zone := rapid.SampledFrom(zones).Draw(t, "zone")
	loc, err := calendar.Zone(zone.name)
	if err != nil {
		t.Fatal(err)
	}
	day := calendar.StartOf(rapid.SampledFrom(zone.days).Draw(t, "day"), loc)
	from := day.Add(sla.Millis(rapid.IntRange(-12, 24).Draw(t, "hour")) * sla.Hour)
	units := rapid.IntRange(least, most).Draw(t, "units")
	span := sla.Span{From: from, To: from.Add(sla.Millis(units) * w.unit)}

	a := &sla.Agreement{
		Name: "a", Version: 1, Kind: sla.SLA, Service: "s", Zone: zone.name,
		Valid: sla.Span{From: sla.Always, To: sla.Forever}, Period: sla.PeriodTerm{Kind: sla.PeriodMonth},
		Planned:  rapid.SampledFrom([]sla.Planned{sla.PlannedRemoved, sla.PlannedGood, sla.PlannedCounted}).Draw(t, "planned"),
		Unknown:  rapid.SampledFrom([]sla.UnknownRule{sla.UnknownRemoved, sla.UnknownGood, sla.UnknownBad}).Draw(t, "unknown"),
		Calendar: drawCalendar(t, zone.name, zone.days),
	}
	if rapid.IntRange(0, 4).Draw(t, "cut") == 0 {
		a.Valid = w.within(t, span)
	}
	o := drawObjective(t)
	i := &sla.Indicator{Name: "i", Kind: sla.Ratio, Interval: sla.Minute}
	if o.Method == sla.TimeMethod || (o.Slices != nil && rapid.Bool().Draw(t, "of time")) {
		i.Kind = sla.TimeGauge
	}
	if o.Method == sla.Occurrences {
		a.Unknown = sla.UnknownRemoved
	}
	a.Objectives = []sla.Objective{*o}
	w.c = Case{Agreement: a, Objective: &a.Objectives[0], Indicator: i, Period: sla.Period{Name: "p", Span: span}}
	for range rapid.IntRange(0, 4).Draw(t, "exclusions") {
		w.c.Exclusions = append(w.c.Exclusions, w.drawExclusion(t, span))
	}
	w.drawEntries(t, sla.Span{From: span.From.Add(-30 * w.unit), To: span.To.Add(30 * w.unit)})
	w.now, w.final = span.To, sla.Forever
	switch rapid.IntRange(0, 7).Draw(t, "stage") {
	case 0, 1:
		w.now = w.within(t, span).From
	case 2:
		w.final = w.within(t, span).From
	case 3:
		a.Period = sla.PeriodTerm{Kind: sla.PeriodRolling}
	}
	return w
}

// within draws a span inside another.
func (w *world) within(t *rapid.T, s sla.Span) sla.Span {
	n := int(s.Length() / w.unit)
	from := rapid.IntRange(0, n-1).Draw(t, "from")
	to := rapid.IntRange(from+1, n).Draw(t, "to")
	return sla.Span{From: s.From.Add(sla.Millis(from) * w.unit), To: s.From.Add(sla.Millis(to) * w.unit)}
}

func (w *world) drawExclusion(t *rapid.T, s sla.Span) sla.Exclusion {
	x := sla.Exclusion{Name: "x", Services: []string{"s"}, Span: w.within(t, s), ApprovedBy: "kim"}
	switch rapid.IntRange(0, 7).Draw(t, "no effect") {
	case 0:
		x.ApprovedBy = ""
	case 1:
		x.Services = []string{"other"}
	case 2:
		x.Withdrawn = true
	}
	return x
}

func drawCalendar(t *rapid.T, zone string, days []sla.Date) *sla.Calendar {
	if rapid.Bool().Draw(t, "always") {
		return nil
	}
	c := &sla.Calendar{Name: "c", Zone: zone}
	for d := range c.Week {
		c.Week[d] = drawHours(t)
	}
	if rapid.Bool().Draw(t, "holiday") {
		c.Holidays = append(c.Holidays, rapid.SampledFrom(days).Draw(t, "holiday"))
	}
	if rapid.Bool().Draw(t, "special") {
		c.Special = append(c.Special, sla.SpecialDay{Date: rapid.SampledFrom(days).Draw(t, "special day"), Hours: drawHours(t)})
	}
	return c
}

func drawHours(t *rapid.T) []sla.ClockSpan {
	return rapid.SampledFrom([][]sla.ClockSpan{
		nil,
		{{From: 0, To: 24 * sla.Hour}},
		{{From: 8 * sla.Hour, To: 18 * sla.Hour}},
		{{From: 0, To: 2*sla.Hour + 30*sla.Minute}, {From: 20 * sla.Hour, To: 24 * sla.Hour}},
		{{From: 1 * sla.Hour, To: 2 * sla.Hour}, {From: 2*sla.Hour + 15*sla.Minute, To: 12 * sla.Hour}},
	}).Draw(t, "hours")
}

func drawObjective(t *rapid.T) *sla.Objective {
	target := sla.MustDecimal(rapid.SampledFrom([]string{"50", "90", "95.5", "99", "99.9", "100"}).Draw(t, "target"))
	o := &sla.Objective{
		Name: "o", Indicator: "i", Target: &target, AtRisk: sla.DefaultAtRisk,
		Method:   rapid.SampledFrom([]sla.Method{sla.Occurrences, sla.TimeMethod, sla.Timeslices, sla.RatioTimeslices}).Draw(t, "method"),
		MergeGap: sla.Millis(rapid.SampledFrom([]int{0, 1, 5, 30}).Draw(t, "merge")) * sla.Minute,
	}
	if o.Method == sla.Timeslices || o.Method == sla.RatioTimeslices {
		share := sla.MustDecimal(rapid.SampledFrom([]string{"0.5", "5", "50", "100"}).Draw(t, "limit"))
		o.Slices = &sla.Slices{
			Length: sla.Millis(rapid.SampledFrom([]int{1, 3, 5, 15, 60}).Draw(t, "slice")) * sla.Minute,
			Empty:  rapid.SampledFrom([]sla.EmptyRule{sla.EmptySkipped, sla.EmptyGood, sla.EmptyBad}).Draw(t, "empty"),
		}
		switch {
		case o.Method == sla.RatioTimeslices:
		case rapid.Bool().Draw(t, "at"):
			o.Slices.BadAt = &share
		default:
			o.Slices.BadAbove = &share
		}
		if o.Method == sla.Timeslices && rapid.Bool().Draw(t, "runs") {
			o.Slices.MinRun = o.Slices.Length * sla.Millis(rapid.IntRange(1, 4).Draw(t, "run"))
		}
	}
	if rapid.IntRange(0, 4).Draw(t, "limited") == 0 {
		n, longest := rapid.IntRange(0, 3).Draw(t, "outages"), sla.Millis(rapid.IntRange(1, 90).Draw(t, "longest"))*sla.Minute
		o.Limits = sla.Limits{Outages: &n, LongestOutage: &longest}
		switch rapid.IntRange(0, 3).Draw(t, "one limit") {
		case 0:
			o.Limits.Outages = nil
		case 1:
			o.Limits.LongestOutage = nil
		}
	}
	if rapid.IntRange(0, 9).Draw(t, "few") == 0 {
		o.MinEvents = int64(rapid.IntRange(1, 20_000).Draw(t, "min events"))
	}
	return o
}

// drawEntries covers s with entries, gaps between them.
func (w *world) drawEntries(t *rapid.T, s sla.Span) {
	inexact := rapid.SampledFrom([]int{-1, 0, 20}).Draw(t, "approximate") // none, most or one of some
	for at := s.From; at < s.To; {
		n := sla.Millis(rapid.SampledFrom([]int{1, 1, 1, 2, 3, 7, 30, 400}).Draw(t, "length"))
		e := sla.Entry{Span: sla.Span{From: at, To: at.Add(n * w.unit)}}
		at = e.To
		kind := rapid.IntRange(0, 9).Draw(t, "entry")
		if kind == 0 {
			continue // no entry at all
		}
		if w.c.Indicator.Facts() == sla.Time {
			w.timeFacts(t, &e, kind, n)
		} else {
			eventFacts(t, &e, kind, n)
		}
		e.Approximate = inexact >= 0 && rapid.IntRange(0, inexact).Draw(t, "is approximate") == 0
		w.entries = append(w.entries, e)
	}
}

// timeFacts makes good + bad + unknown the length of the entry, evenly per unit.
func (w *world) timeFacts(t *rapid.T, e *sla.Entry, kind int, n sla.Millis) {
	bad, unknown := sla.Millis(0), sla.Millis(0)
	switch kind {
	case 1:
		bad = w.unit
	case 2:
		unknown = w.unit
	case 3:
		bad = sla.Millis(rapid.IntRange(1, int(w.unit)).Draw(t, "bad"))
	case 4:
		bad, unknown = w.unit/5, w.unit/4
	}
	e.Good, e.Bad, e.Unknown = sla.Seconds(n*(w.unit-bad-unknown)), sla.Seconds(n*bad), n*unknown
}

func eventFacts(t *rapid.T, e *sla.Entry, kind int, n sla.Millis) {
	good, bad := rapid.IntRange(0, 200).Draw(t, "good"), 0
	switch kind {
	case 1:
		bad = rapid.IntRange(1, 50).Draw(t, "bad")
	case 2:
		good, e.Unknown = 0, e.Length()
	case 3:
		bad = 1
	case 4:
		good = 0
	case 5:
		e.Unknown = e.Length() / 2
	}
	e.Good, e.Bad = sla.Whole(int64(n)*int64(good)), sla.Whole(int64(n)*int64(bad))
}

// book gives the world as a book whose facts are final up to now.
func (w *world) book() Book {
	return Book{
		Catalogue: &sla.Catalogue{
			Agreements: []sla.Agreement{*w.c.Agreement}, Indicators: []sla.Indicator{*w.c.Indicator}, Exclusions: w.c.Exclusions,
		},
		Facts: func(_ string, s sla.Span) ([]sla.Entry, error) {
			var out []sla.Entry
			for _, e := range w.entries {
				if e.Overlaps(s) {
					out = append(out, e)
				}
			}
			return out, nil
		},
		Measured: func(string) sla.Instant { return w.now },
		Final:    func(string) sla.Instant { return w.final },
	}
}

// judge gives the verdict of the world, nil when its version is not valid in the period.
func (w *world) judge(t *rapid.T) *sla.Verdict {
	vs, err := w.book().Judge("a", w.c.Period, w.now)
	if err != nil {
		t.Fatal(err)
	}
	if len(vs) == 0 {
		return nil
	}
	return &vs[0]
}
