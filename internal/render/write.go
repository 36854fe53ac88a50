package render

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/slmd/slmd/internal/report"
)

// Write puts the files of the review in the formats into dir/AGREEMENT/, each
// as a whole or not at all, and gives their paths relative to dir. What stood
// there under the same name is replaced. dir is made when it does not exist;
// nothing is written outside of it, even where a link points out of it.
func Write(dir string, r *report.Review, formats []Format) (paths []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the report directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the report directory: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	folder := r.Report.Agreement
	if err := root.Mkdir(folder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making the directory of agreement %s: %w", folder, err)
	}
	for _, format := range formats {
		files, err := Files(r, format)
		if err != nil {
			return paths, err
		}
		for _, f := range files {
			name := path.Join(folder, f.Name)
			if err := replace(root, name, f.Content); err != nil {
				return paths, fmt.Errorf("writing report %s: %w", path.Join(dir, name), err)
			}
			paths = append(paths, name)
		}
	}
	err = syncFolder(root, folder)
	failpoint("render.folder_synced")
	return paths, err
}

// replace puts content under name: a reader sees the old file or the new one.
func replace(root *os.Root, name string, content []byte) error {
	draft := name + ".tmp"
	if err := root.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a run that was cut off
		return err
	}
	f, err := root.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	failpoint("render.made")
	_, err = f.Write(content)
	failpoint("render.written")
	if err == nil {
		err = f.Sync()
	}
	failpoint("render.synced")
	if err = errors.Join(err, f.Close()); err == nil {
		err = root.Rename(draft, name)
	}
	failpoint("render.renamed")
	if err != nil {
		return errors.Join(err, root.Remove(draft))
	}
	return nil
}

// syncFolder makes the new names last.
func syncFolder(root *os.Root, folder string) error {
	f, err := root.Open(folder)
	if err != nil {
		return fmt.Errorf("syncing the directory of agreement %s: %w", folder, err)
	}
	return errors.Join(f.Sync(), f.Close())
}
