package cycle

import (
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// shut makes the probe fail between two instants.
func shut(from, to sla.Instant) func(string, sla.Instant) sla.Entry {
	return func(indicator string, at sla.Instant) sla.Entry {
		if indicator == "probe" && from <= at && at < to {
			return sla.Entry{Bad: sla.Seconds(sla.Minute)}
		}
		return fine(indicator, at)
	}
}

func TestATargetAtRiskSaysForHowLongItsBudgetLasts(t *testing.T) {
	noon := march.Add(5*sla.Day + 12*sla.Hour)
	w := newWorld(t, simple, noon.Add(-sla.Hour))
	w.source.fact = shut(noon.Add(-sla.Hour), noon.Add(-20*sla.Minute)) // 2,400 of 2,678.4 s
	for _, c := range []struct {
		now    sla.Instant
		lasts  sla.Millis // 278.4 of 2,400 s of the window
		window string
		says   string
	}{
		{noon, 278_400 * 6 * 3600 / 2400, "6h", "The error budget will be spent on 6 Mar 2026, 12:41 (UTC) if that goes on as in the last 6h."},
		{noon.Add(8 * sla.Hour), 278_400 * 72 * 3600 / 2400, "3d", "The error budget will be spent on 7 Mar 2026, 04:21 (UTC) if that goes on as in the last 3d."},
		{noon.Add(4 * sla.Day), 0, "", "Nothing is being spent."},
	} {
		w.round(c.now.Add(30 * sla.Second))
		risks := w.holding(sla.AlertAtRisk)
		if len(risks) != 1 || risks[0].Objective != "there" || risks[0].Details.Text != c.says {
			t.Fatalf("at %s the alert says %+v, want %q", c.now, risks, c.says)
		}
		byTool, err := Standings(w.book(), w.now)
		if err != nil {
			t.Fatal(err)
		}
		for place, all := range map[string][]sla.Standing{"the daemon": w.cycle.Standings(), "slmtool": byTool} {
			got := all[1].Exhaustion
			if c.window == "" {
				if got != nil {
					t.Errorf("at %s %s foretells %+v", c.now, place, got)
				}
			} else if got == nil || got.At != c.now.Add(c.lasts) || got.Window != c.window {
				t.Errorf("at %s %s foretells %+v, want %s", c.now, place, got, c.now.Add(c.lasts))
			}
		}
	}
}

func TestABudgetThatOutlastsThePeriodIsSaidTo(t *testing.T) {
	w := newWorld(t, simple, march.Add(30*sla.Day))
	w.source.fact = shut(march.Add(29*sla.Day+23*sla.Hour), march.Add(29*sla.Day+23*sla.Hour+40*sla.Minute))
	w.round(march.Add(30*sla.Day + 12*sla.Hour + 30*sla.Second))
	risks := w.holding(sla.AlertAtRisk)
	if len(risks) != 1 || !strings.Contains(risks[0].Details.Text, "will be spent on 31 Mar 2026, 20:21") {
		t.Fatalf("the alert says %+v", risks)
	}
	w.round(march.Add(30*sla.Day + 20*sla.Hour + 30*sla.Second))
	if risks = w.holding(sla.AlertAtRisk); risks[0].Details.Text != "The error budget outlasts the period if it is spent as in the last 3d." {
		t.Errorf("the alert says %q", risks[0].Details.Text)
	}
}

func TestNoBurnAlertIsRaisedDuringAnApprovedExclusionOrWhereItIsSwitchedOff(t *testing.T) {
	ten := march.Add(5*sla.Day + 10*sla.Hour)
	text := strings.Replace(simple, "{name: there, indicator: probe, target: 99.9%}", `{name: there, indicator: probe, target: 99.9%, alerts: {labels: {pager: night}}}
      - {name: quiet, indicator: probe, target: 99.9%, alerts: {burn: off}}`, 1) + `exclusions:
  - {name: works, services: [shop], category: maintenance, reason: Works, from: 2026-03-06T11:00:00Z, to: 2026-03-06T12:00:00Z, approved_by: kim@example.com, approved_on: 2026-03-05}
  - {name: wish, services: [shop], category: maintenance, reason: Not approved, from: 2026-03-06T12:00:00Z, to: 2026-03-06T14:00:00Z}
`
	w := newWorld(t, text, ten)
	w.source.fact = shut(ten, ten.Add(6*sla.Hour))
	for _, c := range []struct {
		after sla.Millis
		want  []string
	}{
		{55 * sla.Minute, []string{"1h", "6h", "1d", "3d"}},
		{90 * sla.Minute, nil},
		{150 * sla.Minute, []string{"1h", "6h", "1d", "3d"}},
	} {
		w.round(ten.Add(c.after))
		var got []string
		for _, burn := range w.holding(sla.AlertBurn) {
			if burn.Objective != "there" || burn.Labels["pager"] != "night" {
				t.Errorf("after %s it burns: %+v", sla.FormatDuration(c.after), burn)
			}
			got = append(got, burn.Window)
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("after %s the windows %q burn, want %q", sla.FormatDuration(c.after), got, c.want)
		}
	}
}
