package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

const shop = `version: 1
time_zone: UTC
parties: [{name: us, role: internal}, {name: them, role: customer}]
calendars: [{name: mornings, hours: {mon-sun: ["00:00-12:00"]}}]
services: [{name: shop, owner: us}]
indicators: [{name: shop-up, service: shop, time: {metric: 'up{job="shop"}'}}]
agreements:
  - name: shop-sla
    kind: SLA
    service: shop
    provider: us
    customer: them
    valid: {from: 2026-01-01}
    period: month
    charge: 1000.00 EUR
    objectives: [{name: availability, indicator: shop-up, target: 99.9%, credits: [{below: 99.9%, credit: 10%}]}]
`

// january is the month of the tests' facts; on its tenth the shop is down for
// an hour from 13:00 on.
var january = sla.Span{From: at("2026-01-01T00:00:00Z"), To: at("2026-02-01T00:00:00Z")}

func at(s string) sla.Instant {
	i, err := instant("", s)
	if err != nil {
		panic(err)
	}
	return i
}

// aLedger gives the flags of a database with the shop's January.
func aLedger(t *testing.T) ledgerFlags {
	t.Helper()
	dir, ctx := t.TempDir(), context.Background()
	f := ledgerFlags{storage: filepath.Join(dir, "data"), configFile: "slmd.yml"}
	file := filepath.Join(dir, "shop.yml")
	if err := os.WriteFile(file, []byte(shop), 0o600); err != nil {
		t.Fatal(err)
	}
	st, err := f.write(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := app.Apply(ctx, st, app.Application{Paths: []string{file}, Actor: "test", At: january.From}); err != nil {
		t.Fatal(err)
	}
	down := sla.Span{From: at("2026-01-10T13:00:00Z"), To: at("2026-01-10T14:00:00Z")}
	o := store.Outcome{Indicator: "shop-up", Definition: 1, Cursor: january.To}
	for i := january.From; i < january.To; i = i.Add(sla.Hour) {
		e := sla.Entry{Span: sla.Span{From: i, To: i.Add(sla.Hour)}, Good: sla.Seconds(sla.Hour)}
		if down.Contains(i) {
			e.Good, e.Bad = e.Bad, e.Good
		}
		o.Entries = append(o.Entries, e)
	}
	if _, err := st.RecordRound(ctx, store.Round{At: january.To, Outcomes: []store.Outcome{o}}); err != nil {
		t.Fatal(err)
	}
	return f
}

// wants fails unless the text holds all the parts.
func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

func TestStatusOfAPeriodShowsTheVerdictAsTableAndAsJSON(t *testing.T) {
	f := statusFlags{ledgerFlags: aLedger(t), period: "2026-01", output: "table"}
	var out bytes.Buffer
	if err := status(context.Background(), f, &out); err != nil {
		t.Fatal(err)
	}
	wants(t, out.String(), "shop-sla", "breached", "99.86%", "99.9%", "100%") // 743 of 744 hours: 99.8655…
	f.output = "json"
	out.Reset()
	if err := status(context.Background(), f, &out); err != nil {
		t.Fatal(err)
	}
	wants(t, out.String(), `"data": [`, `"compliance_percent": "99.86"`, `"bad": 3600`, `"credit_amount": "100.00"`, `"state": "breached"`, `"5m": null`)
}

func TestAPeriodOfAnotherKindHasNoRowsAndAnUnknownOneIsRefused(t *testing.T) {
	f := statusFlags{ledgerFlags: aLedger(t), period: "2026-Q1", output: "json"}
	var out bytes.Buffer
	if err := status(context.Background(), f, &out); err != nil || strings.Contains(out.String(), "shop-sla") {
		t.Errorf("got %v and %s, want no rows", err, out.String())
	}
	f.period = "last month"
	if err := status(context.Background(), f, &out); err == nil || !strings.Contains(err.Error(), "2026-W45") {
		t.Errorf("got %v, want what a period looks like", err)
	}
}

func TestOutagesAreListedWithTheirShareOfTheBudget(t *testing.T) {
	f := outagesFlags{ledgerFlags: aLedger(t), period: "2026-01", output: "table"}
	var out bytes.Buffer
	if err := listOutages(context.Background(), f, &out); err != nil {
		t.Fatal(err)
	}
	wants(t, out.String(), "2026-01-10T13:00:00Z", "2026-01-10T14:00:00Z", "1h0m0s", "134.40%")
}

func TestASimulationJudgesThePastByOtherTerms(t *testing.T) {
	f := simulateFlags{ledgerFlags: aLedger(t), objective: "shop-sla/availability", from: "2026-01-01", to: "2026-02-01", output: "table"}
	for _, c := range []struct{ name, target, calendar, want string }{
		{"as agreed", "", "", "0 met, 1 missed"},
		{"a lower target", "99.8%", "", "1 met, 0 missed"},
		{"mornings only", "", "mornings", "1 met, 0 missed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := f
			f.target, f.calendar = c.target, c.calendar
			var out bytes.Buffer
			if err := simulate(context.Background(), f, &out); err != nil {
				t.Fatal(err)
			}
			wants(t, out.String(), c.want)
		})
	}
	f.target = "101%"
	if err := simulate(context.Background(), f, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "at most 100%") {
		t.Errorf("a target of 101%% gave %v", err)
	}
}

