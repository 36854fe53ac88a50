package contract_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/contract"
)

var examples = filepath.Join("..", "..", "docs", "examples")

func TestTheExamplesOfTheDocumentationPass(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(examples, "*", "*_test.yml"))
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, file := range files {
		tested[filepath.Base(filepath.Dir(file))] = true
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			r := contract.Run(file, contract.Options{})
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			if len(r.Tests) == 0 {
				t.Error("no test was run")
			}
			for _, test := range r.Tests {
				for _, line := range test.Failures {
					t.Errorf("%s: %s", test.Name, line)
				}
			}
		})
	}
	all, err := filepath.Glob(filepath.Join(examples, "*", "catalogue.yml"))
	if err != nil || len(all) < 6 {
		t.Fatalf("%d examples: %v", len(all), err)
	}
	for _, file := range all {
		if name := filepath.Base(filepath.Dir(file)); !tested[name] {
			t.Errorf("the example %s has no test", name)
		}
	}
}

func TestCheckingTheExamplesWarnsOfNothingButTheTableOfGitHub(t *testing.T) {
	all, err := filepath.Glob(filepath.Join(examples, "*", "catalogue.yml"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"github": {
		"a credit is due at exactly 99.9%, where the target is met",
		"no band applies to exactly 99.0%: no credit is due there although the target is missed",
	}}
	for _, file := range all {
		_, warnings, err := catalogue.Load([]string{file}, catalogue.Options{})
		if err != nil {
			t.Errorf("%s: %s", file, err)
		}
		var got []string
		for _, w := range warnings {
			got = append(got, w.Text)
		}
		if name := filepath.Base(filepath.Dir(file)); !slices.Equal(got, want[name]) {
			t.Errorf("%s: warnings %q, want %q", name, got, want[name])
		}
	}
}
