package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/web"
)

type entriesFlags struct {
	ledgerFlags
	indicator string
	from, to  string
	output    string
}

func entriesCommand(k *kingpin.Application) {
	var f entriesFlags
	c := k.Command("entries", "Prints the facts of an indicator, for a dispute: amounts are exact.")
	f.register(c)
	c.Flag("indicator", "The indicator.").Required().StringVar(&f.indicator)
	c.Flag("from", "From when on.").Required().StringVar(&f.from)
	c.Flag("to", "Until when.").Required().StringVar(&f.to)
	c.Flag("output", "csv or json.").Short('o').Default("csv").EnumVar(&f.output, "csv", "json")
	c.Action(func(*kingpin.ParseContext) error { return printEntries(context.Background(), f, os.Stdout) })
}

func printEntries(ctx context.Context, f entriesFlags, out io.Writer) error {
	span, err := spanFlags(f.from, f.to)
	if err != nil {
		return err
	}
	st, err := f.read(ctx)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // it was only read
	cat, err := st.Catalogue(ctx)
	if err != nil {
		return fmt.Errorf("reading the catalogue in force: %w", err)
	}
	ind := cat.Indicator(f.indicator)
	if ind == nil {
		return fmt.Errorf("there is no indicator %q in the catalogue", f.indicator)
	}
	entries, err := st.Entries(ctx, f.indicator, span)
	if err != nil {
		return fmt.Errorf("reading the facts of %s: %w", f.indicator, err)
	}
	if f.output == "json" {
		return writeJSON(out, web.EntryRows(ind, entries))
	}
	return entriesCSV(ind, entries, out)
}

func entriesCSV(ind *sla.Indicator, entries []sla.Entry, out io.Writer) error {
	first, second := "good", "bad"
	if ind.Facts() == sla.Mean {
		first, second = "sum", "count"
	}
	w := csv.NewWriter(out)
	head := []string{"from", "to", first, second, "unknown_seconds", "bridged_seconds", "definition"}
	if ind.Kind == sla.Latency {
		head = append(head, "approximate")
	}
	if err := w.Write(head); err != nil {
		return err
	}
	for _, e := range entries {
		row := []string{
			e.From.String(), e.To.String(), e.Good.String(), e.Bad.String(),
			sla.Seconds(e.Unknown).String(), sla.Seconds(e.Bridged).String(), strconv.FormatInt(e.Definition, 10),
		}
		if ind.Kind == sla.Latency {
			row = append(row, strconv.FormatBool(e.Approximate))
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
