package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/app"
	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/render"
	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

type reportFlags struct {
	ledgerFlags
	agreement string
	period    string
	formats   string
	dir       string
	file      string
}

func reportCommand(k *kingpin.Application) {
	var f reportFlags
	r := k.Command("report", "Makes service reviews.")
	c := r.Command("make", "Writes the review of an agreement and period: the issued one, or a draft where none is issued.").Default()
	f.register(c)
	c.Flag("agreement", "The agreement.").Required().StringVar(&f.agreement)
	c.Flag("period", "The period by its name, such as 2026-11.").Required().StringVar(&f.period)
	c.Flag("format", "Formats, separated by commas: html, json, csv.").Default("html,json,csv").StringVar(&f.formats)
	c.Flag("out", "The directory; the files go to AGREEMENT/PERIOD.FORMAT in it.").Default(".").StringVar(&f.dir)
	c.Action(func(*kingpin.ParseContext) error { return makeReport(context.Background(), f, os.Stdout) })

	v := r.Command("verify", "Checks that a review in JSON is what was sealed.")
	v.Arg("file", "The review's JSON file.").Required().StringVar(&f.file)
	v.Action(func(*kingpin.ParseContext) error { return verifyReport(f.file, os.Stdout) })
}

func makeReport(ctx context.Context, f reportFlags, out io.Writer) error {
	formats, err := formatsOf(f.formats)
	if err != nil {
		return err
	}
	review, err := f.review(ctx)
	if err != nil {
		return err
	}
	written, err := render.Write(f.dir, review, formats)
	if err != nil {
		return err
	}
	for _, name := range written {
		fmt.Fprintln(out, filepath.Join(f.dir, name))
	}
	return nil
}

func formatsOf(list string) ([]render.Format, error) {
	var out []render.Format
	for _, name := range strings.Split(list, ",") {
		format := render.Format(strings.TrimSpace(name))
		if !slices.Contains(render.Formats, format) {
			return nil, fmt.Errorf("--format=%s: there is no format %q, only html, json and csv", list, format)
		}
		out = append(out, format)
	}
	return out, nil
}

// review gives the review from the database, or from a running slmd.
func (f *reportFlags) review(ctx context.Context) (*report.Review, error) {
	if f.url != "" {
		path := "/api/v1/reports/" + url.PathEscape(f.agreement) + "/" + url.PathEscape(f.period) + ".json"
		doc, err := f.ask(ctx, http.MethodGet, path, nil, nil)
		if err != nil {
			return nil, err
		}
		return report.Read(doc)
	}
	b, err := f.book(ctx)
	if err != nil {
		return nil, err
	}
	defer b.store.Close() //nolint:errcheck // it was only read
	p, err := periodOf(b.Catalogue, f.agreement, f.period)
	if err != nil {
		return nil, err
	}
	reviews := &app.Reviews{
		Store: b.store, Catalogue: b.Catalogue, FinaliseAfter: b.config.Measuring.FinaliseAfter, Program: app.Program(),
	}
	return reviews.Review(ctx, f.agreement, p, now())
}

// periodOf reads the name of a period in the agreement's time zone.
func periodOf(c *sla.Catalogue, agreement, name string) (sla.Period, error) {
	versions := c.Versions(agreement)
	if len(versions) == 0 {
		return sla.Period{}, agreementNamed(c, agreement)
	}
	loc, err := calendar.Zone(versions[len(versions)-1].Zone)
	if err != nil {
		return sla.Period{}, fmt.Errorf("agreement %s: %w", agreement, err)
	}
	return calendar.Parse(name, loc)
}

func verifyReport(file string, out io.Writer) error {
	doc, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := report.Verify(doc); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	_, err = fmt.Fprintf(out, "%s: the document is what was sealed\n", file)
	return err
}

type listFlags struct {
	ledgerFlags
	period string
	output string
}

func breachesCommand(k *kingpin.Application) {
	var f listFlags
	c := k.Command("breaches", "Lists the breach records with what became of them.")
	f.register(c)
	c.Flag("period", "Only those of the period of this name.").StringVar(&f.period)
	c.Flag("output", "table or json.").Short('o').Default("table").EnumVar(&f.output, "table", "json")
	c.Action(func(*kingpin.ParseContext) error { return listBreaches(context.Background(), f, os.Stdout) })
}

func listBreaches(ctx context.Context, f listFlags, out io.Writer) error {
	breaches, err := f.breaches(ctx)
	if err != nil {
		return err
	}
	breaches = slices.DeleteFunc(breaches, func(b sla.Breach) bool { return f.period != "" && b.Period.Name != f.period })
	if f.output == "json" {
		return writeJSON(out, breaches)
	}
	if len(breaches) == 0 {
		_, err := fmt.Fprintln(out, "no breaches")
		return err
	}
	t := table(out, "AGREEMENT", "OBJECTIVE", "PERIOD", "STATE", "OPENED", "LAST CAUSE")
	for _, b := range breaches {
		cause := ""
		if n := len(b.Transitions); n > 0 {
			cause = b.Transitions[n-1].Cause
		}
		t.row(b.Agreement, b.Objective, b.Period.Name, string(b.State), b.OpenedAt.String(), cause)
	}
	return t.Flush()
}

func (f *listFlags) breaches(ctx context.Context) ([]sla.Breach, error) {
	breaches := []sla.Breach{}
	if f.url != "" {
		return breaches, f.fetch(ctx, "/api/v1/breaches", nil, &breaches)
	}
	st, err := f.read(ctx)
	if err != nil {
		return nil, err
	}
	defer st.Close() //nolint:errcheck // it was only read
	found, err := st.Breaches(ctx, sla.Span{From: sla.Always, To: sla.Forever})
	if errors.Is(err, store.ErrNotFound) {
		return breaches, nil
	}
	return append(breaches, found...), err
}
