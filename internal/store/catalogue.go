package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// Kinds of items, as sla.Change names them.
const (
	KindParty     = "party"
	KindCalendar  = "calendar"
	KindService   = "service"
	KindIndicator = "indicator"
	KindAgreement = "agreement"
	KindExclusion = "exclusion"
)

// Revision is one state of one item of the catalogue; none is ever changed.
type Revision struct {
	Kind     string
	Name     string
	Version  int   // of an agreement, otherwise 0
	Revision int64 // counts from 1 per item
	// Definition is, for an indicator, the revision in which what is measured
	// last changed; a new schedule, service or unit leaves it.
	Definition int64
	Doc        []byte // JSON of the sla value
	Retired    bool
	RecordedAt sla.Instant
	Actor      string
}

// item tells one item from another.
type item struct {
	kind, name string
	version    int
}

func (i item) String() string {
	if i.version == 0 {
		return i.kind + "/" + i.name
	}
	return fmt.Sprintf("%s/%s/%d", i.kind, i.name, i.version)
}

func (r *Revision) item() item { return item{r.Kind, r.Name, r.Version} }

// documents gives what c holds, one revision without a number each.
func documents(c *sla.Catalogue) ([]Revision, error) {
	var out []Revision
	var errs []error
	add := func(i item, value any) {
		doc, err := json.Marshal(value)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", i, err))
		}
		out = append(out, Revision{Kind: i.kind, Name: i.name, Version: i.version, Doc: doc})
	}
	for i := range c.Parties {
		add(item{KindParty, c.Parties[i].Name, 0}, &c.Parties[i])
	}
	for i := range c.Calendars {
		add(item{KindCalendar, c.Calendars[i].Name, 0}, &c.Calendars[i])
	}
	for i := range c.Services {
		add(item{KindService, c.Services[i].Name, 0}, &c.Services[i])
	}
	for i := range c.Indicators {
		add(item{KindIndicator, c.Indicators[i].Name, 0}, &c.Indicators[i])
	}
	for i := range c.Agreements {
		add(item{KindAgreement, c.Agreements[i].Name, c.Agreements[i].Version}, &c.Agreements[i])
	}
	for i := range c.Exclusions {
		add(item{KindExclusion, c.Exclusions[i].Name, 0}, &c.Exclusions[i])
	}
	return out, errors.Join(errs...)
}

// catalogueOf puts documents back together, by name and agreements by validity.
func catalogueOf(revisions []Revision) (*sla.Catalogue, error) {
	c := &sla.Catalogue{}
	for _, r := range revisions {
		var err error
		switch r.Kind {
		case KindParty:
			err = decode(&c.Parties, r.Doc)
		case KindCalendar:
			err = decode(&c.Calendars, r.Doc)
		case KindService:
			err = decode(&c.Services, r.Doc)
		case KindIndicator:
			err = decode(&c.Indicators, r.Doc)
		case KindAgreement:
			err = decode(&c.Agreements, r.Doc)
		case KindExclusion:
			err = decode(&c.Exclusions, r.Doc)
		}
		if err != nil {
			return nil, fmt.Errorf("%s, revision %d: %w", r.item(), r.Revision, err)
		}
	}
	slices.SortStableFunc(c.Agreements, func(a, b sla.Agreement) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Valid.From, b.Valid.From), cmp.Compare(a.Version, b.Version))
	})
	return c, nil
}

func decode[T any](list *[]T, doc []byte) error {
	var value T
	err := json.Unmarshal(doc, &value)
	*list = append(*list, value)
	return err
}

const revisionColumns = `c.kind, c.name, c.version, c.revision, c.definition, c.doc, c.retired, c.recorded_at, c.actor`

// newest gives the last revision of each item recorded up to the instant and the edition.
const newest = `SELECT ` + revisionColumns + ` FROM catalogue_item AS c
	JOIN (SELECT kind, name, version, max(revision) AS revision FROM catalogue_item WHERE recorded_at <= ?1 AND item_id <= ?2 GROUP BY kind, name, version) AS n
	ON n.kind = c.kind AND n.name = c.name AND n.version = c.version AND n.revision = c.revision
	ORDER BY c.kind, c.name, c.version`

