package store_test

import (
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

var kim = store.Actor{Name: "kim", Role: "service level manager", Address: "192.0.2.1"}

func company() *sla.Catalogue {
	return &sla.Catalogue{
		Parties:    []sla.Party{{Name: "platform", Role: sla.Internal}, {Name: "retail", Role: sla.Customer, Contacts: []sla.Contact{{Name: "A. Kim"}}}},
		Calendars:  []sla.Calendar{{Name: "office", Zone: "Europe/Berlin", Week: [7][]sla.ClockSpan{1: {{From: 8 * sla.Hour, To: 18 * sla.Hour}}}}},
		Services:   []sla.Service{{Name: "checkout", Status: sla.Live, Labels: map[string]string{"b": "2", "a": "1"}}},
		Indicators: []sla.Indicator{{Name: "web", Service: "checkout", Interval: sla.Minute, Schedule: "* * * * *", Kind: sla.Ratio, Total: "t", Bad: "b"}},
		Agreements: []sla.Agreement{
			{Name: "checkout-sla", Version: 1, Kind: sla.SLA, Service: "checkout", Valid: sla.Span{From: start, To: start.Add(sla.Day)}, Charge: &sla.Money{Minor: 100, Currency: "EUR"}},
			{Name: "checkout-sla", Version: 2, Kind: sla.SLA, Service: "checkout", Valid: sla.Span{From: start.Add(sla.Day), To: sla.Forever}},
		},
		Exclusions: []sla.Exclusion{{Name: "upgrade", Services: []string{"checkout"}, Category: sla.Maintenance, Span: sla.Span{From: start, To: start + 1}}},
	}
}

func save(t *testing.T, s *store.Store, c *sla.Catalogue, at sla.Instant, changes ...sla.Change) int {
	t.Helper()
	n, err := s.SaveCatalogue(t.Context(), c, changes, kim, at)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func inForce(t *testing.T, s *store.Store) *sla.Catalogue {
	t.Helper()
	c, err := s.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func auditRows(t *testing.T, s *store.Store) []store.AuditRow {
	t.Helper()
	rows, err := s.Audit(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestSaveCatalogue_WhatWasSavedComesBackAndSavingItAgainWritesNothing(t *testing.T) {
	s := open(t)
	if got := save(t, s, company(), start); got != 8 {
		t.Errorf("the first time wrote %d items, want 8", got)
	}
	equal(t, "catalogue", inForce(t, s), company())
	if got := save(t, s, inForce(t, s), start.Add(sla.Day)); got != 0 {
		t.Errorf("the second time wrote %d items, want none", got)
	}
	if got := len(auditRows(t, s)); got != 8 {
		t.Errorf("there are %d audit rows, want 8", got)
	}
}

func TestSaveCatalogue_AChangeIsARevisionUnderAudit(t *testing.T) {
	s := open(t)
	save(t, s, company(), start)
	changed := company()
	changed.Services[0].Title = "Checkout"
	later := start.Add(sla.Day)
	said := sla.Change{Action: sla.Update, Object: store.KindService, Name: "checkout", Text: "The title becomes Checkout."}
	if got := save(t, s, changed, later, said); got != 1 {
		t.Fatalf("wrote %d items, want 1", got)
	}
	history, err := s.History(t.Context(), store.KindService, "checkout")
	if err != nil {
		t.Fatal(err)
	}
	if len(history) != 2 || history[1].Revision != 2 || history[1].RecordedAt != later || history[1].Actor != "kim" {
		t.Errorf("the history is %+v", history)
	}
	rows := auditRows(t, s)
	last := rows[len(rows)-1]
	if last.Action.Action != "update" || last.Object != "service/checkout" || last.Text != said.Text || last.Actor != kim ||
		last.Before == "" || last.After == "" || last.Before == last.After {
		t.Errorf("the audit row is %+v", last)
	}
	before, err := s.CatalogueAt(t.Context(), later-1)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the catalogue before", before, company())
	equal(t, "the catalogue after", inForce(t, s), changed)
	latest, edition, err := s.LatestEdition(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the latest edition", latest, changed)
	if before, err = s.CatalogueOf(t.Context(), edition-1); err != nil {
		t.Fatal(err)
	}
	equal(t, "the edition before", before, company())
}

func TestSaveCatalogue_OnlyWhatAChangeRetiresGoesAndItCanComeBack(t *testing.T) {
	s := open(t)
	save(t, s, company(), start)
	less := company()
	less.Exclusions, less.Parties, less.Agreements = nil, less.Parties[:1], nil
	if got := save(t, s, less, start); got != 0 {
		t.Fatalf("wrote %d items without being told to retire any", got)
	}
	equal(t, "catalogue", inForce(t, s), company())
	retire := []sla.Change{
		{Action: sla.Retire, Object: store.KindParty, Name: "retail", Text: "It is not named any more."},
		{Action: sla.Retire, Object: store.KindAgreement, Name: "checkout-sla", Version: 1},
	}
	if got := save(t, s, less, start, retire...); got != 2 {
		t.Errorf("wrote %d items, want 2", got)
	}
	want := company()
	want.Parties, want.Agreements = want.Parties[:1], want.Agreements[1:]
	equal(t, "catalogue", inForce(t, s), want)
	if got := save(t, s, company(), start); got != 2 {
		t.Errorf("wrote %d items coming back, want 2", got)
	}
	equal(t, "catalogue", inForce(t, s), company())
}

func TestLatestDefinitions_OnlyWhatIsMeasuredMakesANewOne(t *testing.T) {
	s := open(t)
	c := company()
	for i, step := range []struct {
		change func(*sla.Indicator)
		want   int64
	}{
		{func(*sla.Indicator) {}, 1},
		{func(i *sla.Indicator) { i.Schedule, i.Unit = "*/5 * * * *", "points" }, 1},
		{func(i *sla.Indicator) { i.Bad = "other" }, 3},
		{func(i *sla.Indicator) { i.Schedule = "* * * * *" }, 3},
		{func(i *sla.Indicator) { i.Interval = 10 * sla.Second }, 5},
	} {
		step.change(&c.Indicators[0])
		save(t, s, c, start)
		got, err := s.LatestDefinitions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got["web"] != step.want || len(got) != 1 {
			t.Errorf("step %d: definitions are %v, want %d", i, got, step.want)
		}
	}
}

func TestSaveCatalogue_SomebodyHasToBeNamed(t *testing.T) {
	s := open(t)
	_, err := s.SaveCatalogue(t.Context(), company(), nil, store.Actor{}, start)
	if err == nil {
		t.Fatal("nobody saved a catalogue")
	}
	if c := inForce(t, s); len(c.Parties) != 0 {
		t.Errorf("half of it was written: %+v", c)
	}
	if !strings.Contains(err.Error(), "who acts") {
		t.Errorf("%q does not say that somebody is missing", err)
	}
}
