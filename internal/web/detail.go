package web

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// detailKey tells an objective in a period.
type detailKey struct {
	agreement, objective string
	period               sla.Period
}

// detail is an objective's period as its page shows it, a part for each version.
type detail struct{ parts []*part }

// part is one version's part of a period.
type part struct {
	verdict sla.Verdict
	terms   *sla.Agreement
	course  []courseAt
	days    []day
	removed calendar.Set // what approved exclusions take out
	open    calendar.Set // the service hours' rest
}

// courseAt is what of the error budget was spent up to an instant.
type courseAt struct {
	at    sla.Instant
	spent *big.Rat
}

// day is what one local day added to a part.
type day struct {
	date                  time.Time
	from, to              sla.Instant
	bad, unknown, removed *big.Rat // bad is nil for a mean
	good                  *big.Rat
	spent                 *big.Rat // of the budget by the end of the day; nil without one
}

// judged judges one objective in a period from the ledger, once a round.
func (h *handler) judged(ctx context.Context, k detailKey) (*detail, error) {
	return h.details.get(ctx, k, func(ctx context.Context) (*detail, error) {
		book, err := h.o.Book(ctx)
		if err != nil {
			return nil, err
		}
		d := &detail{}
		for _, c := range book.Cases(k.agreement, k.period) {
			if c.Objective.Name != k.objective {
				continue
			}
			p, err := judgePart(book, c, h.o.Now())
			if err != nil {
				return nil, fmt.Errorf("judging %s of %s in %s: %w", k.objective, k.agreement, k.period.Name, err)
			}
			d.parts = append(d.parts, p)
		}
		return d, nil
	})
}

// judgePart counts the facts day by day, so that the last day's end is the
// verdict that stands everywhere else.
func judgePart(book judge.Book, c judge.Case, now sla.Instant) (*part, error) {
	zone, err := calendar.Zone(c.Agreement.Zone)
	if err != nil {
		return nil, err
	}
	tally, err := judge.NewTally(c)
	if err != nil {
		return nil, err
	}
	p := &part{terms: c.Agreement}
	p.open, p.removed = tally.Scope()
	at := judge.Moment{Now: min(now, book.Measured(c.Indicator.Name)), Final: book.Final(c.Indicator.Name)}
	whole := tally.Part()
	end := max(min(whole.To, at.Now), whole.From)
	entries, err := book.Facts(c.Indicator.Name, sla.Span{From: whole.From, To: end})
	if err != nil {
		return nil, err
	}
	w := walk{tally: tally, entries: entries, at: at, zone: zone}
	w.course(p, sla.Span{From: whole.From, To: end})
	p.verdict = tally.Verdict(at)
	if len(p.verdict.Outages) > 0 && len(c.Agreement.ReliesOn) > 0 {
		if err := book.Attribute(&p.verdict, now); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// walk adds entries to a tally and looks at the verdict on the way.
type walk struct {
	tally   *judge.Tally
	entries []sla.Entry
	at      judge.Moment
	zone    *time.Location
	last    sla.Verdict
}

// upTo adds what begins before the instant and gives the verdict there.
func (w *walk) upTo(to sla.Instant) sla.Verdict {
	for len(w.entries) > 0 && w.entries[0].From < to {
		w.tally.Add(w.entries[0])
		w.entries = w.entries[1:]
	}
	at := w.at
	at.Now = min(to, at.Now)
	w.last = w.tally.Verdict(at)
	return w.last
}

// looks is how many verdicts the way through a period may cost in outages told.
const looks = 40_000

// course fills in the days and how the budget was spent between them.
func (w *walk) course(p *part, span sla.Span) {
	before := w.upTo(span.From)
	p.course = append(p.course, courseAt{span.From, spentOf(&before)})
	for at := span.From; at < span.To; {
		date := at.In(w.zone)
		next := date.AddDate(0, 0, 1)
		end := calendar.StartOf(sla.Date{Year: next.Year(), Month: int(next.Month()), Day: next.Day()}, w.zone)
		if end <= at { // a zone that skips the next day
			end = at.Add(sla.Day)
		}
		d := day{date: date, from: at, to: min(end, span.To)}
		steps := sla.Instant(4)
		if len(before.Outages)*int(span.Length()/sla.Day+1)*4 > looks {
			steps = 1
		}
		for i := sla.Instant(1); i <= steps; i++ {
			to := at + (d.to-at)*i/steps
			v := w.upTo(to)
			p.course = append(p.course, courseAt{to, spentOf(&v)})
		}
		d.bad, d.good = less(w.last.Bad, before.Bad), less(w.last.Good, before.Good)
		d.unknown, d.removed, d.spent = less(w.last.Unknown, before.Unknown), less(w.last.Removed, before.Removed), spentOf(&w.last)
		p.days = append(p.days, d)
		before, at = w.last, end
	}
}

func spentOf(v *sla.Verdict) *big.Rat {
	if v.Budget == nil {
		return nil
	}
	return v.Budget.Spent()
}

// less gives a − b; nil stands for nothing, and where a is nil for not known.
func less(a, b *big.Rat) *big.Rat {
	if a == nil || b == nil {
		return a
	}
	return new(big.Rat).Sub(a, b)
}
