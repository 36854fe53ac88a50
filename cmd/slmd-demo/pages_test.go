package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/slmd/slmd/internal/testkit"
)

// shop starts the sample company on a free port, with all of its history
// measured as of a fixed instant.
func shop(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	s, err := setUp(ctx, play{flags: flags{seed: 1, listen: "127.0.0.1:0"}, now: now, simulated: true})
	if err != nil {
		t.Fatalf("setting the stage: %v", err)
	}
	t.Cleanup(s.end)
	if err := s.catchUp(ctx, now); err != nil {
		t.Fatalf("measuring the past: %v", err)
	}
	s.app.Start()
	return s.app.URL()
}

// pages lists every kind of page, with a full and with an empty one.
var pages = []string{
	"/", "/?open=all", "/?open=checkout,search", "/?state=no_data", "/?kiosk=1", "/?period=2026-10&sort=budget",
	"/agreements/checkout-sla", "/agreements/delivery-sla", "/agreements/storefront-sla",
	"/objectives/search-north-ola/availability", "/objectives/checkout-sla/availability?period=2026-10",
	"/objectives/storefront-sla/mean-response", "/objectives/storefront-sla/availability?period=2026-01",
	"/breaches?period=2026-10", "/breaches?class=customer", "/breaches/1",
	"/reports", "/reports/checkout-sla/2026-10", "/status", "/search?q=checkout", "/search?q=nothing-has-this-name", "/search",
}

func TestThePagesOfTheShop(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it measures months of history and opens every page in a browser")
	}
	if alone(t) {
		return
	}
	address := shop(t)
	b := testkit.StartBrowser(t)
	t.Run("look right on every screen, in both colours and on paper", func(t *testing.T) { everyPageLooksRight(t, b, address) })
	t.Run("lead from the overview to an outage and back by keys alone", func(t *testing.T) { keysAlone(t, b, address) })
	t.Run("say one compliance like metrics, interface and review", func(t *testing.T) { oneCompliance(t, b, address) })
	t.Run("keep theme and address", func(t *testing.T) { themeIsKept(t, b, address) })
}

func everyPageLooksRight(t *testing.T, b *testkit.Browser, address string) {
	for _, page := range pages {
		b.Look(1280, "light", "screen")
		b.Open(address + page)
		for _, look := range []struct {
			width           int
			colours, medium string
		}{{1280, "light", "screen"}, {1280, "dark", "screen"}, {360, "light", "screen"}, {360, "dark", "screen"}, {1040, "light", "print"}} {
			b.Look(look.width, look.colours, look.medium)
			for _, wrong := range b.Wrong() {
				t.Errorf("%s at %d px, %s, %s: %s", page, look.width, look.colours, look.medium, wrong)
			}
			keep(t, b, fmt.Sprintf("%s-%d-%s-%s", page, look.width, look.colours, look.medium))
		}
		for _, problem := range b.Problems(address) {
			t.Errorf("%s: %s", page, problem)
		}
	}
}

// keep puts a picture into the directory that SLMD_PICTURES names, to be looked at.
func keep(t *testing.T, b *testkit.Browser, name string) {
	dir := os.Getenv("SLMD_PICTURES")
	if dir == "" {
		return
	}
	file := strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune("/?=&", r) {
			return '_'
		}
		return r
	}, name), "_") + ".png"
	if err := os.WriteFile(filepath.Join(dir, file), b.Picture(), 0o600); err != nil {
		t.Fatalf("keeping a picture: %v", err)
	}
}

// tabTo presses the tab key until an element with the text has the focus.
func tabTo(t *testing.T, b *testkit.Browser, text string) {
	t.Helper()
	for range 120 {
		b.Press("\t")
		seen := b.Ask(`[document.activeElement.matches('a') ? document.activeElement.textContent.trim() : '', document.activeElement.matches(':focus-visible') ? getComputedStyle(document.activeElement).outlineStyle : '']`)
		if strings.Contains(seen[0], text) {
			if seen[1] != "solid" {
				t.Errorf("the focus on %q cannot be seen: its outline is %q", seen[0], seen[1])
			}
			return
		}
	}
	t.Fatalf("no element with the text %q is reached by the tab key", text)
}

