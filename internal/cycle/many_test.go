package cycle

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// objectivesOfShop is how many objectives an agreement has in manyShops.
const objectivesOfShop = 20

// manyShops is a catalogue of n objectives over an indicator of its own each.
func manyShops(n int, from sla.Instant) string {
	var services, indicators, agreements strings.Builder
	for i := range n {
		shop := i / objectivesOfShop
		if i%objectivesOfShop == 0 {
			fmt.Fprintf(&services, "  - {name: shop-%05d, status: live, owner: platform}\n", shop)
			fmt.Fprintf(&agreements, "  - name: sla-%05d\n    kind: SLA\n    service: shop-%05d\n    provider: platform\n    customer: retail\n    valid: {from: %s}\n    period: month\n    objectives:\n", shop, shop, from)
		}
		fmt.Fprintf(&indicators, "  - {name: requests-%05d, service: shop-%05d, ratio: {total: 'requests_total{shop=\"%d\"}', bad: 'failures_total{shop=\"%d\"}'}}\n", i, shop, i, i)
		fmt.Fprintf(&agreements, "      - {name: success-%05d, indicator: requests-%05d, target: 99%%}\n", i, i)
	}
	return "version: 1\nparties: [{name: retail, role: customer}, {name: platform, role: internal}]\nservices:\n" +
		services.String() + "indicators:\n" + indicators.String() + "agreements:\n" + agreements.String()
}

func TestFault_D14_ARoundOfTenThousandObjectivesTakesLessThanThirtySeconds(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 1_000
	}
	begin, end := march.Add(sla.Day), march.Add(sla.Day+5*sla.Minute)
	samples := promtest.NewStore()
	for i := range n {
		shop := fmt.Sprint(i)
		for at := begin.Add(10*sla.Second - 12*sla.Minute); at < end; at = at.Add(sla.Minute) {
			for name, v := range map[string]sla.Millis{"requests_total": 10 * at.Sub(march) / sla.Minute, "failures_total": at.Sub(march) / sla.Hour} {
				if err := samples.Append(labels.FromStrings("__name__", name, "shop", shop), int64(at), float64(v)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	var now sla.Instant
	server, err := promtest.New(samples, promtest.Options{Now: func() time.Time { return now.Time() }})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	w := newWorld(t, manyShops(n, begin), begin)
	source, err := measure.New(measure.Options{Name: "main", URL: server.URL(), HTTP: &http.Client{}, Lag: 30 * sla.Second})
	if err != nil {
		t.Fatal(err)
	}
	o := w.options()
	o.Sources["main"] = source
	if err := w.cycle.Reload(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	var took time.Duration
	for now = begin.Add(2*sla.Minute + 30*sla.Second); now < end; now = now.Add(sla.Minute) {
		was := time.Now()
		w.round(now)
		took = time.Since(was)
		t.Logf("a round of %d objectives took %s", n, took.Round(time.Millisecond))
	}
	if took > 30*time.Second {
		t.Errorf("a round of %d objectives took %s", n, took)
	}
	cursors, err := w.store.Cursors(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, cursor := range cursors {
		if want := alignDown(end.Add(-sla.Minute), sla.Minute); cursor != want {
			t.Fatalf("%s is measured to %s, want %s", name, cursor, want)
		}
	}
	if len(cursors) != n || len(w.cycle.Standings()) != n {
		t.Errorf("%d indicators and %d objectives, want %d of each", len(cursors), len(w.cycle.Standings()), n)
	}
}
