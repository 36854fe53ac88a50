package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/cycle"
)

type entryFlags struct {
	ledgerFlags
	indicator string
	file      string
	columns   map[string]*string // by the column of the file of one fact that they make
}

func entryCommand(k *kingpin.Application) {
	f := entryFlags{columns: map[string]*string{}}
	c := k.Command("entry", "Facts that people or other programs write down, of indicators of the kind entries.")
	add := c.Command("add", "Records one fact, or those of a file, and judges again what they touch. A fact of a span that the ledger has revises it.")
	f.register(add)
	f.registerActor(add)
	add.Flag("indicator", "The indicator.").Required().StringVar(&f.indicator)
	add.Flag("file", "Facts as CSV with a head, as `slmtool entries` prints them; - for standard input.").StringVar(&f.file)
	for _, column := range [][2]string{
		{"from", "The begin of a fact, such as 2026-11-01T09:00:00+01:00."},
		{"to", "Its end."},
		{"state", "Of time: up, down or unknown."},
		{"good", "Of events: the good ones; of time: seconds."},
		{"bad", "The bad ones."},
		{"unknown_seconds", "Seconds of which nothing is known."},
		{"sum", "Of a mean: the sum, such as of all scores."},
		{"count", "Of a mean: how many."},
	} {
		f.columns[column[0]] = add.Flag(column[0], column[1]).String()
	}
	add.Action(func(*kingpin.ParseContext) error { return addEntries(context.Background(), f, os.Stdin, os.Stdout) })
}

func addEntries(ctx context.Context, f entryFlags, in io.Reader, out io.Writer) error {
	facts, err := f.facts(in)
	if err != nil {
		return err
	}
	done, err := f.add(ctx, facts)
	if err != nil {
		return err
	}
	if done == (cycle.Entered{}) {
		_, err = fmt.Fprintf(out, "%s: the file has no facts\n", f.indicator)
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %d facts added, %d revised, %d known already\n", f.indicator, done.Added, done.Revised, done.Known)
	return err
}

// facts gives the file, or one that the flags make.
func (f *entryFlags) facts(in io.Reader) ([]byte, error) {
	var head, row []string
	for _, column := range []string{"from", "to", "state", "good", "bad", "unknown_seconds", "sum", "count"} {
		if v := f.columns[column]; v != nil && *v != "" {
			head, row = append(head, column), append(row, *v)
		}
	}
	switch {
	case f.file == "" && len(head) == 0:
		return nil, fmt.Errorf("nothing is to be recorded: give --from, --to and amounts, or --file=FACTS.csv")
	case f.file != "" && len(head) > 0:
		return nil, fmt.Errorf("--file brings its own facts: leave --%s out", head[0])
	case f.file == "-":
		return io.ReadAll(io.LimitReader(in, maxAnswer))
	case f.file != "":
		return os.ReadFile(f.file)
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	err := w.WriteAll([][]string{head, row})
	return text.Bytes(), err
}

func (f *entryFlags) add(ctx context.Context, facts []byte) (cycle.Entered, error) {
	var done cycle.Entered
	if f.url != "" {
		answer, err := f.ask(ctx, http.MethodPost, "/api/v1/indicators/"+url.PathEscape(f.indicator)+"/entries", url.Values{"as": {f.as}}, facts)
		if err != nil {
			return done, err
		}
		return done, decode(answer, &done)
	}
	cfg, err := f.config()
	if err != nil {
		return done, err
	}
	st, err := f.write(ctx)
	if err != nil {
		return done, err
	}
	defer st.Close() //nolint:errcheck // what was written is committed
	return app.Enter(ctx, cfg, st, app.Entering{Indicator: f.indicator, Facts: bytes.NewReader(facts), Actor: f.as, Now: now()})
}
