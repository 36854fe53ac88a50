package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/app"
)

type planFlags struct {
	ledgerFlags
	output string
}

func planCommand(k *kingpin.Application) {
	var f planFlags
	c := k.Command("plan", "Shows the requests of a round, which indicators each serves, and how many samples it brings.")
	f.register(c)
	c.Flag("output", "table or json.").Short('o').Default("table").EnumVar(&f.output, "table", "json")
	c.Action(func(*kingpin.ParseContext) error { return plan(context.Background(), f, os.Stdout) })
}

func plan(ctx context.Context, f planFlags, out io.Writer) error {
	cfg, err := f.config()
	if err != nil {
		return err
	}
	st, err := f.read(ctx)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // it was only read
	list, err := app.Plan(ctx, cfg, st, now())
	if err != nil {
		return err
	}
	if f.output == "json" {
		return writeJSON(out, list)
	}
	t := table(out, "SOURCE", "SAMPLES", "SERIES", "INDICATORS", "REQUEST")
	total := 0
	for _, r := range list {
		samples, series := strconv.Itoa(r.Samples), strconv.Itoa(r.Series)
		if r.Assumed { // the source did not say
			samples, series = "≥ "+samples, "?"
		}
		total += r.Samples
		t.row(r.Source, samples, series, strings.Join(r.Indicators, ","), r.Request)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range list {
		if r.Note != "" {
			fmt.Fprintf(out, "%s: %s: %s\n", r.Source, r.Request, r.Note)
		}
	}
	_, err = fmt.Fprintf(out, "%d requests, %d samples a round\n", len(list), total)
	return err
}
