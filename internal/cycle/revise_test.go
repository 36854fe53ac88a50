package cycle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
)

// Again gives the facts of a span as they are now.
func (s *source) Again(_ context.Context, t measure.Task, span sla.Span, _ sla.Instant) (measure.Anew, error) {
	if s.problem != nil {
		return measure.Anew{}, s.problem
	}
	var out measure.Anew
	for at := alignDown(span.From, t.Indicator.Interval); at < span.To; at = at.Add(t.Indicator.Interval) {
		e := s.fact(t.Indicator.Name, at)
		e.Span = sla.Span{From: at, To: at.Add(t.Indicator.Interval)}
		out.Entries = append(out.Entries, e)
	}
	out.Unsure = s.unsure
	return out, nil
}

// outageOn makes the probe bad for an hour from an instant on.
func outageOn(from sla.Instant) func(string, sla.Instant) sla.Entry {
	return func(indicator string, at sla.Instant) sla.Entry {
		if since := at.Sub(from); indicator == "probe" && since >= 0 && since < sla.Hour {
			return sla.Entry{Bad: sla.Seconds(sla.Minute)}
		}
		return fine(indicator, at)
	}
}

// states gives what the transitions of a breach record were, with their causes.
func states(b *sla.Breach) string {
	var out []string
	for _, t := range b.Transitions {
		out = append(out, fmt.Sprintf("%s (%s)", t.State, t.Cause))
	}
	return strings.Join(out, ", ")
}

func TestFactsThatAreRevisedAfterThePeriodIsSettledMoveItsBreachAndVerdict(t *testing.T) {
	tenth := march.Add(10 * sla.Day)
	for _, c := range []struct {
		name        string
		first, then func(string, sla.Instant) sla.Entry
		want        string
		state       sla.State
	}{
		{"undone", outageOn(tenth), fine, "open (budget spent), confirmed (budget spent), withdrawn (late facts)", sla.Met},
		{"brought about", fine, outageOn(tenth), "open (late facts), confirmed (late facts)", sla.Breached},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, simple, march.Add(30*sla.Day))
			w.source.fact = c.first
			w.round(march.Add(32 * sla.Day))
			w.round(march.Add(32*sla.Day + 2*sla.Hour)) // now March is final
			w.source.fact = c.then
			w.now = w.now.Add(sla.Minute)
			done, err := w.cycle.Revise(t.Context(), "probe", sla.Span{From: tenth, To: tenth.Add(3 * sla.Hour)}, w.now)
			if err != nil || done.Changed != 60 || done.Kept != 0 {
				t.Fatalf("%+v, %v, want 60 intervals revised", done, err)
			}
			for range 2 { // the second time by what the store says alone
				b := w.breaches()
				if len(b) != 1 || states(&b[0]) != c.want {
					t.Errorf("the breaches are %+v, want one that is %s", b, c.want)
				}
				if c.state == sla.Breached && b[0].OpenedAt != tenth.Add(45*sla.Minute) {
					t.Errorf("it opened at %s, want when the budget was spent", b[0].OpenedAt)
				}
				if p := w.cycle.Standings()[1].Previous; p == nil || p.Period.Name != "2026-03" || p.State != c.state || p.Provisional {
					t.Errorf("March is %+v, want it settled as %s", p, c.state)
				}
				w.compare()
				w.reload()
				w.round(w.now.Add(sla.Minute))
			}
		})
	}
}

func TestAStretchBeforeTheFirstEntryReopensMonthsThatWereSettledWithoutIt(t *testing.T) {
	w := newWorld(t, simple, march.Add(40*sla.Day))
	w.source.fact = outageOn(march.Add(10 * sla.Day))
	limited := w.options()
	limited.BackfillLimit = 20 * sla.Day
	if err := w.cycle.Reload(t.Context(), limited); err != nil {
		t.Fatal(err)
	}
	w.round(march.Add(40 * sla.Day))
	w.round(march.Add(40*sla.Day + 2*sla.Hour))
	previous := w.cycle.Standings()[1].Previous
	if previous == nil || previous.State != sla.Met || previous.Provisional {
		t.Fatalf("March without its first days is %+v, want it settled and met", previous)
	}
	w.reload()
	w.source.piece = 3 * sla.Day // the stretch takes several steps
	w.round(march.Add(40*sla.Day + 3*sla.Hour))
	b := w.breaches()
	if len(b) != 1 || b[0].State != sla.BreachConfirmed || b[0].OpenedAt != march.Add(10*sla.Day+45*sla.Minute) {
		t.Errorf("the breaches are %+v, want the one of the tenth day", b)
	}
	if p := w.cycle.Standings()[1].Previous; p.State != sla.Breached || p.Provisional {
		t.Errorf("March with its first days is %+v, want it breached", p)
	}
	w.compare()
}

