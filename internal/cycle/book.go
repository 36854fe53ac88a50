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
	settled, err := r.Store.Settled(ctx, r.deadline())
	if err != nil {
		return judge.Book{}, fmt.Errorf("reading which facts are final: %w", err)
	}
	return bookOver(ctx, r, reachOf{cursors: cursors, settled: settled}), nil
}

// deadline is when facts must have been recorded to be final now.
func (r Reading) deadline() sla.Instant { return r.Now.Add(-r.FinaliseAfter) }

// reachOf is how far the indicators' facts reach.
type reachOf struct {
	cursors, settled map[string]sla.Instant
	fresh            map[string][]sla.Entry // entries that are not in the store yet, in order of time
}

// bookOver gives a book of what the store and the fresh entries hold.
func bookOver(ctx context.Context, r Reading, have reachOf) judge.Book {
	deadline := r.deadline()
	kept := func(name string) bool { return writtenDown(r.Catalogue, name) }
	read := func(of factsOf) ([]sla.Entry, error) {
		entries, err := r.Store.Entries(ctx, of.indicator, of.span)
		if err != nil {
			return nil, fmt.Errorf("reading the facts of %s: %w", of.indicator, err)
		}
		var fresh []sla.Entry
		for _, e := range have.fresh[of.indicator] {
			if e.Overlaps(of.span) {
				fresh = append(fresh, e)
			}
		}
		return overlay(entries, fresh), nil
	}
	m := &memo{}
	return judge.Book{
		Catalogue: r.Catalogue,
		Facts: func(name string, span sla.Span) ([]sla.Entry, error) {
			of := factsOf{name, span}
			return m.get(of, func() ([]sla.Entry, error) { return read(of) })
		},
		Measured: func(name string) sla.Instant {
			if kept(name) {
				return r.Now
			}
			return have.cursors[name]
		},
		Final: func(name string) sla.Instant {
			if kept(name) {
				return deadline
			}
			return min(have.settled[name], deadline)
		},
	}
}
