package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/web"
)

type exclusionFlags struct {
	ledgerFlags
	name             string
	services         []string
	category, reason string
	from, to         string
	cron, lasts      string
	zone             string
	output           string
}

func exclusionCommand(k *kingpin.Application) {
	var f exclusionFlags
	c := k.Command("exclusion", "Time that agreements treat apart, such as planned maintenance.")
	add := c.Command("add", "Proposes an exclusion. It has no effect until somebody else approves it.")
	f.register(add)
	f.registerActor(add)
	add.Arg("name", "Its name, such as db-upgrade-2026-03.").Required().StringVar(&f.name)
	add.Flag("service", "A service that it covers; repeatable.").Required().StringsVar(&f.services)
	add.Flag("category", "maintenance, force_majeure, customer or agreed.").Default(string(sla.Maintenance)).
		EnumVar(&f.category, string(sla.Maintenance), string(sla.ForceMajeure), string(sla.CustomerCaused), string(sla.AgreedExclusion))
	add.Flag("reason", "Why; stands in the review.").Required().StringVar(&f.reason)
	add.Flag("from", "Its begin, such as 2026-03-07T22:00:00+01:00; of one that recurs, from when on.").StringVar(&f.from)
	add.Flag("to", "Its end; of one that recurs, until when its starts lie.").StringVar(&f.to)
	add.Flag("every", `When it recurs, in cron's five fields and wall-clock time, such as "0 2 * * SUN".`).StringVar(&f.cron)
	add.Flag("lasts", "How long each recurrence lasts, such as 2h.").StringVar(&f.lasts)
	add.Flag("time-zone", "The zone of --every; by default the one of the configuration.").StringVar(&f.zone)
	add.Action(func(*kingpin.ParseContext) error { return addExclusion(context.Background(), f, os.Stdout, os.Stderr) })

	approve := c.Command("approve", "Approves an exclusion that somebody else proposed.")
	f.register(approve)
	f.registerActor(approve)
	approve.Arg("name", "The exclusion.").Required().StringVar(&f.name)
	approve.Action(func(*kingpin.ParseContext) error {
		return approveExclusion(context.Background(), f, os.Stdout, os.Stderr)
	})

	list := c.Command("list", "Lists the exclusions, who proposed and who approved them.")
	f.register(list)
	list.Flag("output", "table or json.").Short('o').Default("table").EnumVar(&f.output, "table", "json")
	list.Action(func(*kingpin.ParseContext) error { return listExclusions(context.Background(), f, os.Stdout) })
}

func addExclusion(ctx context.Context, f exclusionFlags, out, complaints io.Writer) error {
	known, err := f.exclusions(ctx)
	if err != nil {
		return err
	}
	if exclusionNamed(known, f.name) != nil {
		return fmt.Errorf("there is an exclusion %q already: choose another name", f.name)
	}
	x, err := f.exclusion()
	if err != nil {
		return err
	}
	return f.applyOne(ctx, x, out, complaints)
}

// exclusion is what the flags describe.
func (f *exclusionFlags) exclusion() (sla.Exclusion, error) {
	x := sla.Exclusion{Name: f.name, Services: f.services, Category: sla.Category(f.category), Reason: f.reason}
	span, err := f.span()
	if err != nil {
		return x, err
	}
	if f.cron == "" {
		x.Span = span
		return x, nil
	}
	lasts, err := sla.ParseDuration(f.lasts)
	if err != nil {
		return x, fmt.Errorf("--lasts: %w", err)
	}
	if f.zone == "" {
		cfg, err := f.config()
		if err != nil {
			return x, err
		}
		f.zone = cfg.Zone
	}
	x.Every = &sla.Recurrence{Cron: f.cron, Lasts: lasts, Zone: f.zone, Valid: span}
	return x, nil
}

// span reads --from and --to, of which one that recurs may leave out the end.
func (f *exclusionFlags) span() (sla.Span, error) {
	if f.from == "" || (f.to == "" && f.cron == "") {
		return sla.Span{}, fmt.Errorf("--from and --to say when it is: an exclusion without an end would never count again")
	}
	span := sla.Span{To: sla.Forever}
	var err error
	if span.From, err = instant("from", f.from); err != nil {
		return span, err
	}
	if f.to != "" {
		span.To, err = instant("to", f.to)
	}
	return span, err
}

