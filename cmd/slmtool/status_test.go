package main

import (
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
