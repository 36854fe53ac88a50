package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// Application is a set of catalogue files to be applied to a store.
type Application struct {
	Paths  []string
	Under  string // what to leave out at the beginning of the files' names, such as a temporary directory
	Zone   string // the time zone of files that name none
	Prune  bool   // retires what the files do not name
	DryRun bool   // works out the changes and writes nothing
	Actor  string
	At     sla.Instant
	// Accept may refuse what the catalogue would be; nil accepts it.
	Accept func(*sla.Catalogue) error
}

// Applied is what came of it.
type Applied struct {
	Catalogue *sla.Catalogue // as it is, or would be, afterwards
	Changes   []sla.Change   // none: nothing was written
	Warnings  catalogue.Warnings
}

// Apply reads the files, works out what they change and writes that as new
// revisions. Files with any fault change nothing; the same files again neither.
func Apply(ctx context.Context, st *store.Store, a Application) (Applied, error) {
	current, err := st.Catalogue(ctx)
	if err != nil {
		return Applied{}, fmt.Errorf("reading the catalogue in force: %w", err)
	}
	files, origins, warnings, err := catalogue.LoadOrigins(a.Paths, catalogue.Options{Zone: a.Zone, Current: current})
	if err != nil {
		return Applied{Warnings: warnings}, err
	}
	cursors, err := st.Cursors(ctx)
	if err != nil {
		return Applied{}, fmt.Errorf("reading how far the ledger reaches: %w", err)
	}
	merged, changes, err := catalogue.Merge(current, files, catalogue.MergeOptions{
		At: a.At, Prune: a.Prune,
		JudgedUntil: func(name string) sla.Instant { return judgedUntil(current, cursors, name) },
	})
	if err != nil {
		return Applied{Warnings: warnings}, err
	}
	if a.Accept != nil {
		if err := a.Accept(merged); err != nil {
			return Applied{Warnings: warnings}, err
		}
	}
	out := Applied{Catalogue: merged, Changes: changes, Warnings: warnings}
	if a.DryRun {
		return out, nil
	}
	if len(changes) > 0 {
		if _, err := st.SaveCatalogue(ctx, merged, changes, store.Actor{Name: a.Actor}, a.At); err != nil {
			return out, fmt.Errorf("writing the catalogue: %w", err)
		}
	}
	for i := range origins {
		origins[i].File = strings.TrimPrefix(origins[i].File, a.Under)
	}
	return out, st.SaveOrigins(ctx, origins)
}

// judgedUntil gives how far an agreement's objectives were judged: the furthest
// cursor of its indicators; Always when none was measured.
func judgedUntil(c *sla.Catalogue, cursors map[string]sla.Instant, agreement string) sla.Instant {
	until := sla.Always
	for _, version := range c.Versions(agreement) {
		for i := range version.Objectives {
			if cursor, ok := cursors[version.Objectives[i].Indicator]; ok {
				until = max(until, cursor)
			}
		}
	}
	return until
}
