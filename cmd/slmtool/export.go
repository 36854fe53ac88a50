package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/catalogue"
)

func exportCommand(k *kingpin.Application) {
	var f ledgerFlags
	e := k.Command("export", "Writes what slmd holds as files.")
	c := e.Command("catalogue", "Writes the catalogue in force in the format of the catalogue files.")
	f.register(c)
	c.Action(func(*kingpin.ParseContext) error { return exportCatalogue(context.Background(), f, os.Stdout) })
	r := e.Command("rules", "Writes the rules for Prometheus that alert by the metrics of slmd.")
	out := r.Flag("out", "Directory for one file each; without it all of them are one on standard output.").String()
	r.Action(func(*kingpin.ParseContext) error { return exportRules(*out, os.Stdout) })
}

func exportCatalogue(ctx context.Context, f ledgerFlags, out io.Writer) error {
	st, err := f.read(ctx)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // it was only read
	c, err := st.Catalogue(ctx)
	if err != nil {
		return fmt.Errorf("reading the catalogue in force: %w", err)
	}
	text, err := catalogue.Export(c)
	if err != nil {
		return fmt.Errorf("writing the catalogue: %w", err)
	}
	_, err = out.Write(text)
	return err
}
