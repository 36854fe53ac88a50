package main

import (
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/config"
)

type checkFlags struct {
	configFile string
	paths      []string
	zone       string
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
	c.Arg("path", "Files and directories.").Required().StringsVar(&f.paths)
	c.Action(func(*kingpin.ParseContext) error { return checkCatalogue(f, os.Stdout, os.Stderr) })
}

func checkConfig(f checkFlags, out io.Writer) error {
	c, err := config.Load(f.configFile)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d sources, %d alertmanagers\n", f.configFile, len(c.Sources), len(c.Alerting.Alertmanagers))
	return nil
}

// checkCatalogue prints problems and warnings to complaints, one line each.
func checkCatalogue(f checkFlags, out, complaints io.Writer) error {
	cat, warnings, err := catalogue.Load(f.paths, catalogue.Options{Zone: f.zone})
	for _, w := range warnings {
		fmt.Fprintf(complaints, "%s: warning: %s\n", w.Position, w.Text)
	}
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
