package cycle

import (
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

func TestAMonthOfWhichTooLittleIsKnownIsToldOfWhileItCanBeRepaired(t *testing.T) {
	april := march.Add(31 * sla.Day)
	for _, c := range []struct {
		name  string
		blind sla.Span
		until sla.Instant // of the alert on the month; zero: there is none
	}{
		{"three days, the last of it not final yet", sla.Span{From: april.Add(-3 * sla.Day), To: april.Add(-10 * sla.Minute)}, april.Add(45 * sla.Minute)},
		{"three days that are final", sla.Span{From: april.Add(-4 * sla.Day), To: april.Add(-sla.Day)}, 0},
		{"half an hour, which is little", sla.Span{From: april.Add(-40 * sla.Minute), To: april.Add(-10 * sla.Minute)}, 0},
	} {
		w := newWorld(t, strings.Replace(simple, "2026-03-01", "2026-03-26", 1), april.Add(-5*sla.Day))
		w.source.fact = func(indicator string, at sla.Instant) sla.Entry {
			if c.blind.Contains(at) {
				return sla.Entry{Unknown: sla.Minute}
			}
			return fine(indicator, at)
		}
		w.round(april.Add(-sla.Minute))
		for now := april.Add(5 * sla.Minute); now <= april.Add(2*sla.Hour); now = now.Add(20 * sla.Minute) {
			w.round(now)
			held := w.holding(sla.AlertDataMissing)
			if want := now <= c.until; (len(held) > 0) != want {
				t.Errorf("%s: at %s %d alerts that data is missing", c.name, now, len(held))
			}
			for _, h := range held {
				if h.Since != april || h.Details.Period != "2026-03" || !strings.Contains(h.Details.Text, "less is known of it than the 95%") {
					t.Errorf("%s: %+v", c.name, h)
				}
			}
		}
	}
}
