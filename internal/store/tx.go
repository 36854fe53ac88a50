package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

var errTooLong = errors.New("it was ended because it took longer than the limit")

var errReadOnly = errors.New("the database was opened for reading only")

// write runs f in a write transaction, alone. The transaction does not end with
// ctx: one that is rolled back under way would leave its later statements to be
// committed one by one.
func (s *Store) write(ctx context.Context, doing string, f func(ctx context.Context, tx *txn) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.writeLocked(ctx, doing, f)
}

// writeLocked is write for who holds s.writing already.
func (s *Store) writeLocked(ctx context.Context, doing string, f func(ctx context.Context, tx *txn) error) error {
	err := ctx.Err()
	switch t := s.trouble.Load(); {
	case s.writer == nil:
		err = errReadOnly
	case t != nil && t.broken:
		err = t.err
	}
	if err == nil {
		failpoint("store.begin")
		err = transact(context.WithoutCancel(ctx), s.writer, func(ctx context.Context, tx *txn) error {
			failpoint("store.begun")
			err := f(ctx, tx)
			failpoint("store.commit")
			return err
		})
		failpoint("store.committed")
		err = s.wrote(err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// read runs f in a transaction that sees one moment of the file.
func (s *Store) read(ctx context.Context, doing string, f func(ctx context.Context, tx *txn) error) error {
	if s.readLimit > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, s.readLimit, errTooLong)
		defer cancel()
		ctx = limited
	}
	err := transact(ctx, s.readers, func(ctx context.Context, tx *txn) error {
		tx.asked = s.asked
		return f(ctx, tx)
	})
	if err != nil && errors.Is(context.Cause(ctx), errTooLong) {
		err = fmt.Errorf("%w of %s", errTooLong, s.readLimit)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, explain(err))
	}
	return nil
}

func transact(ctx context.Context, db *sql.DB, f func(ctx context.Context, tx *txn) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it only goes back to the pool
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(ctx, &txn{Tx: tx, conn: conn}); err != nil {
		return err
	}
	return tx.Commit()
}

// txn is a transaction and the connection that it runs on.
type txn struct {
	*sql.Tx
	conn  *sql.Conn
	asked func(statement string) // may be nil
}

// QueryContext is that of the transaction.
func (tx *txn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	tx.tell(query)
	return tx.Tx.QueryContext(ctx, query, args...)
}

// QueryRowContext is that of the transaction.
func (tx *txn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	tx.tell(query)
	return tx.Tx.QueryRowContext(ctx, query, args...)
}

func (tx *txn) tell(statement string) {
	if tx.asked != nil {
		tx.asked(statement)
	}
}

// raw runs a statement past database/sql, whose conversions cost more than SQLite
// does where there are a million rows: f, if any, sees each row until the next. For the same reason ctx is looked at now and then, not by the driver at
// each row.
func (tx *txn) raw(ctx context.Context, query string, args []driver.NamedValue, f func(row []driver.Value) error) error {
	tx.tell(query)
	return tx.conn.Raw(func(conn any) error {
		rows, err := conn.(driver.QueryerContext).QueryContext(context.WithoutCancel(ctx), query, args)
		if err != nil {
			return err
		}
		row := make([]driver.Value, len(rows.Columns()))
		for n := 0; err == nil; n++ {
			if n%1024 == 0 {
				err = ctx.Err()
			}
			if err == nil {
				err = rows.Next(row)
			}
			if err == nil {
				err = f(row)
			}
		}
		if errors.Is(err, io.EOF) {
			return rows.Close()
		}
		return closing(rows, err)
	})
}

func integers(values ...int64) []driver.NamedValue {
	out := make([]driver.NamedValue, len(values))
	for i, v := range values {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// each calls scan for every row of a query.
func each(ctx context.Context, tx *txn, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
