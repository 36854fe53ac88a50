package app

import (
	"log/slog"
	"slices"

	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// complaints remember what the log was told already: a source that is down for
// a night is said once and not each minute.
type complaints map[string]map[string]store.ProblemKind // by source and indicator

// noteProblems tells of indicators that cannot be measured, when that begins
// and when it ends, and keeps a source's own words for its status.
func (a *App) noteProblems(source string, done cycle.Done) {
	a.mu.Lock()
	before := a.complaints[source]
	now := map[string]store.ProblemKind{}
	fresh := map[store.Problem][]string{} // by kind and words
	for _, p := range done.Problems {
		now[p.Indicator] = p.Kind
		if before[p.Indicator] != p.Kind {
			key := store.Problem{Kind: p.Kind, Text: p.Text}
			fresh[key] = append(fresh[key], p.Indicator)
		}
		if p.Kind == store.Pending && a.sources != nil {
			a.sources.explain(source, p.Text)
		}
	}
	a.complaints[source] = now
	a.mu.Unlock()
	for p, indicators := range fresh {
		a.log.Warn("indicators cannot be measured", "source", source, "kind", p.Kind, "why", p.Text, some(indicators), "count", len(indicators))
	}
	if mended := gone(before, now); len(mended) > 0 {
		a.log.Info("indicators are measured again", "source", source, some(mended), "count", len(mended))
	}
}

func gone(before, now map[string]store.ProblemKind) []string {
	var out []string
	for name := range before {
		if _, still := now[name]; !still {
			out = append(out, name)
		}
	}
	return out
}

// someIndicators is how many are named in a line of the log.
const someIndicators = 5

func some(indicators []string) slog.Attr {
	slices.Sort(indicators)
	return slog.Any("indicators", indicators[:min(len(indicators), someIndicators)])
}

// refusals remember when the log was told of samples that are no facts, by
// indicator and reason: a gauge that is NaN for a night is said once.
type refusals map[[2]string]sla.Instant

const (
	// refusedAgain is after how long without any such samples are said again.
	refusedAgain = sla.Day
	// refusalsKept bounds what is remembered.
	refusalsKept = 10_000
)

// noteRejected tells of samples that are no facts, with one of the series.
func (a *App) noteRejected(list []cycle.Rejected) {
	now := a.now()
	a.mu.Lock()
	if a.refusals == nil || len(a.refusals) > refusalsKept {
		a.refusals = refusals{}
	}
	var fresh []cycle.Rejected
	for _, x := range list {
		key := [2]string{x.Indicator, x.Reason}
		if last, said := a.refusals[key]; !said || now.Sub(last) > refusedAgain {
			fresh = append(fresh, x)
		}
		a.refusals[key] = now
	}
	a.mu.Unlock()
	for _, x := range fresh {
		a.log.Warn("samples are no facts: their intervals are unknown", "indicator", x.Indicator, "reason", x.Reason, "series", x.Series)
	}
}
