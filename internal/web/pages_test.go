package web

import (
	"encoding/json"
	"fmt"
	"html"
	"io/fs"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// everyPage lists a page of each kind.
var everyPage = []string{
	"/", "/?open=all", "/?text=nothing-fits", "/?kiosk=1", "/agreements/service-0-sla", "/objectives/service-0-sla/objective-0",
	"/objectives/service-0-sla/objective-0?period=2026-10", "/breaches", "/breaches?period=2026-10", "/breaches/1", "/reports",
	"/reports/service-0-sla/2026-10", "/status", "/search", "/search?q=service", "/nowhere",
}

func TestTextsOfTheCatalogueShowAsTextOnEveryPage(t *testing.T) {
	for name, odd := range map[string]string{
		"script": `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`,
		"right":  "\u202eשלום \u2066عالم\u2069",
		"long":   strings.Repeat("Donaudampfschifffahrt", 10),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, size{services: 2, objectives: 2, periods: 2, odd: odd})
			shown := 0
			for _, page := range append(everyPage, "/search?q="+url.QueryEscape(odd), "/?text="+url.QueryEscape(odd)) {
				body := w.get(t, page).Body.String()
				if strings.Contains(body, "<script>") || strings.Contains(body, "<img") || strings.Contains(body, "onerror=alert(2)>\"") {
					t.Errorf("%s shows a text of the catalogue as a part of the page", page)
				}
				shown += strings.Count(html.UnescapeString(body), odd)
				for _, script := range regexp.MustCompile(`<script[^>]*>`).FindAllString(body, -1) {
					if !strings.Contains(script, `src="/assets/`) {
						t.Errorf("%s has a script that is not a file of ours: %s", page, script)
					}
				}
			}
			if shown < 20 {
				t.Errorf("the text stands only %d times on all pages together", shown)
			}
		})
	}
}

func TestEveryPageForbidsWhatIsNotFromThisServer(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, periods: 1})
	for _, page := range everyPage {
		answer := w.get(t, page)
		head := answer.Header()
		if got := head.Get("Content-Security-Policy"); got != policy || strings.Contains(got, "unsafe") {
			t.Errorf("%s has the policy %q", page, got)
		}
		if head.Get("X-Content-Type-Options") != "nosniff" || head.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s may be sniffed or framed: %v", page, head)
		}
		body := answer.Body.String()
		for _, inline := range []string{" style=", " onclick=", "<style", "javascript:"} {
			if strings.Contains(body, inline) {
				t.Errorf("%s has %q in it", page, inline)
			}
		}
		for _, m := range regexp.MustCompile(`(?:src|action|<link[^>]* href)="(https?:)?//`).FindAllString(body, -1) {
			t.Errorf("%s loads from another host: %s", page, m)
		}
	}
}

func TestEmptyPagesSayTheNextCommand(t *testing.T) {
	w := newWorld(t, size{})
	for page, want := range map[string]string{"/": "slmtool apply", "/reports": "slmtool report", "/breaches": "No breaches", "/nowhere": "there is nothing at /nowhere"} {
		if body := html.UnescapeString(w.get(t, page).Body.String()); !strings.Contains(body, want) {
			t.Errorf("%s does not say %q", page, want)
		}
	}
}

func TestAddressesThatCannotBeAreRefusedInWords(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, periods: 1})
	for page, code := range map[string]int{
		"/objectives/service-0-sla/none": http.StatusNotFound, "/agreements/none": http.StatusNotFound, "/breaches/x": http.StatusNotFound,
		"/objectives/service-0-sla/objective-0?period=never": http.StatusBadRequest, "/?period=soon": http.StatusBadRequest,
		"/objectives/service-0-sla/objective-0/outages/7": http.StatusNotFound, "/reports/service-0-sla/never": http.StatusBadRequest,
	} {
		answer := w.get(t, page)
		if answer.Code != code || !strings.Contains(answer.Body.String(), "<h1>") {
			t.Errorf("%s is answered by %d, want a page with %d", page, answer.Code, code)
		}
	}
}

func TestTheOverviewFiltersBySeveralThingsAtOnce(t *testing.T) {
	w := newWorld(t, size{services: 9, objectives: 1, periods: 1})
	body := w.get(t, "/?state=missed&customer=customer&open=all").Body.String()
	if n := strings.Count(body, `<tr class="service">`); n != 1 { // of nine, the fourth is made to miss its target
		t.Errorf("%d services failing or breached are shown, want 1", n)
	}
	if !strings.Contains(body, `<b>8 <span class="of">of 9</span></b>`) {
		t.Error("the tile of targets met follows the filter by state, want all that the other filters leave")
	}
	if body := w.get(t, "/?customer=nobody").Body.String(); !strings.Contains(body, "No objective fits the filters") {
		t.Error("a filter that nothing fits is not said")
	}
}

