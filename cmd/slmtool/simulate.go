package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/web"
)

type simulateFlags struct {
	ledgerFlags
	objective string
	target    string
	calendar  string
	planned   string
	unknown   string
	from, to  string
	output    string
}

func simulateCommand(k *kingpin.Application) {
	var f simulateFlags
	c := k.Command("simulate", "Judges past periods by other terms: would the target have been kept, and what would it have cost?")
	f.register(c)
	c.Flag("objective", "The objective, as AGREEMENT/OBJECTIVE.").Required().StringVar(&f.objective)
	c.Flag("target", "Another target in percent, such as 99.95%.").StringVar(&f.target)
	c.Flag("calendar", "Another calendar of the catalogue, or always.").StringVar(&f.calendar)
	c.Flag("planned", "Another rule for planned time.").EnumVar(&f.planned, "removed", "good", "counted")
	c.Flag("unknown", "Another rule for unknown time.").EnumVar(&f.unknown, "removed", "good", "bad")
	c.Flag("from", "From when on.").Required().StringVar(&f.from)
	c.Flag("to", "Until when; only periods that lie within are judged.").Required().StringVar(&f.to)
	c.Flag("output", "table or json.").Short('o').Default("table").EnumVar(&f.output, "table", "json")
	c.Action(func(*kingpin.ParseContext) error { return simulate(context.Background(), f, os.Stdout) })
}

func simulate(ctx context.Context, f simulateFlags, out io.Writer) error {
	if f.url != "" {
		return fmt.Errorf("simulations are judged from the database: leave --slmd.url out, reading beside a running slmd is safe")
	}
	span, err := spanFlags(f.from, f.to)
	if err != nil {
		return err
	}
	b, err := f.book(ctx)
	if err != nil {
		return err
	}
	defer b.store.Close() //nolint:errcheck // it was only read
	agreement, objective, _ := strings.Cut(f.objective, "/")
	versions := b.Catalogue.Versions(agreement)
	if len(versions) == 0 || versions[len(versions)-1].Objective(objective) == nil {
		return fmt.Errorf("--objective=%s: there is no such objective: `slmtool status` lists them as AGREEMENT and OBJECTIVE", f.objective)
	}
	draft, err := web.DraftOf(b.Catalogue, f.value)
	if err != nil {
		return err
	}
	done, err := b.Simulate(agreement, objective, draft, span, now())
	if err != nil {
		return err
	}
	if f.output == "json" {
		loc, err := calendar.Zone(versions[len(versions)-1].Zone)
		if err != nil {
			return fmt.Errorf("agreement %s: %w", agreement, err)
		}
		rows := []web.StatusRow{}
		for i := range done.Verdicts {
			rows = append(rows, web.RowOf(&done.Verdicts[i], loc, nil))
		}
		return writeJSON(out, rows)
	}
	return tellSimulation(done, out)
}

// value gives the flag of a term.
func (f *simulateFlags) value(term string) string {
	return map[string]string{"target": f.target, "calendar": f.calendar, "planned": f.planned, "unknown": f.unknown}[term]
}

func tellSimulation(done judge.Simulation, out io.Writer) error {
	if len(done.Verdicts) == 0 {
		_, err := fmt.Fprintln(out, "no whole period lies between --from and --to")
		return err
	}
	t := table(out, "PERIOD", "STATE", "COMPLIANCE", "TARGET", "CREDIT")
	for i := range done.Verdicts {
		row := web.RowOf(&done.Verdicts[i], time.UTC, nil)
		credit := "-"
		if row.Credit != nil {
			credit = *row.Credit + " " + *row.Currency
		}
		t.row(row.Period, stateText(row), achieved(row), percentText(row.Target), credit)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d periods: %d met, %d missed, %d without data\n", len(done.Verdicts), done.Met, done.Missed, done.NoData)
	if done.HeldInAll != nil {
		fmt.Fprintf(out, "the highest target kept in all of them: %s%%\n", sla.Percent(done.HeldInAll, 3))
	}
	if done.HeldInMost != nil {
		fmt.Fprintf(out, "the highest target kept in 11 of 12: %s%%\n", sla.Percent(done.HeldInMost, 3))
	}
	return nil
}