func TestReconcilingRevisesWhatDiffersOfTheLastDaysAndNothingElse(t *testing.T) {
	w := newWorld(t, simple, march.Add(9*sla.Day))
	w.round(march.Add(10 * sla.Day))
	w.source.fact = func(indicator string, at sla.Instant) sla.Entry {
		e := fine(indicator, at)
		if indicator == "requests" {
			e.Good = sla.Whole(11)
		}
		return e
	}
	w.now = march.Add(10*sla.Day + 2*sla.Hour)
	done, err := w.cycle.Reconcile(t.Context(), "main", 2*sla.Day, w.now)
	if want := 46*60 - 1; err != nil || done.Indicators != 2 || done.Changed != want || done.Kept != 0 || done.Failed != 0 {
		t.Errorf("%+v, %v, want %d intervals of one of two indicators revised", done, err, want)
	}
	entries, err := w.store.Entries(t.Context(), "requests", sla.Span{From: march, To: sla.Forever})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		want := sla.Whole(10)
		if e.From >= w.now.Add(-2*sla.Day) && e.To <= w.now.Add(-sla.Hour) {
			want = sla.Whole(11)
		}
		if e.Good != want {
			t.Fatalf("%s has %s events, want %s", e.From, e.Good, want)
		}
	}
	w.round(w.now.Add(sla.Minute))
	w.compare()
}

func TestASourceThatDoesNotAnswerEndsAReconciliationAndLosesNothing(t *testing.T) {
	w := newWorld(t, simple, march.Add(9*sla.Day))
	w.round(march.Add(10 * sla.Day))
	w.source.problem = &measure.Problem{Kind: measure.Pending, Text: "nobody answers", SourceDown: true}
	done, err := w.cycle.Reconcile(t.Context(), "main", 2*sla.Day, w.now)
	if err != nil || done.Failed != 1 || done.Changed != 0 || !strings.Contains(done.Why, "nobody answers") {
		t.Errorf("%+v, %v, want it ended at the first indicator, with the reason", done, err)
	}
}

// minute gives an entry of a minute of March by its number.
func minute(n int, good int64, unknown, bridged sla.Millis) sla.Entry {
	at := march.Add(sla.Millis(n) * sla.Minute)
	return sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}, Good: sla.Whole(good), Unknown: unknown, Bridged: bridged, Definition: 1}
}

func TestWhatHangsTogetherIsRevisedAsAWholeOrNotAtAll(t *testing.T) {
	const m, gap = sla.Minute, 2*sla.Minute + 1000
	known := func(goods ...int64) (out []sla.Entry) {
		for i, good := range goods {
			out = append(out, minute(i, good, 0, 0))
		}
		return out
	}
	holed := []sla.Entry{minute(0, 5, 0, 0), minute(1, 0, m, 0), minute(2, 0, m, 0), minute(3, 20, 0, gap), minute(4, 5, 0, 0)}
	half := []sla.Entry{minute(0, 5, 0, 0), minute(1, 6, 0, 0), minute(2, 0, m, 0), minute(3, 14, 0, m+1000), minute(4, 5, 0, 0)}
	other := known(5, 6, 7, 8, 9)
	for i := range other {
		other[i].Definition = 7
	}
	for _, c := range []struct {
		name       string
		old, fresh []sla.Entry
		unsure     []int
		wanted     bool
		changed    string
		kept       int
	}{
		{"nothing differs", known(1, 2), known(1, 2), nil, false, "", 0},
		{"a count differs", known(1, 2, 3), known(1, 5, 3), nil, false, "1", 0},
		{"a hole is filled", holed, known(5, 6, 7, 7, 5), nil, false, "1 2 3", 0},
		{"a hole is filled in part", holed, half, nil, false, "1 3", 0},
		{"the rest of it is filled", half, known(5, 6, 7, 7, 5), nil, false, "2 3", 0},
		{"what is known becomes a hole", known(5, 6, 7, 7, 5), holed, nil, false, "", 3},
		{"what is known becomes a hole, something else is better", known(5, 6, 7, 7, 4), holed, nil, false, "4", 3},
		{"another part of a hole is known", half, []sla.Entry{minute(0, 5, 0, 0), minute(1, 0, m, 0), minute(2, 7, 0, 0), minute(3, 13, 0, 0), minute(4, 5, 0, 0)}, nil, false, "", 3},
		{"the first measuring knew better", known(1, 2, 3), known(1, 5, 4), []int{1}, false, "2", 1},
		{"a hole in which a series begins", holed, known(5, 6, 7, 7, 5), []int{2}, false, "1 2 3", 0},
		{"after a hole a series begins", holed, known(5, 6, 7, 7, 5), []int{3}, false, "", 3},
		{"facts of another definition", other, known(1, 2, 3, 4, 5), nil, false, "", 0},
		{"facts of another definition, wanted", other, known(1, 2, 7, 8, 9), []int{1}, true, "0 1", 0},
		{"the gap begins before what is compared", known(1, 2), []sla.Entry{minute(0, 9, 0, m), minute(1, 2, 0, 0)}, nil, false, "", 1},
	} {
		a := anew{span: sla.Span{From: march, To: march.Add(sla.Hour)}, fresh: c.fresh, definition: 1, wanted: c.wanted}
		for _, n := range c.unsure {
			a.unsure = append(a.unsure, minute(n, 0, 0, 0).From)
		}
		changed, done := a.compare(c.old)
		var got []string
		for _, e := range changed {
			got = append(got, fmt.Sprint(int(e.From.Sub(march)/m)))
			if i := slices.IndexFunc(c.fresh, func(f sla.Entry) bool { return f.From == e.From }); c.fresh[i] != e {
				t.Errorf("%s: the revision is %+v, want %+v", c.name, e, c.fresh[i])
			}
		}
		if s := strings.Join(got, " "); s != c.changed || done.Changed != len(changed) || done.Kept != c.kept {
			t.Errorf("%s: minutes %q are revised and %d stay, want %q and %d", c.name, s, done.Kept, c.changed, c.kept)
		}
	}
}
