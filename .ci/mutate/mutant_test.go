package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const sample = `package p

import "errors"

func f(a, b int, done bool) (int, error) {
	if a < b && !done {
		a += 2
		return 1, errors.New("no")
	}
	for i := range min(a, b) {
		g(i)
	}
	return a - b, nil
}
`

func TestEveryOperatorConstantConditionAndStatementIsChangedOnce(t *testing.T) {
	list, err := mutate("p.go", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{ // what is returned beside an error is left alone
		"if a < b && !done { → if !(a < b && !done) {", "if a < b && !done { → if a < b || !done {",
		"if a < b && !done { → if a <= b && !done {", "if a < b && !done { → if a >= b && !done {",
		"if a < b && !done { → if a < b && done {", "if a < b && !done { → if false && (a < b && !done) {",
		"a += 2 → removed", "a += 2 → a -= 2", "a += 2 → a += 3", "a += 2 → a += 1",
		"for i := range min(a, b) { → for i := range max(a, b) {",
		"g(i) → removed", "return a - b, nil → return a + b, nil",
	}
	var got []string
	for _, m := range list {
		k := m.key()
		if k.file != "p.go" {
			t.Errorf("the file is %s", k.file)
		}
		got = append(got, k.was+" → "+k.is)
		if string(m.source()) == sample {
			t.Errorf("%s changes nothing", m)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAWordAloneIsNamedWithTheLineBeforeIt(t *testing.T) {
	list, err := mutate("p.go", []byte("package p\n\nfunc f(a int) {\n\tif a > g() {\n\t\treturn\n\t}\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.key() == (key{"p.go", "if a > g() { return", "removed"}) {
			return
		}
	}
	t.Errorf("got %v", list)
}

func TestMutantsThatMakeNoDifferenceAreReadFromATable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "known.md")
	table := "| file | line | changed | why |\n|---|---|---|---|\n" +
		"| `a.go` | `if x \\|\\| y {` | `if x && y {` | y follows from x |\n" +
		"| `b.go` | `return` | removed | it is the last statement |\n" +
		"| `c.go` | `no reason` | removed |  |\n"
	if err := os.WriteFile(path, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	known, err := readKnown(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(known) != 2 || !known[key{"a.go", "if x || y {", "if x && y {"}] || !known[key{"b.go", "return", "removed"}] {
		t.Errorf("got %v", known)
	}
}

func TestTheSameSeedPicksTheSameMutants(t *testing.T) {
	list, err := mutate("p.go", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	name := func(seed uint64) (out string) {
		for _, m := range pick(options{sample: 5, seed: seed}, list) {
			out += m.String() + "\n"
		}
		return out
	}
	if name(1) != name(1) || strings.Count(name(1), "\n") != 5 || name(1) == name(2) {
		t.Error("a sample is not repeatable, not of its size or always the same")
	}
}
