package catalogue_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/slmd/slmd/internal/catalogue"
)

func TestPublishedAgreementsLoad(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "cases", "agreements", "real-agreements.yml")
	if _, err := os.Stat(path); err != nil {
		t.Skip("the cases folder is not beside this repository")
	}
	cat, warnings, err := catalogue.Load([]string{path}, catalogue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(cat.Agreements) != 15 || len(cat.Services) != 15 {
		t.Errorf("got %d agreements of %d services, want 15 of 15", len(cat.Agreements), len(cat.Services))
	}
	for _, w := range warnings {
		t.Log(w)
	}
}
