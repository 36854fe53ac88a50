package report

import (
	"errors"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/wording"
)

// Input is what a review is made of.
type Input struct {
	Book      judge.Book
	Agreement string
	// Period is one of the agreement's periods; of an agreement with a rolling
	// window a calendar month, at whose end the window is judged.
	Period sla.Period
	// Now is the judging instant: of an open period what has passed counts.
	Now sla.Instant
	// Breaches gives the breach records of an agreement whose period overlaps
	// the span; nil when there are none to be had.
	Breaches func(agreement string, span sla.Span) ([]sla.Breach, error)
	Stamp    Imprint
}

// Imprint is what the review says about itself.
type Imprint struct {
	Language  wording.Language // empty: English
	Revision  int              // 1 is the first
	Replaces  int              // the revision before; 0 for none
	Reason    string           // of a draft, why it is one; of a revision, why it was made
	Status    Status           // empty: Draft
	IssuedAt  sla.Instant      // of an issued review
	AuditHead string           // hash of the last row of the audit log
	Program   string           // such as "slmd 1.0.0"
}

// Build judges the period and gives its review, sealed with its hash. The error
// says which agreement or period there is nothing to report on.
func Build(in Input) (*Review, error) { return nil, errors.New("reviews are being written") }
