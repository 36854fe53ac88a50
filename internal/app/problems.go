package app

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// complaints remember, by source, what the log was told already: a source that
// is down for a night is said once and not each minute.
type complaints map[string]complaint

type complaint struct {
	kinds map[string]store.ProblemKind // of the indicators that cannot be measured
	words map[string]bool              // why, without digits, since all could be measured
}

// maxWords bounds how many reasons of one trouble are said: a source may number
// its refusals.
const maxWords = 8

// isNew reports whether the log was not told of a problem: that the indicator has
// one of the kind, or that this is the reason now.
func (c complaint) isNew(p *store.Problem) bool {
	return c.kinds[p.Indicator] != p.Kind || len(c.words) < maxWords && !c.words[digitless(p)]
}

// digitless gives the words of a problem as far as they stay the same each time.
func digitless(p *store.Problem) string {
	return string(p.Kind) + strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			return -1
		}
		return c
	}, p.Text)
}

// noteProblems tells of indicators that cannot be measured, when that begins
// and when it ends, and keeps a source's own words for its status.
func (a *App) noteProblems(source string, done cycle.Done) {
	a.mu.Lock()
	before := a.complaints[source]
	now := complaint{map[string]store.ProblemKind{}, map[string]bool{}}
	if len(done.Problems) > 0 {
		maps.Copy(now.words, before.words)
	}
	fresh := map[store.Problem][]string{} // by kind and words
	for _, p := range done.Problems {
		now.kinds[p.Indicator] = p.Kind
		if before.isNew(&p) {
			key := store.Problem{Kind: p.Kind, Text: p.Text}
			fresh[key] = append(fresh[key], p.Indicator)
		}
		if len(now.words) < maxWords {
			now.words[digitless(&p)] = true
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
	if mended := gone(before.kinds, now.kinds); len(mended) > 0 {
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
