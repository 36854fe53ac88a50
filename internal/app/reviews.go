package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/cronexpr"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/render"
	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// Reviews makes service reviews from a store; the daemon and slmtool share it.
type Reviews struct {
	Store         *store.Store
	Catalogue     *sla.Catalogue
	FinaliseAfter sla.Millis
	// Required is the completeness in percent below which a review stays a draft.
	Required sla.Decimal
	Formats  []render.Format
	Dir      string // where the files go: Dir/AGREEMENT/PERIOD.html …
	Program  string // such as "slmd 1.0.0"
	// Schedule, when set, leaves out what it has not come to since the period
	// closed or, where there is a draft, since the draft was made.
	Schedule string
	// Told, when set, hears of each format of an issued review.
	Told func(format render.Format, err error)
}

// IssueDue issues the review of every closed period whose facts are final and
// complete enough, oldest first, and keeps a draft with its reason of the
// others. It gives what it issued, such as checkout-sla/2026-11.
func (r *Reviews) IssueDue(ctx context.Context, now sla.Instant) ([]string, error) {
	book, err := r.book(ctx, now)
	if err != nil {
		return nil, err
	}
	var issued []string
	var problems []error
	for _, name := range names(r.Catalogue) {
		periods, err := r.due(ctx, book, name, now)
		if err != nil {
			return issued, err
		}
		for _, p := range periods {
			ok, err := r.issue(ctx, book, name, p, now)
			if err != nil {
				problems = append(problems, fmt.Errorf("issuing the review %s/%s: %w", name, p.Name, err))
				continue
			}
			if ok {
				issued = append(issued, name+"/"+p.Name)
			}
		}
	}
	return issued, errors.Join(problems...)
}

func (r *Reviews) book(ctx context.Context, now sla.Instant) (judge.Book, error) {
	return cycle.Book(ctx, cycle.Reading{Store: r.Store, Catalogue: r.Catalogue, FinaliseAfter: r.FinaliseAfter, Now: now})
}

