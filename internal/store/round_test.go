package store_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// outcome is one of the indicator "web" with the entries, ready to be recorded.
func outcome(entries ...sla.Entry) store.Outcome {
	return store.Outcome{Indicator: "web", Definition: 1, Entries: entries, State: []byte("state"), Cursor: entries[len(entries)-1].To}
}

func roundOf(outcomes ...store.Outcome) store.Round {
	return store.Round{At: start, Outcomes: outcomes}
}

func entries(tb testing.TB, s *store.Store, indicator string, span sla.Span) []sla.Entry {
	tb.Helper()
	es, err := s.Entries(tb.Context(), indicator, span)
	if err != nil {
		tb.Fatal(err)
	}
	return es
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func TestRecordRound_EntriesComeBackAsTheyWere(t *testing.T) {
	s := open(t)
	big, err := sla.ParseAmount("9223372036854775806.999999999")
	if err != nil {
		t.Fatal(err)
	}
	amounts := []sla.Amount{{}, sla.Whole(1), sla.Nanos(1), sla.Nanos(-1), sla.Whole(-7), big, big.Neg(), sla.Seconds(59_999)}
	want := minutes(start.Add(-3*sla.Minute), len(amounts), func(i int) sla.Amount { return amounts[i] })
	for i := range want {
		want[i].Bad = amounts[len(amounts)-1-i]
		want[i].Unknown, want[i].Bridged = sla.Millis(i), sla.Millis(i*1000)
	}
	record(t, s, roundOf(outcome(want...)))
	equal(t, "entries", entries(t, s, "web", allTime), want)
}

func TestRecordRound_TheSameRoundAgainAddsNothing(t *testing.T) {
	s := open(t)
	r := liveRound(5, 0, []byte("one"))
	if got := record(t, s, r).Entries; got != 5 {
		t.Errorf("the first time added %d, want 5", got)
	}
	before, err := s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := record(t, s, r).Entries; got != 0 {
		t.Errorf("the second time added %d, want 0", got)
	}
	after, err := s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "heads", after, before)
	if es := entries(t, s, "indicator-00003", allTime); len(es) != 1 {
		t.Errorf("there are %d entries, want 1", len(es))
	}
}

func TestRecordRound_ARoundThatOverlapsTheLedgerAddsOnlyWhatIsNew(t *testing.T) {
	s := open(t)
	all := minutes(start, 40, events)
	record(t, s, roundOf(outcome(all[:25]...)))
	if got := record(t, s, roundOf(outcome(all[10:]...))).Entries; got != 15 {
		t.Errorf("added %d, want 15", got)
	}
	equal(t, "entries", entries(t, s, "web", allTime), all)
}

func TestRecordRound_ALaterOutcomeThatEndsBeforeTheCursorLeavesTheState(t *testing.T) {
	s := open(t)
	all := minutes(start, 4, events)
	record(t, s, roundOf(outcome(all...)))
	old := outcome(all[:2]...)
	old.State = []byte("old")
	record(t, s, roundOf(old))
	heads, err := s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "head", heads["web"], store.Head{First: start, Cursor: all[3].To, Definition: 1, State: []byte("state")})
}

func TestRecordRound_RefusesWhatDoesNotContinueTheLedger(t *testing.T) {
	all := minutes(start, 10, events)
	changed := append([]sla.Entry(nil), all...)
	changed[3].Bad = changed[3].Bad.Add(sla.Nanos(1))
	wide := all[4]
	wide.To = wide.To.Add(sla.Minute)
	cursor := outcome(all[5:6]...)
	cursor.Cursor = cursor.Cursor.Add(1)
	empty := store.Outcome{Indicator: "web", Definition: 1, Cursor: all[6].To}
	nobody := outcome(all[5])
	nobody.Indicator = ""
	huge := all[5]
	huge.Good = sla.FromWords(1<<62, 0)
	otherDefinition := outcome(all[4:6]...)
	otherDefinition.Definition = 2
	unknown := all[5]
	unknown.Unknown = sla.Minute + 1
	for name, c := range map[string]struct {
		outcome store.Outcome
		words   string
	}{
		"a hole":                          {outcome(all[6]), "leave a hole"},
		"a hole within":                   {outcome(all[5], all[7]), "does not follow"},
		"an overlap within":               {outcome(all[5], all[5]), "does not follow"},
		"other facts":                     {outcome(changed...), "differs from the one in the ledger"},
		"other facts alone":               {outcome(changed[3]), "differs from the one in the ledger"},
		"another definition of old facts": {otherDefinition, "differs from the one in the ledger"},
		"an entry over the end":           {outcome(wide), "overlaps the ledger's end"},
		"an old span cut differently":     {outcome(sla.Entry{Span: sla.Span{From: all[3].From.Add(1), To: all[5].From}}), "differs"},
		"an entry without length":         {outcome(sla.Entry{Span: sla.Span{From: all[5].From, To: all[5].From}}), "has no length"},
		"a cursor beyond the entries":     {cursor, "the cursor stands at"},
		"a cursor without entries":        {empty, "without entries"},
		"no name":                         {nobody, "name its indicator"},
		"an amount too large":             {outcome(huge), "beyond what one entry can hold"},
		"more unknown than there is":      {outcome(unknown), "CHECK constraint"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			record(t, s, roundOf(outcome(all[:5]...)))
			other := outcome(all[0])
			other.Indicator = "other"
			_, err := s.RecordRound(t.Context(), roundOf(other, c.outcome))
			if err == nil || !strings.Contains(err.Error(), c.words) {
				t.Fatalf("got %v, want %q", err, c.words)
			}
			equal(t, "entries", entries(t, s, "web", allTime), all[:5])
			if es := entries(t, s, "other", allTime); es != nil {
				t.Errorf("half of the round was written: %v", es)
			}
			record(t, s, roundOf(other, outcome(all[5:]...)))
			equal(t, "entries after a good round", entries(t, s, "web", allTime), all)
		})
	}
}

