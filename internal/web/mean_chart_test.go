package web

import (
	"html"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

func TestTheDaysOfAMeanAreDrawnAgainstItsTarget(t *testing.T) {
	w := newWorld(t, size{services: 1, objectives: 1})
	bound := sla.MustDecimal("0.25")
	o, i := &w.catalogue.Agreements[0].Objectives[0], &w.catalogue.Indicators[0]
	o.Target, o.AtMost, o.Method = nil, &bound, sla.MeanMethod
	i.Kind, i.Sum, i.Count, i.Unit, i.Interval = sla.MeanCounter, "seconds_sum", "seconds_count", "s", sla.Hour
	w.standings[0].Current = nil
	w.facts = func(_ string, s sla.Span) (out []sla.Entry, err error) { // a mean of 0.2 s, of 0.5 s on the 14th
		for at := s.From; at < min(s.To, now); at = at.Add(sla.Hour) {
			e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Hour)}, Good: sla.Whole(20), Bad: sla.Whole(100)}
			if at.Time().Day() == 14 {
				e.Good = sla.Whole(50)
			}
			out = append(out, e)
		}
		return out, nil
	}
	body := html.UnescapeString(w.get(t, "/objectives/service-0-sla/objective-0").Body.String())
	for _, want := range []string{`<title>14 Nov 2026: 0.487 s, of 2,400</title>`, `<title>12 Nov 2026: 0.200 s, of 2,400</title>`, "target ≤ 0.25 s", ">0.487 s</td>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	if strings.Contains(body, "<h2>Outages</h2>") || strings.Contains(body, "Budget left") {
		t.Error("the page of a mean speaks of outages or of an error budget")
	}
	if n := strings.Count(body, `<rect class="bad"`); n != 2 { // one, on both sheets
		t.Errorf("%d days are drawn as beyond the target", n)
	}
	csv := w.get(t, "/objectives/service-0-sla/objective-0/days.csv").Body.String()
	if !strings.Contains(csv, ",2026-11-12,") || !strings.Contains(csv, ",no,480,2400\n") {
		t.Errorf("the days as CSV have no sum and count: %s", csv)
	}
}