func readRevisions(ctx context.Context, tx *txn, query string, args ...any) ([]Revision, error) {
	var out []Revision
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var r Revision
		err := rows.Scan(&r.Kind, &r.Name, &r.Version, &r.Revision, &r.Definition, &r.Doc, &r.Retired, &r.RecordedAt, &r.Actor)
		out = append(out, r)
		return err
	}, query, args...)
	return out, err
}

// Catalogue gives the newest revision of all that is not retired.
func (s *Store) Catalogue(ctx context.Context) (*sla.Catalogue, error) {
	out, _, err := s.LatestEdition(ctx)
	return out, err
}

// LatestEdition is Catalogue, with its edition: how many revisions of items there
// are. Editions are in the order of commits, which no clock changes.
func (s *Store) LatestEdition(ctx context.Context) (out *sla.Catalogue, edition int64, err error) {
	err = s.read(ctx, "reading the catalogue", func(ctx context.Context, tx *txn) error {
		if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(item_id), 0) FROM catalogue_item`).Scan(&edition); err != nil {
			return err
		}
		out, err = readCatalogue(ctx, tx, sla.Forever, edition)
		return err
	})
	return out, edition, err
}

// CatalogueOf gives the catalogue of an edition.
func (s *Store) CatalogueOf(ctx context.Context, edition int64) (*sla.Catalogue, error) {
	return s.catalogueUpTo(ctx, sla.Forever, edition)
}

// CatalogueAt gives the catalogue as it had been recorded up to the instant, by
// the clocks of then.
func (s *Store) CatalogueAt(ctx context.Context, at sla.Instant) (*sla.Catalogue, error) {
	return s.catalogueUpTo(ctx, at, math.MaxInt64)
}

func (s *Store) catalogueUpTo(ctx context.Context, at sla.Instant, edition int64) (out *sla.Catalogue, err error) {
	err = s.read(ctx, "reading the catalogue", func(ctx context.Context, tx *txn) (err error) {
		out, err = readCatalogue(ctx, tx, at, edition)
		return err
	})
	return out, err
}

func readCatalogue(ctx context.Context, tx *txn, at sla.Instant, edition int64) (*sla.Catalogue, error) {
	all, err := readRevisions(ctx, tx, newest, at, edition)
	if err != nil {
		return nil, err
	}
	return catalogueOf(slices.DeleteFunc(all, func(r Revision) bool { return r.Retired }))
}

// History gives all revisions of the items of that kind and name, oldest first.
func (s *Store) History(ctx context.Context, kind, name string) ([]Revision, error) {
	var out []Revision
	err := s.read(ctx, "reading the history of "+kind+" "+name, func(ctx context.Context, tx *txn) (err error) {
		out, err = readRevisions(ctx, tx, `SELECT `+revisionColumns+` FROM catalogue_item AS c WHERE c.kind = ?1 AND c.name = ?2 ORDER BY c.item_id`, kind, name)
		return err
	})
	return out, err
}

// Authors gives by name who wrote the first revision of each item of the kind.
func (s *Store) Authors(ctx context.Context, kind string) (map[string]string, error) {
	out := map[string]string{}
	err := s.read(ctx, "reading who wrote the "+kind+"s", func(ctx context.Context, tx *txn) error {
		rows, err := readRevisions(ctx, tx, `SELECT `+revisionColumns+` FROM catalogue_item AS c WHERE c.kind = ?1 AND c.revision = 1`, kind)
		for _, r := range rows {
			out[r.Name] = r.Actor
		}
		return err
	})
	return out, err
}

// LatestDefinitions gives by indicator the definition to measure it by, for
// Outcome.Definition; retired indicators are left out.
func (s *Store) LatestDefinitions(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := s.read(ctx, "reading the definitions of indicators", func(ctx context.Context, tx *txn) error {
		all, err := readRevisions(ctx, tx, newest, sla.Forever, math.MaxInt64)
		for _, r := range all {
			if r.Kind == KindIndicator && !r.Retired {
				out[r.Name] = r.Definition
			}
		}
		return err
	})
	return out, err
}