func TestRecordRound_TwoOutcomesOfOneIndicatorAreRefused(t *testing.T) {
	s := open(t)
	all := minutes(start, 2, events)
	if _, err := s.RecordRound(t.Context(), roundOf(outcome(all[0]), outcome(all[1]))); err == nil || !strings.Contains(err.Error(), "two outcomes") {
		t.Errorf("got %v", err)
	}
}

func TestRecordRound_ANewIndicatorWithoutEntriesStartsAtItsCursor(t *testing.T) {
	s := open(t)
	record(t, s, roundOf(store.Outcome{Indicator: "web", Definition: 1, Cursor: start}))
	bounds, err := s.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "bounds", bounds, map[string]sla.Span{"web": {From: start, To: start}})
	record(t, s, roundOf(outcome(minutes(start, 1, events)...)))
	cursors, err := s.Cursors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "cursors", cursors, map[string]sla.Instant{"web": start.Add(sla.Minute)})
}

func TestRecordRound_ARevisionStandsInForItsEntryAndTheFirstOneStays(t *testing.T) {
	s := open(t)
	all := minutes(start, 30, events)
	record(t, s, roundOf(outcome(all...)))
	revised := all[7]
	revised.Bad, revised.Unknown, revised.Definition = sla.Whole(99), 5, 2
	o := store.Outcome{Indicator: "web", Definition: 2, Revised: []sla.Entry{revised}, Cursor: start}
	for i, want := range []int{1, 0} {
		if got := record(t, s, roundOf(o)).Entries; got != want {
			t.Errorf("time %d added %d, want %d", i+1, got, want)
		}
	}
	want := append([]sla.Entry(nil), all...)
	want[7] = revised
	equal(t, "entries", entries(t, s, "web", allTime), want)
	equal(t, "each entry", eachOf(t, s, allTime), map[string][]sla.Entry{"web": want})
	if got := record(t, s, roundOf(outcome(all...))).Entries; got != 0 {
		t.Errorf("the first round again added %d, want 0", got)
	}
	other := revised
	other.To = other.To.Add(1)
	o.Revised = []sla.Entry{other}
	if _, err := s.RecordRound(t.Context(), roundOf(o)); err == nil || !strings.Contains(err.Error(), "could be revised") {
		t.Errorf("another span was revised: %v", err)
	}
}

func TestRecordRound_ABackfillBeforeTheFirstEntryGoesOnByItselfUntilItGetsThere(t *testing.T) {
	s := open(t)
	all := minutes(start, 60, events)
	record(t, s, roundOf(outcome(all[40:50]...)))
	earlier := func(state string, es ...sla.Entry) store.Outcome {
		o := outcome(es...)
		o.Earlier, o.State = true, []byte(state)
		return o
	}
	record(t, s, roundOf(earlier("a", all[:20]...)))
	record(t, s, roundOf(outcome(all[50:]...)))
	heads, err := s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "head", heads["web"], store.Head{
		First: all[40].From, Cursor: all[59].To, Definition: 1, State: []byte("state"),
		Earlier: &store.Head{First: start, Cursor: all[20].From, Definition: 1, State: []byte("a")},
	})
	over := earlier("b", all[20:41]...)
	if _, err := s.RecordRound(t.Context(), roundOf(over)); err == nil || !strings.Contains(err.Error(), "would run into the first entry") {
		t.Errorf("got %v", err)
	}
	last := earlier("b", all[20:40]...)
	record(t, s, roundOf(last))
	if got := record(t, s, roundOf(last)).Entries; got != 0 {
		t.Errorf("the last part again added %d, want 0", got)
	}
	heads, err = s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "head", heads["web"], store.Head{First: start, Cursor: all[59].To, Definition: 1, State: []byte("state")})
	equal(t, "entries", entries(t, s, "web", allTime), all)
}

