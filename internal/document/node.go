package document

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Node is one value of a document and its path.
type Node struct {
	Path string

	d     *Document
	n     ast.Node // anchors and aliases resolved; nil: nothing stands there
	depth int
	alias bool // reached through an alias: what such values cost is bounded
}

// node resolves anchors and aliases and notes the place under the path; in is
// the list or mapping that holds the value.
func (d *Document) node(n ast.Node, path string, in Node) Node {
	_, alias := n.(*ast.AliasNode)
	alias = alias || in.alias
	n = d.resolve(n)
	depth := in.depth + 1
	if alias {
		d.unfolded++
	}
	if d.unfolded > maxUnfold || depth > 2*maxDepth {
		d.problem(n, "", fmt.Sprintf("aliases unfold to more than %d values or %d levels: write the values out", maxUnfold, 2*maxDepth))
		d.spent, n = true, nil
	}
	if n != nil && path != "" {
		d.Places[path] = d.placeOf(n)
	}
	return Node{Path: path, d: d, n: n, depth: depth, alias: alias}
}

// resolve follows anchors, aliases and tags; a chain of them is short or wrong.
func (d *Document) resolve(n ast.Node) ast.Node {
	for range maxDepth {
		switch v := n.(type) {
		case *ast.AnchorNode:
			n = v.Value
		case *ast.AliasNode:
			target, ok := d.anchors[v.Value.GetToken().Value]
			if !ok {
				d.problem(v, "", fmt.Sprintf("no anchor &%s stands in this file", v.Value.GetToken().Value))
				return nil
			}
			n = target
		case *ast.TagNode:
			d.problem(v, "", "tags such as "+v.Start.Value+" have no meaning here: leave the tag out")
			n = v.Value
		default:
			return n
		}
	}
	d.problem(n, "", "an alias that leads back to itself: write the value out")
	return nil
}

// At gives the node under another path: lists that are split over several
// files are numbered through.
func (n Node) At(path string) Node {
	if n.n != nil {
		n.d.Places[path] = n.d.placeOf(n.n)
	}
	n.Path = path
	return n
}

// Problem notes what is wrong with the value.
func (n Node) Problem(format string, args ...any) {
	n.d.problem(n.n, n.Path, fmt.Sprintf(format, args...))
}

// Position gives where the value stands.
func (n Node) Position() Position {
	if n.n == nil {
		return Position{File: n.d.File}
	}
	return n.d.placeOf(n.n)
}

// Null reports whether nothing or an explicit null stands there.
func (n Node) Null() bool {
	if n.n == nil {
		return true
	}
	_, ok := n.n.(*ast.NullNode)
	return ok
}

// IsList reports whether the value is a list.
func (n Node) IsList() bool {
	_, ok := n.n.(*ast.SequenceNode)
	return ok
}

