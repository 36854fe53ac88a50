package document

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadFile reads a file of at most MaxSize bytes.
func ReadFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, Explain(path, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, Explain(path, err)
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%s has more than %d bytes: split it", path, MaxSize)
	}
	return text, nil
}

// unreadable is a plain sentence about a path; the cause stays known to errors.Is.
type unreadable struct {
	text  string
	cause error
}

func (e unreadable) Error() string { return e.text }

func (e unreadable) Unwrap() error { return e.cause }

// Explain says in plain words why a path cannot be read.
func Explain(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return unreadable{path + ": no such file or directory", err}
	case errors.Is(err, fs.ErrPermission):
		return unreadable{path + ": no permission to read it", err}
	}
	return fmt.Errorf("reading %s: %w", path, err)
}
