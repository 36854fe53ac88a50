package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"
)

// SizeBytes gives the sizes of the database's files by their names (slmd.db, slmd.db-wal).
func (s *Store) SizeBytes() (map[string]int64, error) {
	out := map[string]int64{}
	for _, name := range []string{s.file, s.file + "-wal"} {
		stat, err := os.Stat(name)
		switch {
		case err == nil:
			out[filepath.Base(name)] = stat.Size()
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("measuring the database: %w", err)
		}
	}
	return out, nil
}

// Backup copies the database as of one moment into a new file, beside all
// reading and writing. The file is there only when it is complete.
func (s *Store) Backup(ctx context.Context, file string) error {
	if err := s.backup(ctx, file); err != nil {
		return fmt.Errorf("copying the database to %s: %w", file, explain(err))
	}
	return nil
}

func (s *Store) backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return errors.New("there is a file already; name a new one")
	}
	part := file + ".part"
	failpoint("store.backup_begun")
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.copyTo(ctx, part); err != nil {
		_ = os.Remove(part) // what went wrong first counts
		return err
	}
	failpoint("store.backup_copied")
	if err := os.Rename(part, file); err != nil {
		return err
	}
	failpoint("store.backup_renamed")
	return syncDirectory(filepath.Dir(file))
}

// stepPages is how much is copied between two looks at the context.
const stepPages = 4096

func (s *Store) copyTo(ctx context.Context, part string) error { return copyOf(ctx, s.readers, part) }

// copyOf copies what a pool reads as of one moment into a new file.
func copyOf(ctx context.Context, from *sql.DB, part string) (err error) {
	if err := touch(part); err != nil {
		return err
	}
	to, err := address(part)
	if err != nil {
		return err
	}
	var driver sqlite3.SQLiteDriver
	target, err := driver.Open(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	source, err := from.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	// An open read transaction keeps all steps at one moment: without it each
	// write under way would begin the copy anew.
	tx, err := source.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := readSchema(ctx, tx); err != nil {
		return err
	}
	return source.Raw(func(from any) error {
		return steadily(ctx, target.(*sqlite3.SQLiteConn), from.(*sqlite3.SQLiteConn))
	})
}

func steadily(ctx context.Context, target, source *sqlite3.SQLiteConn) error {
	b, err := target.Backup("main", source, "main")
	if err != nil {
		return err
	}
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			return closing(b, err)
		}
		failpoint("store.backup_step")
		if done, err = b.Step(stepPages); err != nil {
			return closing(b, err)
		}
	}
	return b.Finish()
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