func keysAlone(t *testing.T, b *testkit.Browser, address string) {
	b.Look(1280, "light", "screen")
	b.Open(address + "/")
	arrive := func(part string) {
		t.Helper()
		testkit.Eventually(t, "the page "+part+" is open", func() bool {
			return strings.Contains(b.Location(), part) && b.Ask(`[document.readyState]`)[0] == "complete"
		})
	}
	tabTo(t, b, "Product search: availability")
	b.Press("\r")
	arrive("/objectives/search-north-ola/availability")
	tabTo(t, b, "10 Nov 2026, 18:11")
	b.Press("\r")
	arrive("/outages/")
	if text := b.Text(); !strings.Contains(text, "Facts around it") {
		t.Errorf("the page of the outage does not show the facts: %s", text)
	}
	b.Press("g")
	b.Press("o")
	testkit.Eventually(t, "the outage is left", func() bool { return !strings.Contains(b.Location(), "/outages/") })
	arrive(address + "/")
	if at := b.Location(); at != address+"/" {
		t.Errorf("g and o lead to %s", at)
	}
	b.Press("?")
	if said := b.Ask(`[document.getElementById('live').textContent]`); !strings.Contains(said[0], "search") {
		t.Errorf("the key ? says %q, want the keys", said[0])
	}
	matrixByArrows(t, b)
	for key, to := range map[string]string{"b": "/breaches", "r": "/reports", "s": "/status", "o": "/"} {
		b.Press("g")
		b.Press(key)
		testkit.Eventually(t, "g and "+key+" lead to "+to, func() bool {
			return b.Location() == address+to && b.Ask(`[document.readyState]`)[0] == "complete"
		})
	}
	b.Press("/")
	if at := b.Ask(`[document.activeElement.id]`); at[0] != "search" {
		t.Errorf("the key / focuses %q, want the search", at[0])
	}
}

// matrixByArrows walks through the cells, of which the tab key reaches one.
func matrixByArrows(t *testing.T, b *testkit.Browser) {
	t.Helper()
	at := func() string {
		return b.Ask(`(function () { var c = document.activeElement.closest('.cell'); return [c ? c.parentNode.rowIndex + ',' + c.cellIndex : 'nowhere']; })()`)[0]
	}
	if stops := b.Ask(`[String(document.querySelectorAll('.slam .cell a[tabindex="0"]').length)]`); stops[0] != "1" {
		t.Errorf("the tab key stops at %s cells, want 1", stops[0])
	}
	b.Ask(`(document.querySelector('.slam .cell a[tabindex="0"]').focus(), [])`)
	for _, step := range []struct{ key, to string }{
		{kb.ArrowRight, "1,2"}, {kb.ArrowDown, "2,2"}, {kb.ArrowLeft, "2,1"}, {kb.ArrowUp, "1,1"}, {kb.ArrowUp, "1,1"},
	} {
		b.Press(step.key)
		if got := at(); got != step.to {
			t.Errorf("the arrow leads to row and column %s, want %s", got, step.to)
		}
	}
}

// get gives the body of a page without a browser.
func get(t *testing.T, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatalf("making a request: %v", err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("asking for %s: %v", address, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("reading %s: %v", address, err)
	}
	return string(body)
}

// oneCompliance reads the compliance of one closed period in five places.
func oneCompliance(t *testing.T, b *testkit.Browser, address string) {
	b.Open(address + "/objectives/checkout-sla/availability?period=2026-10")
	shown := b.Ask(`[document.querySelector('.figure b').textContent]`)[0]
	shown = strings.TrimSuffix(shown, "%")
	for name, in := range map[string]struct{ path, text string }{
		"the overview": {"/?open=checkout", ">" + shown + "%<"},
		"the matrix":   {"/matrix.csv", ",2026-10,breached,no," + shown + ",99.7,"},
		"the review":   {"/api/v1/reports/checkout-sla/2026-10.json", `"compliance":{"shown":"` + shown + `"`},
	} {
		if body := get(t, address+in.path); !strings.Contains(strings.Join(strings.Fields(body), ""), in.text) {
			t.Errorf("%s does not say %s of checkout in October, as its page does", name, shown)
		}
	}
	metrics := get(t, address+"/metrics")
	_, line, found := strings.Cut(metrics, `slmd_objective_compliance_ratio{agreement="checkout-sla",kind="SLA",objective="availability",service="checkout",window="previous"} `)
	ratio, _, _ := strings.Cut(line, "\n")
	if digits := strings.Replace(shown, ".", "", 1); !found || !strings.HasPrefix(ratio, "0."+digits) {
		t.Errorf("the metric says %q, the page %s%%", ratio, shown)
	}
}

func themeIsKept(t *testing.T, b *testkit.Browser, address string) {
	b.Look(1280, "light", "screen")
	b.Open(address + "/breaches?period=2026-10")
	b.Ask(`(document.querySelector('button[value=dark]').click(), [])`)
	testkit.Eventually(t, "the page is dark", func() bool {
		return b.Ask(`[document.documentElement && document.readyState === 'complete' ? document.documentElement.dataset.theme : '']`)[0] == "dark"
	})
	if at := b.Location(); at != address+"/breaches?period=2026-10" {
		t.Errorf("choosing a theme leads to %s", at)
	}
}