func names(c *sla.Catalogue) []string {
	var out []string
	seen := map[string]bool{}
	for i := range c.Agreements {
		if name := c.Agreements[i].Name; !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// due gives the closed periods of an agreement, oldest first, that have facts,
// all of them final, and no issued review.
func (r *Reviews) due(ctx context.Context, book judge.Book, name string, now sla.Instant) ([]sla.Period, error) {
	reports, err := r.Store.Reports(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("reading which reviews of %s are issued: %w", name, err)
	}
	done, drafted := map[string]bool{}, map[string]sla.Instant{}
	for _, rep := range reports {
		done[rep.Period] = done[rep.Period] || rep.Issued
		drafted[rep.Period] = rep.At
	}
	facts, err := r.facts(ctx, book, name)
	if err != nil || facts.Empty() {
		return nil, err
	}
	versions := r.Catalogue.Versions(name)
	latest := versions[len(versions)-1]
	loc, err := calendar.Zone(latest.Zone)
	if err != nil {
		return nil, fmt.Errorf("agreement %s: %w", name, err)
	}
	term := ReportPeriod(latest.Period)
	var out []sla.Period
	first := max(facts.From, versions[0].Valid.From)
	for p := calendar.PeriodAt(term, loc, first); p.To <= min(facts.To, now); p = calendar.Next(term, loc, p) {
		if p.Empty() || done[p.Name] || !inForce(versions, p) {
			continue
		}
		turn, err := r.turn(max(p.To, drafted[p.Name]), now)
		if err != nil {
			return nil, err
		}
		if turn {
			out = append(out, p)
		}
	}
	return out, nil
}

// turn reports whether an instant of the schedule, if there is one, lies
// between the two.
func (r *Reviews) turn(after, now sla.Instant) (bool, error) {
	if r.Schedule == "" {
		return true, nil
	}
	next, err := cronexpr.Next(r.Schedule, after)
	if err != nil {
		return false, fmt.Errorf("the schedule of the service reviews: %w", err)
	}
	return next <= now, nil
}

// ReportPeriod gives the periods by which an agreement is reported: its own, or
// months where its window rolls.
func ReportPeriod(term sla.PeriodTerm) sla.PeriodTerm {
	if term.Kind == sla.PeriodRolling {
		return sla.PeriodTerm{Kind: sla.PeriodMonth}
	}
	return term
}

func inForce(versions []*sla.Agreement, p sla.Period) bool {
	for _, a := range versions {
		if a.Valid.Overlaps(p.Span) {
			return true
		}
	}
	return false
}

// facts gives from the first fact of an agreement's indicators to where all of
// them are final.
func (r *Reviews) facts(ctx context.Context, book judge.Book, name string) (sla.Span, error) {
	bounds, err := r.Store.Bounds(ctx)
	if err != nil {
		return sla.Span{}, fmt.Errorf("reading where the facts begin: %w", err)
	}
	span := sla.Span{From: sla.Forever, To: sla.Forever}
	for _, a := range r.Catalogue.Versions(name) {
		for i := range a.Objectives {
			ind := a.Objectives[i].Indicator
			if b, ok := bounds[ind]; ok {
				span.From = min(span.From, b.From)
			}
			span.To = min(span.To, book.Final(ind))
		}
	}
	return span, nil
}

// issue makes one review and issues it, or keeps it as a draft that says why.
func (r *Reviews) issue(ctx context.Context, book judge.Book, name string, p sla.Period, now sla.Instant) (bool, error) {
	review, err := r.build(ctx, book, name, p, now)
	if err != nil {
		return false, err
	}
	if reason := review.Unready(r.Required); reason != "" {
		review.Report.Reason = report.Text(reason)
		return false, r.draft(ctx, review, now)
	}
	err = r.put(ctx, review, now)
	return err == nil, err
}

// draft keeps a review that may not be issued yet.
func (r *Reviews) draft(ctx context.Context, review *report.Review, now sla.Instant) error {
	if err := review.Seal(); err != nil {
		return err
	}
	doc, err := review.Marshal()
	if err != nil {
		return err
	}
	row := store.Report{
		Agreement: review.Report.Agreement, Period: review.Report.Period,
		Reason: string(review.Report.Reason), Doc: doc, At: now, By: "slmd",
	}
	_, err = r.Store.SaveDraft(ctx, row)
	return err
}

// write writes the files before the row that says they are there.
func (r *Reviews) write(review *report.Review) error {
	for _, format := range r.Formats {
		_, err := render.Write(r.Dir, review, []render.Format{format})
		failpoint("app.format_written")
		if r.Told != nil {
			r.Told(format, err)
		}
		if err != nil {
			return fmt.Errorf("writing it as %s: %w", format, err)
		}
	}
	return nil
}

// Draft judges a period now and gives its review as a draft, whatever was issued.
func (r *Reviews) Draft(ctx context.Context, name string, p sla.Period, now sla.Instant) (*report.Review, error) {
	book, err := r.book(ctx, now)
	if err != nil {
		return nil, err
	}
	return r.build(ctx, book, name, p, now)
}

// Review gives the issued review of a period, or a draft where none is issued.
func (r *Reviews) Review(ctx context.Context, name string, p sla.Period, now sla.Instant) (*report.Review, error) {
	row, err := r.Store.Report(ctx, name, p.Name)
	if err == nil && row.Issued {
		review, err := report.Read(row.Doc)
		if err != nil {
			return nil, fmt.Errorf("reading the issued review %s/%s: %w", name, p.Name, err)
		}
		review.Titles = review.Report.TitlesIn(r.Catalogue)
		return review, nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("looking for the review %s/%s: %w", name, p.Name, err)
	}
	return r.Draft(ctx, name, p, now)
}

func (r *Reviews) build(ctx context.Context, book judge.Book, name string, p sla.Period, now sla.Instant) (*report.Review, error) {
	head, err := r.Store.AuditHead(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the head of the audit log: %w", err)
	}
	return report.Build(report.Input{
		Book: book, Agreement: name, Period: p, Now: now,
		Breaches: func(agreement string, span sla.Span) ([]sla.Breach, error) {
			all, err := r.Store.Breaches(ctx, span)
			if err != nil {
				return nil, fmt.Errorf("reading the breach records: %w", err)
			}
			var out []sla.Breach
			for _, b := range all {
				if b.Agreement == agreement {
					out = append(out, b)
				}
			}
			return out, nil
		},
		Imprint: report.Imprint{Revision: 1, AuditHead: head.Hash, Program: r.Program},
	})
}
