package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/web"
)

type outagesFlags struct {
	ledgerFlags
	period string
	output string
	small  bool
}

func outagesCommand(k *kingpin.Application) {
	var f outagesFlags
	c := k.Command("outages", "Lists the outages of the periods under way, or of a period named, with who caused them.")
	f.register(c)
	c.Flag("period", "The period by its name, such as 2026-11.").StringVar(&f.period)
	c.Flag("small", "Also those under 1 % of the error budget.").BoolVar(&f.small)
	c.Flag("output", "table or json.").Short('o').Default("table").EnumVar(&f.output, "table", "json")
	c.Action(func(*kingpin.ParseContext) error { return listOutages(context.Background(), f, os.Stdout) })
}

func listOutages(ctx context.Context, f outagesFlags, out io.Writer) error {
	rows, err := f.rows(ctx)
	if err != nil {
		return err
	}
	if f.output == "json" {
		return writeJSON(out, rows)
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(out, "no outages")
		return err
	}
	t := table(out, "AGREEMENT", "OBJECTIVE", "FROM", "TO", "LASTED", "OF THE BUDGET", "CAUSED BY")
	for _, r := range rows {
		share := "-"
		if r.BudgetShare != nil {
			share = sla.Percent(r.BudgetShare, 2) + "%"
		}
		t.row(r.Agreement, r.Objective, r.From.String(), r.To.String(), r.Duration.Duration().String(), share, causes(r.Attribution))
	}
	return t.Flush()
}

// causes says whose the parts of an outage are.
func causes(parts []sla.Attribution) string {
	if len(parts) == 0 {
		return "-"
	}
	text := ""
	for i, p := range parts {
		if i > 0 {
			text += ", "
		}
		text += string(p.Class)
		if p.Agreement != "" {
			text += " " + p.Agreement
		}
	}
	return text
}

func (f *outagesFlags) rows(ctx context.Context) ([]web.OutageRow, error) {
	if f.url != "" {
		rows := []web.OutageRow{}
		return rows, f.fetch(ctx, "/api/v1/outages", url.Values{"period": {f.period}, "small": {strconv.FormatBool(f.small)}}, &rows)
	}
	b, err := f.book(ctx)
	if err != nil {
		return nil, err
	}
	defer b.store.Close() //nolint:errcheck // it was only read
	verdicts, err := f.verdicts(b)
	return web.OutageRows(verdicts, f.small), err
}

func (f *outagesFlags) verdicts(b book) ([]sla.Verdict, error) {
	if f.period != "" {
		return periodVerdicts(b.Book, f.period, "")
	}
	standings, err := cycle.Standings(b.Book, now())
	if err != nil {
		return nil, err
	}
	var out []sla.Verdict
	for _, s := range standings {
		out = append(out, *s.Current)
	}
	return out, nil
}
