package web

import (
	"testing"
)

func TestAPageAsksTheStoreAFewThingsAndOnceARound(t *testing.T) {
	w := newWorld(t, size{services: 120, objectives: 3, periods: 12})
	for page, most := range map[string]int64{"/": 2, "/?page=2": 2, "/?open=all": 2, "/objectives/service-3-sla/objective-1": 3, "/agreements/service-3-sla": 1, "/breaches?period=2026-10": 2} {
		for _, again := range []bool{false, true} {
			before := w.asked.Load()
			w.get(t, page)
			asked := w.asked.Load() - before
			if asked > most || asked == 0 && !again {
				t.Errorf("%s asks the store %d things, want 1 to %d", page, asked, most)
			}
			if again && asked > 0 && page != "/agreements/service-3-sla" {
				t.Errorf("%s asks the store %d things for the second reader of a round", page, asked)
			}
		}
	}
}
