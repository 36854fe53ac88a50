package web

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/slmd/slmd/internal/sla"
)

func TestWhatIsKeptOfThePastIsReadAnewBehindTheReadersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at, reads := now, 0
		p := &pastKept{now: func() sla.Instant { return at }}
		p.read = func(context.Context, sla.Span) (map[key]*sla.Verdict, error) {
			reads++
			return map[key]*sla.Verdict{{period: string(rune('0' + reads))}: {}}, nil
		}
		ask := func(want string) {
			t.Helper()
			got, err := p.get(t.Context(), now)
			if err != nil || got[key{period: want}] == nil {
				t.Errorf("got %v, %v, want reading %s", got, err, want)
			}
			synctest.Wait()
		}
		ask("1")
		ask("1") // nothing is read while it is fresh
		at = at.Add(refreshAfter)
		ask("1") // the reader does not wait
		ask("2")
		if reads != 2 {
			t.Errorf("read %d times, want 2", reads)
		}
	})
}

func TestWhatIsKeptOfARoundIsWorkedOutOnce(t *testing.T) {
	round, works := any(1), 0
	k := &kept[string, int]{epoch: func() any { return round }, limit: 2}
	ask := func(name string) int {
		t.Helper()
		v, err := k.get(t.Context(), name, func(context.Context) (int, error) { works++; return works, nil })
		if err != nil {
			t.Fatalf("getting %s: %v", name, err)
		}
		return v
	}
	if a, b := ask("a"), ask("a"); a != 1 || b != 1 {
		t.Errorf("got %d and %d in one round, want 1 twice", a, b)
	}
	round = 2
	if a := ask("a"); a != 2 {
		t.Errorf("got %d after a round, want it worked out anew", a)
	}
}
