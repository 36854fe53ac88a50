package testkit

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// EqualLedgers ends the test when the two lists of entries differ in anything
// but the revision of the definition that was measured, and shows where.
func EqualLedgers(t testing.TB, got, want []sla.Entry) {
	t.Helper()
	if diff := DiffLedgers(got, want); diff != "" {
		t.Fatal(diff)
	}
}

// shownDifferences is how many differing entries are listed.
const shownDifferences = 12

// DiffLedgers says how the two lists differ, span by span and in total; it is
// empty when they are equal. The order of the entries does not matter, the
// revision of their definition neither.
func DiffLedgers(got, want []sla.Entry) string {
	g, w := ordered(got), ordered(want)
	var lines []string
	for i, j := 0, 0; i < len(g) || j < len(w); {
		switch {
		case j == len(w) || i < len(g) && order(g[i], w[j]) < 0:
			lines = append(lines, "more:    "+show(g[i]))
			i++
		case i == len(g) || order(g[i], w[j]) > 0:
			lines = append(lines, "missing: "+show(w[j]))
			j++
		default:
			if g[i] != w[j] {
				lines = append(lines, "got:     "+show(g[i]), "want:    "+show(w[j]))
			}
			i, j = i+1, j+1
		}
	}
	if len(lines) == 0 {
		return ""
	}
	head := fmt.Sprintf("the ledgers differ\ntotal got:  %s\ntotal want: %s\n", total(g), total(w))
	if n := len(lines) - shownDifferences; n > 0 {
		lines = append(lines[:shownDifferences], fmt.Sprintf("and %d lines more", n))
	}
	return head + strings.Join(lines, "\n")
}

func ordered(entries []sla.Entry) []sla.Entry {
	list := slices.Clone(entries)
	for i := range list {
		list[i].Definition = 0
	}
	slices.SortStableFunc(list, order)
	return list
}

func order(a, b sla.Entry) int {
	if a.From != b.From {
		return int(min(max(a.From-b.From, -1), 1))
	}
	return int(min(max(a.To-b.To, -1), 1))
}

func show(e sla.Entry) string {
	text := fmt.Sprintf("[%s, %s) good %s bad %s unknown %d ms", e.From, e.To, e.Good, e.Bad, e.Unknown)
	if e.Bridged != 0 {
		text += fmt.Sprintf(" bridged %d ms", e.Bridged)
	}
	if e.Approximate {
		text += " approximate"
	}
	return text
}

func total(entries []sla.Entry) string {
	var sum sla.Entry
	for _, e := range entries {
		sum.Good, sum.Bad, sum.Unknown = sum.Good.Add(e.Good), sum.Bad.Add(e.Bad), sum.Unknown+e.Unknown
	}
	return fmt.Sprintf("%d entries, good %s bad %s unknown %d ms", len(entries), sum.Good, sum.Bad, sum.Unknown)
}
