package catalogue

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

// Load reads files and directories (their *.yml and *.yaml in the order of
// names) as one catalogue. The error is a document.Problems when the files
// could be opened but hold something wrong: all of it at once.
func Load(paths []string, opts Options) (*sla.Catalogue, Warnings, error) {
	cat, _, warnings, err := LoadPlaced(paths, opts)
	return cat, warnings, err
}

// Places gives where the value of a path such as indicators[0].ratio.total
// stands in the files, or what holds it.
type Places func(path string) document.Position

// LoadPlaced is Load that also says where everything stands.
func LoadPlaced(paths []string, opts Options) (*sla.Catalogue, Places, Warnings, error) {
	r, cat, warnings, err := load(paths, opts)
	if r == nil {
		return nil, nil, nil, err
	}
	return cat, r.place, warnings, err
}

// load reads files into a reader, which is nil when one cannot be opened.
func load(paths []string, opts Options) (*Reader, *sla.Catalogue, Warnings, error) {
	files, err := expand(paths)
	if err != nil {
		return nil, nil, nil, err
	}
	r := NewReader(opts)
	for _, file := range files {
		if err := r.file(file); err != nil {
			return nil, nil, nil, err
		}
	}
	cat, warnings, err := r.Finish(true)
	return r, cat, warnings, err
}

// Parse reads one document in memory as a whole catalogue; file is the name
// shown in problems.
func Parse(file string, text []byte, opts Options) (*sla.Catalogue, Warnings, error) {
	r := NewReader(opts)
	r.parse(file, text)
	return r.Finish(true)
}

func (r *Reader) parse(file string, text []byte) {
	d, err := document.Parse(file, text)
	if err == nil {
		r.Document(d)
		return
	}
	r.files, r.unread = append(r.files, file), true
	r.problems = append(r.problems, Problems(err)...)
}

// expand lists the files that the paths name.
func expand(paths []string) ([]string, error) {
	var out []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, document.Explain(path, err)
		}
		if !info.IsDir() {
			out = append(out, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, document.Explain(path, err)
		}
		before := len(out)
		for _, e := range entries { // in the order of names
			if ext := filepath.Ext(e.Name()); !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && (ext == ".yml" || ext == ".yaml") {
				out = append(out, filepath.Join(path, e.Name()))
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("%s: no *.yml or *.yaml file is in this directory", path)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no catalogue file is named")
	}
	return out, nil
}

// Path adds a file, or the files of a directory, to what the reader holds. The
// error says that one cannot be opened; what is wrong in them comes to light in
// Finish.
func (r *Reader) Path(path string) error {
	files, err := expand([]string{path})
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := r.file(file); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) file(path string) error {
	text, err := document.ReadFile(path)
	if err != nil {
		return err
	}
	r.parse(path, text)
	return nil
}

// Problems gives the problems that an error of this package holds; an error of
// another kind becomes one.
func Problems(err error) document.Problems {
	var problems document.Problems
	if errors.As(err, &problems) {
		return problems
	}
	return document.Problems{{Text: err.Error()}}
}
