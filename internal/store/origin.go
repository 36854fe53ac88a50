package store

import (
	"context"
	"database/sql"

	"github.com/slmd/slmd/internal/sla"
)

// SaveOrigins keeps where items of the catalogue stand in the files, and writes
// nothing that is known. What is not named stays as it was.
func (s *Store) SaveOrigins(ctx context.Context, origins []sla.Origin) error {
	known, err := s.Origins(ctx)
	if err != nil {
		return err
	}
	have := make(map[sla.Origin]bool, len(known))
	for _, o := range known {
		have[o] = true
	}
	var changed []sla.Origin
	for _, o := range origins {
		if !have[o] {
			changed = append(changed, o)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return s.write(ctx, "keeping where the catalogue stands in its files", func(ctx context.Context, tx *txn) error {
		for _, o := range changed {
			_, err := tx.ExecContext(ctx, `INSERT INTO catalogue_origin (kind, name, file, line) VALUES (?1, ?2, ?3, ?4)
				ON CONFLICT (kind, name) DO UPDATE SET file = excluded.file, line = excluded.line`, o.Kind, o.Name, o.File, o.Line)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Origins gives where all items of the catalogue stand in the files, as far as
// they came from files, in order of kind and name.
func (s *Store) Origins(ctx context.Context) ([]sla.Origin, error) {
	return s.origins(ctx, "")
}

// Origin gives where one item stands in the files, nothing where that is not known.
func (s *Store) Origin(ctx context.Context, kind, name string) (sla.Origin, error) {
	found, err := s.origins(ctx, "WHERE kind = ?1 AND name = ?2", kind, name)
	if len(found) == 0 {
		return sla.Origin{}, err
	}
	return found[0], err
}

func (s *Store) origins(ctx context.Context, where string, args ...any) ([]sla.Origin, error) {
	var out []sla.Origin
	err := s.read(ctx, "reading where the catalogue stands in its files", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			var o sla.Origin
			err := rows.Scan(&o.Kind, &o.Name, &o.File, &o.Line)
			out = append(out, o)
			return err
		}, `SELECT kind, name, file, line FROM catalogue_origin `+where+` ORDER BY kind, name`, args...)
	})
	return out, err
}
