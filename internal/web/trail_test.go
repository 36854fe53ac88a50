package web

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// halfHours makes facts that are bad now and then, between two instants.
func halfHours(from, to sla.Instant) []sla.Entry {
	var out []sla.Entry
	for at := from; at < to; at = at.Add(sla.Hour / 2) {
		e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Hour / 2)}, Good: sla.Whole(1800)}
		if (at/1_800_000)%37 < 2 {
			e.Good, e.Bad = sla.Whole(1500), sla.Whole(300)
		}
		out = append(out, e)
	}
	return out
}

// told is what a part says, to be compared.
func told(t *testing.T, p *part) string {
	t.Helper()
	text, err := json.Marshal(p.verdict)
	if err != nil {
		t.Fatalf("writing a verdict: %v", err)
	}
	out := string(text)
	for _, c := range p.course {
		out += fmt.Sprintf("\n%s spent %v", c.at, c.spent)
	}
	for _, d := range p.days {
		out += fmt.Sprintf("\n%s to %s: %v %v %v %v %v", d.from, d.to, d.bad, d.good, d.unknown, d.removed, d.spent)
	}
	return out
}

// within gives a book of the facts up to an instant.
func within(w *world, facts []sla.Entry, measured sla.Instant) judge.Book {
	b := w.book()
	b.Measured = func(string) sla.Instant { return measured }
	b.Facts = func(_ string, s sla.Span) ([]sla.Entry, error) {
		var out []sla.Entry
		for _, e := range facts {
			if e.Overlaps(s) && e.To <= measured {
				out = append(out, e)
			}
		}
		return out, nil
	}
	return b
}

func TestGoingOnFromRoundToRoundTellsTheSameAsCountingAnew(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1})
	a := &w.catalogue.Agreements[0]
	period, err := time.Parse(time.DateOnly, "2026-10-01") // a month with a day of 25 hours in Berlin
	if err != nil {
		t.Fatal(err)
	}
	month := verdictOf(a, &a.Objectives[0], sla.At(period).Add(sla.Day), false).Period
	facts := halfHours(month.From, month.To)
	c := w.book().Cases(a.Name, month)[0]
	gone, err := newWalk(c)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 7))
	for measured := month.From; measured < month.To.Add(sla.Day); measured = measured.Add(sla.Millis(r.IntN(60)) * sla.Hour / 2) {
		book, at := within(w, facts, measured), judge.Moment{Now: measured, Final: measured}
		p, err := gone.goOn(book, at)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := newWalk(c)
		if err != nil {
			t.Fatal(err)
		}
		want, err := fresh.goOn(book, at)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := told(t, p), told(t, want); got != want {
			t.Fatalf("measured up to %s the way gone on says\n%s\nand anew\n%s", measured, got, want)
		}
	}
	if len(gone.days) != 31 || len(gone.course) != 31*4+1 {
		t.Errorf("the way has %d days and %d places, want 31 and 125", len(gone.days), len(gone.course))
	}
}

func TestRevisedFactsAreCountedAnew(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1})
	reads := 0
	w.facts = func(_ string, s sla.Span) ([]sla.Entry, error) {
		if s.From == w.standings[0].Current.Part.From {
			reads++
		}
		return nil, nil
	}
	look := func(what string, want int) {
		t.Helper()
		w.standings = append([]sla.Standing{}, w.standings...)
		if code := w.get(t, "/objectives/service-0-sla/objective-0").Code; code != 200 || reads != want {
			t.Errorf("%s: answered %d and read the whole period %d times, want %d", what, code, reads, want)
		}
	}
	look("first", 1)
	look("after a round", 1)
	hour := sla.Span{From: now.Add(-3 * sla.Hour), To: now.Add(-2 * sla.Hour)}
	for _, o := range []store.Outcome{
		{Indicator: "service-0-up", Definition: 1, Cursor: hour.To, Entries: []sla.Entry{{Span: hour, Good: sla.Whole(3600)}}},
		{Indicator: "service-0-up", Definition: 1, Cursor: hour.To, Revised: []sla.Entry{{Span: hour, Bad: sla.Whole(3600)}}},
	} {
		if _, err := w.store.RecordRound(t.Context(), store.Round{At: now, Outcomes: []store.Outcome{o}}); err != nil {
			t.Fatal(err)
		}
		look(fmt.Sprintf("after %d revisions", len(o.Revised)), 1+len(o.Revised))
	}
}
