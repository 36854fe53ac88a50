package catalogue_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/sla"
)

func parse(t testing.TB, text string) *sla.Catalogue {
	t.Helper()
	cat, _, err := catalogue.Parse("shop.yml", []byte(text), catalogue.Options{})
	if err != nil {
		t.Fatalf("the catalogue does not load:\n%v", err)
	}
	return cat
}

func at(text string) sla.Instant {
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return sla.At(v)
}

// step is one application of files.
type step struct {
	from, to string // the files: shop with one text replaced
	at       string
	judged   string // how far agreements were judged; empty: never
	prune    bool
}

// steps applies one after another and gives the catalogue and the changes of the last.
func steps(t *testing.T, list ...step) (*sla.Catalogue, []sla.Change, error) {
	t.Helper()
	current := &sla.Catalogue{}
	var changes []sla.Change
	for _, s := range list {
		files := parse(t, strings.Replace(shop, s.from, s.to, 1))
		o := catalogue.MergeOptions{At: at(s.at), Prune: s.prune}
		if s.judged != "" {
			o.JudgedUntil = func(string) sla.Instant { return at(s.judged) }
		}
		merged, found, err := catalogue.Merge(stored(t, current), files, o)
		if err != nil {
			return nil, nil, err
		}
		current, changes = merged, found
	}
	return current, changes, nil
}