func approveExclusion(ctx context.Context, f exclusionFlags, out, complaints io.Writer) error {
	known, err := f.exclusions(ctx)
	if err != nil {
		return err
	}
	found := exclusionNamed(known, f.name)
	switch {
	case found == nil:
		return fmt.Errorf("there is no exclusion %q: `slmtool exclusion list` lists them", f.name)
	case found.Withdrawn:
		return fmt.Errorf("exclusion %q was withdrawn", f.name)
	case found.Approved():
		return fmt.Errorf("exclusion %q is approved already, by %s", f.name, found.ApprovedBy)
	case found.ProposedBy == f.as:
		return fmt.Errorf("%s proposed exclusion %q: somebody else has to approve it (--as=NAME says who acts)", f.as, f.name)
	}
	x := found.Exclusion
	today := today()
	x.ApprovedBy, x.ApprovedOn = f.as, &today
	return f.applyOne(ctx, x, out, complaints)
}

// applyOne applies a catalogue file that holds the exclusion alone, so that it
// is checked, compared and written as any other file is.
func (f *exclusionFlags) applyOne(ctx context.Context, x sla.Exclusion, out, complaints io.Writer) error {
	text, err := catalogue.Export(&sla.Catalogue{Exclusions: []sla.Exclusion{x}})
	if err != nil {
		return fmt.Errorf("writing the exclusion as a catalogue file: %w", err)
	}
	dir, err := os.MkdirTemp("", "slmtool")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it holds nothing that is not in the database
	file := filepath.Join(dir, "exclusion.yml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	var said strings.Builder
	err = apply(ctx, applyFlags{ledgerFlags: f.ledgerFlags, paths: []string{file}}, out, &said)
	fmt.Fprint(complaints, strings.ReplaceAll(said.String(), dir+string(filepath.Separator), "")) // a place that nobody can look at
	return err
}

// exclusions asks the running slmd or the database for those in force.
func (f *exclusionFlags) exclusions(ctx context.Context) ([]web.ProposedExclusion, error) {
	if f.url != "" {
		var out []web.ProposedExclusion
		return out, f.fetch(ctx, "/api/v1/exclusions", url.Values{}, &out)
	}
	st, err := f.read(ctx)
	if err != nil {
		return nil, err
	}
	defer st.Close() //nolint:errcheck // it was only read
	return web.ProposedExclusions(ctx, st)
}

func exclusionNamed(known []web.ProposedExclusion, name string) *web.ProposedExclusion {
	for i := range known {
		if known[i].Name == name {
			return &known[i]
		}
	}
	return nil
}

func listExclusions(ctx context.Context, f exclusionFlags, out io.Writer) error {
	known, err := f.exclusions(ctx)
	if err != nil {
		return err
	}
	if f.output == "json" {
		return writeJSON(out, known)
	}
	if len(known) == 0 {
		_, err := fmt.Fprintln(out, "no exclusions")
		return err
	}
	t := table(out, "NAME", "SERVICES", "CATEGORY", "WHEN", "PROPOSED BY", "STATE", "REASON")
	for _, x := range known {
		t.row(x.Name, strings.Join(x.Services, ","), string(x.Category), when(&x.Exclusion), x.ProposedBy, approval(&x.Exclusion), x.Reason)
	}
	return t.Flush()
}

func when(x *sla.Exclusion) string {
	if x.Every == nil {
		return x.Span.From.String() + " to " + x.Span.To.String()
	}
	return fmt.Sprintf("%s for %s (%s)", x.Every.Cron, sla.FormatDuration(x.Every.Lasts), x.Every.Zone)
}

func approval(x *sla.Exclusion) string {
	switch {
	case x.Withdrawn:
		return "withdrawn"
	case x.ApprovedBy == "":
		return "not approved"
	}
	return "approved by " + x.ApprovedBy
}

// today is the date in UTC.
func today() sla.Date {
	t := now().Time()
	return sla.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
}
