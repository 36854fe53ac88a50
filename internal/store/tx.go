package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

var errReadOnly = errors.New("the database was opened for reading only")

// write runs f in a write transaction, alone. The transaction does not end with
// ctx: one that is rolled back under way would leave its later statements to be
// committed one by one.
func (s *Store) write(ctx context.Context, doing string, f func(ctx context.Context, tx *sql.Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.writeLocked(ctx, doing, f)
}

// writeLocked is write for who holds s.writing already.
func (s *Store) writeLocked(ctx context.Context, doing string, f func(ctx context.Context, tx *sql.Tx) error) error {
	err := ctx.Err()
	if s.writer == nil {
		err = errReadOnly
	}
	if err == nil {
		err = transact(context.WithoutCancel(ctx), s.writer, f)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, explain(err))
	}
	return nil
}

// read runs f in a transaction that sees one moment of the file.
func (s *Store) read(ctx context.Context, doing string, f func(ctx context.Context, tx *sql.Tx) error) error {
	if err := transact(ctx, s.readers, f); err != nil {
		return fmt.Errorf("%s: %w", doing, explain(err))
	}
	return nil
}

func transact(ctx context.Context, db *sql.DB, f func(ctx context.Context, tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to undo
	if err := f(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// each calls scan for every row of a query.
func each(ctx context.Context, tx *sql.Tx, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			return closing(rows, err)
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
