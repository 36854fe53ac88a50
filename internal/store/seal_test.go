package store_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// seal seals what ended by the instant, as long after as it takes to be final.
func seal(tb testing.TB, s *store.Store, before sla.Instant) int {
	tb.Helper()
	n, err := s.Seal(tb.Context(), store.Sealing{At: before.Add(49 * sla.Hour), Before: before, Recorded: sla.Forever})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// midnight is the first one after start.
const midnight = start + sla.Instant(sla.Day) - start%sla.Instant(sla.Day)

func TestSeal_WhatIsReadIsTheSameBeforeAndAfter(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	s := openFile(t, file)
	all := minutes(start, 4*1440, events)
	all[100].Unknown, all[101].Bridged, all[102].Approximate = 7, 9, true
	other := minutes(start.Add(sla.Hour), 3*1440, events)
	record(t, s, roundOf(outcome(all...), store.Outcome{Indicator: "mail", Definition: 3, Entries: other, Cursor: other[len(other)-1].To}))
	spans := []sla.Span{allTime, {From: midnight, To: midnight.Add(sla.Day)}, {From: midnight.Add(-90), To: midnight.Add(90)}, {From: start.Add(30 * sla.Second), To: start.Add(50 * sla.Hour)}}
	read := func() (out [][]sla.Entry) {
		for _, span := range spans {
			out = append(out, entries(t, s, "web", span), entries(t, s, "mail", span))
		}
		each := eachOf(t, s, allTime)
		return append(out, each["web"], each["mail"])
	}
	want := read()
	equal(t, "an approximate entry", want[0][102].Approximate, true)
	bounds, err := s.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, days := range []int{0, 1, 3} {
		seal(t, s, midnight.Add(sla.Millis(days)*sla.Day))
		equal(t, fmt.Sprintf("entries after sealing %d days", days), read(), want)
	}
	after, err := s.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "bounds", after, bounds)
	equal(t, "findings", verified(t, s), []string(nil))
	if n := count(t, file, `SELECT count(*) FROM sealed_day`); n != 4+4-1 {
		t.Errorf("there are %d sealed days", n)
	}
	if n := count(t, file, fmt.Sprintf(`SELECT count(*) FROM entry WHERE from_ms < %d`, midnight.Add(2*sla.Day))); n != 0 {
		t.Errorf("%d entries stand in both", n)
	}
}

func TestSeal_LeavesWhatIsNotFinal(t *testing.T) {
	s := open(t)
	all := minutes(start.Add(6*sla.Hour), 3*1440, events)
	record(t, s, store.Round{At: start.Add(sla.Hour), Outcomes: []store.Outcome{outcome(all[:2000]...)}})
	record(t, s, store.Round{At: start.Add(9 * sla.Hour), Outcomes: []store.Outcome{outcome(all[2000:]...)}})
	n, err := s.Seal(t.Context(), store.Sealing{At: start, Before: sla.Forever - sla.Instant(100*sla.Day), Recorded: start.Add(2 * sla.Hour)})
	if err != nil || n != 1 {
		t.Errorf("sealed %d days, %v; only the first was recorded early enough", n, err)
	}
	if n := seal(t, s, midnight.Add(sla.Day-1)); n != 0 {
		t.Errorf("sealed %d days, of which none had ended", n)
	}
	if n := seal(t, s, midnight.Add(5*sla.Day)); n != 2 {
		t.Errorf("sealed %d days; the last one is unfinished", n)
	}
	if n := seal(t, s, midnight.Add(50*sla.Day)); n != 1 {
		t.Errorf("sealed %d days; nobody will finish the last one", n)
	}
	if n := seal(t, s, midnight.Add(60*sla.Day)); n != 0 {
		t.Errorf("sealed %d days twice", n)
	}
	equal(t, "entries", entries(t, s, "web", allTime), all)
}