// IsMapping reports whether the value is a mapping.
func (n Node) IsMapping() bool {
	switch n.n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// Scalar gives the literal text of a value that is neither list nor mapping:
// numbers and truth values as they were written.
func (n Node) Scalar() (string, bool) {
	switch v := n.n.(type) {
	case *ast.StringNode:
		return v.Value, true
	case *ast.LiteralNode:
		return v.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NanNode, *ast.InfinityNode:
		return strings.TrimSpace(v.GetToken().Value), true
	}
	return "", false
}

// List calls each for every element; anything but a list is a problem. A
// missing value is an empty list.
func (n Node) List(each func(i int, n Node)) {
	if n.Null() {
		return
	}
	list, ok := n.n.(*ast.SequenceNode)
	if !ok {
		n.Problem("%s wanted: a list, [a, b] or lines that begin with -", n.what("a list is"))
		return
	}
	for i, v := range list.Values {
		each(i, n.d.node(v, fmt.Sprintf("%s[%d]", n.Path, i), n))
	}
}

func (n Node) what(is string) string {
	if key := n.key(); key != "" {
		return "for " + key + " " + is
	}
	return is
}

// key gives the last word of the path.
func (n Node) key() string {
	if strings.HasSuffix(n.Path, "]") {
		return ""
	}
	return n.Path[strings.LastIndexByte(n.Path, '.')+1:]
}

// Fields gives the fields of a mapping; anything else is a problem and gives none.
func (n Node) Fields() *Fields {
	f := &Fields{at: n, values: map[string]ast.Node{}, keys: map[string]ast.Node{}}
	switch v := n.n.(type) {
	case nil:
	case *ast.MappingNode:
		f.take(v.Values)
	case *ast.MappingValueNode:
		f.take([]*ast.MappingValueNode{v})
	case *ast.NullNode:
		n.Problem("%s wanted, but nothing stands here", n.what("a mapping is"))
		f.broken = true
	default:
		n.Problem("%s wanted: {field: value} or indented lines of the form field: value", n.what("a mapping is"))
		f.broken = true
	}
	return f
}

// Fields are the fields of one mapping. Asking for a field makes it known;
// Close complains of the others.
type Fields struct {
	at     Node
	order  []string
	values map[string]ast.Node
	keys   map[string]ast.Node
	known  []string
	broken bool // it was no mapping: one problem is enough
}

func (f *Fields) take(pairs []*ast.MappingValueNode) {
	for _, pair := range pairs {
		if _, merge := pair.Key.(*ast.MergeKeyNode); merge {
			continue
		}
		key, ok := f.at.d.node(pair.Key, "", f.at).Scalar()
		if !ok {
			f.at.d.problem(pair.Key, f.at.Path, "a field name is wanted: a plain word")
			continue
		}
		if _, twice := f.values[key]; twice {
			f.at.d.problem(pair.Key, f.path(key), fmt.Sprintf("%s stands twice in this mapping: leave one out", key))
			continue
		}
		f.add(key, pair)
	}
	for _, pair := range pairs {
		if _, merge := pair.Key.(*ast.MergeKeyNode); merge {
			f.merge(pair.Value, f.at)
		}
	}
}

func (f *Fields) add(key string, pair *ast.MappingValueNode) {
	f.order = append(f.order, key)
	f.values[key], f.keys[key] = pair.Value, pair.Key
}

// merge takes over the fields of <<: that the mapping does not have itself.
func (f *Fields) merge(value ast.Node, in Node) {
	n := f.at.d.node(value, "", in)
	var pairs []*ast.MappingValueNode
	switch v := n.n.(type) {
	case *ast.MappingNode:
		pairs = v.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{v}
	case *ast.SequenceNode:
		for _, one := range v.Values {
			f.merge(one, n)
		}
		return
	case nil:
		return
	default:
		n.Problem("<< wants an alias of a mapping, such as *defaults")
		return
	}
	for _, pair := range pairs {
		if _, inner := pair.Key.(*ast.MergeKeyNode); inner {
			f.merge(pair.Value, n)
			continue
		}
		key, _ := f.at.d.node(pair.Key, "", n).Scalar()
		if _, own := f.values[key]; !own {
			f.add(key, pair)
		}
	}
}

// Get gives the field of that name and whether it is there. A field without a
// value is a problem.
func (f *Fields) Get(key string) (Node, bool) {
	n, ok := f.Nullable(key)
	if ok && n.Null() {
		f.at.d.problem(f.keys[key], f.path(key), fmt.Sprintf("%s has no value: give one or leave the line out", key))
		return n, false
	}
	return n, ok
}

// Nullable is Get for fields in which null says something.
func (f *Fields) Nullable(key string) (Node, bool) {
	f.Know(key)
	v, ok := f.values[key]
	if !ok {
		return Node{Path: f.path(key), d: f.at.d, depth: f.at.depth}, false
	}
	return f.at.d.node(v, f.path(key), f.at), true
}

// Know makes fields known without reading them.
func (f *Fields) Know(keys ...string) {
	for _, key := range keys {
		if !slices.Contains(f.known, key) {
			f.known = append(f.known, key)
		}
	}
}

func (f *Fields) path(key string) string {
	if f.at.Path == "" {
		return key
	}
	return f.at.Path + "." + key
}

// Need is Get for fields that must be there.
func (f *Fields) Need(key string) (Node, bool) {
	n, ok := f.Get(key)
	if _, there := f.values[key]; !ok && !there && !f.broken {
		f.at.d.problem(f.at.n, f.path(key), key+" is missing")
	}
	return n, ok
}

// Has reports whether the field is there, without making it known.
func (f *Fields) Has(key string) bool {
	_, ok := f.values[key]
	return ok
}

// Keys gives the names of all fields in the order in which they stand.
func (f *Fields) Keys() []string { return f.order }

// KeyProblem notes what is wrong with the name of a field.
func (f *Fields) KeyProblem(key, format string, args ...any) {
	f.at.d.problem(f.keys[key], f.path(key), fmt.Sprintf(format, args...))
}

// Problem notes what is wrong with the mapping as a whole.
func (f *Fields) Problem(format string, args ...any) { f.at.Problem(format, args...) }

// Node gives the mapping itself.
func (f *Fields) Node() Node { return f.at }

// Close complains of every field that nobody asked for and names the nearest
// one that is known.
func (f *Fields) Close() {
	for _, key := range f.order {
		if slices.Contains(f.known, key) {
			continue
		}
		hint := "known here: " + strings.Join(f.known, ", ")
		if near := Nearest(key, f.known); near != "" {
			hint = "did you mean " + near + "?"
		}
		f.KeyProblem(key, "unknown field %q: %s", cut(key), hint)
	}
}

// cut shortens what is quoted in a problem.
func cut(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Nearest gives the word of the list that s was probably meant to be, empty when none is close.
func Nearest(s string, words []string) string {
	best, at := "", 64
	if len(s) > at {
		return ""
	}
	for _, w := range words {
		if d := distance(s, w); d < at && d <= max(1, len(w)/3) && d < len(w) {
			best, at = w, d
		}
	}
	return best
}

// distance counts the letters to change, add or drop to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
