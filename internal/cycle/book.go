package cycle

import (
	"context"
	"fmt"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// Reading says what a book is read from. Store and Catalogue are needed.
type Reading struct {
	Store         *store.Store
	Catalogue     *sla.Catalogue
	FinaliseAfter sla.Millis
	Now           sla.Instant
}

// Book gives the agreements and facts of the store as judging reads them, as of
// r.Now. Its facts are read while judging, once; ctx ends that too. It is for
// one goroutine, and nobody may change the entries that it gives.
func Book(ctx context.Context, r Reading) (judge.Book, error) {
	cursors, err := r.Store.Cursors(ctx)
	if err != nil {
		return judge.Book{}, fmt.Errorf("reading how far the ledger reaches: %w", err)
	}
	return bookOver(ctx, r, cursors, nil)
}

// bookOver gives a book whose indicators reach to their cursors; fresh holds
// entries that are not in the store yet.
func bookOver(ctx context.Context, r Reading, cursors map[string]sla.Instant, fresh map[string][]sla.Entry) (judge.Book, error) {
	deadline := r.Now.Add(-r.FinaliseAfter)
	settled, err := r.Store.Settled(ctx, deadline)
	if err != nil {
		return judge.Book{}, fmt.Errorf("reading which facts are final: %w", err)
	}
	kept := func(name string) bool { // facts that people or other programs enter have no cursor
		ind := r.Catalogue.Indicator(name)
		return ind != nil && ind.Kind == sla.Entries
	}
	read := func(of factsOf) ([]sla.Entry, error) {
		entries, err := r.Store.Entries(ctx, of.indicator, of.span)
		if err != nil {
			return nil, fmt.Errorf("reading the facts of %s: %w", of.indicator, err)
		}
		for _, e := range fresh[of.indicator] {
			if e.Overlaps(of.span) {
				entries = append(entries, e)
			}
		}
		return entries, nil
	}
	m := &memo{}
	return judge.Book{
		Catalogue: r.Catalogue,
		Facts: func(name string, span sla.Span) ([]sla.Entry, error) {
			of := factsOf{name, span}
			return m.get(of, func() ([]sla.Entry, error) { return read(of) })
		},
		Measured: func(name string) sla.Instant {
			if cursor, ok := cursors[name]; ok || !kept(name) {
				return cursor
			}
			return r.Now
		},
		Final: func(name string) sla.Instant {
			if at, ok := settled[name]; ok || !kept(name) {
				return min(at, deadline)
			}
			return deadline
		},
	}, nil
}
