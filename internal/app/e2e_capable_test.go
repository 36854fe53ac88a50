package app_test

import (
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

func TestSourcesShowWhatTheyWereSeenToDo(t *testing.T) {
	begin := march.Add(sla.Day)
	s := newStage(t, set{catalogue: corner, now: begin})
	samples := cornerShop(t, sla.Span{From: march, To: begin.Add(sla.Hour)}, busy)
	samples.Describe("requests_total", promtest.Metadata{Type: "counter"})
	srv := serve(t, samples, &s.clock)
	s.configure(set{catalogue: corner, source: srv.URL()})
	s.open()
	s.clock.add(sla.Minute) // before that a daemon asks for nothing but what is due
	s.app.Start()
	shown := ""
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(shown)
		}
	})
	testkit.Eventually(t, "the source's capabilities are shown", func() bool {
		shown = get(t, s.app.URL()+"/api/v1/status/sources")
		return strings.Contains(shown, `"remote_read":true,"export":false,"metadata":true,"version":"3.15.0"`)
	})
}
