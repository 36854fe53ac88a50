package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/sla"
)

func dbCommand(k *kingpin.Application) {
	var f ledgerFlags
	var target string
	db := k.Command("db", "Looks after the database.")
	check := db.Command("check", "Checks the file, its references and the chain of the audit log.")
	f.register(check)
	check.Action(func(*kingpin.ParseContext) error { return checkDB(context.Background(), f, os.Stdout) })
	backup := db.Command("backup", "Copies the database as of one moment, also beside a running slmd.")
	f.register(backup)
	backup.Arg("file", "The copy; it must not exist yet.").Required().StringVar(&target)
	backup.Action(func(*kingpin.ParseContext) error { return backupDB(context.Background(), f, target, os.Stdout) })
	verifyCommand(db)
	stats := db.Command("stats", "Says how large the files are, how far the ledger reaches, and what it comes to.")
	f.register(stats)
	stats.Action(func(*kingpin.ParseContext) error { return statsDB(context.Background(), f, os.Stdout) })
}

func checkDB(ctx context.Context, f ledgerFlags, out io.Writer) error {
	st, err := f.read(ctx)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // it was only read
	faults, err := st.Check(ctx)
	if err != nil {
		return fmt.Errorf("checking the database: %w", err)
	}
	for _, fault := range faults {
		fmt.Fprintln(out, fault)
	}
	if len(faults) > 0 {
		return exitError{1}
	}
	_, err = fmt.Fprintln(out, "the database is sound")
	return err
}

func backupDB(ctx context.Context, f ledgerFlags, target string, out io.Writer) error {
	st, err := f.read(ctx)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // it was only read
	if err := st.Backup(ctx, target); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "copied to %s\n", target)
	return err
}

func statsDB(ctx context.Context, f ledgerFlags, out io.Writer) error {
	st, err := f.read(ctx)
	if err != nil {
		return err
	}
	defer st.Close() //nolint:errcheck // it was only read
	sizes, err := st.SizeBytes()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		fmt.Fprintf(out, "%s: %d bytes\n", name, sizes[name])
	}
	bounds, err := st.Bounds(ctx)
	if err != nil {
		return fmt.Errorf("reading how far the ledger reaches: %w", err)
	}
	ever := sla.Span{From: sla.Forever, To: sla.Always}
	for _, b := range bounds {
		ever = sla.Span{From: min(ever.From, b.From), To: max(ever.To, b.To)}
	}
	totals, err := st.Totals(ctx, ever)
	if err != nil {
		return err
	}
	t := table(out, "INDICATOR", "FROM", "TO", "ENTRIES", "GOOD", "BAD", "UNKNOWN")
	for _, name := range slices.Sorted(maps.Keys(bounds)) {
		sum := totals[name]
		t.row(name, bounds[name].From.String(), bounds[name].To.String(), fmt.Sprint(sum.Entries), sum.Good.String(), sum.Bad.String(), sla.FormatDuration(sum.Unknown))
	}
	return t.Flush()
}