func TestSeal_LateFactsMakeARevisionThatNamesWhatItReplaces(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	s := openFile(t, file)
	all := minutes(midnight, 1440, events)
	record(t, s, roundOf(outcome(all...)))
	seal(t, s, midnight.Add(sla.Day))
	for i := range 2 {
		late := all[700]
		late.Bad = sla.Whole(int64(50 + i))
		all[700] = late
		r := store.Round{At: start, Outcomes: []store.Outcome{{Indicator: "web", Definition: 1, Revised: []sla.Entry{late}, Cursor: start}}}
		if got := record(t, s, r).Entries + record(t, s, r).Entries; got != 1 {
			t.Errorf("the late fact, twice, added %d", got)
		}
		equal(t, "entries with a late fact", entries(t, s, "web", allTime), all)
		if n := seal(t, s, midnight.Add(sla.Day)); n != 1 {
			t.Errorf("sealed %d days", n)
		}
		equal(t, "entries after sealing again", entries(t, s, "web", allTime), all)
	}
	equal(t, "findings", verified(t, s), []string(nil))
	if n := count(t, file, `SELECT count(*) FROM sealed_day AS n JOIN sealed_day AS o ON n.replaces = o.hash WHERE n.revision = o.revision + 1`); n != 2 {
		t.Errorf("%d revisions name what they replace", n)
	}
	record(t, s, roundOf(outcome(all[1439])))
	equal(t, "entries after a repeated round", entries(t, s, "web", allTime), all)
}

func TestSettled_KnowsSealedDays(t *testing.T) {
	s := open(t)
	all := minutes(midnight, 3*1440, events)
	at := func(day int) sla.Instant { return midnight.Add(sla.Millis(day) * sla.Day) }
	for day := range 3 {
		record(t, s, store.Round{At: at(day + 1), Outcomes: []store.Outcome{outcome(all[day*1440 : (day+1)*1440]...)}})
	}
	for sealed := range 4 {
		seal(t, s, at(sealed))
		for day := range 4 {
			got, err := s.Settled(t.Context(), at(day).Add(1))
			if err != nil {
				t.Fatal(err)
			}
			if got["web"] != at(day) {
				t.Errorf("with %d days sealed, %s is settled on day %d, want %s", sealed, got["web"], day, at(day))
			}
		}
	}
}

func TestSeal_TheDaysBeforeABackfillReachesThemAreUnited(t *testing.T) {
	s := open(t)
	all := minutes(midnight, 2*1440, events)
	noon := 1440 + 720
	record(t, s, roundOf(outcome(all[noon:]...)))
	seal(t, s, midnight.Add(2*sla.Day))
	early := outcome(all[:1000]...)
	early.Earlier = true
	record(t, s, roundOf(early))
	seal(t, s, midnight.Add(2*sla.Day))
	equal(t, "entries before the lanes meet", len(entries(t, s, "web", allTime)), 1000+720)
	late := outcome(all[1000:noon]...)
	late.Earlier = true
	record(t, s, roundOf(late))
	equal(t, "entries", entries(t, s, "web", allTime), all)
	seal(t, s, midnight.Add(2*sla.Day))
	equal(t, "entries", entries(t, s, "web", allTime), all)
	equal(t, "findings", verified(t, s), []string(nil))
}

// Ledgers that are sealed at odd moments read as those that are not.
func TestSeal_NoSequenceOfRoundsLateFactsAndSealsChangesWhatIsRead(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := open(t)
		var want []sla.Entry
		at := midnight
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			if len(want) > 0 && rapid.Bool().Draw(r, "late") {
				i := rapid.IntRange(0, len(want)-1).Draw(r, "which")
				want[i].Good = sla.Nanos(rapid.Int64().Draw(r, "good"))
				record(t, s, store.Round{Outcomes: []store.Outcome{{Indicator: "web", Definition: 1, Revised: want[i : i+1], Cursor: midnight}}})
			} else {
				from := len(want)
				for range rapid.IntRange(1, 30).Draw(r, "entries") {
					length := sla.Millis(rapid.SampledFrom([]int64{60_000, 3_600_000, 5_000_000}).Draw(r, "length"))
					e := sla.Entry{Span: sla.Span{From: at, To: at.Add(length)}, Definition: 1, Good: sla.Nanos(rapid.Int64().Draw(r, "good"))}
					e.Bad = sla.Whole(rapid.Int64Range(-5, 1<<40).Draw(r, "bad"))
					e.Unknown = sla.Millis(rapid.Int64Range(0, int64(length)).Draw(r, "unknown"))
					want, at = append(want, e), e.To
				}
				record(t, s, roundOf(outcome(want[from:]...)))
			}
			seal(t, s, midnight.Add(sla.Millis(rapid.IntRange(0, 40).Draw(r, "sealed hours"))*sla.Hour))
			if got := entries(t, s, "web", allTime); !slices.Equal(got, want) {
				r.Fatalf("got %v\nwant %v", got, want)
			}
		}
		if found := verified(t, s); found != nil {
			r.Fatal(found)
		}
	})
}

