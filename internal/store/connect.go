package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// minSQLite is the first version without a bug that can lose committed
// transactions when a write-ahead log is started anew.
const minSQLite = 3_051_003

// pragma is a setting and what reading it back has to give.
type pragma struct{ name, want string }

// connector opens connections to one file, each with its settings read back: a
// misspelt one in a DSN is silent.
type connector struct {
	dsn     string
	set     []string // statements for what a DSN cannot say
	pragmas []pragma
	driver  sqlite3.SQLiteDriver
}

// Connect opens a connection.
func (c *connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	if err := c.prepare(conn.(*sqlite3.SQLiteConn)); err != nil {
		return nil, closing(conn, err)
	}
	return conn, nil
}

// Driver gives the driver behind the connections.
func (c *connector) Driver() driver.Driver { return &c.driver }

func (c *connector) prepare(conn *sqlite3.SQLiteConn) error {
	for _, statement := range c.set {
		if _, err := conn.Exec(statement, nil); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	for _, p := range c.pragmas {
		got, err := readPragma(conn, p.name)
		if err != nil {
			return err
		}
		if got != p.want {
			return fmt.Errorf("the database keeps %s at %s where slmd needs %s", p.name, got, p.want)
		}
	}
	return nil
}

func readPragma(conn *sqlite3.SQLiteConn, name string) (string, error) {
	rows, err := conn.Query("PRAGMA "+name, nil)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	value := make([]driver.Value, 1)
	if err := rows.Next(value); err != nil {
		return "", closing(rows, fmt.Errorf("reading %s: %w", name, err))
	}
	return fmt.Sprint(value[0]), rows.Close()
}

// closing closes what an error left open; the error counts for more.
func closing(c interface{ Close() error }, err error) error {
	_ = c.Close()
	return err
}

// address gives the file as a URI; ?, # and % may stand in its name.
func address(file string, params ...string) (string, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", file, err)
	}
	return "file:" + (&url.URL{Path: abs}).EscapedPath() + "?" + strings.Join(params, "&"), nil
}

// openWriter gives the one connection that writes.
func openWriter(file string, busy int64) (*sql.DB, error) {
	c, err := writerConnector(file, busy)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(1)
	return db, nil
}

func writerConnector(file string, busy int64) (*connector, error) {
	dsn, err := address(file, "_journal_mode=WAL", "_synchronous=FULL", "_foreign_keys=1",
		fmt.Sprintf("_busy_timeout=%d", busy), "_txlock=immediate", "_cache_size=-16384", "_stmt_cache_size=64", "_mutex=no")
	if err != nil {
		return nil, err
	}
	return &connector{
		dsn: dsn,
		// A log of 16 MiB is written back; after a great one it is cut to 64 MiB.
		set: []string{"PRAGMA wal_autocheckpoint = 4096", "PRAGMA journal_size_limit = 67108864"},
		pragmas: []pragma{
			{"journal_mode", "wal"},
			{"synchronous", "2"},
			{"foreign_keys", "1"},
			{"busy_timeout", fmt.Sprint(busy)},
			{"cache_size", "-16384"},
			{"wal_autocheckpoint", "4096"},
		},
	}, nil
}

// openReaders gives the pool that reads.
func openReaders(file string, busy int64, n int) (*sql.DB, error) {
	return openPool(file, "mode=ro", busy, n)
}

// openChecker gives a connection that reads and that knows the file's CHECK
// constraints: SQLite leaves them out where it cannot write.
func openChecker(file string, busy int64) (*sql.DB, error) {
	return openPool(file, "mode=rw", busy, 1)
}

func openPool(file, mode string, busy int64, n int) (*sql.DB, error) {
	dsn, err := address(file, mode, "_query_only=1", "_foreign_keys=1",
		fmt.Sprintf("_busy_timeout=%d", busy), "_cache_size=-8192", "_stmt_cache_size=32", "_mutex=no")
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(&connector{dsn: dsn, pragmas: []pragma{
		{"query_only", "1"}, {"busy_timeout", fmt.Sprint(busy)}, {"cache_size", "-8192"},
	}})
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}
