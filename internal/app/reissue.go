package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// maxDocument bounds what is read of a review's file.
const maxDocument = 64 << 20

// outside gives the review of the period that stands in the report directory,
// nil when there is none. Where the database has not issued it, it was put back
// from a backup, or killed before it could write so down. What cannot be read
// as a review is not written over.
func (r *Reviews) outside(agreement, period string) (*report.Review, error) {
	root, err := os.OpenRoot(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the report directory: %w", err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	name := path.Join(agreement, period+".json")
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for an issued review: %w", err)
	}
	defer f.Close()
	document, err := io.ReadAll(io.LimitReader(f, maxDocument))
	if err != nil {
		return nil, fmt.Errorf("reading the review %s: %w", name, err)
	}
	review, err := report.Read(document)
	if err != nil {
		return nil, fmt.Errorf("the file %s, where the review would go, is none that slmd issued, move it away: %w", name, err)
	}
	return review, nil
}

// number gives the review its number, or, when the same was issued before, the
// one that was: no number names two reviews, also when the database has been
// put back and knows of none.
func (r *Reviews) number(review *report.Review) (*report.Review, error) {
	head := &review.Report
	before, err := r.outside(head.Agreement, head.Period)
	if err != nil || before == nil {
		return review, err
	}
	same, err := report.SameFigures(before, review)
	if err != nil {
		return nil, err
	}
	if same {
		before.Titles = head.TitlesIn(r.Catalogue)
		return before, nil
	}
	replaced := before.Report.Revision
	head.Revision, head.Replaces = replaced+1, &replaced
	head.Reason = report.Text(fmt.Sprintf("The database was put back to before revision %d was issued, and the facts measured since differ.", replaced))
	return review, nil
}

// put issues a review that is ready: its files, then the row that says they are there.
func (r *Reviews) put(ctx context.Context, review *report.Review, now sla.Instant) error {
	review.Report.Status, review.Report.IssuedAt = report.Issued, report.StampOf(now, time.UTC)
	review, err := r.number(review)
	if err != nil {
		return err
	}
	if err := review.Seal(); err != nil {
		return err
	}
	doc, err := review.Marshal()
	if err != nil {
		return err
	}
	failpoint("app.review_made")
	if err := r.write(review); err != nil {
		return err
	}
	failpoint("app.review_written")
	head := &review.Report
	row := store.Report{
		Agreement: head.Agreement, Period: head.Period, Revision: head.Revision, Reason: string(head.Reason), Doc: doc, At: now, By: "slmd",
	}
	_, err = r.Store.IssueReport(ctx, row, store.Actor{Name: "slmd"})
	return err
}
