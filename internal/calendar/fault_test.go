package calendar

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

func TestFault_D9_ALeapSecondIsNoPartOfUnixTime(t *testing.T) {
	loc := zone(t, "UTC")
	for name, want := range map[string]sla.Millis{ // 2016-12-31T23:59:60Z was the last one so far
		"2016-12-31": sla.Day, "2017-01-01": sla.Day, "2016-12": 31 * sla.Day, "2016-Q4": 92 * sla.Day, "2016": 366 * sla.Day,
	} {
		if p, err := Parse(name, loc); err != nil || p.Length() != want {
			t.Errorf("%s is %v (%v), want %d ms long", name, p, err, want)
		}
	}
	midnight := at(t, "2017-01-01T00:00:00Z")
	if last := PeriodAt(sla.PeriodTerm{Kind: sla.PeriodDay}, loc, midnight-1); last.Name != "2016-12-31" || last.To != midnight {
		t.Errorf("the millisecond before midnight lies in %v", last)
	}
}

// TestFault_D15_PeriodsOfEveryKindTile walks over leap years, one that is none
// (2100), and years with 53 weeks, in zones whose clocks change.
func TestFault_D15_PeriodsOfEveryKindTile(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe"} {
		loc := zone(t, name)
		for _, kind := range []sla.PeriodKind{sla.PeriodDay, sla.PeriodWeek, sla.PeriodMonth, sla.PeriodQuarter, sla.PeriodHalf, sla.PeriodYear} {
			term := sla.PeriodTerm{Kind: kind}
			p := PeriodAt(term, loc, at(t, "2019-06-01T00:00:00Z"))
			names := map[string]bool{}
			for ; p.From < at(t, "2033-01-01T00:00:00Z"); p = Next(term, loc, p) {
				next := Next(term, loc, p)
				if next.From != p.To || Prev(term, loc, next) != p || names[p.Name] {
					t.Fatalf("%s: %v is followed by %v", name, p, next)
				}
				names[p.Name] = true
				if p.Empty() {
					continue // a day that a zone skips
				}
				for _, i := range []sla.Instant{p.From, p.To - 1} {
					if got := PeriodAt(term, loc, i); got != p {
						t.Fatalf("%s: %s lies in %v, want %v", name, i, got, p)
					}
				}
				if got, err := Parse(p.Name, loc); err != nil || got != p {
					t.Fatalf("%s: %s names %v, %v", name, p.Name, got, err)
				}
			}
			if kind == sla.PeriodWeek && (!names["2020-W53"] || !names["2026-W53"] || !names["2032-W53"] || names["2021-W53"]) {
				t.Errorf("%s: the years with 53 weeks are not those of the calendar", name)
			}
			if kind == sla.PeriodDay && (!names["2020-02-29"] || !names["2028-02-29"] || names["2021-02-29"]) {
				t.Errorf("%s: the leap days are not those of the calendar", name)
			}
		}
	}
	if p, err := Parse("2100-02", zone(t, "UTC")); err != nil || p.Length() != 28*sla.Day {
		t.Errorf("February 2100 is %v, %v", p, err)
	}
}

// oldZones, when set, is a process that shows what a zone is on a machine with
// other zone files than the built-in ones.
const oldZones = "SLMD_TEST_OLD_ZONES"

func TestFault_D12_ZoneFilesOfTheMachineMakeNoDifference(t *testing.T) {
	here := fmt.Sprint(PeriodAt(sla.PeriodTerm{Kind: sla.PeriodMonth}, zone(t, "Europe/Berlin"), at(t, "2026-07-15T00:00:00Z")))
	if os.Getenv(oldZones) != "" {
		system, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("system:", at(t, "2026-07-15T00:00:00Z").In(system).Hour(), "built in:", here)
		return
	}
	if want := "{2026-07 {2026-06-30T22:00:00Z 2026-07-31T22:00:00Z}}"; here != want {
		t.Errorf("July in Berlin is %s, want %s", here, want)
	}
	old := t.TempDir() // in which no clock in Berlin was ever turned
	utc := zoneFile(zones, "Etc/UTC")
	if err := os.Mkdir(filepath.Join(old, "Europe"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(old, "Europe", "Berlin"), utc, 0o600); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=TestFault_D12")
	child.Env = append(os.Environ(), oldZones+"=1", "ZONEINFO="+old)
	out, err := child.CombinedOutput()
	if want := "system: 0 built in: " + here + "\n"; err != nil || len(out) < len(want) || string(out[:len(want)]) != want {
		t.Errorf("with other zone files: %v, %s, want %s", err, out, want)
	}
}
