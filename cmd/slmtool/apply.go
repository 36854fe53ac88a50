package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

type applyFlags struct {
	ledgerFlags
	paths    []string
	dry      bool
	prune    bool
	exitCode bool
}

func applyCommand(k *kingpin.Application) {
	var f applyFlags
	c := k.Command("apply", "Applies catalogue files: new versions of what they change, nothing for what they do not.")
	f.register(c)
	f.registerActor(c)
	c.Flag("dry-run", "Says what would change and changes nothing.").BoolVar(&f.dry)
	c.Flag("prune", "Retires what the files do not name.").BoolVar(&f.prune)
	c.Arg("path", "Catalogue files and directories.").Required().StringsVar(&f.paths)
	c.Action(func(*kingpin.ParseContext) error { return apply(context.Background(), f, os.Stdout, os.Stderr) })
}

func diffCommand(k *kingpin.Application) {
	var f applyFlags
	c := k.Command("diff", "Shows what applying catalogue files would change, and what that does to the period under way.")
	f.register(c)
	c.Flag("prune", "Counts what the files do not name as retired.").BoolVar(&f.prune)
	c.Flag("exit-code", "Exits with 2 when there are differences.").BoolVar(&f.exitCode)
	c.Arg("path", "Catalogue files and directories.").Required().StringsVar(&f.paths)
	c.Action(func(*kingpin.ParseContext) error { return diff(context.Background(), f, os.Stdout, os.Stderr) })
}

func apply(ctx context.Context, f applyFlags, out, complaints io.Writer) error {
	if f.url != "" {
		changes, err := remoteApply(ctx, f)
		if err != nil {
			return err
		}
		return say(f, changes, out)
	}
	cfg, err := f.config()
	if err != nil {
		return listed(err, complaints)
	}
	if f.dry {
		return dryRun(ctx, f, cfg.Zone, out, complaints)
	}
	if _, err := os.Stat(f.file()); os.IsNotExist(err) { // no database is made for files that are refused
		if _, _, err := catalogue.Load(f.paths, catalogue.Options{Zone: cfg.Zone}); err != nil {
			return listed(err, complaints)
		}
	}
	st, err := f.write(ctx)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // what was written is committed
	applied, err := app.Apply(ctx, st, app.Application{Paths: f.paths, Zone: cfg.Zone, Prune: f.prune, Actor: f.as, At: now()})
	warn(applied.Warnings, complaints)
	if err != nil {
		return listed(err, complaints)
	}
	if err := say(f, applied.Changes, out); err != nil || len(applied.Changes) == 0 {
		return err
	}
	reach(ctx, cfg, st, out)
	return nil
}

func diff(ctx context.Context, f applyFlags, out, complaints io.Writer) error {
	f.dry = true
	cfg, err := f.config()
	if err != nil {
		return listed(err, complaints)
	}
	return dryRun(ctx, f, cfg.Zone, out, complaints)
}

// dryRun works the changes out against the database, or an empty one where
// there is none yet.
func dryRun(ctx context.Context, f applyFlags, zone string, out, complaints io.Writer) error {
	changes, err := dryChanges(ctx, f, zone, complaints)
	if err != nil {
		return listed(err, complaints)
	}
	if err := say(f, changes, out); err != nil {
		return err
	}
	if f.exitCode && len(changes) > 0 {
		return exitError{2}
	}
	return nil
}

func dryChanges(ctx context.Context, f applyFlags, zone string, complaints io.Writer) ([]sla.Change, error) {
	if f.url != "" {
		f.dry = true
		return remoteApply(ctx, f)
	}
	if _, err := os.Stat(f.file()); os.IsNotExist(err) {
		files, warnings, err := catalogue.Load(f.paths, catalogue.Options{Zone: zone})
		warn(warnings, complaints)
		if err != nil {
			return nil, err
		}
		_, changes, err := catalogue.Merge(&sla.Catalogue{}, files, catalogue.MergeOptions{At: now(), Prune: f.prune})
		return changes, err
	}
	st, err := f.read(ctx)
	if err != nil {
		return nil, err
	}
	defer st.Close() //nolint:errcheck // it was only read
	applied, err := app.Apply(ctx, st, app.Application{Paths: f.paths, Zone: zone, Prune: f.prune, DryRun: true, At: now()})
	warn(applied.Warnings, complaints)
	return applied.Changes, err
}

// say prints the changes, and what was done about them.
func say(f applyFlags, changes []sla.Change, out io.Writer) error {
	if len(changes) == 0 {
		_, err := fmt.Fprintln(out, "nothing changes")
		return err
	}
	for _, c := range changes {
		if _, err := fmt.Fprintln(out, sentence(c)); err != nil {
			return err
		}
	}
	word := "applied"
	if f.dry {
		word = "not applied"
	}
	_, err := fmt.Fprintf(out, "%d changes %s\n", len(changes), word)
	return err
}

// sentence names what changes where the change's own words do not.
func sentence(c sla.Change) string {
	if strings.Contains(c.Text, c.Name) {
		return c.Text
	}
	return c.Object + " " + c.Name + ": " + c.Text
}

func warn(warnings catalogue.Warnings, complaints io.Writer) {
	for _, w := range warnings {
		fmt.Fprintf(complaints, "%s: warning: %s\n", w.Position, w.Text)
	}
}

// listed prints the problems of files, a line each, and gives what is left to say.
func listed(err error, complaints io.Writer) error {
	problems, ok := asProblems(err)
	if !ok {
		return err
	}
	for _, p := range problems {
		fmt.Fprintln(complaints, p)
	}
	fmt.Fprintf(complaints, "%d problems; nothing was changed\n", len(problems))
	return exitError{1}
}

func asProblems(err error) (document.Problems, bool) {
	var problems document.Problems
	if !asError(err, &problems) {
		return nil, false
	}
	return problems, true
}
