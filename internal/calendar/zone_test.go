package calendar

import (
	"archive/zip"
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// allZones gives the names of the zones that are built in.
func allZones(t *testing.T) []string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(zones), int64(len(zones)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	if len(names) < 400 {
		t.Fatalf("only %d zones", len(names))
	}
	return names
}

// It looks at the days around every change of a clock from
// 2000 to 2040, and with SLMD_LONG set at every day.
func TestFault_D7_DaysTileInEveryZone(t *testing.T) {
	for _, name := range allZones(t) {
		loc, err := Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		last := sla.Date{Year: 2041, Month: 1, Day: 1}
		if os.Getenv("SLMD_LONG") != "" {
			for d := (sla.Date{Year: 2000, Month: 1, Day: 1}); d != last; d = addDays(d, 1) {
				checkDay(t, loc, d)
			}
			continue
		}
		end := StartOf(last, loc)
		for s := stretchAt(loc, StartOf(sla.Date{Year: 2000, Month: 1, Day: 1}, loc)); s.To < end; s = stretchAt(loc, s.To) {
			y, m, d := s.To.In(loc).Date()
			for n := -2; n <= 2; n++ {
				checkDay(t, loc, normal(y, int(m), d+n))
			}
		}
		for m := range 41 * 12 {
			checkMonth(t, loc, normal(2000, 1+m, 1))
		}
	}
}

// checkDay holds the first instant of a day against what the clock shows.
func checkDay(t *testing.T, loc *time.Location, d sla.Date) {
	t.Helper()
	from, to := StartOf(d, loc), StartOf(addDays(d, 1), loc)
	if from > to {
		t.Errorf("%s: %v begins after the next day", loc, d)
	}
	if y, m, day := from.In(loc).Date(); after(d, sla.Date{Year: y, Month: int(m), Day: day}) {
		t.Errorf("%s: at the start of %v the clock still shows the day before", loc, d)
	}
	if y, m, day := (from - 1).In(loc).Date(); !after(d, sla.Date{Year: y, Month: int(m), Day: day}) {
		t.Errorf("%s: the clock shows %v before it starts", loc, d)
	}
	if from == to {
		return
	}
	for _, at := range []sla.Instant{from, from + (to-from)/2, to - 1} {
		if p := PeriodAt(sla.PeriodTerm{Kind: sla.PeriodDay}, loc, at); p.From != from || p.To != to {
			t.Errorf("%s: %s lies in %v, not in the day from %s", loc, at, p, from)
		}
	}
}

func checkMonth(t *testing.T, loc *time.Location, d sla.Date) {
	t.Helper()
	term := sla.PeriodTerm{Kind: sla.PeriodMonth}
	p := PeriodAt(term, loc, StartOf(d, loc))
	if p.From != StartOf(d, loc) || Prev(term, loc, Next(term, loc, p)) != p || Next(term, loc, p).From != p.To {
		t.Errorf("%s: the month of %v does not tile: %v", loc, d, p)
	}
}

func at(t *testing.T, s string) sla.Instant {
	t.Helper()
	x, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return sla.At(x)
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestALocalDayBeginsWhenTheClockFirstShowsIt(t *testing.T) {
	for _, c := range []struct{ zone, day, want string }{
		{"UTC", "2026-11-05", "2026-11-05T00:00:00Z"},
		{"Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z"},
		{"Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00Z"},
		{"America/Havana", "2026-03-08", "2026-03-08T05:00:00Z"}, // 00:00 is skipped: 01:00
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"}, // 00:00 is doubled: the first
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},   // is skipped whole
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
		{"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z"}, // at 00:01 the clock goes back to 23:01
		{"America/St_Johns", "2010-11-08", "2010-11-08T03:30:00Z"},
	} {
		p, err := Parse(c.day, zone(t, c.zone))
		if err != nil {
			t.Fatal(err)
		}
		if p.From != at(t, c.want) {
			t.Errorf("%s in %s begins at %s, want %s", c.day, c.zone, p.From, c.want)
		}
	}
}

func TestAZoneFileIsFoundWhateverElseTheArchiveHolds(t *testing.T) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, name := range []string{"Europe/Rome", "Europe/Berlin", "Asia/Tokyo"} {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Extra: []byte{9, 9, 4, 0, 1, 2, 3, 4}, Comment: "of " + name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("the clock of " + name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Europe/Rome", "Europe/Berlin", "Asia/Tokyo"} {
		if got := string(zoneFile(archive.Bytes(), name)); got != "the clock of "+name {
			t.Errorf("the file %s is %q", name, got)
		}
	}
	if got := zoneFile(archive.Bytes(), "Europe/Ber"); got != nil {
		t.Errorf("a file that is not there is %q", got)
	}
}

func TestZonesAreIANANames(t *testing.T) {
	if loc := zone(t, "UTC"); loc != time.UTC {
		t.Errorf("UTC is %v, not the one of package time", loc)
	}
	for _, name := range []string{"", "Local", "Mars/Olympus", "../etc/passwd"} {
		if _, err := Zone(name); err == nil || !strings.Contains(err.Error(), "Europe/Berlin") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestATimeWhereTheClockGoesBackOverMidnightLiesInTheLaterDay(t *testing.T) {
	loc := zone(t, "America/St_Johns")
	i := at(t, "2010-11-07T03:00:00Z") // the clock shows 23:30 of the sixth for the second time
	if i.In(loc).Day() != 6 {
		t.Fatal("not the instant that was meant")
	}
	if p := PeriodAt(sla.PeriodTerm{Kind: sla.PeriodDay}, loc, i); p.Name != "2010-11-07" {
		t.Errorf("lies in %s", p.Name)
	}
}
