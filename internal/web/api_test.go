package web

import (
	"encoding/json"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// ask gives the code and the data of an answer of the API.
func ask[T any](t *testing.T, w *world, path string) (code int, data T, problem string) {
	t.Helper()
	res := w.get(t, path)
	var out struct {
		Data  T
		Error string
	}
	if err := json.Unmarshal(res.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s answers %d %q: %v", path, res.Code, res.Body, err)
	}
	return res.Code, out.Data, out.Error
}

func TestTheDescriptionOfTheAPIHasEveryRouteAndNoOther(t *testing.T) {
	var doc struct{ Paths map[string]any }
	if err := yaml.Unmarshal(openapi, &doc); err != nil {
		t.Fatal(err)
	}
	routes := map[string]bool{"/api/v1/status/{topic}": true}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	get, other := regexp.MustCompile(`h\.get\(mux, "([^"]+)",`), regexp.MustCompile(`"(?:GET|PUT|POST) (/api/v1/[^"]+)"`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range get.FindAllStringSubmatch(string(text), -1) {
			routes["/api/v1/"+m[1]] = true
		}
		for _, m := range other.FindAllStringSubmatch(string(text), -1) {
			routes[m[1]] = true
		}
	}
	for route := range routes {
		if doc.Paths[route] == nil {
			t.Errorf("%s is not described", route)
		}
	}
	for path := range doc.Paths {
		if !routes[path] {
			t.Errorf("%s is described and not there", path)
		}
	}
	if w := newWorld(t, size{services: 1, objectives: 1}); !strings.Contains(w.get(t, "/api/v1/openapi.yaml").Body.String(), "openapi: 3") {
		t.Error("the description is not served")
	}
}

func TestTheAPIAnswersForSingleThings(t *testing.T) {
	w := newWorld(t, size{services: 2, objectives: 1, periods: 2})
	for _, path := range []string{
		"services/service-0", "agreements/service-0-sla", "indicators/service-0-up/query",
		"objectives/service-0-sla/objective-0/series?period=2026-10", "objectives/service-0-sla/objective-0/status?period=2026-10",
		"outages", "breaches", "exclusions",
	} {
		if code, _, problem := ask[any](t, w, "/api/v1/"+path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, problem)
		}
	}
	for path, want := range map[string]string{
		"services/none":                      `there is no service "none"`,
		"exclusions/none":                    `there is no exclusion "none"`,
		"breaches/0":                         "there is no breach 0",
		"outages?agreement=none":             `there is no agreement "none"`,
		"indicators/none/query":              `there is no indicator "none"`,
		"objectives/none/objective-0/series": `there is no agreement "none"`,
	} {
		if code, _, problem := ask[any](t, w, "/api/v1/"+path); code != http.StatusNotFound || problem != want {
			t.Errorf("%s: %d %q, want 404 %q", path, code, problem, want)
		}
	}
}

func TestTheAPISimulatesOtherTerms(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, periods: 2})
	const path = "/api/v1/objectives/service-0-sla/objective-0/simulate?from=2026-09-30T00:00:00Z&to=2026-11-02T00:00:00Z"
	_, agreed, _ := ask[[]StatusRow](t, w, path)
	_, strict, _ := ask[[]StatusRow](t, w, path+"&target=100%25")
	if len(agreed) != 1 || len(strict) != 1 || *strict[0].Target != "100" || *agreed[0].Target == "100" {
		t.Errorf("got %v and %v, want October by the target agreed and by 100%%", agreed, strict)
	}
	for query, want := range map[string]string{"&target=x": "target=x", "&calendar=none": "no such calendar", "&planned=x": "removed, good or counted", "&unknown=x": "removed, good or bad"} {
		if code, _, problem := ask[any](t, w, path+query); code != http.StatusBadRequest || !strings.Contains(problem, want) {
			t.Errorf("%s: %d %q, want 400 with %q", query, code, problem, want)
		}
	}
}

func TestTheAPINarrowsBreachesByWhatTheyAre(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, odd: "x"})
	_, all, _ := ask[[]map[string]any](t, w, "/api/v1/breaches")
	if len(all) == 0 {
		t.Fatal("the world has no breach")
	}
	state, _ := all[0]["state"].(string)
	if _, same, _ := ask[[]any](t, w, "/api/v1/breaches?state="+state); len(same) == 0 {
		t.Errorf("no breach is %s", state)
	}
	if _, none, _ := ask[[]any](t, w, "/api/v1/breaches?agreement=none"); len(none) != 0 {
		t.Errorf("got %v of an agreement that is not there", none)
	}
}

