package document

import (
	"encoding/json"

	"github.com/goccy/go-yaml/ast"
)

// Plain gives the value as maps, lists, texts, numbers as they were written
// (json.Number), truth values and nil, for programs that read it another way.
func (n Node) Plain() any {
	switch v := n.n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		out := map[string]any{}
		f := n.Fields()
		for _, key := range f.Keys() {
			value, _ := f.Nullable(key)
			out[key] = value.Plain()
		}
		return out
	case *ast.SequenceNode:
		out := []any{}
		n.List(func(_ int, n Node) { out = append(out, n.Plain()) })
		return out
	case *ast.BoolNode:
		return v.Value
	case *ast.IntegerNode, *ast.FloatNode:
		s, _ := n.Scalar()
		if number := json.Number(s); json.Valid([]byte(s)) {
			return number
		}
		return s
	}
	if s, ok := n.Scalar(); ok {
		return s
	}
	return nil
}
