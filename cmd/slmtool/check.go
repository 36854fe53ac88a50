package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/document"
)

type checkFlags struct {
	configFile string
	paths      []string
	zone       string
	source     string
	lintFatal  bool
}

func checkCommand(app *kingpin.Application) {
	var f checkFlags
	check := app.Command("check", "Checks files without applying them, or a running slmd.")
	healthyCommand(check)
	chainCommand(check)
	c := check.Command("config", "Checks a configuration file of slmd.")
	c.Arg("file", "The file, as a rule slmd.yml.").Required().StringVar(&f.configFile)
	c.Action(func(*kingpin.ParseContext) error { return checkConfig(f, os.Stdout) })

	c = check.Command("catalogue", "Checks catalogue files and directories as one catalogue.")
	c.Flag("lint-fatal", "Exits with 3 when there are warnings.").BoolVar(&f.lintFatal)
	c.Flag("time-zone", "The time zone of files that name none.").Default("UTC").StringVar(&f.zone)
	c.Flag("source", "Tries every selector once against this data source, such as http://localhost:9090.").StringVar(&f.source)
	c.Arg("path", "Files and directories.").Required().StringsVar(&f.paths)
	c.Action(func(*kingpin.ParseContext) error {
		return checkCatalogue(context.Background(), f, os.Stdout, os.Stderr)
	})
}

func checkConfig(f checkFlags, out io.Writer) error {
	c, err := config.Load(f.configFile)
	if err != nil {
		return err
	}
	if err := checkSources(f.configFile, c); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d sources, %d alertmanagers\n", f.configFile, len(c.Sources), len(c.Alerting.Alertmanagers))
	if without := app.Unwritten(c.Reports.Formats); len(without) > 0 {
		fmt.Fprintf(out, "%s: reviews come without %s: this version does not write that yet\n", f.configFile, strings.Join(without, ", "))
	}
	return nil
}

// checkSources refuses a configuration without a data source that its catalogue
// files want, or without those files: slmd would not start with it. What else
// is wrong in them may refer to what a database holds; check catalogue says it.
func checkSources(file string, c *config.Config) error {
	if len(c.Catalogue) == 0 {
		return nil
	}
	cat, _, err := catalogue.Load(c.Catalogue, catalogue.Options{Zone: c.Zone})
	var inside document.Problems
	switch {
	case errors.As(err, &inside):
		return nil
	case err == nil:
		err = app.KnownSources(c)(cat)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// checkCatalogue prints problems and warnings to complaints, one line each.
func checkCatalogue(ctx context.Context, f checkFlags, out, complaints io.Writer) error {
	cat, places, warnings, err := catalogue.LoadPlaced(f.paths, catalogue.Options{Zone: f.zone})
	if err == nil && f.source != "" {
		found, err := trySelectors(ctx, f.source, cat, places)
		if err != nil {
			return err
		}
		warnings = append(warnings, found...)
	}
	warn(warnings, complaints)
	if err != nil {
		for _, p := range catalogue.Problems(err) {
			fmt.Fprintln(complaints, p)
		}
		return exitError{1}
	}
	fmt.Fprintf(out, "ok: %d services, %d indicators, %d agreements, %d exclusions\n",
		len(cat.Services), len(cat.Indicators), len(cat.Agreements), len(cat.Exclusions))
	if f.lintFatal && len(warnings) > 0 {
		return exitError{3}
	}
	return nil
}
