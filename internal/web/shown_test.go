package web

import (
	"fmt"
	"html"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

// hostile is a text that tries to run, to turn the reading direction, and to be
// wider than any screen.
var hostile = "\"'><script>window.ran = true</script><img src=x onerror='window.ran = true'>\u202eשלום\u2066" + strings.Repeat("Donau", 40)

func TestHostileTextsHarmNoPageOfATelephone(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it opens every page in a browser")
	}
	w := newWorld(t, size{services: 2, objectives: 2, periods: 2, odd: hostile})
	server := httptest.NewServer(w.pages)
	defer server.Close()
	b := testkit.StartBrowser(t)
	b.Look(360, "light", "screen")
	for _, page := range everyPage {
		if page == "/nowhere" || strings.HasPrefix(page, "/reports/") {
			continue // it is answered by an error, which the console tells, or shows a review, which this world has not
		}
		b.Open(server.URL + page)
		if ran := b.Ask(`[String(window.ran)]`); ran[0] != "undefined" {
			t.Errorf("%s ran a text of the catalogue", page)
		}
		for _, wrong := range append(b.Wrong(), b.Problems(server.URL)...) {
			t.Errorf("%s: %s", page, wrong)
		}
	}
}

// says looks for texts on a page.
func (w *world) says(t *testing.T, page string, texts ...string) {
	t.Helper()
	body := html.UnescapeString(w.get(t, page).Body.String())
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("%s does not say %q", page, text)
		}
	}
	if strings.Contains(body, "%%") {
		t.Errorf("%s says %%%%", page)
	}
}

func TestTheStatusPageSaysHowTheDaemonIsDoing(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, periods: 1, odd: "odd"})
	w.says(t, "/status", "streamed chunks", "The last round, of main, began 20 Nov 2026, 12:00 and took 1s.",
		`<progress max="100" value="75"`, "75 of 100 intervals since 19 Nov 2026, 12:00; 25 are left", "7 intervals a second, about 3 s to go.",
		"<code>odd:7</code>", "2 sent, 0 refused", "<code>taker odd</code><br><small>20 Nov 2026, 11:59</small>")
	w.says(t, "/agreements/service-0-sla", "Defined in", "odd:7")
}

func TestTheMethodBoxHoldsTheRequestsForTheIndicatorsMetricsAndLeadsToThem(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, odd: "odd"})
	w.says(t, "/objectives/service-0-sla/objective-0", `<code>up{job="odd"}[60000ms]</code>`,
		"http://localhost:9090/graph?g0.expr=up%7Bjob%3D%22odd%22%7D%5B60000ms%5D&g0.moment_input=2026-11-20+12%3A00%3A00&g0.tab=1")
	if body := w.get(t, "/objectives/service-0-sla/objective-0").Body.String(); strings.Contains(body, "sup[") || strings.Contains(body, "earlier") {
		t.Error("the request for another metric, or of an earlier round, is listed")
	}
}

func TestAValueThatWasRevisedAfterItsReviewWasIssuedIsMarked(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, periods: 1})
	a := &w.catalogue.Agreements[0]
	old := verdictOf(a, &a.Objectives[0], now.Add(-35*sla.Day), false)
	report := store.Report{Agreement: a.Name, Period: old.Period.Name, Doc: []byte("{}"), At: now.Add(sla.Second)}
	if _, err := w.store.IssueReport(t.Context(), report, store.Actor{Name: "kim"}); err != nil {
		t.Fatal(err)
	}
	const mark = `revised"><a href="/objectives/service-0-sla/objective-0?period=`
	if body := w.get(t, "/").Body.String(); strings.Contains(body, mark) {
		t.Error("a value that was not revised is marked")
	}
	revised := verdictOf(a, &a.Objectives[0], now.Add(-35*sla.Day), true)
	if _, err := w.store.RecordRound(t.Context(), store.Round{At: now.Add(sla.Minute), Verdicts: []sla.Verdict{revised}}); err != nil {
		t.Fatal(err)
	}
	w.serve(t)
	w.says(t, "/", mark, "revised after its review was issued")
}

func TestTheMatrixBeginsAtThePeriodUnderWayAndKeepsTheNames(t *testing.T) {
	w := newWorld(t, size{services: 2, objectives: 1, periods: 12})
	server := httptest.NewServer(w.pages)
	defer server.Close()
	b := testkit.StartBrowser(t)
	b.Look(360, "light", "screen")
	b.Open(server.URL + "/")
	const script = `(function () {
		var box = document.querySelector('.latest'), seen = function (e) {
			var r = e.getBoundingClientRect(), v = box.getBoundingClientRect();
			return r.left >= v.left - 1 && r.right <= v.right + 1;
		};
		var row = document.querySelector('.slam tbody tr'), now = row.querySelector('.cell.now'), name = row.querySelector('.who'), first = row.querySelector('.cell');
		var out = [seen(now), seen(name), seen(first)];
		first.scrollIntoView({ inline: 'nearest' });
		return out.concat([seen(now), seen(name), seen(first)]).map(String).concat([String(document.querySelectorAll('.slam thead .p').length)]);
	})()`
	got := strings.Join(b.Ask(script), " ")
	if want := "true true false false true true 13"; got != want {
		t.Errorf("period under way, name and first period are seen, before and after scrolling, with so many periods: %s, want %s", got, want)
	}
}

