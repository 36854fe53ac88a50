package main

import (
	"context"
	"fmt"
	"io"
	"math/big"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/calendar"
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
	draft, err := f.draft(b.Catalogue, versions[len(versions)-1], objective)
	if err != nil {
		return err
	}
	b.Catalogue = withOnly(b.Catalogue, draft)
	loc, err := calendar.Zone(draft.Zone)
	if err != nil {
		return fmt.Errorf("agreement %s: %w", agreement, err)
	}
	var verdicts []sla.Verdict
	for p := calendar.PeriodAt(draft.Period, loc, span.From); p.To <= span.To; p = calendar.Next(draft.Period, loc, p) {
		if p.From < span.From {
			continue
		}
		judged, err := b.Judge(agreement, p, now())
		if err != nil {
			return err
		}
		i := slices.IndexFunc(judged, func(v sla.Verdict) bool { return v.Objective == objective })
		verdicts = append(verdicts, judged[i])
	}
	if f.output == "json" {
		rows := []web.StatusRow{}
		for i := range verdicts {
			rows = append(rows, web.RowOf(&verdicts[i], loc, nil))
		}
		return writeJSON(out, rows)
	}
	return tellSimulation(verdicts, out)
}

// draft gives the agreement with the terms of the flags, valid for ever: what
// was agreed then plays no part.
func (f *simulateFlags) draft(c *sla.Catalogue, last *sla.Agreement, objective string) (*sla.Agreement, error) {
	a := *last
	a.Valid = sla.Span{From: sla.Always, To: sla.Forever}
	a.Objectives = slices.Clone(last.Objectives)
	if f.planned != "" {
		a.Planned = sla.Planned(f.planned)
	}
	if f.unknown != "" {
		a.Unknown = sla.UnknownRule(f.unknown)
	}
	if f.calendar != "" {
		a.Calendar = c.Calendar(f.calendar)
		if a.Calendar == nil && f.calendar != "always" {
			return nil, fmt.Errorf("--calendar=%s: there is no such calendar in the catalogue", f.calendar)
		}
	}
	if f.target != "" {
		target, err := sla.ParseDecimal(strings.TrimSuffix(f.target, "%"))
		if err != nil || target.Sign() <= 0 || target.Cmp(sla.Decimal{Coef: 100}) > 0 {
			return nil, fmt.Errorf("--target=%s: a target is above 0%% and at most 100%%, such as 99.95%%", f.target)
		}
		a.Objective(objective).Target = &target
	}
	return &a, nil
}

// withOnly gives the catalogue with the draft in place of the agreement's versions.
func withOnly(c *sla.Catalogue, draft *sla.Agreement) *sla.Catalogue {
	out := *c
	out.Agreements = slices.DeleteFunc(slices.Clone(c.Agreements), func(a sla.Agreement) bool { return a.Name == draft.Name })
	out.Agreements = append(out.Agreements, *draft)
	return &out
}

func tellSimulation(verdicts []sla.Verdict, out io.Writer) error {
	if len(verdicts) == 0 {
		_, err := fmt.Fprintln(out, "no whole period lies between --from and --to")
		return err
	}
	t := table(out, "PERIOD", "STATE", "COMPLIANCE", "TARGET", "CREDIT")
	kept, missed := 0, 0
	var reached []*big.Rat
	for i := range verdicts {
		v := &verdicts[i]
		row := web.RowOf(v, time.UTC, nil)
		credit := "-"
		if row.Credit != nil {
			credit = *row.Credit + " " + *row.Currency
		}
		t.row(row.Period, stateText(row), achieved(row), percentText(row.Target), credit)
		switch {
		case v.MetTarget():
			kept++
		case v.State != sla.NoData:
			missed++
		}
		if v.Compliance != nil {
			reached = append(reached, v.Compliance.Ratio())
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d periods: %d met, %d missed, %d without data\n", len(verdicts), kept, missed, len(verdicts)-kept-missed)
	slices.SortFunc(reached, (*big.Rat).Cmp)
	if n := len(reached); n > 0 {
		fmt.Fprintf(out, "the highest target kept in all of them: %s%%\n", sla.Percent(reached[0], 3))
		if n >= 12 {
			fmt.Fprintf(out, "the highest target kept in 11 of 12: %s%%\n", sla.Percent(reached[n/12], 3))
		}
	}
	return nil
}
