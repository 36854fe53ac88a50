package app

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestARequestThatTakesTooLongSaysSoAndOneThatFailsSaysWhy(t *testing.T) {
	failed := errors.New("no such host")
	over, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if err := inTime(over, failed); !strings.Contains(err.Error(), "took longer than 45s, and nothing was revised") {
		t.Errorf("in too long a time: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	for _, ctx := range []context.Context{t.Context(), gone} {
		if err := inTime(ctx, failed); !errors.Is(err, failed) {
			t.Errorf("got %v, want what failed", err)
		}
	}
}