func eachOf(t *testing.T, s *store.Store, span sla.Span) map[string][]sla.Entry {
	t.Helper()
	out := map[string][]sla.Entry{}
	err := s.EachEntry(t.Context(), span, func(indicator string, e sla.Entry) error {
		out[indicator] = append(out[indicator], e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Entries of any length, recorded in any pieces, are found by any span as by looking at each.
func TestEntries_AnySpanFindsWhatOverlapsIt(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir := t.TempDir()
		s := openFile(t, dir+"/slmd.db")
		want := map[string][]sla.Entry{}
		for _, name := range []string{"a", "b", "c"} {
			at := start.Add(sla.Millis(rapid.Int64Range(-3_000_000, 3_000_000).Draw(r, "first")))
			for _, length := range rapid.SliceOfN(rapid.Int64Range(1, 5_000_000), 1, 20).Draw(r, "lengths") {
				e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Millis(length))}, Good: sla.Nanos(rapid.Int64().Draw(r, "good")), Definition: 1}
				want[name] = append(want[name], e)
				at = e.To
			}
			cut := rapid.IntRange(1, len(want[name])).Draw(r, "cut")
			for _, part := range [][]sla.Entry{want[name][:cut], want[name][cut:]} {
				if len(part) > 0 {
					o := outcome(part...)
					o.Indicator = name
					record(t, s, roundOf(o))
				}
			}
		}
		from := start.Add(sla.Millis(rapid.Int64Range(-5_000_000, 60_000_000).Draw(r, "from")))
		span := sla.Span{From: from, To: from.Add(sla.Millis(rapid.Int64Range(-10, 20_000_000).Draw(r, "length")))}
		overlapping := map[string][]sla.Entry{}
		for name, es := range want {
			for _, e := range es {
				if e.Overlaps(span) {
					overlapping[name] = append(overlapping[name], e)
				}
			}
			if got := entries(t, s, name, span); len(got) != len(overlapping[name]) || len(got) > 0 && !reflect.DeepEqual(got, overlapping[name]) {
				r.Errorf("%s in %v: got %v, want %v", name, span, got, overlapping[name])
			}
		}
		if got := eachOf(t, s, span); !reflect.DeepEqual(got, overlapping) {
			r.Errorf("each in %v: got %v, want %v", span, got, overlapping)
		}
		if err := s.Close(); err != nil {
			r.Error(err)
		}
	})
}

// ending looks fine when it is asked the first time and has ended ever after.
type ending struct {
	context.Context
	asked int
}

func (c *ending) Err() error {
	if c.asked++; c.asked > 1 {
		return context.Canceled
	}
	return nil
}

func (c *ending) Done() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

func TestRecordRound_AContextThatEndsUnderWayEndsNoTransaction(t *testing.T) {
	s := open(t)
	if _, err := s.RecordRound(&ending{Context: t.Context()}, liveRound(200, 0, nil)); err != nil {
		t.Fatal(err)
	}
	if got := len(eachOf(t, s, allTime)); got != 200 {
		t.Errorf("%d of 200 indicators were written", got)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.RecordRound(ended, liveRound(200, 1, nil)); err == nil {
		t.Error("a round was written for a context that had ended before")
	}
	if got := len(entries(t, s, "indicator-00000", allTime)); got != 1 {
		t.Errorf("there are %d entries, want 1", got)
	}
}

func TestSettled_EndsWhereLaterRoundsBegan(t *testing.T) {
	s := open(t)
	all := minutes(start, 100, events)
	for i, cut := range []int{0, 3, 40, 41, 77, 100} {
		if i == 0 {
			continue
		}
		from := []int{0, 3, 40, 41, 77}[i-1]
		r := roundOf(outcome(all[from:cut]...))
		r.At = start.Add(sla.Millis(i) * sla.Hour)
		record(t, s, r)
	}
	for before, want := range map[sla.Millis]int{0: 0, 1: 0, 2: 3, 3: 40, 4: 41, 5: 77, 6: 100} {
		got, err := s.Settled(t.Context(), start.Add(before*sla.Hour))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "settled", got, map[string]sla.Instant{"web": start.Add(sla.Millis(want) * sla.Minute)})
	}
}

func TestProblems_KeepTheirBeginningUntilTheyEndOrChangeTheirKind(t *testing.T) {
	s := open(t)
	say := func(p store.Problem, want ...store.Problem) {
		t.Helper()
		record(t, s, store.Round{At: start, Problems: []store.Problem{p}})
		got, err := s.Problems(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "problems", got, want)
	}
	say(store.Problem{"web", store.Pending, "connection refused", 10}, store.Problem{"web", store.Pending, "connection refused", 10})
	say(store.Problem{"web", store.Pending, "timeout", 20}, store.Problem{"web", store.Pending, "timeout", 10})
	say(store.Problem{"web", store.Misconfigured, "parse error", 30}, store.Problem{"web", store.Misconfigured, "parse error", 30})
	say(store.Problem{Indicator: "web"})
}
