package cycle

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/slmd/slmd/internal/sla"
)

func TestARoundOfASourceWaitsForTheOneUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, simple, march.Add(sla.Day))
		w.source.calls = make(chan struct{})
		ended := make(chan error)
		for range 2 {
			go func() {
				_, err := w.cycle.Round(t.Context(), "main", Scope{}, march.Add(sla.Day), nil)
				ended <- err
			}()
		}
		synctest.Wait()
		if n := w.source.inside.Load(); n != 1 {
			t.Errorf("%d rounds measure the same intervals at once", n)
		}
		close(w.source.calls)
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestARoundThatWaitsForItsTurnCanBeGivenUp(t *testing.T) {
	var turns turns
	done, err := turns.take(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := turns.take(ctx, "main"); err == nil {
		t.Error("a turn was taken twice")
	}
	if other, err := turns.take(t.Context(), "other"); err != nil {
		t.Errorf("another source has to wait: %v", err)
	} else {
		other()
	}
	done()
	if _, err := turns.take(t.Context(), "main"); err != nil {
		t.Errorf("the turn is not given back: %v", err)
	}
}
