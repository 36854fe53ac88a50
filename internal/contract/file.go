package contract

import (
	"math/big"
	"path/filepath"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

// File is a test file, read and checked.
type File struct {
	Path      string
	Catalogue *sla.Catalogue
	Tests     []Test
}

// Test is one test: what happened, and what is expected of the verdicts.
type Test struct {
	Name       string
	At         document.Position
	Exclusions []sla.Exclusion
	Now        *sla.Instant // nil: after the last period named
	Series     *Samples     // nil: the facts are given
	Expect     []Expectation

	ledger map[string][]sla.Entry // by indicator, in order of time
}

// tolerance is how far percentages may lie apart, in percentage points.
var tolerance = big.NewRat(1, 100_000)

// Read reads a test file. The error is a document.Problems when the file could
// be opened but holds something wrong: all of it at once.
func Read(path string) (*File, error) {
	text, err := document.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// Parse reads the text of a test file; catalogue files are looked for beside path.
func Parse(path string, text []byte) (*File, error) {
	d, err := document.Parse(path, text)
	if err != nil {
		return nil, err
	}
	r := &fileReader{d: d, path: path, catalogue: catalogue.NewReader(catalogue.Options{}), tolerance: tolerance}
	f := d.Root().Fields()
	if n, ok := f.Need("catalogue"); ok {
		r.readCatalogue(n)
	}
	if n, ok := f.Get("tolerance"); ok {
		r.tolerance = number(n)
	}
	out := &File{Path: path, Catalogue: r.cat}
	if n, ok := f.Need("tests"); ok {
		n.List(func(_ int, n document.Node) { out.Tests = append(out.Tests, r.test(n)) })
	}
	f.Close()
	problems := append(r.problems, d.Problems...)
	if len(problems) > 0 {
		problems.Sort([]string{path})
		return nil, problems
	}
	return out, nil
}

type fileReader struct {
	d         *document.Document
	path      string
	catalogue *catalogue.Reader
	cat       *sla.Catalogue // nil after problems: references are not checked then
	problems  document.Problems
	tolerance *big.Rat
}

// readCatalogue reads the files and directories that are listed, the one that is
// named, or the mapping that stands there.
func (r *fileReader) readCatalogue(n document.Node) {
	switch _, single := n.Scalar(); {
	case n.IsList():
		n.List(func(_ int, n document.Node) { r.readPath(n) })
	case single:
		r.readPath(n)
	default:
		r.catalogue.Part(r.d, n)
	}
	before := len(r.d.Problems)
	cat, _, err := r.catalogue.Finish(false)
	if err != nil {
		r.problems = append(r.problems, catalogue.Problems(err)...)
	}
	if before == 0 {
		r.cat = cat
	}
}

// readPath reads a catalogue file or directory beside the test file.
func (r *fileReader) readPath(n document.Node) {
	name, ok := n.Text()
	if !ok {
		return
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(r.path), name)
	}
	if err := r.catalogue.Path(name); err != nil {
		n.Problem("%s", err)
	}
}

func (r *fileReader) test(n document.Node) Test {
	f := n.Fields()
	t := Test{At: n.Position(), ledger: map[string][]sla.Entry{}}
	if n, ok := f.Need("name"); ok {
		t.Name, _ = n.Text()
	}
	if n, ok := f.Get("now"); ok {
		if at, ok := n.Instant(r.catalogue.Zone()); ok {
			t.Now = &at
		}
	}
	if n, ok := f.Nullable("exclusions"); ok {
		t.Exclusions = r.catalogue.Exclusions(n, r.cat)
	}
	if n, ok := f.Nullable("ledger"); ok {
		n.List(func(_ int, n document.Node) { r.ledger(n, &t) })
	}
	if n, ok := f.Get("series"); ok {
		if f.Has("ledger") {
			n.Problem("a test has series or a ledger: leave one out")
		}
		t.Series = r.samples(n)
	}
	outer := r.tolerance
	if n, ok := f.Get("tolerance"); ok {
		r.tolerance = number(n)
	}
	if n, ok := f.Need("expect"); ok {
		n.List(func(_ int, n document.Node) { t.Expect = append(t.Expect, r.expectation(n, nil)) })
		if len(t.Expect) == 0 {
			n.Problem("the test expects nothing: say what the verdicts must be")
		}
	}
	r.tolerance = outer
	f.Close()
	return t
}

// number reads an exact number.
func number(n document.Node) *big.Rat {
	if r := plainNumber(n); r != nil {
		return r
	}
	return new(big.Rat)
}