func TestTheFirstTileSaysTheLastPeriodAndTheStatesOfAll(t *testing.T) {
	w := newWorld(t, size{services: 7, objectives: 1})
	a := &w.catalogue.Agreements[0]
	for i := range 3 {
		v := verdictOf(a, &a.Objectives[0], now.Add(-30*sla.Day), i == 1)
		w.standings[i].Previous = &v
	}
	w.says(t, "/", "last period: 2 of 3", `<rect class="s-met" x="0.0" width="85.7"`, `<rect class="s-breached" x="85.7" width="14.3"`)
}

func TestWhatNeedsAttentionLeavesRoomForTheMatrix(t *testing.T) {
	for missed, want := range map[int]struct{ shown, folded int }{6: {6, 0}, 7: {5, 2}, 40: {5, 25}} {
		w := newWorld(t, size{services: missed, objectives: 1})
		for i := range w.standings {
			w.standings[i].Current.State = sla.Breached
		}
		above, below, folded := strings.Cut(w.get(t, "/").Body.String(), "<details class=\"numbers\">")
		below, _, _ = strings.Cut(below, "</details>")
		if shown := strings.Count(above, `<span class="why">`); folded && shown != want.shown || folded != (want.folded > 0) {
			t.Errorf("of %d things %d are shown at once, want %d", missed, shown, want.shown)
		}
		if n := strings.Count(below, `<span class="why">`); n != want.folded {
			t.Errorf("of %d things %d are folded away, want %d", missed, n, want.folded)
		}
	}
}

// outagesOn gives the beginnings of the outages on a page, in its order.
func (w *world) outagesOn(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	body := w.get(t, page).Body.String()
	for _, m := range regexp.MustCompile(`/outages/(\d+)\?period=`).FindAllStringSubmatch(body, -1) {
		out = append(out, m[1])
	}
	return out
}

func TestBreachesListsOutagesOfTheMonthUnderWayAndOfThoseSettledInPages(t *testing.T) {
	w := newWorld(t, size{services: 60, objectives: 1, periods: 1})
	for i := range w.standings { // each begins a minute after the one before
		o := &w.standings[i].Current.Outages[0]
		o.From, o.To = o.From.Add(sla.Millis(i)*sla.Minute), o.To.Add(sla.Millis(i)*sla.Minute)
	}
	w.says(t, "/breaches?service=service-3", "said when the period is settled")
	if got := w.outagesOn(t, "/breaches?service=service-3"); len(got) != 1 {
		t.Errorf("of one service in the month under way %d outages are listed, want 1", len(got))
	}
	if got := w.outagesOn(t, "/breaches?class=own"); len(got) != 0 {
		t.Errorf("%d outages that nothing is said of yet are listed as our own", len(got))
	}
	for month, order := range map[string]func(a, b string) int{"2026-11": strings.Compare, "2026-10": func(string, string) int { return 1 }} {
		first := w.outagesOn(t, "/breaches?period="+month)
		next := regexp.MustCompile(`href="(/breaches\?after=[^"]*)" rel="next"`).FindStringSubmatch(w.get(t, "/breaches?period="+month).Body.String())
		if len(first) != mostOutages || next == nil {
			t.Fatalf("the first page of %s has %d outages and leads to %q", month, len(first), next)
		}
		second := w.outagesOn(t, html.UnescapeString(next[1]))
		if len(second) != 60-mostOutages || order(first[0], second[0]) != 1 {
			t.Errorf("the second page of %s has %d outages after %s: %s", month, len(second), first[0], second)
		}
	}
	if got := w.get(t, "/breaches?after=nowhere").Code; got != 400 {
		t.Errorf("a place that is none is answered by %d, want 400", got)
	}
}

func TestReviewsAreListedByAgreementAndPeriodInPages(t *testing.T) {
	w := newWorld(t, size{services: 60, objectives: 1})
	for i := range 60 {
		for _, period := range []string{"2026-09", "2026-10"} {
			draft := store.Report{Agreement: fmt.Sprintf("service-%d-sla", i), Period: period, Doc: []byte("{}"), At: now, By: "test"}
			if _, err := w.store.SaveDraft(t.Context(), draft); err != nil {
				t.Fatal(err)
			}
		}
	}
	listed := func(page string) int {
		return strings.Count(w.get(t, page).Body.String(), `<th scope="row" data-label="Agreement">`)
	}
	for page, want := range map[string]int{
		"/reports": 100, "/reports?page=2": 20, "/reports?page=3": 0, "/reports?period=2026-09": 60, "/reports?agreement=service-3-sla": 2,
		"/reports?agreement=service-3-sla&period=2026-10": 1, "/reports?period=2026-01": 0,
	} {
		if got := listed(page); got != want {
			t.Errorf("%s lists %d reviews, want %d", page, got, want)
		}
	}
	w.says(t, "/reports", `href="/reports?page=2" rel="next"`, `<option value="2026-09">September 2026</option>`)
	w.says(t, "/reports?page=2", `href="/reports?page=1" rel="prev"`)
	w.says(t, "/reports?period=2026-01", "No review fits the filters.")
	body := w.get(t, "/reports").Body.String()
	if october, september := strings.LastIndex(body, "/2026-10\""), strings.Index(body, "/2026-09\""); october < 0 || september < october {
		t.Error("the latest period is not listed first")
	}
}

func TestTheStatusPageListsNoMoreThanItCanShow(t *testing.T) {
	w := newWorld(t, size{services: 120, objectives: 1})
	body := w.get(t, "/status").Body.String()
	if n := strings.Count(body, "20 more; the search finds them."); n != 3 {
		t.Errorf("%d lists of the catalogue are cut, want those of services, agreements and indicators", n)
	}
	if n := strings.Count(body, `href="/agreements/`); n != 100 {
		t.Errorf("%d agreements are listed, want 100", n)
	}
}
