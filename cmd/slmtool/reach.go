package main

import (
	"context"
	"fmt"
	"io"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/store"
)

// reach says of every indicator that was not measured yet how far back its
// facts will go: what the source no longer has stays unknown.
func reach(ctx context.Context, cfg *config.Config, st *store.Store, out io.Writer) {
	list, err := app.Reach(ctx, cfg, st, now())
	if err != nil {
		fmt.Fprintf(out, "how far back the facts go cannot be told now: %v\n", err)
		return
	}
	for _, r := range list {
		switch {
		case r.Err != nil:
			fmt.Fprintf(out, "%s: measured from %s on, as far as its source has it: %v\n", r.Indicator, r.Wanted, r.Err)
		case r.First > r.Wanted:
			fmt.Fprintf(out, "%s: facts from about %s on; from %s until then the source has nothing, and that time is unknown\n", r.Indicator, r.First, r.Wanted)
		default:
			fmt.Fprintf(out, "%s: facts from %s on\n", r.Indicator, r.Wanted)
		}
	}
}