func TestWordsThatAListDoesNotKnowAreRefused(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, periods: 1})
	for path, want := range map[string]string{
		"/api/v1/breaches?state=gone":  `state="gone" is not known: write open, confirmed, averted or withdrawn`,
		"/api/v1/breaches?period=soon": `"soon" is not a period`,
		"/api/v1/outages?period=soon":  `"soon" is not a period`,
		"/api/v1/reports?period=soon":  `"soon" is not a period`,
		"/breaches?state=gone":         "write open, confirmed, averted or withdrawn",
		"/breaches?class=weather":      `class="weather" is not known`,
		"/?state=fine":                 `state="fine" is not known`,
		"/?kind=XLA":                   `kind="XLA" is not known: write SLA, OLA or UC`,
		"/matrix.csv?sort=size":        `sort="size" is not known: write service or budget`,
		"/reports?period=soon":         `"soon" is not a period`,
	} {
		answer := w.get(t, path)
		said := strings.ReplaceAll(html.UnescapeString(answer.Body.String()), `\"`, `"`)
		if answer.Code != http.StatusBadRequest || !strings.Contains(said, want) {
			t.Errorf("%s is answered by %d without %q", path, answer.Code, want)
		}
	}
}

func TestObjectivesAndReviewsAreItemsOfTheirLists(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, periods: 1, odd: "x"})
	_, item, _ := ask[[]StatusRow](t, w, "/api/v1/objectives/service-0-sla/objective-0")
	if len(item) != 1 || item[0].Objective != "objective-0" {
		t.Errorf("the objective alone is %v", item)
	}
	_, reviews, _ := ask[[]reportRow](t, w, "/api/v1/reports/service-0-sla/2026-10")
	if len(reviews) != 1 || reviews[0].Period != "2026-10" || reviews[0].Status != "draft" {
		t.Errorf("the reviews of a period are %v, want the draft", reviews)
	}
	if code, _, problem := ask[any](t, w, "/api/v1/reports/service-0-sla/2026-09"); code != http.StatusNotFound || !strings.Contains(problem, "2026-09.html") {
		t.Errorf("a period without a review: %d %q", code, problem)
	}
}

func TestReloadingIsAskedForByPutOrPost(t *testing.T) {
	w := newWorld(t, size{})
	if answer := w.get(t, "/-/reload"); answer.Code != http.StatusMethodNotAllowed || answer.Header().Get("Allow") != "PUT, POST" {
		t.Errorf("GET is answered by %d, allowed are %q", answer.Code, answer.Header().Get("Allow"))
	}
}

func TestObjectivesOfAPeriodAreThoseOfThatName(t *testing.T) {
	w := newWorld(t, size{services: 2, objectives: 2, periods: 2})
	for period, want := range map[string]int{"2026-10": 4, "2026-09": 4, "2026-07": 0, "2026": 0} {
		code, rows, problem := ask[[]StatusRow](t, w, "/api/v1/objectives?period="+period)
		if code != http.StatusOK || len(rows) != want {
			t.Errorf("%s: %d %s, %d rows, want %d", period, code, problem, len(rows), want)
		}
		for _, row := range rows {
			if row.Period != period || row.From[:7] != period {
				t.Errorf("%s: got %s from %s", period, row.Period, row.From)
			}
		}
	}
	if _, rows, _ := ask[[]StatusRow](t, w, "/api/v1/objectives?period=2026-10&agreement=service-1-sla"); len(rows) != 2 {
		t.Errorf("one agreement has %d rows, want 2", len(rows))
	}
}

func TestOutagesAndObjectivesOfThePeriodUnderWayAreThoseOfTheLastRound(t *testing.T) {
	w := newWorld(t, size{services: 2, objectives: 2, periods: 1}) // the store has what is settled alone
	for path, want := range map[string]int{
		"outages": 4, "outages?period=2026-11": 4, "outages?period=2026-11&agreement=service-1-sla": 2, "outages?period=2026-10": 4,
		"objectives?period=2026-11": 4, "objectives?period=2026-10&agreement=service-0-sla": 2,
	} {
		if _, rows, problem := ask[[]map[string]any](t, w, "/api/v1/"+path); len(rows) != want {
			t.Errorf("%s gives %d rows, want %d %s", path, len(rows), want, problem)
		}
	}
	_, rows, _ := ask[[]StatusRow](t, w, "/api/v1/objectives?period=2026-11")
	if len(rows) == 0 || rows[0].Burn["1h"] == nil {
		t.Errorf("the period under way has no burn rates: %v", rows)
	}
}
