package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// send posts a form as a browser does that runs no script.
func (w *world) send(t *testing.T, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	out := httptest.NewRecorder()
	w.pages.ServeHTTP(out, r)
	return out
}

// as asks for a page with the cookies that an answer set.
func (w *world) as(t *testing.T, path string, cookies []string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for _, c := range cookies {
		r.Header.Add("Cookie", c)
	}
	out := httptest.NewRecorder()
	w.pages.ServeHTTP(out, r)
	return out.Body.String()
}

func TestWithoutScriptEverythingIsALinkOrAForm(t *testing.T) {
	w := newWorld(t, size{services: 60, objectives: 2, periods: 3})
	w.says(t, "/", `<form class="period" action="/">`, `<button class="quiet">Show</button>`, `<form class="search" role="search" action="/search">`,
		`<form class="filters" action="/"`, `<form class="theme" method="post" action="/preferences">`, `<a class="open" href="/?open=service-3"`,
		`href="/?page=2" rel="next"`, `href="/matrix.csv" download`, `>Europe/Berlin</span>`)
	body := w.get(t, "/").Body.String()
	for _, handler := range regexp.MustCompile(` on[a-z]+=|href="#"|href="javascript`).FindAllString(body, -1) {
		t.Errorf("the overview has %q, which does nothing without script", handler)
	}
	for page, want := range map[string]string{
		"/?open=service-3":     `<tr class="objective">`,
		"/?period=2026-10":     `<option value="2026-10" selected>`,
		"/?text=service-3&q=x": `value="service-3"`,
		"/search?q=service-31": "service-31-sla",
		"/?kiosk=1":            `class="kiosk"`,
		"/?sort=service":       `aria-sort="ascending"`,
	} {
		w.says(t, page, want)
	}
}

func TestThemeAndLanguageAreKeptWithoutScript(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, periods: 1})
	for form, want := range map[string]string{"theme=dark": `data-theme="dark"`, "theme=light": `data-theme="light"`, "theme=pink": `data-theme="auto"`, "language=en": `lang="en"`, "language=xx": `lang="en"`} {
		values, err := url.ParseQuery(form + "&back=/status")
		if err != nil {
			t.Fatal(err)
		}
		answer := w.send(t, "/preferences", values)
		if to := answer.Header().Get("Location"); answer.Code != http.StatusSeeOther || to != "/status" {
			t.Errorf("%s is answered by %d and leads to %q", form, answer.Code, to)
		}
		for _, page := range []string{"/status", "/", "/objectives/service-0-sla/objective-0"} {
			if body := w.as(t, page, answer.Header()["Set-Cookie"]); !strings.Contains(body, want) {
				t.Errorf("after %s, %s has not %s", form, page, want)
			}
		}
	}
}

func TestPagesThatAreWrittenOnceBelongToEachReader(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, periods: 1})
	first := w.get(t, "/?q=zebra").Body.String()
	second := w.get(t, "/?q=two").Body.String()
	if !strings.Contains(first, `value="zebra"`) || !strings.Contains(second, `value="two"`) || strings.Contains(second, "zebra") {
		t.Error("what one reader asked for shows on another's page")
	}
}
