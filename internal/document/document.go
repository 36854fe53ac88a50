// Package document reads YAML documents node by node, with the place of every
// value, and gathers all that is wrong in them instead of stopping at the first
// fault. Numbers are handed out as they were written. It bounds what hostile
// input can cost: size, nesting, and what aliases unfold to.
package document

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a document.
const (
	MaxSize   = 16 << 20 // bytes of a file
	maxDepth  = 64       // levels of lists and mappings
	maxUnfold = 1 << 18  // values that aliases unfold to
)

// Position is a place in a file; lines and columns count from 1.
type Position struct {
	File         string
	Line, Column int
}

// String gives file:line:column, or the file alone when the place is not known.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is one thing that is wrong, in one sentence.
type Problem struct {
	Position
	Text string
	// Path is the value that is wrong, such as agreements[0].period; empty for
	// what concerns the text as a whole.
	Path string
}

// Error gives place and sentence; without a file the sentence alone.
func (p Problem) Error() string {
	if p.File == "" {
		return p.Text
	}
	return p.Position.String() + ": " + p.Text
}

// Problems is all that is wrong, in the order in which it stands in the files.
type Problems []Problem

// Error gives one problem per line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Sort puts the problems in the order of the places, keeping the order of the files given.
func (ps Problems) Sort(files []string) {
	rank := make(map[string]int, len(files))
	for i, f := range files {
		rank[f] = i
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(rank[a.File], rank[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Document is one parsed file.
type Document struct {
	File     string
	Problems Problems
	// Places holds where each value stands that was read, by its path such as
	// agreements[0].objectives[2].target.
	Places map[string]Position

	root     ast.Node
	anchors  map[string]ast.Node
	unfolded int // values read through aliases
	spent    bool
}

// Parse reads a text; file is the name shown in problems. The error is a
// Problems: the text is not YAML, or goes beyond the bounds.
func Parse(file string, text []byte) (*Document, error) {
	d := &Document{File: file, Places: map[string]Position{}, anchors: map[string]ast.Node{}}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // the mark that some editors begin a file with
	if p := refuse(file, text); p != nil {
		return nil, Problems{*p}
	}
	root, err := parse(text)
	if err != nil {
		return nil, Problems{syntaxProblem(file, err)}
	}
	for i, doc := range root.Docs {
		if doc.Body == nil {
			continue
		}
		if d.root != nil {
			d.problem(doc.Body, "", fmt.Sprintf("document %d of the file: write one document per file, without ---", i+1))
			break
		}
		d.root = doc.Body
		ast.Walk(collector{d}, doc.Body)
	}
	if d.root == nil {
		return nil, Problems{{Position: Position{File: file, Line: 1, Column: 1}, Text: "the file is empty: a mapping is wanted"}}
	}
	return d, nil
}

// Root gives the value of the whole document.
func (d *Document) Root() Node { return d.node(d.root, "", Node{d: d, depth: -1}) }

// Err gives the problems found so far as an error, nil when there are none.
func (d *Document) Err() error {
	if len(d.Problems) == 0 {
		return nil
	}
	return d.Problems
}

// refuse names what the parser must not even see.
func refuse(file string, text []byte) *Problem {
	at := func(offset int) Position {
		before := text[:offset]
		line := bytes.Count(before, []byte("\n"))
		return Position{file, line + 1, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1}
	}
	if len(text) > MaxSize {
		return &Problem{Position: Position{File: file}, Text: fmt.Sprintf("the file has %d bytes: split it, one file may have %d", len(text), MaxSize)}
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return &Problem{Position: at(i), Text: "a NUL byte: write plain UTF-8 text"}
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return &Problem{Position: at(i), Text: "not UTF-8: save the file as UTF-8 text"}
		}
		i += size
	}
	return nil
}

// nestedTooDeep carries the place at which the nesting goes beyond the bound.
type nestedTooDeep struct{ at *token.Position }

func (nestedTooDeep) Error() string { return fmt.Sprintf("nested deeper than %d levels", maxDepth) }

// parse turns a panic of the parser into an error: hostile text must not end the program.
func parse(text []byte) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			file, err = nil, fmt.Errorf("the YAML parser gave up: %v", r)
		}
	}()
	tokens := lexer.Tokenize(string(text))
	if at := tooDeep(tokens); at != nil {
		return nil, nestedTooDeep{at}
	}
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// tooDeep looks for nesting beyond the bound before the parser recurses into it.
func tooDeep(tokens token.Tokens) *token.Position {
	flow, line, onLine := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, onLine = t.Position.Line, 0
			if t.Position.Column > 16*maxDepth && flow == 0 {
				return t.Position
			}
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			if flow == 0 {
				onLine++
			}
		default:
		}
		if flow > maxDepth || onLine > maxDepth {
			return t.Position
		}
	}
	return nil
}

func syntaxProblem(file string, err error) Problem {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil {
		return Problem{Position: place(file, syntax.Token), Text: "not YAML: " + syntax.Message}
	}
	var deep nestedTooDeep
	if errors.As(err, &deep) {
		return Problem{Position: Position{file, deep.at.Line, max(deep.at.Column, 1)}, Text: deep.Error()}
	}
	return Problem{Position: Position{File: file}, Text: "not YAML: " + err.Error()}
}

func place(file string, t *token.Token) Position {
	if t == nil || t.Position == nil {
		return Position{File: file}
	}
	return Position{file, t.Position.Line, max(t.Position.Column, 1)}
}

// collector notes the anchors of a document.
type collector struct{ d *Document }

// Visit implements ast.Visitor.
func (c collector) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		name := a.Name.GetToken().Value
		if _, twice := c.d.anchors[name]; twice {
			c.d.problem(a, "", fmt.Sprintf("the anchor &%s stands twice: give it another name", name))
		}
		c.d.anchors[name] = a.Value
	}
	return c
}

func (d *Document) problem(n ast.Node, path, text string) {
	if !d.spent { // all that follows is a consequence
		d.Problems = append(d.Problems, Problem{d.placeOf(n), text, path})
	}
}

// placeOf gives where a value begins; of a mapping that is its first key, as
// the parser names the colon.
func (d *Document) placeOf(n ast.Node) Position {
	switch v := n.(type) {
	case nil:
		return Position{File: d.File}
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return d.placeOf(v.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return d.placeOf(v.Key)
	}
	return place(d.File, n.GetToken())
}
