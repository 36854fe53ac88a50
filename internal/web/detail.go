package web

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/slmd/slmd/internal/calendar"
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
	sum, count            *big.Rat // of a mean's values; nil for others
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
			p, err := h.judgePart(ctx, book, c)
			if err != nil {
				return nil, fmt.Errorf("judging %s of %s in %s: %w", k.objective, k.agreement, k.period.Name, err)
			}
			d.parts = append(d.parts, p)
		}
		return d, nil
	})
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
