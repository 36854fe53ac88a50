package app

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/store"
)

func TestEachReasonOfATroubleIsLoggedOnceUntilItIsOver(t *testing.T) {
	var log bytes.Buffer
	a := &App{log: slog.New(slog.NewTextHandler(&log, nil)), complaints: complaints{}}
	hear := func(texts ...string) int {
		t.Helper()
		log.Reset()
		done := cycle.Done{}
		for i, text := range texts {
			done.Problems = append(done.Problems, store.Problem{Indicator: fmt.Sprint("i", i), Kind: store.Pending, Text: text})
		}
		a.noteProblems("main", done)
		return strings.Count(log.String(), "cannot be measured")
	}
	for i, c := range []struct {
		texts []string
		lines int
	}{
		{[]string{"it is down", "it is down"}, 1},
		{[]string{"it is down", "it is down"}, 0},
		{[]string{"it broke off at byte 12", "it is down"}, 1},
		{[]string{"it broke off at byte 177", "it broke off at byte 3"}, 0},
		{[]string{"it is down", "it is down"}, 0},
		{nil, 0},
		{[]string{"it is down"}, 1},
	} {
		if n := hear(c.texts...); n != c.lines {
			t.Errorf("round %d: %d lines, want %d: %s", i, n, c.lines, log.String())
		}
	}
	said := 0
	for i := range 50 {
		said += hear("refused as " + strings.Repeat("x", i+1))
	}
	if said >= maxWords {
		t.Errorf("a source that words each refusal anew is quoted %d times, want less than %d", said, maxWords)
	}
}
