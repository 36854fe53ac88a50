package announce

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/wording"
)

// tellReviewFor is how long an issued review is news.
const tellReviewFor = sla.Day

// Review is what a mail says of an issued service review, in words.
type Review struct {
	Service, Agreement string // their titles
	Period             string // such as November 2026
	Headline           string // such as "4 of 5 targets met, 1 breached"
	State              sla.State
	Summary            string // plain sentences
	Targets            []ReviewTarget
	Credits            []string
	SHA256             string // of the document, as it says itself
}

// ReviewTarget is how one objective fared, and how in the periods before.
type ReviewTarget struct {
	Name, Reached, Before string
	State                 sla.State
}

// planReviews finds the reviews issued lately of which somebody has not heard.
// That of a period long past, which came of catching up, is told to those only
// who heard of an earlier revision.
func (p *Postman) planReviews(ctx context.Context, now sla.Instant, out *planned) error {
	if p.o.Review == nil {
		return nil
	}
	issued, err := p.o.Store.IssuedReports(ctx, now.Add(-tellReviewFor))
	if err != nil || len(issued) == 0 {
		return err
	}
	var ids []int64
	for i := range issued {
		ids = append(ids, reviewKey(&issued[i]))
	}
	said, err := p.said(ctx, store.ReviewNotice, ids)
	if err != nil {
		return err
	}
	catalogue := p.o.Catalogue()
	for i := range issued {
		r := &issued[i]
		agreement := inForce(catalogue, r)
		if agreement == nil {
			continue
		}
		fresh, err := isLastPeriod(r, agreement)
		if err != nil {
			return err
		}
		err = p.tell(&news{
			kind: store.ReviewNotice, about: ids[i], seq: r.Revision, said: said[ids[i]], fresh: fresh, agreement: agreement,
			id: func(address string) string {
				return p.messageID(fmt.Sprintf("review-%s-%d", r.Period, r.Revision), r.SHA256, strings.ToLower(address))
			},
			write: func() (*packed, error) { return p.reviewNews(ctx, agreement, r) },
		}, now, out)
		if err != nil {
			return err
		}
	}
	return nil
}

// reviewKey is the number of an agreement's review of a period, whatever its revision.
func reviewKey(r *store.Report) int64 {
	sum := sha256.Sum256([]byte(r.Agreement + "\x00" + r.Period))
	return int64(binary.BigEndian.Uint64(sum[:]) >> 1)
}

// inForce gives the version of an agreement whose parties hear of a review.
func inForce(c *sla.Catalogue, r *store.Report) (out *sla.Agreement) {
	for _, a := range c.Versions(r.Agreement) {
		if out == nil || a.Valid.From <= r.At {
			out = a
		}
	}
	return out
}

// isLastPeriod reports whether a review was issued before another period as long
// had passed.
func isLastPeriod(r *store.Report, a *sla.Agreement) (bool, error) {
	zone, err := calendar.Zone(a.Zone)
	if err != nil {
		return false, fmt.Errorf("agreement %s: %w", a.Name, err)
	}
	period, err := calendar.Parse(r.Period, zone)
	if err != nil {
		return false, fmt.Errorf("the review %s/%s: %w", r.Agreement, r.Period, err)
	}
	return r.At < period.To.Add(period.To.Sub(period.From)), nil
}

// reviewNews says what a review says, and how it is known as the one that was issued.
func (p *Postman) reviewNews(ctx context.Context, a *sla.Agreement, r *store.Report) (*packed, error) {
	v, err := p.o.Review(ctx, r.Agreement, r.Period)
	if err != nil {
		return nil, err
	}
	c, which := p.o.Catalogue(), v.Period
	if r.Revision > 1 {
		which += fmt.Sprintf(", revision %d", r.Revision)
	}
	s := sheet{
		Subject: fmt.Sprintf("[SLM] %s: %s (%s)", which, v.Headline, v.Service),
		Mark:    markOf(v.State), Title: fmt.Sprintf("Service review: %s, %s.", v.Service, which), Lead: v.Summary,
		Rows: []pair{
			{"Agreement", fmt.Sprintf("%s (%s, version %d)", v.Agreement, a.Kind, a.Version)},
			{"Between", partyTitle(c, a.Provider) + " and " + partyTitle(c, a.Customer)},
			{"Issued", wording.English.Moment(r.At.Time()) + " UTC"},
		},
	}
	if r.Reason != "" {
		s.Rows = append(s.Rows, pair{"Why again", r.Reason})
	}
	for _, credit := range v.Credits {
		s.Rows = append(s.Rows, pair{"Credit", credit})
	}
	s.Rows = append(s.Rows, pair{"SHA-256", v.SHA256})
	s.Tables = []grid{scorecard(v)}
	it := item{Group: which, Line: gridLine{Mark: s.Mark, Cells: []string{v.Service + " (" + v.Agreement + ")", v.Headline, v.SHA256[:min(12, len(v.SHA256))] + "…"}}}
	if base := strings.TrimRight(p.o.ExternalURL, "/"); base != "" {
		path := base + "/reports/" + r.Agreement + "/" + r.Period
		s.Links = []pair{{"Service review", path}, {"Its document", base + "/api/v1/reports/" + r.Agreement + "/" + r.Period + ".json"}}
		it.Line.Href = path
	}
	return &packed{Sheet: s, Item: it}, nil
}

func scorecard(v *Review) grid {
	out := grid{Title: "Targets", Heads: []string{"Objective", "Reached", "Before"}}
	for _, t := range v.Targets {
		out.Lines = append(out.Lines, gridLine{Mark: markOf(t.State), Cells: []string{t.Name, t.Reached, cmp.Or(t.Before, "–")}})
	}
	return out
}
