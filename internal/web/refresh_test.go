package web

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// refresh asks for the page as the script does once a minute.
const refresh = `(htmx.ajax('GET', location.href, { target: '#main', select: '#main', swap: 'outerHTML' }), [])`

func TestARefreshedPageSaysWhenAndOneThatIsNotSaysSo(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1, periods: 1})
	w.facts = func(_ string, s sla.Span) (out []sla.Entry, err error) {
		for at := s.From; at < min(s.To, now); at = at.Add(sla.Hour) {
			out = append(out, sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Hour)}, Good: sla.Whole(3599), Bad: sla.Whole(1)})
		}
		return out, nil
	}
	server := httptest.NewServer(w.pages)
	defer server.Close()
	b := testkit.StartBrowser(t)
	b.Look(1280, "light", "screen")
	b.Open(server.URL + "/objectives/service-0-sla/objective-0")
	b.Ask(`(document.getElementById('asof').textContent = 'long ago', document.querySelector('.chart.broad').id = 'before', [])`)
	b.Ask(`(document.dispatchEvent(new CustomEvent('htmx:sendError')), [])`)
	if said := b.Ask(`[document.getElementById('stale').textContent]`)[0]; !strings.Contains(said, "slmd does not answer. What is shown is as of 20 Nov 2026") {
		t.Errorf("a page that cannot be refreshed says %q", said)
	}
	b.Ask(refresh)
	testkit.Eventually(t, "the page is refreshed", func() bool {
		return b.Ask(`[document.getElementById('before') || document.getElementById('stale') ? '' : document.getElementById('asof').textContent]`)[0] == "20 Nov 2026, 13:00"
	})
	if said := b.Ask(`[document.getElementById('live').textContent]`)[0]; said != "" {
		t.Errorf("a refresh that changed nothing is read out: %q", said)
	}
	b.Ask(`(document.querySelector('.chart.broad').focus(), [])`)
	b.Press(kb.ArrowLeft)
	if read := b.Ask(`[document.querySelector('.chart.broad .reading').textContent]`)[0]; !strings.Contains(read, "Nov 2026") {
		t.Errorf("after a refresh the cursor of the chart reads %q", read)
	}
}

func TestTheSpaceBarPressesWhatSorts(t *testing.T) {
	w := newWorld(t, size{services: 2, objectives: 1, periods: 1})
	server := httptest.NewServer(w.pages)
	defer server.Close()
	b := testkit.StartBrowser(t)
	b.Look(1280, "light", "screen")
	b.Open(server.URL + "/")
	b.Ask(`(document.querySelector('.left .sort').focus(), [])`)
	b.Press(" ")
	testkit.Eventually(t, "the services are sorted by budget", func() bool { return strings.HasSuffix(b.Location(), "/?sort=budget") })
}
