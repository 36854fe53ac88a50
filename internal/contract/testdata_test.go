package contract_test

import (
	"path/filepath"
	"testing"

	"github.com/slmd/slmd/internal/contract"
)

// TestTermsHoldAtTheirEdges runs the contract tests beside this file, whose numbers
// were worked out by hand; how stands there.
func TestTermsHoldAtTheirEdges(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			r := contract.Run(file, contract.Options{})
			if got := outcome(r); got != "" || len(r.Tests) == 0 {
				t.Errorf("%d tests, got\n%s", len(r.Tests), got)
			}
		})
	}
}
