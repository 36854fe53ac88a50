package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// weekly is a daemon that measures a week anew for each request, a revision each.
type weekly struct {
	t     *testing.T
	asked []sla.Span
	fails int // which request does
}

func (d *weekly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct{ From, To, Reason string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		d.t.Error(err)
	}
	span, err := spanFlags(body.From, body.To)
	if r.Method != http.MethodPost || r.URL.Path != "/api/v1/indicators/probe/remeasure" || r.FormValue("as") != "ada" || body.Reason != "mended" || err != nil {
		d.t.Errorf("asked are %s %s for %+v (%v)", r.Method, r.URL, body, err)
	}
	d.asked = append(d.asked, span)
	if len(d.asked) == d.fails {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"status": "error", "error": "the source is away"}`)
		return
	}
	fmt.Fprint(w, `{"status": "success", "data": {"compared": 10, "revised": 1, "kept": 2}}`)
}

func TestARunningDaemonIsAskedToMeasureAWeekAnewAtOnce(t *testing.T) {
	d := &weekly{t: t}
	server := httptest.NewServer(d)
	defer server.Close()
	f := remeasureFlags{ledgerFlags{url: server.URL, as: "ada"}, "probe", "2026-03-01T06:00:00Z", "2026-03-16", "mended"}
	var out strings.Builder
	if err := remeasure(t.Context(), f, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "probe: 30 intervals measured again, 3 revised\nprobe: 6 intervals stay") {
		t.Errorf("it prints %q", out.String())
	}
	next, err := instant("from", f.from)
	if err != nil {
		t.Fatal(err)
	}
	for _, span := range d.asked {
		if span.From != next || span.Length() > 7*sla.Day {
			t.Errorf("asked for %s to %s, want at most a week from %s", span.From, span.To, next)
		}
		next = span.To
	}
	if next.String() != "2026-03-16T00:00:00Z" {
		t.Errorf("asked up to %s only", next)
	}

	d.asked, d.fails = nil, 2
	err = remeasure(t.Context(), f, &out)
	if err == nil || err.Error() != "up to 2026-03-08T06:00:00Z 1 intervals were revised, then: the source is away" {
		t.Errorf("of a daemon that fails halfway it says %v", err)
	}
}
