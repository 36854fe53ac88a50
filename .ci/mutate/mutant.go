package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// mutant is one change of one file: the bytes [from, to) become with.
type mutant struct {
	path     string
	text     []byte // of the whole file
	from, to int
	with     string
	line     int
	removal  bool // of a whole statement
}

// source gives the file with the change in it.
func (m mutant) source() []byte {
	return []byte(string(m.text[:m.from]) + m.with + string(m.text[m.to:]))
}

// key names the change by what stands on its line before and after, so that it
// is found again when lines move.
func (m mutant) key() key {
	lo := strings.LastIndexByte(string(m.text[:m.from]), '\n') + 1
	rest := func(i int) string { s, _, _ := strings.Cut(string(m.text[i:]), "\n"); return s }
	was := string(m.text[lo:m.from]) + rest(m.from)
	if word := strings.TrimSpace(was); m.removal && !strings.ContainsAny(word, " (") && lo > 0 {
		// A word alone, such as return, stands on many lines: the one before belongs to it.
		before := strings.LastIndexByte(string(m.text[:lo-1]), '\n') + 1
		was = strings.TrimSpace(string(m.text[before:lo-1])) + " " + word
	}
	if m.removal {
		return key{filepath.Base(m.path), strings.TrimSpace(was), "removed"}
	}
	return key{filepath.Base(m.path), strings.TrimSpace(was), strings.TrimSpace(string(m.text[lo:m.from]) + m.with + rest(m.to))}
}

type key struct{ file, was, is string }

func (m mutant) String() string {
	k := m.key()
	return fmt.Sprintf("%s:%d: `%s` → `%s`", k.file, m.line, k.was, k.is)
}

// mutate gives all changes to a file.
func mutate(path string, text []byte) ([]mutant, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	c := changes{fset: fset, path: path, text: text, ignored: map[*ast.BasicLit]bool{}}
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			c.node(n)
			return true
		})
	}
	return c.list, nil
}

type changes struct {
	fset *token.FileSet
	path string
	text []byte
	list []mutant
	// ignored are constants that make no difference.
	ignored map[*ast.BasicLit]bool
}

func (c *changes) replace(from, to token.Pos, with string) {
	at := c.fset.Position(from)
	c.list = append(c.list, mutant{
		path: c.path, text: c.text, from: at.Offset, to: c.fset.Position(to).Offset, with: with, line: at.Line,
	})
}

func (c *changes) source(n ast.Node) string {
	return string(c.text[c.fset.Position(n.Pos()).Offset:c.fset.Position(n.End()).Offset])
}

func (c *changes) remove(n ast.Node) {
	c.replace(n.Pos(), n.End(), "")
	c.list[len(c.list)-1].removal = true
}

// operators gives what stands in for an operator: the bound itself on the other
// side, and the opposite.
var operators = map[token.Token][]string{
	token.LSS: {"<=", ">="}, token.LEQ: {"<", ">"}, token.GTR: {">=", "<="}, token.GEQ: {">", "<"},
	token.EQL: {"!="}, token.NEQ: {"=="},
	token.ADD: {"-"}, token.SUB: {"+"}, token.MUL: {"/"}, token.QUO: {"*"}, token.REM: {"*"},
	token.LAND: {"||"}, token.LOR: {"&&"},
	token.AND: {"|"}, token.OR: {"&"}, token.SHL: {">>"}, token.SHR: {"<<"},
	token.ADD_ASSIGN: {"-="}, token.SUB_ASSIGN: {"+="}, token.MUL_ASSIGN: {"/="}, token.OR_ASSIGN: {"&="},
	token.INC: {"--"}, token.DEC: {"++"},
}

// names gives what stands in for a function, method or constant.
var names = map[string]string{
	"min": "max", "max": "min", "true": "false", "false": "true",
	"Add": "Sub", "Sub": "Add", "Mul": "Quo", "Quo": "Mul", "Union": "Intersect", "Intersect": "Union",
}

func (c *changes) operator(at token.Pos, tok token.Token) {
	for _, with := range operators[tok] {
		c.replace(at, at+token.Pos(len(tok.String())), with)
	}
}

func (c *changes) node(n ast.Node) {
	switch x := n.(type) {
	case *ast.BinaryExpr:
		c.operator(x.OpPos, x.Op)
	case *ast.UnaryExpr:
		switch x.Op {
		case token.NOT:
			c.replace(x.OpPos, x.OpPos+1, "")
		case token.SUB:
			c.replace(x.OpPos, x.OpPos+1, "+")
		}
	case *ast.ReturnStmt:
		c.error(x)
	case *ast.BasicLit:
		c.constant(x)
	case *ast.Ident:
		if x.Name == "true" || x.Name == "false" {
			c.replace(x.Pos(), x.End(), names[x.Name])
		}
	case *ast.CallExpr:
		c.call(x)
	case *ast.IfStmt:
		c.condition(x.Cond)
	case *ast.CaseClause:
		for _, e := range x.List {
			c.condition(e)
		}
		c.block(x.Body)
	case *ast.BlockStmt:
		c.block(x.List)
	}
}

// error passes over what is returned beside an error, which nobody looks at.
func (c *changes) error(x *ast.ReturnStmt) {
	if len(x.Results) < 2 || !strings.HasPrefix(strings.ToLower(strings.TrimPrefix(c.source(x.Results[len(x.Results)-1]), "fmt.")), "err") {
		return
	}
	for _, r := range x.Results[:len(x.Results)-1] {
		if l, ok := r.(*ast.BasicLit); ok {
			c.ignored[l] = true
		}
	}
}

func (c *changes) constant(x *ast.BasicLit) {
	n, err := strconv.ParseInt(x.Value, 0, 64)
	if x.Kind != token.INT || err != nil || c.ignored[x] {
		return
	}
	c.replace(x.Pos(), x.End(), strconv.FormatInt(n+1, 10))
	if n > 0 {
		c.replace(x.Pos(), x.End(), strconv.FormatInt(n-1, 10))
	}
}

func (c *changes) call(x *ast.CallExpr) {
	var id *ast.Ident
	switch f := x.Fun.(type) {
	case *ast.Ident:
		if id = f; id.Name != "min" && id.Name != "max" {
			return
		}
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return
	}
	if with, ok := names[id.Name]; ok {
		c.replace(id.Pos(), id.End(), with)
	}
}

// condition negates what is not a comparison: of those the operator is changed.
func (c *changes) condition(e ast.Expr) {
	switch x := e.(type) {
	case *ast.BinaryExpr:
		if x.Op != token.LAND && x.Op != token.LOR {
			return
		}
	case *ast.CallExpr, *ast.ParenExpr:
	case *ast.Ident:
		if x.Name == "true" || x.Name == "false" {
			return
		}
	default:
		return
	}
	c.replace(e.Pos(), e.End(), "!("+c.source(e)+")")
}

// block leaves out statements that something can do without.
func (c *changes) block(list []ast.Stmt) {
	for i, s := range list {
		switch x := s.(type) {
		case *ast.ExprStmt, *ast.BranchStmt, *ast.IncDecStmt:
			c.remove(s)
		case *ast.AssignStmt:
			if x.Tok != token.DEFINE {
				c.remove(s)
				c.operator(x.TokPos, x.Tok)
			}
		case *ast.ReturnStmt:
			if i < len(list)-1 || len(x.Results) == 0 {
				c.remove(s)
			}
		case *ast.IfStmt:
			if x.Else == nil && x.Init == nil {
				c.replace(x.Cond.Pos(), x.Cond.End(), "false && ("+c.source(x.Cond)+")")
			}
		}
	}
}
