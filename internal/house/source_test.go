package house

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// source is one parsed Go file.
type source struct {
	room, name string // package path within the module, file name
	test       bool
	lines      int
	set        *token.FileSet
	file       *ast.File
}

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, p := range packages(t) {
		for _, name := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatalf("%s: %v", p.room(), err)
			}
			all = append(all, source{
				room: p.room(), name: name, test: strings.HasSuffix(name, "_test.go"),
				lines: bytes.Count(text, []byte("\n")), set: set, file: file,
			})
		}
	}
	return all
}

// at gives the place of a node, room/file:line.
func (s source) at(n ast.Node) string {
	return s.room + "/" + s.set.Position(n.Pos()).String()
}

// uses calls found for every use of one of the names of an imported package.
func (s source) uses(path string, names []string, found func(ast.Node, string)) {
	local := localName(s.file, path)
	ast.Inspect(s.file, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			of, isName := selector.X.(*ast.Ident)
			if isName && local != "" && of.Name == local && slices.Contains(names, selector.Sel.Name) {
				found(n, selector.Sel.Name)
			}
		}
		return true
	})
}

// localName gives the name by which the file knows an imported package.
func localName(file *ast.File, path string) string {
	for _, i := range file.Imports {
		if strings.Trim(i.Path.Value, `"`) != path {
			continue
		}
		if i.Name != nil {
			return i.Name.Name
		}
		return path[strings.LastIndex(path, "/")+1:]
	}
	return ""
}

// clocks are the rooms that may look at the clock: the shell, and what starts
// processes for tests.
var clocks = []string{"internal/app", "cmd", "internal/testkit"}

func TestTimeIsAnArgumentOutsideTheShell(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || slices.ContainsFunc(clocks, func(r string) bool { return s.room == r || strings.HasPrefix(s.room, r+"/") }) {
			continue
		}
		s.uses("time", []string{"Now", "Since", "Until"}, func(n ast.Node, name string) {
			t.Errorf("%s: time.%s: the clock belongs to internal/app, elsewhere time is an argument", s.at(n), name)
		})
	}
}

func TestTestsDoNotSleep(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			s.uses("time", []string{"Sleep"}, func(n ast.Node, _ string) {
				t.Errorf("%s: a test sleeps: use testing/synctest or wait for a condition", s.at(n))
			})
		}
	}
}

// emptyWords say nothing about what a thing is.
var emptyWords = []string{"manager", "helper", "helpers", "util", "utils", "common", "types", "model", "models", "base", "data", "info", "engine", "processor"}

func TestNamesSayWhatAThingIs(t *testing.T) {
	for _, s := range sources(t) {
		inRoom := strings.FieldsFunc(s.room, func(r rune) bool { return r == '/' || r == '-' })
		inName := strings.FieldsFunc(strings.TrimSuffix(s.name, ".go"), func(r rune) bool { return r == '_' })
		for _, word := range slices.Concat(inRoom, inName) {
			if slices.Contains(emptyWords, word) {
				t.Errorf("%s/%s: the name %q says nothing", s.room, s.name, word)
			}
		}
		for _, declaration := range s.file.Decls {
			general, ok := declaration.(*ast.GenDecl)
			if !ok || general.Tok != token.TYPE {
				continue
			}
			for _, spec := range general.Specs {
				if name := spec.(*ast.TypeSpec).Name.Name; slices.Contains(emptyWords, strings.ToLower(name)) {
					t.Errorf("%s: the name %s says nothing", s.at(spec), name)
				}
			}
		}
	}
}

// longest is the number of lines that no file exceeds.
const longest = 500

func TestNoFileIsLongerThan500Lines(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > longest {
			t.Errorf("%s/%s has %d lines", s.room, s.name, s.lines)
		}
	}
}

func TestErrorsSayWhatWasBeingDone(t *testing.T) {
	for _, s := range sources(t) {
		if s.room == "internal/house" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if ok && literal.Kind == token.STRING && strings.Contains(literal.Value, "failed to") {
				t.Errorf("%s: say what was being done instead of \"failed to\"", s.at(n))
			}
			return true
		})
	}
}
