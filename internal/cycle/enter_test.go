package cycle

import (
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// survey is an agreement on what customers say, beside one that is measured.
const survey = simple + `
  - name: survey-sla
    kind: SLA
    service: shop
    provider: platform
    customer: retail
    valid: {from: 2026-03-01}
    period: month
    objectives: [{name: satisfaction, indicator: score, at_least: 4.2}]
`

// said gives an answer of so many people with this mean on a day of March.
func said(day int, sum, count int64) sla.Entry {
	from := march.Add(sla.Millis(day-1) * sla.Day)
	return sla.Entry{Span: sla.Span{From: from, To: from.Add(sla.Day)}, Good: sla.Whole(sum), Bad: sla.Whole(count)}
}

func newSurvey(t *testing.T) *world {
	t.Helper()
	return newWorld(t, strings.Replace(survey, "agreements:\n",
		"  - {name: score, service: shop, entries: {as: mean, unit: points}}\nagreements:\n", 1), march)
}

// satisfaction gives the verdict on March by the store, and by the standings where they have it.
func (w *world) satisfaction(t *testing.T) sla.Verdict {
	t.Helper()
	month := sla.Period{Name: "2026-03", Span: sla.Span{From: march, To: march.Add(31 * sla.Day)}}
	verdicts, err := w.book().Judge("survey-sla", month, w.now)
	if err != nil || len(verdicts) != 1 {
		t.Fatalf("got %v, %v", verdicts, err)
	}
	return verdicts[0]
}

func TestEnter_FactsThatSomebodyWroteDownAreJudgedAtOnce(t *testing.T) {
	w := newSurvey(t)
	w.round(march.Add(5 * sla.Day))
	if got := w.satisfaction(t); got.State != sla.NoData {
		t.Fatalf("without an answer the state is %s", got.State)
	}
	enter := func(e ...sla.Entry) Entered {
		t.Helper()
		done, err := w.cycle.Enter(t.Context(), "score", e, w.now)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	if got := enter(said(3, 45, 10), said(1, 8, 2)); got != (Entered{Added: 2}) {
		t.Errorf("got %+v, want 2 added", got)
	}
	if got := enter(said(2, 3, 1), said(3, 45, 10)); got != (Entered{Added: 1, Known: 1}) { // between the two
		t.Errorf("got %+v, want 1 added and 1 known", got)
	}
	for _, s := range *w.cycle.standings.Load() {
		if s.Agreement.Name == "survey-sla" && s.Current.Value.Ratio().FloatString(2) != "4.31" { // 56/13
			t.Errorf("the standing is %s", s.Current.Value.Ratio())
		}
	}
	if got := w.satisfaction(t); got.State != sla.Met || got.Value.Ratio().FloatString(2) != "4.31" {
		t.Errorf("got %s at %v, want met at 56/13", got.State, got.Value)
	}
	if got := enter(said(3, 30, 10)); got != (Entered{Revised: 1}) {
		t.Errorf("got %+v, want 1 revised", got)
	}
	if got := w.satisfaction(t); got.State != sla.Failing {
		t.Errorf("41/13 is %s, want failing", got.State)
	}
	w.reload()
	w.round(march.Add(5*sla.Day + sla.Hour))
	if got := w.satisfaction(t); got.State != sla.Failing {
		t.Errorf("after a restart it is %s, want failing", got.State)
	}
}

func TestEnter_DaysWithoutAFactAreNoFaultOfTheLedger(t *testing.T) {
	w := newSurvey(t)
	w.round(march.Add(9 * sla.Day))
	if _, err := w.cycle.Enter(t.Context(), "score", []sla.Entry{said(1, 8, 2), said(5, 45, 10), said(8, 20, 5)}, w.now); err != nil {
		t.Fatal(err)
	}
	verify := func() {
		t.Helper()
		if found, err := w.store.Verify(t.Context(), store.AuditHead{}); err != nil || len(found) > 0 {
			t.Errorf("verifying finds %v, %v", found, err)
		}
	}
	verify()
	if n, err := w.store.Seal(t.Context(), store.Sealing{At: w.now, Before: march.Add(9 * sla.Day), Recorded: sla.Forever}); err != nil || n == 0 {
		t.Fatalf("%d days are sealed, %v", n, err)
	}
	verify()
}

func TestEnter_LateFactsOfAClosedMonthOpenItsRecord(t *testing.T) {
	w := newSurvey(t)
	w.round(march.Add(33 * sla.Day))
	w.round(march.Add(33*sla.Day + 2*sla.Hour))
	if _, err := w.cycle.Enter(t.Context(), "score", []sla.Entry{said(20, 10, 10)}, w.now); err != nil {
		t.Fatal(err)
	}
	w.round(march.Add(33*sla.Day + 3*sla.Hour))
	found := false
	for _, b := range w.breaches() {
		found = found || b.Agreement == "survey-sla" && b.Period.Name == "2026-03" && b.State == sla.BreachConfirmed
	}
	if !found {
		t.Errorf("got %+v, want a confirmed breach of March", w.breaches())
	}
}

func TestEnter_RefusesWhatCannotBeAFact(t *testing.T) {
	w := newSurvey(t)
	w.now = march.Add(5 * sla.Day)
	if _, err := w.cycle.Enter(t.Context(), "score", []sla.Entry{said(2, 8, 2)}, w.now); err != nil {
		t.Fatal(err)
	}
	half := said(2, 8, 2)
	half.To = half.To.Add(-sla.Hour)
	for want, c := range map[string]struct {
		indicator string
		entry     sla.Entry
	}{
		"there is no indicator": {"none", said(1, 8, 2)},
		"is measured":           {"requests", said(1, 8, 2)},
		"in the future":         {"score", said(9, 8, 2)},
		"cannot be negative":    {"score", said(1, 8, -2)},
		"overlaps":              {"score", half},
	} {
		if _, err := w.cycle.Enter(t.Context(), c.indicator, []sla.Entry{c.entry}, w.now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	entries, err := w.store.Entries(t.Context(), "score", sla.Span{From: march, To: w.now})
	if err != nil || len(entries) != 1 {
		t.Errorf("the ledger has %v, %v, want the one entry", entries, err)
	}
}
