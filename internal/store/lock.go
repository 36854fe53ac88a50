package store

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// takeLock makes this process the only one that writes the database file. The
// lock ends with the process, however it ends; the lock file stays.
func takeLock(file string) (*os.File, error) {
	name := file + ".lock"
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder := readHolder(f)
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = fmt.Errorf("%w%s: stop it, or talk to it with slmtool --slmd.url=…", ErrInUse, holder)
		}
		return nil, closing(f, err)
	}
	if err := writeHolder(f); err != nil {
		return nil, closing(f, err)
	}
	return f, nil
}

// ErrInUse says that another process has the database.
var ErrInUse = errors.New("in use by another slmd process")

func writeHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// readHolder gives " (pid 123)", or nothing where the holder has not written it yet.
func readHolder(f *os.File) string {
	var buf [20]byte
	n, _ := f.ReadAt(buf[:], 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (pid %d)", pid)
}
