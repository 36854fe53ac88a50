package render

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
)

// mail reads the review of a mail service with one missed target.
func mail(t *testing.T) *report.Review {
	t.Helper()
	document, err := os.ReadFile(filepath.Join("..", "report", "testdata", "mail.json"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Read(document)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func pageOf(t *testing.T, r *report.Review) string {
	t.Helper()
	text, err := Page(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestThePageAsksForNothingAndRunsNothing(t *testing.T) {
	text := pageOf(t, mail(t))
	for what, pattern := range map[string]string{
		"a script":             `(?i)<script|javascript:|\son[a-z]+=`,
		"something to fetch":   `(?i)\s(src|srcset|action|data|poster)=|<(link|iframe|object|embed|form|img|image)\b|@import`,
		"an address":           `(?i)https?://|\s(xlink:)?href="[^#]`,
		"a style that fetches": `(?i)url\([^#)]`,
		"a refused value":      `ZgotmplZ`,
	} {
		if found := regexp.MustCompile(pattern).FindString(text); found != "" {
			t.Errorf("the page holds %s: %q", what, found)
		}
	}
	if !strings.Contains(text, `default-src 'none'`) {
		t.Error("the page does not forbid requests")
	}
}

func TestThePageShowsTheFiguresOfTheReview(t *testing.T) {
	r := mail(t)
	text := pageOf(t, r)
	for _, want := range []string{
		"<title>Service review: Mail, November 2026</title>", "Revision 2 replaces 1: late facts of hosting-up.", "0 of 1 targets were met.",
		"99.88%", "99.9%", "50 min", "43 min 04 s", "−16.08%", "2581500 / 2584500", "116.07%", "hosting-uc (third party): <b>40 min</b>",
		"12 Nov 2026, 09:00", "opened 12 Nov 2026, 09:44 (budget spent)", "without exclusions: availability <b title=\"2583300 / 2591700\">99.67%</b>",
		"EUR 200.00", "EUR 4,000.00", "99.907%", "99.95%", "mail-sla/2026-11 · revision 2", r.SHA256, string(r.Method.AuditHead), "up{job=&#39;mail&#39;}", "signature",
	} {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestEveryStateIsToldByWordLetterAndSymbol(t *testing.T) {
	r := mail(t)
	for _, state := range sla.States {
		r.Objectives[0].State = state
		text := pageOf(t, r)
		badge := regexp.MustCompile(`<span class="state ` + string(state) + `"><svg[^>]*><use href="#s-` + string(state) + `"/></svg><b>[MRFB?]</b> [a-z ]+</span>`)
		if !badge.MatchString(text) || !strings.Contains(text, `<symbol id="s-`+string(state)+`"`) {
			t.Errorf("%s lacks its badge or its symbol", state)
		}
	}
}

func TestPartsWithoutContentAreLeftOutButBreaches(t *testing.T) {
	r := mail(t)
	o := &r.Objectives[0]
	o.State, o.Outages, o.Breach, o.Totals, o.Days, o.History, o.WithoutExclusions = sla.Met, nil, nil, report.Totals{}, nil, nil, nil
	r.Exclusions, r.Credits, r.Measures, r.Supporting = nil, nil, nil, report.Supporting{}
	text := pageOf(t, r)
	if !strings.Contains(text, "<p>No breaches.</p>") {
		t.Error("the page does not say that there were no breaches")
	}
	for _, part := range []string{"Excluded time", "Credits", "Supporting agreements", "Trends", "Measures", "error budget of", `class="slam"`} {
		if strings.Contains(text, part+"</h2>") || strings.Contains(text, part+" 43") || strings.Contains(text, "<table "+part) {
			t.Errorf("the empty part %q is there", part)
		}
	}
}

func TestHostileTextsStayText(t *testing.T) {
	r := mail(t)
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`
	r.Report.Service, r.Report.Customer, r.Report.Provider, r.Report.Zone = hostile, hostile, hostile, hostile
	r.Report.ID, r.Report.Agreement, r.Report.Reason, r.Report.Language = hostile, hostile, hostile, `en"><script>`
	r.Titles = report.Titles{Service: hostile, Customer: hostile, Provider: hostile}
	r.Summary.Text, r.SHA256 = hostile, hostile
	o := &r.Objectives[0]
	o.Name, o.Indicator, o.State, o.Breach.Cause, o.Outages[0].Cause = hostile, hostile, hostile, hostile, hostile
	o.Outages[0].Attribution[0].Class, o.Outages[0].Attribution[0].Agreement = hostile, hostile
	o.Outages[0].Overruled = &report.Overruled{Class: hostile, Reason: hostile, By: hostile}
	o.Days[0].Date, o.History[0].Period = hostile, hostile
	o.Target.Shown, o.Compliance.Num = hostile, hostile
	x := &r.Exclusions[0]
	x.Name, x.Category, x.Reason, x.ApprovedBy, x.Effect = hostile, hostile, hostile, hostile, hostile
	r.Credits[0].Band, r.Credits[0].Currency = hostile, hostile
	r.Supporting.Agreements[0].Agreement, r.Supporting.Agreements[0].Until = hostile, hostile
	r.Measures[0].Name, r.Measures[0].Value = hostile, hostile
	r.Method.Indicators[0].Definition, r.Method.Program, r.Method.AuditHead, r.Method.Unknown = hostile, hostile, hostile, hostile
	text := pageOf(t, r)
	if i := strings.Index(text, "<script"); i >= 0 {
		t.Errorf("a script stands in the page: %s", text[max(0, i-200):i+60])
	}
	if i := strings.Index(text, "<img"); i >= 0 {
		t.Errorf("an image stands in the page: %s", text[max(0, i-200):i+60])
	}
}

// sheet reads a CSV file and gives its cells by column.
func sheet(t *testing.T, file []byte) []map[string]string {
	t.Helper()
	if lines := bytes.Count(file, []byte("\n")); bytes.Count(file, []byte("\r\n")) != lines {
		t.Error("a line of the CSV does not end with CRLF")
	}
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		line := map[string]string{}
		for i, name := range rows[0] {
			line[name] = row[i]
		}
		out = append(out, line)
	}
	return out
}

func same(t *testing.T, got map[string]string, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if v, ok := got[name]; v != value || !ok {
			t.Errorf("%s = %q, want %q", name, v, value)
		}
	}
}

func TestObjectivesAreARowEachWithTheHeadBefore(t *testing.T) {
	rows := sheet(t, Objectives(mail(t)))
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	same(t, rows[0], map[string]string{
		"period": "2026-11", "from": "2026-11-01T00:00:00+01:00", "to": "2026-12-01T00:00:00+01:00", "time_zone": "Europe/Berlin", "agreement": "mail-sla",
		"version": "2", "service": "mail", "customer": "retail", "revision": "2", "name": "availability", "indicator": "mail-up", "kind": "time", "method": "time",
		"sha256": "d9946450fc275dfc0f459991c0d1504d3032a9022ee3ee8234e8d246ebc5a7b6", "target": "99.9", "target_at_most": "", "state": "breached",
		"provisional": "false", "certain": "true", "compliance": "99.88", "lowest": "99.87", "highest": "99.88", "good": "2581500", "bad": "3000",
		"unknown_seconds": "300", "removed_seconds": "7200", "scope_seconds": "2584800", "completeness": "99.98", "budget_allowed": "2584.5",
		"budget_left": "-415.5", "budget_left_share": "-16.08", "without_exclusions": "99.67", "totals_count": "1", "totals_mtbf": "2581500",
		"breach_state": "confirmed", "breach_opened_at": "2026-11-12T09:44:30+01:00", "breach_cause": "budget spent",
		"credit_percent": "5", "credit_amount": "200.00", "credit_currency": "EUR",
	})
}

func TestAPartOfAPeriodSaysItsOwnVersionAndSpan(t *testing.T) {
	r := mail(t)
	r.Objectives[0].Part = &report.Part{Version: 7, From: "2026-11-10T00:00:00+01:00", To: "2026-11-20T00:00:00+01:00"}
	same(t, sheet(t, Objectives(r))[0], map[string]string{
		"version": "7", "from": "2026-11-10T00:00:00+01:00", "to": "2026-11-20T00:00:00+01:00", "period": "2026-11",
	})
}

func TestOutagesAreARowPerAttribution(t *testing.T) {
	rows := sheet(t, Outages(mail(t)))
	if len(rows) != 2 {
		t.Fatalf("%d rows, want 2", len(rows))
	}
	same(t, rows[0], map[string]string{
		"agreement": "mail-sla", "objective": "availability", "from": "2026-11-12T09:00:00+01:00", "to": "2026-11-12T09:50:00+01:00", "bad": "3000",
		"budget_share": "116.07", "cause": "", "overruled_class": "", "attribution_class": "third_party", "attribution_agreement": "hosting-uc", "attribution_bad": "2400",
	})
	same(t, rows[1], map[string]string{"attribution_class": "own", "attribution_agreement": "", "attribution_bad": "600", "bad": "3000"})
	r := mail(t)
	r.Objectives[0].Outages[0].Attribution = nil
	if rows = sheet(t, Outages(r)); len(rows) != 1 {
		t.Errorf("an outage without attribution makes %d rows, want 1", len(rows))
	}
}

func TestTextsThatLookLikeFormulasAreGuarded(t *testing.T) {
	r := mail(t)
	for _, sign := range []string{"=", "+", "-", "@"} {
		formula := sign + `HYPERLINK("http://x","y"),` + "\n\"z\""
		r.Exclusions[0].Reason, r.Exclusions[0].ApprovedBy = report.Text(formula), report.Text(formula)
		r.Objectives[0].Name, r.Objectives[0].Outages[0].Cause = formula, report.Text(formula)
		want := strings.ReplaceAll("'"+formula, "\n", "\n")
		same(t, sheet(t, Exclusions(r))[0], map[string]string{"reason": want, "approved_by": want, "seconds": "7200", "effect": "removed"})
		same(t, sheet(t, Outages(r))[0], map[string]string{"objective": want, "cause": want})
		same(t, sheet(t, Objectives(r))[0], map[string]string{"name": want, "budget_left": "-415.5"})
	}
}

func TestTheSameReviewGivesTheSameBytes(t *testing.T) {
	for _, format := range Formats {
		first, err := Files(mail(t), format)
		if err != nil {
			t.Fatal(err)
		}
		second, err := Files(mail(t), format)
		if err != nil {
			t.Fatal(err)
		}
		for i := range first {
			if !bytes.Equal(first[i].Content, second[i].Content) {
				t.Errorf("%s differs from one time to the next", first[i].Name)
			}
		}
	}
}

func TestFilesAreWrittenWholeAndReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reports")
	r := mail(t)
	paths, err := Write(dir, r, Formats)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"mail-sla/2026-11.html", "mail-sla/2026-11.json", "mail-sla/2026-11.csv", "mail-sla/2026-11-outages.csv", "mail-sla/2026-11-exclusions.csv",
	}
	if strings.Join(paths, " ") != strings.Join(want, " ") {
		t.Errorf("wrote %v, want %v", paths, want)
	}
	if err := os.WriteFile(filepath.Join(dir, "mail-sla", "2026-11.json.tmp"), []byte("cut off"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, r, []Format{JSON}); err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile(filepath.Join(dir, "mail-sla", "2026-11.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Verify(document); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "mail-sla", "*.tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestNothingIsWrittenThroughALinkOutOfTheDirectory(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "mail-sla")); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, mail(t), Formats); err == nil {
		t.Error("a link out of the directory was followed")
	}
	if files, err := os.ReadDir(outside); err != nil || len(files) > 0 {
		t.Errorf("outside now stands %v %v", files, err)
	}
	r := mail(t)
	r.Report.Agreement = "../mail"
	if _, err := Write(t.TempDir(), r, Formats); err == nil {
		t.Error("a name that leads out of the directory was followed")
	}
}

func TestAnUnknownFormatIsRefusedWithThoseThatExist(t *testing.T) {
	_, err := Files(mail(t), "docx")
	if err == nil || !strings.Contains(err.Error(), "html, json or csv") {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsApproximateIsMarkedWhereverItIsShown(t *testing.T) {
	const note = "≈ marks what is approximate"
	mark := func(change func(r *report.Review)) string {
		r := mail(t)
		change(r)
		return pageOf(t, r)
	}
	if text := mark(func(*report.Review) {}); strings.Contains(text, "≈") {
		t.Error("an exact review speaks of approximation")
	}
	const sign = `<span title="approximate">≈</span>&nbsp;`
	for name, c := range map[string]struct {
		change func(r *report.Review)
		want   []string
	}{
		"an objective": {func(r *report.Review) { r.Objectives[0].Approximate = true }, []string{"<b>" + sign + "99.88%", "<b>" + sign + "99.88<"}},
		"a period before": {
			func(r *report.Review) { r.Objectives[0].History[len(r.Objectives[0].History)-1].Approximate = true },
			[]string{sign + "99.96%", "<b>" + sign + "99.96<"},
		},
		"a supporter": {func(r *report.Review) { r.Supporting.Agreements[0].Approximate = true }, []string{`">` + sign}},
	} {
		text := mark(c.change)
		for _, want := range append(c.want, note) {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the page lacks %q", name, want)
			}
		}
		if n := strings.Count(text, sign); n != len(c.want) {
			t.Errorf("%s: %d figures are marked, want %d", name, n, len(c.want))
		}
	}
	r := mail(t)
	for _, want := range []string{"false", "true"} {
		if table := string(Objectives(r)); !strings.Contains(table, ",approximate\r\n") || !strings.HasSuffix(table, ","+want+"\r\n") {
			t.Errorf("approximate is not told in the table: %s", table)
		}
		r.Objectives[0].Approximate = true
	}
}
