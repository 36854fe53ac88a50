package store_test

import (
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// failed makes a verdict with an outage of a minute at each instant.
func failed(objective string, at ...sla.Instant) sla.Verdict {
	v := verdict(sla.Breached, false)
	v.Objective, v.Service, v.Outages = objective, "checkout", nil
	for _, from := range at {
		v.Outages = append(v.Outages, sla.Outage{
			Span: sla.Span{From: from, To: from.Add(sla.Hour)}, Duration: sla.Hour, Bad: big.NewRat(60, 1), BudgetShare: big.NewRat(1, 7),
			Attribution: []sla.Attribution{{Class: sla.ByThirdParty, Agreement: "hosting-uc", Bad: big.NewRat(60, 1)}},
		})
	}
	return v
}

// placesOf tells outages apart.
func placesOf(list []store.ListedOutage) (out []store.OutagePlace) {
	for i := range list {
		out = append(out, list[i].Place())
	}
	return out
}

func outagesOf(t *testing.T, s *store.Store, q store.OutageQuery) []store.ListedOutage {
	t.Helper()
	got, err := s.Outages(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestOutagesAreListedFromTheLatestOnInPages(t *testing.T) {
	s := openFile(t, filepath.Join(t.TempDir(), "slmd.db"))
	a, b, c := start, start.Add(sla.Hour), start.Add(2*sla.Hour)
	first, second := failed("availability", a, b), failed("speed", b, c)
	second.Outages[1].Small = true
	second.Outages[0].Attribution, second.Outages[0].BudgetShare = nil, nil
	record(t, s, store.Round{At: start, Verdicts: []sla.Verdict{first, second}})
	ever := sla.Span{From: a, To: c.Add(sla.Hour)}
	want := append(store.ListedOf(&second), store.ListedOf(&first)[1], store.ListedOf(&first)[0])
	equal(t, "all of them", outagesOf(t, s, store.OutageQuery{Span: ever, Limit: 9}), want)
	var paged []store.ListedOutage
	q := store.OutageQuery{Span: ever, Limit: 1}
	for range want {
		page := outagesOf(t, s, q)
		if len(page) == 0 {
			break
		}
		paged, q.After = append(paged, page...), page[0].Place()
	}
	equal(t, "after the last", outagesOf(t, s, q), []store.ListedOutage(nil))
	equal(t, "one by one", placesOf(paged), placesOf(want))
	for name, q := range map[string]store.OutageQuery{
		"by a third party": {Span: ever, Class: sla.ByThirdParty, Limit: 9}, "by ourselves": {Span: ever, Class: sla.ByOwn, Limit: 9},
		"of another service": {Span: ever, Service: "search", Limit: 9}, "of the service": {Span: ever, Service: "checkout", Limit: 9},
		"of the first hour": {Span: sla.Span{From: a, To: b}, Limit: 9}, "of a wild card": {Span: ever, Class: "third%party own", Limit: 9},
	} {
		some := map[string][]store.ListedOutage{
			"by a third party": want[1:], "by ourselves": want[:1], "of the service": want, "of the first hour": want[2:],
		}[name]
		equal(t, name, placesOf(outagesOf(t, s, q)), placesOf(some))
	}
	later := failed("availability", c)
	record(t, s, store.Round{At: start.Add(sla.Hour), Verdicts: []sla.Verdict{later}})
	equal(t, "after a revision", placesOf(outagesOf(t, s, store.OutageQuery{Span: ever, Limit: 9})), placesOf(append(store.ListedOf(&later), want[0])))
	equal(t, "findings", verified(t, s), []string(nil))
}

func TestFault_C8_AnEditOfTheOutagesThatListsShowIsFound(t *testing.T) {
	for name, edit := range map[string]string{
		"changed": "UPDATE verdict_outage SET bad = '1'", "deleted": "DELETE FROM verdict_outage",
		"longer": "UPDATE verdict_outage SET duration_ms = duration_ms + 1", "of somebody else": "UPDATE verdict_outage SET classes = ' own '",
		"ended later": "UPDATE verdict_outage SET to_ms = to_ms + 1",
		"added":       `INSERT INTO verdict_outage VALUES ('a', 'b', 'c', 1, 1, 2, 's', 1, 1, '1', '', ' own ', 'null')`,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "slmd.db")
			s := openFile(t, file)
			record(t, s, store.Round{At: start, Verdicts: []sla.Verdict{failed("availability", start)}})
			execute(t, raw(t, file), edit)
			if found := verified(t, s); len(found) != 1 || !strings.Contains(found[0], "outages") {
				t.Errorf("found %q", found)
			}
		})
	}
}

func TestTheLatestBreachRecordsComeWithTheirLastTransitionAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	closedBook(t, file)
	s := openFile(t, file)
	ask := func(q store.BreachQuery) []sla.Breach {
		t.Helper()
		got, err := s.LatestBreaches(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	all, err := s.Breaches(t.Context(), allTime)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(all)
	slices.Reverse(want)
	for i := range want {
		want[i].Transitions = want[i].Transitions[1:]
	}
	equal(t, "all", ask(store.BreachQuery{Span: allTime, Limit: 9}), want)
	equal(t, "two", ask(store.BreachQuery{Span: allTime, Limit: 2, State: sla.BreachConfirmed, Objective: all[0].Objective, Agreements: []string{"none", all[0].Agreement}}), want[:2])
	for name, q := range map[string]store.BreachQuery{
		"state": {State: sla.BreachOpen}, "objective": {Objective: "none"}, "agreements": {Agreements: []string{"none"}},
	} {
		q.Span, q.Limit = allTime, 9
		equal(t, "of another "+name, ask(q), []sla.Breach(nil))
	}
	one, err := s.Breach(t.Context(), all[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "one record", one, all[1])
}
