package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kingpin/v2"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/web"
)

type statusFlags struct {
	ledgerFlags
	agreement string
	period    string
	output    string
	failOn    string
}

func statusCommand(k *kingpin.Application) {
	var f statusFlags
	c := k.Command("status", "Shows how the objectives stand: those of the periods under way, or of a period named.")
	f.register(c)
	c.Flag("agreement", "Only this agreement.").StringVar(&f.agreement)
	c.Flag("period", "A period by its name, such as 2026-11, 2026-W45, 2026-Q4; only agreements with such periods are shown.").StringVar(&f.period)
	c.Flag("output", "table or json.").Short('o').Default("table").EnumVar(&f.output, "table", "json")
	c.Flag("fail-on", "Exits with 4 when an objective is in this state or a worse one.").EnumVar(&f.failOn, "at_risk", "failing", "breached")
	c.Action(func(*kingpin.ParseContext) error { return status(context.Background(), f, os.Stdout) })
}

func status(ctx context.Context, f statusFlags, out io.Writer) error {
	rows, err := statusRows(ctx, f)
	if err != nil {
		return err
	}
	if f.output == "json" {
		text, err := web.EncodeRows(rows)
		if err != nil {
			return err
		}
		if _, err := out.Write(text); err != nil {
			return err
		}
	} else if err := statusTable(rows, out); err != nil {
		return err
	}
	if f.failOn != "" && f.period == "" && slices.ContainsFunc(rows, func(r web.StatusRow) bool { return asBad(r.State, sla.State(f.failOn)) }) {
		return exitError{4}
	}
	return nil
}

// asBad reports whether a state is at least as bad as another; no data is not bad.
func asBad(s, than sla.State) bool {
	return s != sla.NoData && slices.Index(sla.States, s) >= slices.Index(sla.States, than)
}

func statusRows(ctx context.Context, f statusFlags) ([]web.StatusRow, error) {
	if f.url != "" {
		rows := []web.StatusRow{}
		q := url.Values{}
		if f.agreement != "" {
			q.Set("agreement", f.agreement)
		}
		if f.period != "" {
			q.Set("period", f.period)
		}
		return rows, f.fetch(ctx, "/api/v1/objectives", q, &rows)
	}
	b, err := f.book(ctx)
	if err != nil {
		return nil, err
	}
	defer b.store.Close() //nolint:errcheck // it was only read
	if err := agreementNamed(b.Catalogue, f.agreement); err != nil {
		return nil, err
	}
	if f.period != "" {
		return periodRows(b.Book, f)
	}
	return currentRows(b.Book, f.agreement)
}

func currentRows(book judge.Book, agreement string) ([]web.StatusRow, error) {
	standings, err := cycle.Standings(book, now())
	if err != nil {
		return nil, err
	}
	rows := []web.StatusRow{}
	for i := range standings {
		if agreement != "" && standings[i].Agreement.Name != agreement {
			continue
		}
		row, ok, err := web.RowOfStanding(&standings[i])
		if err != nil {
			return nil, err
		}
		if ok {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// periodRows gives the rows of a period named.
func periodRows(book judge.Book, f statusFlags) ([]web.StatusRow, error) {
	verdicts, err := periodVerdicts(book, f.period, f.agreement)
	if err != nil {
		return nil, err
	}
	rows := []web.StatusRow{}
	for i := range verdicts {
		versions := book.Catalogue.Versions(verdicts[i].Agreement)
		loc, err := calendar.Zone(versions[0].Zone)
		if err != nil {
			return nil, fmt.Errorf("agreement %s: %w", verdicts[i].Agreement, err)
		}
		rows = append(rows, web.RowOf(&verdicts[i], loc, nil))
	}
	return rows, nil
}

// periodVerdicts judges the period of that name of every agreement that has
// periods of its kind, or of the one agreement named.
func periodVerdicts(book judge.Book, period, agreement string) ([]sla.Verdict, error) {
	kind, ok := calendar.KindOf(period)
	if !ok {
		return nil, fmt.Errorf("--period=%s is not a period: write it as 2026-11, 2026-11-05, 2026-W45, 2026-Q4, 2026-H2 or 2026", period)
	}
	var out []sla.Verdict
	seen := map[string]bool{}
	for i := range book.Catalogue.Agreements {
		a := &book.Catalogue.Agreements[i]
		if seen[a.Name] || a.Period.Kind != kind || (agreement != "" && a.Name != agreement) {
			continue
		}
		seen[a.Name] = true
		loc, err := calendar.Zone(a.Zone)
		if err != nil {
			return nil, fmt.Errorf("agreement %s: %w", a.Name, err)
		}
		p, err := calendar.Parse(period, loc)
		if err != nil {
			return nil, err
		}
		verdicts, err := book.Judge(a.Name, p, now())
		if err != nil {
			return nil, fmt.Errorf("judging %s in %s: %w", a.Name, p.Name, err)
		}
		out = append(out, verdicts...)
	}
	return out, nil
}

func statusTable(rows []web.StatusRow, out io.Writer) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(out, "no objective has been judged: apply a catalogue and measure first")
		return err
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "AGREEMENT\tOBJECTIVE\tPERIOD\tSTATE\tCOMPLIANCE\tTARGET\tBUDGET LEFT\tCOMPLETE")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Agreement, r.Objective, r.Period, stateText(r),
			achieved(r), percentText(r.Target), leftText(r), shareText(r.Complete))
	}
	return t.Flush()
}

// stateText marks what may still change.
func stateText(r web.StatusRow) string {
	text := strings.ReplaceAll(string(r.State), "_", " ")
	if r.Provisional {
		text += "*"
	}
	return text
}

func achieved(r web.StatusRow) string {
	if r.Approximate && r.Shown != nil {
		return "≈ " + percentText(r.Shown)
	}
	if r.Value != nil {
		return fmt.Sprintf("%.3f", cutOff(*r.Value, 1000))
	}
	return percentText(r.Shown)
}

func percentText(s *string) string {
	if s == nil {
		return "-"
	}
	return *s + "%"
}

func leftText(r web.StatusRow) string {
	if r.Allowed == nil || r.Left == nil || *r.Allowed == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", cutOff(100**r.Left / *r.Allowed, 10))
}

// cutOff cuts off what is less than a part of one, as pages do, who have the
// exact numbers: what a float lacks of the next part is not missing.
func cutOff(x, parts float64) float64 { return math.Floor(x*parts+1e-6) / parts }

func shareText(f *float64) string {
	if f == nil {
		return "-"
	}
	text, _ := json.Marshal(float64(int(*f*10000)) / 100)
	return string(text) + "%"
}
