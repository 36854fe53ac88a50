package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

//go:embed migration/*.sql
var migrations embed.FS

// applicationID marks the file as slmd's ("slmd" in ASCII), so that no other
// program's database is taken for an empty one.
const applicationID = 0x736c6d64

// steps gives the statements of each schema version, the first one's first.
func steps(files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "migration/*.sql")
	if err != nil {
		return nil, fmt.Errorf("listing the schema's steps: %w", err)
	}
	out := make([]string, len(names))
	for i, name := range names {
		if want := fmt.Sprintf("migration/%04d.sql", i+1); name != want {
			return nil, fmt.Errorf("schema step %s stands where %s should be", name, want)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("reading schema step %s: %w", name, err)
		}
		out[i] = string(text)
	}
	return out, nil
}

// schema is what a file says about its own schema.
type schema struct {
	version, application, tables int64
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func readSchema(ctx context.Context, q queryer) (schema, error) {
	var s schema
	for _, read := range []struct {
		query string
		into  *int64
	}{
		{"PRAGMA user_version", &s.version},
		{"PRAGMA application_id", &s.application},
		{"SELECT count(*) FROM sqlite_schema", &s.tables},
	} {
		if err := q.QueryRowContext(ctx, read.query).Scan(read.into); err != nil {
			return s, fmt.Errorf("reading the schema version: %w", err)
		}
	}
	return s, nil
}

// fits refuses what this program must not touch.
func (s schema) fits(known int) error {
	switch {
	case s.application != applicationID && (s.tables > 0 || s.version > 0 || s.application != 0):
		return fmt.Errorf("the file holds another program's database; name a file of slmd's own")
	case s.version > int64(known):
		return fmt.Errorf("the file has schema %d, this slmd knows up to %d; use the newer slmd that wrote it", s.version, known)
	}
	return nil
}

// migrate brings the schema to the newest version, each step in a transaction of its own.
func migrate(ctx context.Context, db *sql.DB, steps []string) error {
	s, err := readSchema(ctx, db)
	if err != nil {
		return err
	}
	if err := s.fits(len(steps)); err != nil {
		return err
	}
	for v := int(s.version); v < len(steps); v++ {
		if err := step(ctx, db, steps[v], v+1); err != nil {
			return fmt.Errorf("bringing the schema to version %d: %w", v+1, err)
		}
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, statements string, version int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	failpoint("store.migrating")
	set := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, version)
	if _, err := tx.ExecContext(ctx, statements+set); err != nil {
		return err
	}
	failpoint("store.migrated")
	switch version {
	case vouchedSince:
		err = adopt(ctx, &txn{Tx: tx})
	case glancedSince:
		err = glanceAll(ctx, &txn{Tx: tx})
	case outagesListedSince:
		err = listAllOutages(ctx, &txn{Tx: tx})
	}
	if err != nil {
		return err
	}
	failpoint("store.adopted")
	if err := tx.Commit(); err != nil {
		return err
	}
	failpoint("store.migration_committed")
	return nil
}

// keepOlder copies a file of an older schema before it is changed, beside it as
// slmd.db.schema1: what went wrong can be undone, and an older slmd started again.
func keepOlder(ctx context.Context, file string, o Options, known int) error {
	db, err := openReaders(file, int64(o.BusyTimeout), 1)
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := readSchema(ctx, db)
	if err != nil || s.version == 0 || s.version >= int64(known) {
		return err
	}
	kept := fmt.Sprintf("%s.schema%d", file, s.version)
	part := kept + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := copyOf(ctx, db, part); err != nil {
		return fmt.Errorf("keeping a copy of schema %d: %w", s.version, err)
	}
	failpoint("store.schema_copied")
	if err := os.Rename(part, kept); err != nil {
		return err
	}
	failpoint("store.schema_kept")
	return syncDirectory(filepath.Dir(file))
}
