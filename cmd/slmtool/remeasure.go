package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/store"
)

type remeasureFlags struct {
	ledgerFlags
	indicator, from, to, reason string
}

func remeasureCommand(k *kingpin.Application) {
	var f remeasureFlags
	c := k.Command("remeasure", "Measures a span of an indicator anew and appends revisions where the facts differ, under audit.")
	f.register(c)
	f.registerActor(c)
	c.Flag("indicator", "The indicator.").Required().StringVar(&f.indicator)
	c.Flag("from", "From when on.").Required().StringVar(&f.from)
	c.Flag("to", "Until when.").Required().StringVar(&f.to)
	c.Flag("reason", "Why; stands in the audit log.").Required().StringVar(&f.reason)
	c.Action(func(*kingpin.ParseContext) error { return remeasure(context.Background(), f, os.Stdout) })
}

func remeasure(ctx context.Context, f remeasureFlags, out io.Writer) error {
	span, err := spanFlags(f.from, f.to)
	if err != nil {
		return err
	}
	cfg, err := f.config()
	if err != nil {
		return err
	}
	st, err := f.write(ctx)
	if errors.Is(err, store.ErrInUse) {
		return fmt.Errorf("the daemon runs, and who may change facts over HTTP is not settled yet: stop it, measure again and start it; what comes late within 48 hours it finds by itself at night (%w)", store.ErrInUse)
	}
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // what was written is committed
	done, err := app.Remeasure(ctx, app.Remeasuring{
		Config: cfg, Store: st, Indicator: f.indicator, Span: span, Reason: f.reason, Actor: f.as, Now: now(),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d intervals measured again, %d revised\n", f.indicator, done.Compared, done.Changed)
	if done.Kept > 0 {
		fmt.Fprintf(out, "%s: %d intervals stay as they are: the source knows less of them, or of the gap that they belong to, than it did\n", f.indicator, done.Kept)
	}
	if done.Compared == 0 {
		fmt.Fprintf(out, "%s: the ledger has nothing of that time that could be revised\n", f.indicator)
	}
	return nil
}
