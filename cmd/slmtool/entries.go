package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
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
	if f.url != "" {
		return f.remote(ctx, span, out)
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
	return f.print(web.EntryRows(ind, entries), ind.Kind == sla.Latency, out)
}

// remote prints the facts as a running slmd gives them.
func (f *entriesFlags) remote(ctx context.Context, span sla.Span, out io.Writer) error {
	rows := []web.EntryRow{}
	q := url.Values{"from": {span.From.String()}, "to": {span.To.String()}}
	if err := f.fetch(ctx, "/api/v1/indicators/"+url.PathEscape(f.indicator)+"/entries", q, &rows); err != nil {
		return err
	}
	return f.print(rows, slices.ContainsFunc(rows, func(r web.EntryRow) bool { return r.Approximate }), out)
}

func (f *entriesFlags) print(rows []web.EntryRow, approximate bool, out io.Writer) error {
	if f.output == "json" {
		return writeJSON(out, rows)
	}
	return entriesCSV(rows, approximate, out)
}

// entriesCSV writes the columns that entry add takes.
func entriesCSV(rows []web.EntryRow, approximate bool, out io.Writer) error {
	first, second := "good", "bad"
	if len(rows) > 0 && rows[0].Sum != nil {
		first, second = "sum", "count"
	}
	head := []string{"from", "to", first, second, "unknown_seconds", "bridged_seconds", "definition"}
	if approximate {
		head = append(head, "approximate")
	}
	w := csv.NewWriter(out)
	if err := w.Write(head); err != nil {
		return err
	}
	for _, r := range rows {
		a, b := cmp.Or(r.Good, r.Sum), cmp.Or(r.Bad, r.Count)
		row := []string{r.From, r.To, a.String(), b.String(), seconds(r.Unknown), seconds(r.Bridged), strconv.FormatInt(r.Definition, 10)}
		if approximate {
			row = append(row, strconv.FormatBool(r.Approximate))
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// seconds writes a length of whole milliseconds in seconds.
func seconds(s float64) string { return strconv.FormatFloat(s, 'f', -1, 64) }