// stored gives a catalogue as the store gives it back.
func stored(t testing.TB, c *sla.Catalogue) *sla.Catalogue {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	out := &sla.Catalogue{}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheSameFilesAgainChangeNothing(t *testing.T) {
	first := step{at: "2026-11-05T00:00:00Z"}
	again := step{at: "2026-11-20T00:00:00Z", judged: "2026-11-20T00:00:00Z", prune: true}
	cat, changes, err := steps(t, first, again)
	if err != nil {
		t.Fatal(err)
	}
	if len(changes) != 0 {
		t.Errorf("got changes %+v", changes)
	}
	if len(cat.Agreements) != 4 {
		t.Errorf("got %d agreements", len(cat.Agreements))
	}
}

func TestExportedFilesChangeNothing(t *testing.T) {
	current := stored(t, parse(t, shop))
	text, err := catalogue.Export(current)
	if err != nil {
		t.Fatal(err)
	}
	files, _, err := catalogue.Parse("export.yml", text, catalogue.Options{Zone: "Asia/Tokyo"})
	if err != nil {
		t.Fatalf("the export does not load:\n%v\n%s", err, text)
	}
	_, changes, err := catalogue.Merge(current, files, catalogue.MergeOptions{At: at("2026-11-20T00:00:00Z"), Prune: true})
	if err != nil || len(changes) != 0 {
		t.Errorf("got changes %+v, error %v, from\n%s", changes, err, text)
	}
}

const (
	shopTarget  = "name: speed, indicator: checkout-fast, target: 95%"
	otherTarget = "name: speed, indicator: checkout-fast, target: 96%"
	lateTarget  = "name: speed, indicator: checkout-fast, target: 97%"
	shopValid   = "valid: {from: 2026-01-01, until: 2027-01-01}"
)

// brief gives the changes without the fields that the test does not look at.
func brief(changes []sla.Change) string {
	var lines []string
	for _, c := range changes {
		version := ""
		if c.Version != 0 {
			version = " v" + string(rune('0'+c.Version))
		}
		lines = append(lines, string(c.Action)+" "+c.Object+" "+c.Name+version+": "+c.Text)
	}
	return strings.Join(lines, "\n")
}

// validities gives the versions of an agreement with when they are in force and the target of speed.
func validities(c *sla.Catalogue, name string) string {
	var out []string
	for _, a := range c.Versions(name) {
		line := string(rune('0'+a.Version)) + " " + a.Valid.From.String() + " " + a.Valid.To.String()
		if o := a.Objective("speed"); o != nil {
			line += " " + o.Target.String()
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestFault_E13_ABackDatedVersionIsMarked(t *testing.T) {
	cat, changes, err := steps(t,
		step{at: "2026-11-05T00:00:00Z"},
		step{from: shopValid, to: "valid: {from: 2026-03-01, until: 2027-01-01}", at: "2026-11-20T00:00:00Z", judged: "2026-11-20T00:00:00Z"},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := "end agreement checkout-sla v1: version 1 ends at 2026-03-01, where the next one begins\n" +
		"new_version agreement checkout-sla v2: version 2 from 2026-03-01: the same terms; back-dated: periods since then are judged anew, issued reports change only by a revision"
	if got := brief(changes); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := validities(cat, "checkout-sla"), "1 2025-12-31T23:00:00Z 2026-02-28T23:00:00Z 95\n2 2026-02-28T23:00:00Z 2026-12-31T23:00:00Z 95"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTermsThatNobodyWasJudgedByAreReplaced(t *testing.T) {
	cat, changes, err := steps(t, step{at: "2026-11-05T00:00:00Z"}, step{from: shopTarget, to: otherTarget, at: "2026-11-20T00:00:00Z"})
	if err != nil {
		t.Fatal(err)
	}
	want := "update agreement checkout-sla v1: objectives speed target: 95% → 96%; nothing was judged by version 1 yet, so its terms are replaced"
	if got := brief(changes); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := validities(cat, "checkout-sla"), "1 2025-12-31T23:00:00Z 2026-12-31T23:00:00Z 96"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestChangedTermsHoldFromTheNextPeriodOn(t *testing.T) {
	first := step{at: "2026-11-05T00:00:00Z"}
	second := step{from: shopTarget, to: otherTarget, at: "2026-11-20T00:00:00Z", judged: "2026-11-20T00:00:00Z"}
	again := second
	again.at = "2026-11-25T00:00:00Z"
	third := step{from: shopTarget, to: lateTarget, at: "2026-11-26T00:00:00Z", judged: "2026-11-26T00:00:00Z"}

	cat, changes, err := steps(t, first, second)
	if err != nil {
		t.Fatal(err)
	}
	want := "new_version agreement checkout-sla v2: version 2 from 2026-12-01: objectives speed target: 95% → 96%; the period under way, 2026-11, keeps the terms of version 1"
	if got := brief(changes); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	const both = "1 2025-12-31T23:00:00Z 2026-11-30T23:00:00Z 95\n2 2026-11-30T23:00:00Z 2026-12-31T23:00:00Z 96"
	if got := validities(cat, "checkout-sla"); got != both {
		t.Errorf("got\n%s\nwant\n%s", got, both)
	}
	if _, changes, err := steps(t, first, second, again); err != nil || len(changes) != 0 {
		t.Errorf("the same files again: %s, %v", brief(changes), err)
	}
	cat, changes, err = steps(t, first, second, third)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := validities(cat, "checkout-sla"), strings.Replace(both, "96", "97", 1); got != want {
		t.Errorf("after a further change before it began:\n%s\nwant\n%s\n%s", got, want, brief(changes))
	}
}

func TestTermsThatWouldBeginAfterTheEndAreRefused(t *testing.T) {
	_, _, err := steps(t, step{at: "2026-11-05T00:00:00Z"}, step{from: shopTarget, to: otherTarget, at: "2026-12-20T00:00:00Z", judged: "2026-12-20T00:00:00Z"})
	want := "agreement checkout-sla: the changed terms (objectives speed target: 95% → 96%) would begin with the next period at 2027-01-01, and the agreement ends at 2027-01-01: give it a later valid.until, or the terms a valid.from of their own"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestAVersionWithItsOwnStartFollowsAndSplitsThePeriod(t *testing.T) {
	second := "  - name: checkout-sla\n    kind: SLA\n    service: checkout\n    provider: platform\n    customer: retail\n    period: month\n" +
		"    valid: {from: 2026-11-15, until: 2027-01-01}\n    reason: as before\n    objectives: [{" + otherTarget + "}]\n"
	cat, changes, err := steps(t,
		step{at: "2026-11-05T00:00:00Z"},
		step{from: shopValid, to: "valid: {from: 2026-01-01, until: 2026-11-15}", at: "2026-11-05T00:00:00Z"},
	)
	if err != nil || !strings.Contains(brief(changes), "end agreement checkout-sla v1: version 1 ends at 2026-11-15; of the period under way, 2026-11, only the part before counts") {
		t.Fatalf("got %s, %v", brief(changes), err)
	}
	files := parse(t, strings.Replace(strings.Replace(shop, shopValid, "valid: {from: 2026-01-01, until: 2026-11-15}", 1), "\nexclusions:\n", "\n"+second+"\nexclusions:\n", 1))
	cat, changes, err = catalogue.Merge(stored(t, cat), files, catalogue.MergeOptions{At: at("2026-11-10T00:00:00Z"), JudgedUntil: func(string) sla.Instant { return at("2026-11-10T00:00:00Z") }})
	if err != nil || len(changes) != 1 {
		t.Fatalf("got %s, %v", brief(changes), err)
	}
	if got := brief(changes); !strings.HasPrefix(got, "new_version agreement checkout-sla v2: version 2 from 2026-11-15: ") || !strings.HasSuffix(got, "; the period 2026-11 is judged in two parts") {
		t.Errorf("got %s", got)
	}
	if got, want := validities(cat, "checkout-sla"), "1 2025-12-31T23:00:00Z 2026-11-14T23:00:00Z 95\n2 2026-11-14T23:00:00Z 2026-12-31T23:00:00Z 96"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestANewTitleChangesNoTerms(t *testing.T) {
	_, changes, err := steps(t, step{at: "2026-11-05T00:00:00Z"},
		step{from: "title: Checkout for Retail", to: "title: Checkout", at: "2026-11-20T00:00:00Z", judged: "2026-11-20T00:00:00Z"})
	if err != nil || brief(changes) != "update agreement checkout-sla v1: title: Checkout for Retail → Checkout; verdicts stay as they are" {
		t.Errorf("got %s, %v", brief(changes), err)
	}
}

func TestChangedHoursMakeVersionsOfTheAgreementsThatUseThem(t *testing.T) {
	office := strings.Replace(shop, "calendar: always", "calendar: office-hours", 1)
	current, _, err := catalogue.Merge(&sla.Catalogue{}, parse(t, office), catalogue.MergeOptions{At: at("2026-11-05T00:00:00Z")})
	if err != nil {
		t.Fatal(err)
	}
	only := "calendars:\n  - {name: office-hours, time_zone: Europe/Berlin, hours: {mon-fri: [\"08:00-20:00\"]}}\n"
	files, _, err := catalogue.Parse("hours.yml", []byte(only), catalogue.Options{Current: current})
	if err != nil {
		t.Fatal(err)
	}
	o := catalogue.MergeOptions{At: at("2026-11-20T00:00:00Z"), JudgedUntil: func(string) sla.Instant { return at("2026-11-20T00:00:00Z") }}
	merged, changes, err := catalogue.Merge(stored(t, current), files, o)
	if err != nil || len(changes) != 2 || changes[1].Action != sla.NewVersion || changes[1].Name != "checkout-sla" {
		t.Fatalf("got %s, %v", brief(changes), err)
	}
	if _, changes, err := catalogue.Merge(stored(t, merged), files, o); err != nil || len(changes) != 0 {
		t.Errorf("the same file again: %s, %v", brief(changes), err)
	}
	text, err := catalogue.Export(merged)
	if err != nil {
		t.Fatal(err)
	}
	again := parse(t, string(text))
	if _, changes, err := catalogue.Merge(stored(t, merged), again, catalogue.MergeOptions{At: o.At, JudgedUntil: o.JudgedUntil, Prune: true}); err != nil || len(changes) != 0 {
		t.Errorf("what was exported: %s, %v, from\n%s", brief(changes), err, text)
	}
}

func TestWhatTheFilesDoNotNameStaysOrIsRetired(t *testing.T) {
	current := stored(t, parse(t, shop))
	files, _, err := catalogue.Parse("one.yml", []byte("parties: [{name: retail, role: customer, title: Retail}]\n"), catalogue.Options{Current: current})
	if err != nil {
		t.Fatal(err)
	}
	o := catalogue.MergeOptions{At: at("2026-11-20T00:00:00Z"), JudgedUntil: func(string) sla.Instant { return at("2026-11-20T00:00:00Z") }}
	_, changes, err := catalogue.Merge(current, files, o)
	if err != nil || len(changes) != 1 {
		t.Fatalf("without prune: %s, %v", brief(changes), err)
	}
	o.Prune = true
	merged, changes, err := catalogue.Merge(current, files, o)
	if err != nil {
		t.Fatal(err)
	}
	want := `update party retail: title: Retail division → Retail, contacts: [{name: A. Kim, email: kim@example.com}] → none
retire exclusion db-upgrade-2026-03: the files no longer name it: it is withdrawn and has no effect
retire exclusion sunday-night: the files no longer name it: it is withdrawn and has no effect
end agreement checkout-sla v1: the files no longer name it: it ends at 2026-12-01, with the period under way
end agreement payments-uc v1: the files no longer name it: it ends at 2026-12-01, with the period under way
end agreement baskets-ola v1: the files no longer name it: it ends at 2026-11-21, with the period under way
end agreement baskets-standby-ola v1: the files no longer name it: it ends at 2026-11-21, with the period under way
retire indicator checkout-queue: the files no longer name it and nothing needs it
retire indicator checkout-errors: the files no longer name it and nothing needs it
update service checkout: the files no longer name it: it is retired
update service payments: the files no longer name it: it is retired
update service baskets: the files no longer name it: it is retired
retire calendar office-hours: the files no longer name it and nothing needs it`
	if got := brief(changes); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, changes, err := catalogue.Merge(stored(t, merged), files, o); err != nil || len(changes) != 0 {
		t.Errorf("the same file again: %s, %v", brief(changes), err)
	}
}