// sealedMonth is a month of sealed days at a minute.
func sealedMonth(tb testing.TB, s *store.Store, indicators int) sla.Span {
	tb.Helper()
	for day := range 30 {
		from := midnight.Add(sla.Millis(day) * sla.Day)
		r := store.Round{At: from}
		for i := range indicators {
			es := minutes(from, 1440, func(n int) sla.Amount { return sla.Whole(int64(1000*i + (n*7919+day*104_729)%997)) })
			r.Outcomes = append(r.Outcomes, store.Outcome{Indicator: fmt.Sprintf("indicator-%05d", i), Definition: 1, Entries: es, Cursor: from.Add(sla.Day)})
		}
		record(tb, s, r)
		seal(tb, s, from.Add(sla.Day))
	}
	return sla.Span{From: midnight, To: midnight.Add(30 * sla.Day)}
}

func TestSeal_AMonthOfAnIndicatorTakesLessThan150KB(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	s := openFile(t, file)
	sealedMonth(t, s, 1)
	n := count(t, file, `SELECT sum(length(packed)) FROM sealed_day`)
	t.Logf("%d bytes", n)
	if n > 150_000 {
		t.Errorf("it takes %d bytes", n)
	}
}

func BenchmarkSealedMonth(b *testing.B) {
	s := open(b)
	month := sealedMonth(b, s, 10)
	b.ReportAllocs()
	for b.Loop() {
		es, err := s.Entries(b.Context(), "indicator-00005", month)
		if err != nil || len(es) != 43200 {
			b.Fatal(len(es), err)
		}
	}
}

// Sealing a day of a hundred indicators.
func BenchmarkSealDay100(b *testing.B) {
	s := open(b)
	day := 0
	for b.Loop() {
		b.StopTimer()
		from := midnight.Add(sla.Millis(day) * sla.Day)
		r := store.Round{At: from}
		for i := range 100 {
			r.Outcomes = append(r.Outcomes, store.Outcome{Indicator: fmt.Sprintf("indicator-%05d", i), Definition: 1, Entries: minutes(from, 1440, events), Cursor: from.Add(sla.Day)})
		}
		record(b, s, r)
		day++
		b.StartTimer()
		if n := seal(b, s, from.Add(sla.Day)); n != 100 {
			b.Fatal(n)
		}
	}
}

func verified(tb testing.TB, s *store.Store) []string {
	tb.Helper()
	found, err := s.Verify(tb.Context(), store.AuditHead{})
	if err != nil {
		tb.Fatal(err)
	}
	return found
}

func TestExpire_LetsGoOfOldFactsOnlyAndVerifiesAfterwards(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	s := openFile(t, file)
	all := minutes(start.Add(6*sla.Hour), 5*1440, events)
	r := roundOf(outcome(all...))
	r.Verdicts = []sla.Verdict{verdict(sla.Breached, false)}
	record(t, s, r)
	if n, err := s.Expire(t.Context(), midnight.Add(sla.Day), start); err != nil || n != 0 {
		t.Errorf("let go of %d days, %v, that are not sealed", n, err)
	}
	seal(t, s, midnight.Add(3*sla.Day))
	for range 2 {
		if _, err := s.Expire(t.Context(), midnight.Add(sla.Day+sla.Hour), start); err != nil {
			t.Fatal(err)
		}
		equal(t, "entries", entries(t, s, "web", allTime), all[18*60+1440:])
		equal(t, "findings", verified(t, s), []string(nil))
	}
	bounds, err := s.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "bounds", bounds["web"], sla.Span{From: midnight.Add(sla.Day), To: all[len(all)-1].To})
	if len(verdicts(t, s, "", allTime)) != 1 {
		t.Error("a verdict went with the facts")
	}
	next := minutes(bounds["web"].To, 1, events)
	record(t, s, roundOf(outcome(next...)))
	db := raw(t, file)
	if _, err := db.ExecContext(t.Context(), "DELETE FROM sealed_day WHERE day = (SELECT max(day) FROM sealed_day)"); err == nil {
		t.Error("a day was deleted before its time")
	}
	execute(t, db, "UPDATE retention SET before_day = before_day + 1")
	if got := verified(t, s); len(got) == 0 {
		t.Error("a moved retention was not found")
	}
}
