package web

import (
	"context"
	"testing"
)

func TestWhatIsKeptOfARoundIsWorkedOutOnce(t *testing.T) {
	round, works := 1, 0
	k := &kept[int, string, int]{epoch: func() int { return round }, limit: 1}
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
