package measure

import (
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

func TestMeasuringAgainGivesTheSameFacts(t *testing.T) {
	const hours = 12
	h := shop(hours)
	var all []Series
	for _, name := range h.names {
		sel, err := parseSelector(name)
		if err != nil {
			t.Fatal(err)
		}
		ls := map[string]string{}
		for _, m := range sel.matchers {
			ls[m.Name] = m.Value
		}
		all = append(all, NewSeries(ls, h.samples[name]))
	}
	src, err := New(Options{Read: InMemory(all)})
	if err != nil {
		t.Fatal(err)
	}
	now := start.Add(hours * sla.Hour)
	for _, ind := range shopIndicators() {
		if ind.Kind == sla.Query || ind.Name == "within-a-second" {
			continue
		}
		tasks := tasksOf([]*sla.Indicator{ind})
		once := catchUp(t, src, tasks, now)[0]
		for _, minutes := range [][2]int{{150, 151}, {200, 400}, {300, 719}} {
			span := sla.Span{From: start.Add(sla.Millis(minutes[0]) * sla.Minute), To: start.Add(sla.Millis(minutes[1]) * sla.Minute)}
			got, err := src.Again(t.Context(), tasks[0], span, now)
			if err != nil {
				t.Fatal(err)
			}
			testkit.EqualLedgers(t, got.Entries, once[minutes[0]:minutes[1]])
		}
	}
}
