package contract_test

import (
	"path/filepath"
	"testing"

	"github.com/slmd/slmd/internal/contract"
)

func TestTheGivenCasesPass(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "cases", "judge", "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("the cases folder is not beside this repository")
	}
	for _, file := range files {
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
}
