package announce_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

func TestMailsLookRightInABrowserAndLoadNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it starts a browser")
	}
	o := newOffice(t)
	o.breach(sla.BreachOpen, sla.BreachConfirmed)
	risk := verdict(sla.AtRisk, 2100)
	o.options.Digest = "0 12 * * *"
	o.standings = append(o.standings, sla.Standing{
		Agreement: &o.catalogue.Agreements[0], Objective: &o.catalogue.Agreements[0].Objectives[0], Current: &risk,
		Exhaustion: &sla.Exhaustion{At: noon.Add(100 * sla.Hour), Window: "6h"},
	})
	o.hire()
	o.pass()
	crowd := newPlatform(t, 30)
	crowd.breachAll(0, 20, sla.BreachOpen, sla.BreachConfirmed)
	crowd.breachAll(20, 30, sla.BreachOpen)
	crowd.pass()
	archive := newArchive(t)
	archive.issue("shop-sla", "2026-11", "{}", "")
	archive.pass()
	pages := map[string]string{}
	for _, m := range slices.Concat(o.host.Messages(), crowd.host.Messages(), archive.host.Messages()) {
		pages["/"+m.Header.Get("Message-Id")[1:10]] = m.HTML
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, pages[r.URL.Path]) }))
	defer server.Close()
	if len(pages) != 4 {
		t.Fatalf("there are %d kinds of mails, want a notice, one that tells of many, a review and a digest", len(pages))
	}
	b := testkit.StartBrowser(t)
	for path := range pages {
		for _, width := range []int{360, 800} {
			b.Look(width, "light", "screen")
			b.Open(server.URL + path)
			if wide := b.Ask(`[String(document.documentElement.scrollWidth)]`)[0]; wide > fmt.Sprint(width) {
				t.Errorf("%s is %s pixels wide on a screen of %d", path, wide, width)
			}
			for _, problem := range b.Problems(server.URL) {
				t.Errorf("%s: %s", path, problem)
			}
		}
	}
}
