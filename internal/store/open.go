package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/slmd/slmd/internal/sla"
)

// Options of a store; the zero value is good.
type Options struct {
	BusyTimeout sla.Millis // how long to wait for a lock; zero: 5 s
	Readers     int        // connections of the read-only pool; zero: 4
	// ReadLimit is after how long a read is ended; zero: 30 s, and none for a
	// store that is opened for reading only. While somebody reads, the
	// write-ahead log cannot begin anew and grows.
	ReadLimit sla.Millis
	// Asked, which may be nil, is told of each statement that reads; it is called concurrently.
	Asked func(statement string)
}

func (o Options) filled() Options {
	if o.BusyTimeout == 0 {
		o.BusyTimeout = 5 * sla.Second
	}
	if o.Readers == 0 {
		o.Readers = 4
	}
	return o
}

// Store is an open file. It may be used by several goroutines.
type Store struct {
	file    string
	busy    int64 // milliseconds to wait for a lock
	lock    *os.File
	writer  *sql.DB // nil when opened for reading only
	readers *sql.DB
	asked   func(statement string)
	// readLimit is after how long a read is ended; zero: never.
	readLimit time.Duration

	closed    sync.Once
	trouble   atomic.Pointer[trouble] // nil after a write that succeeded
	rewritten rewrites
	// writing is held from before a write transaction until what it changed here is settled.
	writing sync.Mutex
	// heads is what the file says of each indicator; nil: to be read anew.
	heads map[string]*head
}

// Open opens the database file for reading and writing, alone among processes;
// it makes the file and its directory where they are missing and brings an older
// schema up to date.
func Open(ctx context.Context, file string, o Options) (*Store, error) {
	parts, err := steps(migrations)
	if err != nil {
		return nil, err
	}
	if o.ReadLimit == 0 {
		o.ReadLimit = 30 * sla.Second
	}
	s, err := open(ctx, file, o.filled(), parts)
	if err != nil {
		return nil, fmt.Errorf("opening the database %s: %w", file, explain(err))
	}
	return s, nil
}

func open(ctx context.Context, file string, o Options, steps []string) (*Store, error) {
	if err := enoughSQLite(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return nil, err
	}
	if err := refuseNetwork(file); err != nil {
		return nil, err
	}
	s := &Store{file: file, busy: int64(o.BusyTimeout), readLimit: o.ReadLimit.Duration(), asked: o.Asked}
	var err error
	if s.lock, err = takeLock(file); err != nil {
		return nil, err
	}
	if err := s.connect(ctx, o, steps); err != nil {
		return nil, closing(s, err)
	}
	return s, nil
}

func (s *Store) connect(ctx context.Context, o Options, steps []string) (err error) {
	if err := look(ctx, s.file, o, len(steps)); err != nil {
		return err
	}
	if err := touch(s.file); err != nil {
		return err
	}
	if s.writer, err = openWriter(s.file, s.busy); err != nil {
		return err
	}
	if err := keepOlder(ctx, s.file, o, len(steps)); err != nil {
		return err
	}
	if err := migrate(ctx, s.writer, steps); err != nil {
		return err
	}
	if s.readers, err = openReaders(s.file, s.busy, o.Readers); err != nil {
		return err
	}
	return s.readers.PingContext(ctx)
}

// look refuses a file that is not for this program before a byte of it changes.
func look(ctx context.Context, file string, o Options, known int) error {
	stat, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case stat.IsDir():
		return errors.New("it is a directory; name a file in it, such as slmd.db")
	case stat.Size() == 0:
		return nil
	}
	s, err := schemaOf(ctx, file, "mode=ro", o)
	if needsRollback(err) {
		s, err = schemaOf(ctx, file, "mode=rw", o)
	}
	if err != nil {
		return err
	}
	return s.fits(known)
}

// needsRollback reports whether a process was killed while it made the file:
// then only who may write can put it back to what it was before, as SQLite does
// by itself.
func needsRollback(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.ExtendedCode == sqlite3.ErrReadonlyRollback || e.ExtendedCode == sqlite3.ErrReadonlyRecovery)
}

func schemaOf(ctx context.Context, file, mode string, o Options) (schema, error) {
	db, err := openPool(file, mode, int64(o.BusyTimeout), 1)
	if err != nil {
		return schema{}, err
	}
	defer db.Close()
	return readSchema(ctx, db)
}

// touch makes the file, not for everybody's eyes: charges stand in it.
func touch(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return err
	}
	return f.Close()
}

func enoughSQLite() error {
	if text, number, _ := sqlite3.Version(); number < minSQLite {
		return fmt.Errorf("slmd was built with SQLite %s; it needs 3.51.3 or later, because earlier ones can lose what was committed", text)
	}
	return nil
}

// OpenReadOnly opens the database file for reading, beside a running daemon or without one.
func OpenReadOnly(ctx context.Context, file string, o Options) (*Store, error) {
	s, err := openReadOnly(ctx, file, o.filled())
	if err != nil {
		return nil, fmt.Errorf("opening the database %s to read it: %w", file, explain(err))
	}
	return s, nil
}

func openReadOnly(ctx context.Context, file string, o Options) (*Store, error) {
	parts, err := steps(migrations)
	if err != nil {
		return nil, err
	}
	if err := enoughSQLite(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(file); err != nil {
		return nil, err
	}
	if err := look(ctx, file, o, len(parts)); err != nil {
		return nil, err
	}
	s := &Store{file: file, busy: int64(o.BusyTimeout), readLimit: o.ReadLimit.Duration(), asked: o.Asked}
	if s.readers, err = openReaders(file, s.busy, o.Readers); err != nil {
		return nil, err
	}
	found, err := readSchema(ctx, s.readers)
	if err == nil && found.version < int64(len(parts)) {
		err = fmt.Errorf("the file has schema %d, this slmd reads schema %d; start the daemon once to bring it up to date", found.version, len(parts))
	}
	if err != nil {
		return nil, closing(s, err)
	}
	return s, nil
}

// Close ends all use of the file. It may be called twice.
func (s *Store) Close() error {
	var errs []error
	s.closed.Do(func() {
		s.writing.Lock()
		defer s.writing.Unlock()
		// The writer goes last: the last connection writes the log back into the file.
		for _, db := range []*sql.DB{s.readers, s.writer} {
			if db != nil {
				errs = append(errs, db.Close())
			}
		}
		if s.lock != nil {
			errs = append(errs, s.lock.Close())
		}
	})
	return errors.Join(errs...)
}
