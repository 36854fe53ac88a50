package store

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/mattn/go-sqlite3"
)

// ErrNotFound says that what was asked for is not there.
var ErrNotFound = errors.New("not found")

// explain puts a cause of trouble with the file into words that help; what it
// does not know it leaves as it is.
func explain(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w; slmd needs to write the file and its directory", err)
	}
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	words, ok := map[sqlite3.ErrNo]string{
		sqlite3.ErrBusy:     "another program keeps the database locked",
		sqlite3.ErrLocked:   "another program keeps the database locked",
		sqlite3.ErrReadonly: "the file or its directory is read-only; slmd needs to write both",
		sqlite3.ErrPerm:     "the file or its directory is read-only; slmd needs to write both",
		sqlite3.ErrCantOpen: "the file cannot be opened; it has to be a file that slmd may read and write, in a directory where it may write",
		sqlite3.ErrFull:     "the disk is full",
		sqlite3.ErrIoErr:    "the disk gave an error",
		sqlite3.ErrCorrupt:  "the file is damaged; put back a backup",
		sqlite3.ErrNotADB:   "the file is not an SQLite database",
	}[e.Code]
	if !ok {
		return err
	}
	return fmt.Errorf("%s: %w", words, err)
}
