package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/sla"
)

type measureFlags struct {
	ledgerFlags
	from, to   string
	indicators []string
}

func measureCommand(k *kingpin.Application) {
	var f measureFlags
	c := k.Command("measure", "Measures the past: resumable, and what is there already is not measured again. Exit 1 when intervals are still pending.")
	f.register(c)
	c.Flag("from", "From when on; what is missing between the last interval and it is measured too.").Required().StringVar(&f.from)
	c.Flag("to", "Until when.").Required().StringVar(&f.to)
	c.Flag("indicator", "Only this indicator; may be given several times.").StringsVar(&f.indicators)
	c.Action(func(*kingpin.ParseContext) error {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		return backfill(ctx, f, os.Stdout, os.Stderr)
	})
}

func backfill(ctx context.Context, f measureFlags, out, progress io.Writer) error {
	span, err := spanFlags(f.from, f.to)
	if err != nil {
		return err
	}
	if span.From >= now() {
		return fmt.Errorf("--from=%s is not in the past: there is nothing to measure yet", f.from)
	}
	if f.url != "" {
		return errors.New("a running slmd measures what is due by itself, oldest first: to measure a span now, stop it and leave --slmd.url out")
	}
	cfg, err := f.config()
	if err != nil {
		return err
	}
	st, err := f.write(ctx)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // what was written is committed
	bar := app.NewBar(progress)
	result, err := app.Measure(ctx, app.Measuring{
		Config: cfg, Store: st, Span: span, Indicators: f.indicators, Now: now(), Progress: bar.Show,
	})
	bar.Done()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d intervals recorded\n", result.Entries)
	for _, gap := range result.Pending {
		fmt.Fprintf(out, "%s: still pending from %s to %s: %s\n", gap.Indicator, gap.Span.From, gap.Span.To, gap.Why)
	}
	for _, gap := range result.Unknown {
		fmt.Fprintf(out, "%s: %s of %s to %s are unknown\n", gap.Indicator, sla.FormatDuration(gap.Unknown), gap.Span.From, gap.Span.To)
	}
	if len(result.Pending) > 0 {
		return exitError{1}
	}
	return nil
}

func spanFlags(from, to string) (sla.Span, error) {
	a, err := instant("from", from)
	if err != nil {
		return sla.Span{}, err
	}
	b, err := instant("to", to)
	if err != nil {
		return sla.Span{}, err
	}
	if b <= a {
		return sla.Span{}, fmt.Errorf("--to=%s is not after --from=%s", to, from)
	}
	return sla.Span{From: a, To: b}, nil
}
