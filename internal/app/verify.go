package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// Verifying is a look at everything that a store holds.
type Verifying struct {
	Store         *store.Store
	FinaliseAfter sla.Millis
	Now           sla.Instant
	// Published is a head of the audit log that somebody kept; zero for none.
	Published store.AuditHead
}

// Verify walks everything that is sealed or chained, and judges final verdicts
// and issued reviews again. It gives a sentence for each place that differs,
// none when there is no such place. What was judged before facts that are no
// longer kept is not judged again.
func Verify(ctx context.Context, v Verifying) ([]string, error) {
	found, err := v.Store.Verify(ctx, v.Published)
	if err != nil || len(found) > 0 {
		return found, err // what is not sound cannot be judged
	}
	catalogue, err := v.Store.Catalogue(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue: %w", err)
	}
	since, err := v.Store.FactsSince(ctx)
	if err != nil {
		return nil, err
	}
	w := again{Verifying: v, catalogue: catalogue, since: since}
	if err := w.verdicts(ctx); err != nil {
		return nil, err
	}
	err = w.reviews(ctx)
	return w.found, err
}

// again judges again.
type again struct {
	Verifying
	catalogue *sla.Catalogue
	since     sla.Instant // facts before it are no longer kept
	found     []string
}

func (w *again) differ(format string, args ...any) {
	w.found = append(w.found, fmt.Sprintf(format, args...))
}

func (w *again) book(ctx context.Context, now sla.Instant) (judge.Book, error) {
	return cycle.Book(ctx, cycle.Reading{Store: w.Store, Catalogue: w.catalogue, FinaliseAfter: w.FinaliseAfter, Now: now})
}

// verdicts compares the latest final verdicts with a new judgement.
func (w *again) verdicts(ctx context.Context) error {
	kept, err := w.Store.Verdicts(ctx, "", sla.Span{From: sla.Always, To: sla.Forever})
	if err != nil {
		return fmt.Errorf("reading the verdicts: %w", err)
	}
	book, err := w.book(ctx, w.Now)
	if err != nil {
		return err
	}
	var judged []sla.Verdict
	var of [2]string
	for i := range kept {
		k := &kept[i]
		if k.Provisional || strings.Contains(k.Period.Name, "@") || k.Part.From < w.since {
			continue
		}
		if this := [2]string{k.Agreement, k.Period.Name}; this != of {
			of = this
			if judged, err = book.Judge(k.Agreement, k.Period, w.Now); err != nil {
				return fmt.Errorf("judging %s in %s again: %w", k.Agreement, k.Period.Name, err)
			}
		}
		same, err := sameVerdict(k, judged)
		if err != nil {
			return err
		}
		if !same {
			w.differ("the verdict on %s/%s in %s differs from a new judgement", k.Agreement, k.Objective, k.Period.Name)
		}
	}
	return nil
}

// sameVerdict compares all that follows from the objective's own facts; who is
// to blame follows from those of others, and from breaches.
func sameVerdict(kept *sla.Verdict, judged []sla.Verdict) (bool, error) {
	for i := range judged {
		j := &judged[i]
		if j.Objective != kept.Objective || j.Version != kept.Version || j.Part != kept.Part {
			continue
		}
		own := ownPart(j)
		if !kept.Approximate {
			own.Approximate = false // it may be of before there was such a mark
		}
		a, err := json.Marshal(ownPart(kept))
		if err != nil {
			return false, fmt.Errorf("comparing verdicts: %w", err)
		}
		b, err := json.Marshal(own)
		if err != nil {
			return false, fmt.Errorf("comparing verdicts: %w", err)
		}
		return string(a) == string(b), nil
	}
	return false, nil
}

func ownPart(v *sla.Verdict) *sla.Verdict {
	own := *v
	own.Credit = nil
	own.Outages = append([]sla.Outage(nil), v.Outages...)
	for i := range own.Outages {
		own.Outages[i].Attribution = nil
	}
	return &own
}

// reviews compares the figures of issued reviews with those of a new one, made
// as of their issue.
func (w *again) reviews(ctx context.Context) error {
	list, err := w.Store.Reports(ctx, "")
	if err != nil {
		return fmt.Errorf("listing the issued reviews: %w", err)
	}
	for _, row := range list {
		if !row.Issued {
			continue
		}
		if err := w.review(ctx, row); err != nil {
			return fmt.Errorf("the review %s/%s: %w", row.Agreement, row.Period, err)
		}
	}
	return nil
}

func (w *again) review(ctx context.Context, row store.Report) error {
	kept, err := w.Store.Report(ctx, row.Agreement, row.Period)
	if err != nil {
		return err
	}
	if kept.Revision != row.Revision {
		return nil // a later revision counts
	}
	issued, err := report.Read(kept.Doc)
	if err != nil {
		w.differ("the issued review %s/%s cannot be read: %s", row.Agreement, row.Period, err)
		return nil
	}
	period := sla.Period{Name: row.Period, Span: sla.Span{From: sla.At(issued.Report.From.Time()), To: sla.At(issued.Report.To.Time())}}
	if period.From < w.since {
		return nil
	}
	if late, err := w.Store.RecordedAfter(ctx, period.Span, kept.At); err != nil || late {
		return err // it was right when it was issued
	}
	r := Reviews{Store: w.Store, Catalogue: w.catalogue, FinaliseAfter: w.FinaliseAfter, Program: issued.Method.Program}
	made, err := r.Draft(ctx, row.Agreement, period, kept.At)
	if errors.Is(err, context.Canceled) {
		return err
	}
	if err != nil {
		w.differ("the issued review %s/%s cannot be made again: %s", row.Agreement, row.Period, err)
		return nil
	}
	if issued, made, err = w.comparable(issued, made, period); err != nil {
		return err
	}
	same, err := report.SameFigures(issued, made)
	if err == nil && !same {
		w.differ("the issued review %s/%s differs from a new one", row.Agreement, row.Period)
	}
	return err
}

// comparable takes out of both reviews what they say of earlier periods whose
// facts are no longer kept.
func (w *again) comparable(issued, made *report.Review, period sla.Period) (*report.Review, *report.Review, error) {
	versions := w.catalogue.Versions(issued.Report.Agreement)
	if w.since == sla.Always || len(versions) == 0 {
		return issued, made, nil
	}
	latest := versions[len(versions)-1]
	loc, err := calendar.Zone(latest.Zone)
	if err != nil {
		return nil, nil, fmt.Errorf("agreement %s: %w", latest.Name, err)
	}
	gone := func(name string) bool {
		p, err := calendar.Parse(name, loc)
		return err != nil || p.From < w.since
	}
	previous := calendar.Prev(ReportPeriod(latest.Period), loc, period).From < w.since
	return issued.WithoutPast(gone, previous), made.WithoutPast(gone, previous), nil
}
