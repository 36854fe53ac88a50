package cycle

import (
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

func TestAlignmentIsToTheEpochOnBothOfItsSides(t *testing.T) {
	for _, c := range []struct{ at, down, up sla.Instant }{
		{0, 0, 0}, {1, 0, 60_000}, {59_999, 0, 60_000}, {60_000, 60_000, 60_000}, {-1, -60_000, 0}, {-60_000, -60_000, -60_000},
	} {
		if down, up := alignDown(c.at, sla.Minute), alignUp(c.at, sla.Minute); down != c.down || up != c.up {
			t.Errorf("%d lies between %d and %d, want %d and %d", c.at, down, up, c.down, c.up)
		}
	}
}

func TestWhatIsDueBeginsWithTheValidityAtMostTheLimitBackAndEndsWithIt(t *testing.T) {
	w := newWorld(t, simple, march.Add(sla.Day+90*sla.Second))
	jobs := w.cycle.due("main", Scope{}, w.now)
	if len(jobs) != 2 || jobs[0].indicator.Name != "probe" || jobs[1].indicator.Name != "requests" {
		t.Fatalf("due is %v, want both indicators in the order of their names", jobs)
	}
	if j := jobs[0]; j.cursor != march || j.to != march.Add(sla.Day+sla.Minute) || !j.first {
		t.Errorf("the first job is from %s to %s, want from the agreement's beginning to the last full minute", j.cursor, j.to)
	}
	limited := w.options()
	limited.BackfillLimit = sla.Hour
	w.cycle.o = limited
	if j := w.cycle.due("main", Scope{}, w.now)[0]; j.cursor != march.Add(23*sla.Hour+2*sla.Minute) {
		t.Errorf("with a limit of an hour it begins at %s, want an hour back, aligned up", j.cursor)
	}
	w.cycle.o = w.options()
	if jobs := w.cycle.due("main", Scope{To: march.Add(sla.Hour)}, march.Add(2*sla.Hour)); jobs[0].to != march.Add(sla.Hour) {
		t.Errorf("a scope that ends in an hour goes to %s", jobs[0].to)
	}
	if jobs := w.cycle.due("other", Scope{}, w.now); len(jobs) != 0 {
		t.Errorf("another source has %d jobs, want none", len(jobs))
	}
}

func TestTheTimeBeforeTheFirstEntryIsDueOnItsOwnWhereAnAgreementReachesBackFurther(t *testing.T) {
	w := newWorld(t, simple, march.Add(2*sla.Day))
	w.cycle.heads["probe"] = store.Head{First: march.Add(sla.Day), Cursor: march.Add(2 * sla.Day), Definition: w.cycle.definitions["probe"], State: []byte("latest")}
	jobs := w.cycle.jobsOf(w.cycle.catalogue.Indicator("probe"), sla.Span{From: march, To: sla.Forever}, w.now)
	if len(jobs) != 1 || !jobs[0].earlier || jobs[0].cursor != march || jobs[0].to != march.Add(sla.Day) || jobs[0].state != nil {
		t.Fatalf("due is %+v, want the day before the first entry, without the state of the latest", jobs)
	}
	head := w.cycle.heads["probe"]
	head.Earlier = &store.Head{First: march, Cursor: march.Add(sla.Hour), State: []byte("earlier")}
	w.cycle.heads["probe"] = head
	jobs = w.cycle.jobsOf(w.cycle.catalogue.Indicator("probe"), sla.Span{From: march, To: sla.Forever}, w.now)
	if len(jobs) != 1 || jobs[0].cursor != march.Add(sla.Hour) || string(jobs[0].state) != "earlier" || jobs[0].first {
		t.Errorf("due is %+v, want it to go on where it was", jobs)
	}
}

func TestAnEarlierStretchIsMeasuredLaterAndJudgedAsIfItHadAlwaysBeenThere(t *testing.T) {
	broken := func(indicator string, at sla.Instant) sla.Entry {
		if indicator == "probe" && at.Sub(march) < sla.Hour {
			return sla.Entry{Bad: sla.Seconds(sla.Minute)}
		}
		return fine(indicator, at)
	}
	w := newWorld(t, simple, march.Add(4*sla.Day))
	w.source.fact = broken
	limited := w.options()
	limited.BackfillLimit = sla.Day
	if err := w.cycle.Reload(t.Context(), limited); err != nil {
		t.Fatal(err)
	}
	w.round(march.Add(4 * sla.Day))
	if n := len(w.breaches()); n != 0 {
		t.Fatalf("%d breaches of the last day, want none", n)
	}
	w.reload()
	w.round(march.Add(4*sla.Day + sla.Minute))
	entries, err := w.store.Entries(t.Context(), "probe", sla.Span{From: march, To: sla.Forever})
	if err != nil || len(entries) != 4*24*60 || entries[0].From != march {
		t.Fatalf("%d entries from %s, want four days from the beginning (%v)", len(entries), entries[0].From, err)
	}
	if b := w.breaches(); len(b) != 1 || b[0].Objective != "there" || b[0].OpenedAt != march.Add(45*sla.Minute) {
		t.Errorf("the breaches are %+v, want one of the first morning: 99.9 %% of 31 days leave 44 minutes", b)
	}
}

func TestWhatIsOwedIsKnownBeforeTheFirstRound(t *testing.T) {
	w := newWorld(t, simple, march.Add(sla.Day))
	o := w.options()
	o.Clock = func() time.Time { return march.Add(sla.Day).Time() }
	if err := w.cycle.Reload(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if l := w.cycle.Lag(); l.Pending != 2*24*60 || l.Furthest != sla.Day {
		t.Errorf("owed are %+v, want a day of two indicators", l)
	}
	w.round(march.Add(sla.Day + 30*sla.Second))
	if l := w.cycle.Lag(); l.Pending != 0 || l.Furthest != 0 {
		t.Errorf("after a round %+v is owed, want nothing", l)
	}
}

func TestNothingIsOwedAfterTheEndOfAnAgreement(t *testing.T) {
	ended := strings.Replace(simple, "valid: {from: 2026-03-01}", "valid: {from: 2026-03-01, until: 2026-03-02}", 1)
	w := newWorld(t, ended, march.Add(sla.Day))
	for day := range sla.Millis(3) {
		w.round(march.Add((day+1)*sla.Day + sla.Minute))
		if l := w.cycle.Lag(); l.Pending != 0 || l.Furthest != 0 {
			t.Errorf("a minute after day %d %+v is owed, want nothing", day+1, l)
		}
	}
}