func TestPreferencesLeadBackToThisServerOnly(t *testing.T) {
	h := &handler{o: Options{Prefix: "/slm"}}
	for back, want := range map[string]string{
		"/slm/breaches?period=2026-10": "/slm/breaches?period=2026-10", "https://elsewhere.example/": "/slm/", "//elsewhere.example": "/slm/",
		`/\elsewhere.example`: "/slm/", "": "/slm/", "javascript:alert(1)": "/slm/",
	} {
		if got := h.local(back); got != want {
			t.Errorf("back to %q leads to %q, want %q", back, got, want)
		}
	}
}

func TestTheMatrixAsCSVHoldsARowForEachObjectiveAndPeriod(t *testing.T) {
	w := newWorld(t, size{services: 2, objectives: 3, periods: 4})
	rows := strings.Split(strings.TrimSpace(w.get(t, "/matrix.csv").Body.String()), "\n")
	if want := 1 + 2*3*(4+1); len(rows) != want {
		t.Errorf("%d rows, want %d", len(rows), want)
	}
}

func TestARollingWindowIsThatOfTheLastRound(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, rolling: true})
	var read []sla.Span
	w.facts = func(_ string, s sla.Span) ([]sla.Entry, error) {
		read = append(read, s)
		return nil, nil
	}
	for range 2 {
		if body := w.get(t, "/objectives/service-0-sla/objective-0").Body.String(); !strings.Contains(body, "the 30d up to 20 Nov 2026, 12:59") {
			t.Error("the page does not say the window that the round a minute ago judged")
		}
	}
	if len(read) != 1 || read[0].To != now.Add(-sla.Minute) {
		t.Errorf("the facts were read of %v, want once, up to the last round", read)
	}
}

// asked finds the texts that templates and pages ask for.
var asked = regexp.MustCompile(`(?:\bT |\.say\()"((?:[^"\\]|\\.)*)"`)

func TestEveryTextStandsInTheCatalogueOfTexts(t *testing.T) {
	var known map[string][]string
	content, err := textFiles.ReadFile("texts/en.json")
	if err == nil {
		err = json.Unmarshal(content, &known)
	}
	if err != nil {
		t.Fatalf("reading the texts: %v", err)
	}
	look := func(name, text string) {
		for _, m := range asked.FindAllStringSubmatch(text, -1) {
			if known[m[1]] == nil {
				t.Errorf("%s says %q, which texts/en.json does not hold", name, m[1])
			}
		}
	}
	err = fs.WalkDir(files, "templates", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := files.ReadFile(path)
		look(path, string(content))
		return err
	})
	if err != nil {
		t.Fatalf("reading the templates: %v", err)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("looking for the sources: %v, %d found", err, len(sources))
	}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatalf("reading %s: %v", name, err)
		}
		look(name, string(content))
	}
}

// token finds the colours of the style sheet.
var token = regexp.MustCompile(`--([a-z_-]+): (#[0-9a-f]{6})`)

func TestTextCanBeReadInBothThemes(t *testing.T) {
	content, err := assetFiles.ReadFile("assets/style.css")
	if err != nil {
		t.Fatalf("reading the style sheet: %v", err)
	}
	sheet := string(content)
	light, dark := colours(t, sheet, ":root {"), colours(t, sheet, `:root[data-theme="dark"] {`)
	auto := colours(t, sheet, `:root[data-theme="auto"] {`)
	for name, c := range dark {
		if auto[name] != c {
			t.Errorf("--%s is %s in the dark theme and %s in the automatic one", name, c, auto[name])
		}
	}
	pairs := [][2]string{
		{"ink", "ground"},
		{"ink", "surface"},
		{"ink", "wash"},
		{"ink", "note"},
		{"soft", "ground"},
		{"soft", "surface"},
		{"soft", "wash"},
		{"accent", "surface"},
		{"accent", "ground"},
		{"accent", "wash"},
		{"accent-ink", "accent"},
	}
	for _, s := range sla.States {
		pairs = append(pairs, [2]string{string(s) + "-ink", string(s)})
	}
	for theme, c := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, p := range pairs {
			if ratio := contrast(t, c[p[0]], c[p[1]]); ratio < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want at least 4.5", theme, p[0], p[1], ratio)
			}
		}
	}
}

func colours(t *testing.T, sheet, head string) map[string]string {
	t.Helper()
	_, rest, found := strings.Cut(sheet, head)
	block, _, _ := strings.Cut(rest, "}")
	out := map[string]string{}
	for _, m := range token.FindAllStringSubmatch(block, -1) {
		out[m[1]] = m[2]
	}
	if !found || len(out) < 20 {
		t.Fatalf("the style sheet has %d colours in %q", len(out), head)
	}
	return out
}

// contrast gives the ratio of WCAG 2.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light := func(colour string) float64 {
		var rgb [3]int
		if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); err != nil {
			t.Fatalf("%q is not a colour: %v", colour, err)
		}
		sum := 0.0
		for i, weight := range []float64{.2126, .7152, .0722} {
			x := float64(rgb[i]) / 255
			if x <= .04045 {
				x /= 12.92
			} else {
				x = math.Pow((x+.055)/1.055, 2.4)
			}
			sum += weight * x
		}
		return sum
	}
	x, y := light(a), light(b)
	return (math.Max(x, y) + .05) / (math.Min(x, y) + .05)
}
