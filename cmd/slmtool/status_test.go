package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/web"
)

func TestTheTableOfStandingsMarksWhatIsApproximate(t *testing.T) {
	shown := "99.88"
	for _, c := range []struct {
		row  web.StatusRow
		want string
	}{
		{web.StatusRow{State: sla.Met, Shown: &shown}, "  99.88%"},
		{web.StatusRow{State: sla.Met, Shown: &shown, Approximate: true}, "  ≈ 99.88%"},
		{web.StatusRow{State: sla.NoData, Approximate: true}, "no data  -"},
	} {
		var out strings.Builder
		if err := statusTable([]web.StatusRow{c.row}, &out); err != nil || !strings.Contains(out.String(), c.want) {
			t.Errorf("%q (%v) lacks %q", out.String(), err, c.want)
		}
	}
}

func TestTheTableOfStandingsCutsOffAsPagesDo(t *testing.T) {
	float := func(x float64) *float64 { return &x }
	for _, c := range []struct {
		row  web.StatusRow
		want string
	}{
		{web.StatusRow{Allowed: float(10000), Left: float(1419)}, "  14.1%  "},
		{web.StatusRow{Allowed: float(32108.7), Left: float(-10207.3)}, "  -31.8%  "},
		{web.StatusRow{Allowed: float(1000), Left: float(895)}, "  89.5%  "},
		{web.StatusRow{Value: float(0.0809)}, "  0.080  "},
	} {
		var out strings.Builder
		if err := statusTable([]web.StatusRow{c.row}, &out); err != nil || !strings.Contains(out.String(), c.want) {
			t.Errorf("%q (%v) lacks %q", out.String(), err, c.want)
		}
	}
}

func TestTheStatusOfAPeriodIsAskedOfTheDaemonNamed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"status":"success","data":[{"agreement":"asked for %s","state":"met"}]}`, r.URL.RequestURI())
	}))
	defer server.Close()
	f := statusFlags{agreement: "shop", period: "2026-10"}
	f.url = server.URL
	rows, err := statusRows(t.Context(), f)
	if want := "asked for /api/v1/objectives?agreement=shop&period=2026-10"; err != nil || len(rows) != 1 || rows[0].Agreement != want {
		t.Errorf("got %v, %v, want %q", rows, err, want)
	}
}
