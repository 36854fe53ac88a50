package house

import (
	"go/ast"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	faultRow  = regexp.MustCompile(`(?m)^\| ([A-F][0-9]+) \|`)
	faultID   = regexp.MustCompile(`\b[A-F][0-9]+\b`)
	faultTest = regexp.MustCompile(`^TestFault_([A-F][0-9]+)_`)
)

// rowsOfFaults is how many rows the table has; rows are never taken away.
const rowsOfFaults = 110

func TestEveryFaultHasATestOrIsOwed(t *testing.T) {
	text, err := os.ReadFile("../../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	table, list, found := strings.Cut(string(text), "\n## Owed\n")
	if !found {
		t.Fatal("docs/faults.md has no list of what is owed")
	}
	rows, owed, tested := map[string]bool{}, map[string]bool{}, testedFaults(t)
	for _, m := range faultRow.FindAllStringSubmatch(table, -1) {
		rows[m[1]] = true
	}
	for _, id := range faultID.FindAllString(list, -1) {
		owed[id] = true
	}
	if len(rows) != rowsOfFaults {
		t.Errorf("docs/faults.md has %d rows, want %d", len(rows), rowsOfFaults)
	}
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		switch {
		case !owed[id] && tested[id] == "":
			t.Errorf("the fault %s has no test named TestFault_%s_… and is not owed", id, id)
		case owed[id] && tested[id] != "":
			t.Errorf("the fault %s is owed and has the test %s: take it off the list", id, tested[id])
		}
	}
	for id, test := range tested {
		if !rows[id] {
			t.Errorf("%s tests a fault that docs/faults.md does not know", test)
		}
	}
	for id := range owed {
		if !rows[id] {
			t.Errorf("docs/faults.md owes the unknown fault %s", id)
		}
	}
}

// testedFaults gives the ids of the faults that have a test, with its name.
func testedFaults(t *testing.T) map[string]string {
	t.Helper()
	tested := map[string]string{}
	for _, s := range sources(t) {
		for _, declaration := range s.file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || !s.test {
				continue
			}
			if m := faultTest.FindStringSubmatch(f.Name.Name); m != nil {
				tested[m[1]] = s.room + "." + f.Name.Name
			}
		}
	}
	return tested
}