func TestEntriesPrintTheFactsExactly(t *testing.T) {
	f := entriesFlags{ledgerFlags: aLedger(t), indicator: "shop-up", from: "2026-01-10T13:00:00Z", to: "2026-01-10T15:00:00Z", output: "csv"}
	var out bytes.Buffer
	if err := printEntries(context.Background(), f, &out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("got %v, %v, want a head and two facts", rows, err)
	}
	if got := strings.Join(rows[1], ","); got != "2026-01-10T13:00:00Z,2026-01-10T14:00:00Z,0,3600,0,0,1" {
		t.Errorf("got %s", got)
	}
	f.output = "json"
	out.Reset()
	if err := printEntries(context.Background(), f, &out); err != nil {
		t.Fatal(err)
	}
	var doc struct{ Data []map[string]any }
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil || len(doc.Data) != 2 {
		t.Fatalf("got %s, %v, want two facts", out.String(), err)
	}
	want := map[string]any{"from": "2026-01-10T13:00:00Z", "to": "2026-01-10T14:00:00Z", "good": "0", "bad": "3600", "unknown_seconds": 0.0, "bridged_seconds": 0.0, "definition": 1.0}
	if !maps.Equal(doc.Data[0], want) {
		t.Errorf("as JSON it is %v, want %v", doc.Data[0], want)
	}
}

func TestAReportIsWrittenAndItsDocumentVerifies(t *testing.T) {
	dir := t.TempDir()
	f := reportFlags{ledgerFlags: aLedger(t), agreement: "shop-sla", period: "2026-01", formats: "html,json,csv", dir: dir}
	var out bytes.Buffer
	if err := makeReport(context.Background(), f, &out); err != nil {
		t.Fatal(err)
	}
	document := filepath.Join(dir, "shop-sla", "2026-01.json")
	if err := verifyReport(document, &out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	wants(t, string(text), `"100.00"`)
	if err := os.WriteFile(document, bytes.Replace(text, []byte(`"100.00"`), []byte(`"900.00"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := verifyReport(document, &out); err == nil {
		t.Error("a changed document verifies")
	}
}

func TestApplyingTheExportChangesNothing(t *testing.T) {
	f := aLedger(t)
	var out, complaints bytes.Buffer
	if err := exportCatalogue(context.Background(), f, &out); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "export.yml")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := apply(context.Background(), applyFlags{ledgerFlags: f, paths: []string{file}}, &out, &complaints); err != nil {
		t.Fatal(err, complaints.String())
	}
	wants(t, out.String(), "nothing changes")
}

func TestADifferenceIsShownAndSetsTheExitCode(t *testing.T) {
	f := aLedger(t)
	file := filepath.Join(t.TempDir(), "shop.yml")
	if err := os.WriteFile(file, []byte(strings.Replace(shop, "target: 99.9%", "target: 99.5%", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	err := diff(context.Background(), applyFlags{ledgerFlags: f, paths: []string{file}, exitCode: true}, &out, &complaints)
	if code, ok := err.(exitError); !ok || code.code != 2 { //nolint:errorlint // the very value
		t.Errorf("got %v, want exit code 2", err)
	}
	wants(t, out.String(), "shop-sla", "99.9% → 99.5%", "not applied")
}

func TestBrokenFilesMakeNoDatabase(t *testing.T) {
	f := ledgerFlags{storage: filepath.Join(t.TempDir(), "data"), configFile: "slmd.yml"}
	file := filepath.Join(t.TempDir(), "shop.yml")
	if err := os.WriteFile(file, []byte(strings.Replace(shop, "target: 99.9%", "target: 101%", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	if err := apply(context.Background(), applyFlags{ledgerFlags: f, paths: []string{file}}, &out, &complaints); err == nil {
		t.Error("a target of 101 % was applied")
	}
	wants(t, complaints.String(), "shop.yml:16:67:", "101%")
	if _, err := os.Stat(f.storage); !os.IsNotExist(err) {
		t.Errorf("there is a database although nothing was applied: %v", err)
	}
}
