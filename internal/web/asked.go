package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// oneOf reads a parameter that takes one of a few words, or nothing.
func oneOf[T ~string](r *http.Request, name string, words ...T) (T, error) {
	got := T(r.FormValue(name))
	if got == "" || slices.Contains(words, got) {
		return got, nil
	}
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return "", badInput("%s=%q is not known: write %s or %s", name, string(got), strings.Join(all[:len(all)-1], ", "), all[len(all)-1])
}

// anyZone is how much earlier or later than in UTC a period may begin or end.
const anyZone = sla.Day

// periodAsked reads the name of a period, and a span in which the period lies
// whatever the zone; without a name all time.
func periodAsked(r *http.Request) (name string, within sla.Span, err error) {
	name = r.FormValue("period")
	if name == "" {
		return "", sla.Span{From: sla.Always, To: sla.Forever}, nil
	}
	p, err := calendar.Parse(name, time.UTC)
	if err != nil {
		return "", sla.Span{}, badInput("%v", err)
	}
	return name, sla.Span{From: p.From.Add(-anyZone), To: p.To.Add(anyZone)}, nil
}

// The words by which lists are narrowed.
var (
	recordStates = []sla.BreachState{sla.BreachOpen, sla.BreachConfirmed, sla.BreachAverted, sla.BreachWithdrawn}
	causedBy     = []sla.AttributionClass{sla.ByOwn, sla.ByInternal, sla.ByThirdParty, sla.ByCustomer, sla.ByForceMajeure}
)
