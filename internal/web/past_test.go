package web

import (
	"html"
	"math/big"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

func TestTheOverviewOfAPastPeriodIsOfThatPeriod(t *testing.T) {
	w := newWorld(t, size{services: 9, objectives: 1, periods: 2}) // in October the sixth missed its target, now the fourth does
	a := &w.catalogue.Agreements[5]
	v := verdictOf(a, &a.Objectives[0], now.Add(-35*sla.Day), true)
	v.Credit = &sla.Credit{Band: "below 99.9%", Percent: big.NewRat(5, 1), Amount: &sla.Money{Minor: 20000, Currency: "EUR"}, Owed: true}
	if _, err := w.store.RecordRound(t.Context(), store.Round{At: now.Add(sla.Second), Verdicts: []sla.Verdict{v}}); err != nil {
		t.Fatal(err)
	}
	body := html.UnescapeString(w.get(t, "/?period=2026-10").Body.String())
	for _, want := range []string{
		`<b>8 <span class="of">of 9</span></b>`, "in October 2026", "Missed in October 2026", `href="/objectives/service-5-sla/objective-0?period=2026-10"`,
		"1 h in all. A credit of EUR 200.00 is owed.", "Credits owed", "<b>EUR 200.00</b>", "0 failing, 1 breached",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the overview of October does not hold %q", want)
		}
	}
	for _, other := range []string{"Needs attention", `href="/objectives/service-3-sla/objective-0"`, "so far", "accrued</span>"} {
		if strings.Contains(body, other) {
			t.Errorf("the overview of October holds %q, of the period under way", other)
		}
	}
	for page, want := range map[string]string{
		"/?period=2026-10&state=missed": "service-5", "/?period=2026-10&state=credit": "service-5", "/?period=2026-09": "Missed in September 2026", "/?period=2026-08": "Nothing was judged in August 2026.",
	} {
		body := html.UnescapeString(w.get(t, page).Body.String())
		if rows := strings.Count(body, `<tr class="service">`); !strings.Contains(body, want) || strings.Contains(page, "state") && rows != 1 {
			t.Errorf("%s does not hold %q, or not one service: %d", page, want, rows)
		}
	}
}

func TestAYearUnderWayStandsAsItDoesNowInTheOverviewOfAMonth(t *testing.T) {
	w := newWorld(t, size{services: 9, objectives: 1, years: true})
	if body := w.get(t, "/?period=2026-10").Body.String(); !strings.Contains(body, `<b>8 <span class="of">of 9</span></b>`) {
		t.Error("the tiles do not count what is under way")
	}
}
