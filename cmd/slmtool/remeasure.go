package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/sla"
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
	var done cycle.Revised
	if f.url != "" {
		done, err = f.remote(ctx, span)
	} else {
		done, err = f.local(ctx, span)
	}
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

// local measures anew in a database that no daemon has open.
func (f *remeasureFlags) local(ctx context.Context, span sla.Span) (cycle.Revised, error) {
	cfg, err := f.config()
	if err != nil {
		return cycle.Revised{}, err
	}
	st, err := f.write(ctx)
	if err != nil {
		return cycle.Revised{}, err
	}
	defer st.Close() //nolint:errcheck // what was written is committed
	return app.Remeasure(ctx, cfg, st, app.Remeasuring{Indicator: f.indicator, Span: span, Reason: f.reason, Actor: f.as, Now: now()})
}

// remote asks a running slmd, for as much at once as it takes.
func (f *remeasureFlags) remote(ctx context.Context, span sla.Span) (cycle.Revised, error) {
	var done cycle.Revised
	for from := span.From; from < span.To; from = from.Add(app.RemeasureMost) {
		one, err := f.piece(ctx, sla.Span{From: from, To: min(from.Add(app.RemeasureMost), span.To)})
		if err != nil {
			if from > span.From {
				err = fmt.Errorf("up to %s %d intervals were revised, then: %w", from, done.Changed, err)
			}
			return done, err
		}
		done.Add(one)
	}
	return done, nil
}

func (f *remeasureFlags) piece(ctx context.Context, span sla.Span) (cycle.Revised, error) {
	var done cycle.Revised
	body, err := json.Marshal(map[string]string{"from": span.From.String(), "to": span.To.String(), "reason": f.reason})
	if err != nil {
		return done, fmt.Errorf("packing the request: %w", err)
	}
	answer, err := f.ask(ctx, http.MethodPost, "/api/v1/indicators/"+url.PathEscape(f.indicator)+"/remeasure", url.Values{"as": {f.as}}, body)
	if err != nil {
		return done, err
	}
	return done, decode(answer, &done)
}
