package store

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// ErrBroken says that the disk failed in a way after which nobody knows what it
// holds of the last write.
var ErrBroken = errors.New("the disk failed while slmd wrote, so it is not known what the file holds; nothing is written until slmd is started again")

// trouble is why writing does not succeed for now, or any more.
type trouble struct {
	err    error
	broken bool
}

// Trouble gives why the last write did not succeed where that is the disk's
// fault, and nil after a write that did. What is ErrBroken stays until the file
// is opened anew.
func (s *Store) Trouble() error {
	if t := s.trouble.Load(); t != nil {
		return t.err
	}
	return nil
}

// wrote takes up how a write went and gives its error in words that help.
func (s *Store) wrote(err error) error {
	words := explain(err)
	var e sqlite3.Error
	switch {
	case err == nil:
		s.trouble.Store(nil)
	case !errors.As(err, &e):
	case breaks(e):
		words = fmt.Errorf("%w (%w)", ErrBroken, words)
		s.trouble.Store(&trouble{words, true})
	case slices.Contains([]sqlite3.ErrNo{sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrCantOpen}, e.Code):
		s.trouble.Store(&trouble{words, false})
	}
	return words
}

// breaks reports whether an error leaves open what is on the disk: after a
// failed fsync the system may have let go of what it had not written, and says
// so only once. Where there was no room nothing was lost.
func breaks(e sqlite3.Error) bool {
	switch {
	case e.Code != sqlite3.ErrIoErr:
		return false
	case e.ExtendedCode == sqlite3.ErrIoErrFsync || e.ExtendedCode == sqlite3.ErrIoErrDirFsync:
		return true
	}
	return !slices.Contains([]syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}, e.SystemErrno)
}
