package company_test

import (
	"testing"
	"time"

	"github.com/slmd/slmd/internal/catalogue"

	"github.com/slmd/slmd/cmd/slmd-demo/company"
)

func TestTheCatalogueIsAcceptedWithoutWarningsWheneverItIs(t *testing.T) {
	for _, now := range []time.Time{
		now,
		time.Date(2024, 2, 29, 23, 59, 0, 0, time.UTC),
		time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2025, 3, 30, 0, 30, 0, 0, time.UTC),
	} {
		c, err := company.New(1, now)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := c.WriteCatalogue(dir); err != nil {
			t.Fatal(err)
		}
		cat, warnings, err := catalogue.Load([]string{dir}, catalogue.Options{})
		if err != nil || len(warnings) > 0 {
			t.Fatalf("at %s: %v %v", now, warnings, err)
		}
		if len(cat.Services) != 5 || len(cat.Agreements) != 6 || len(cat.Indicators) != 10 {
			t.Errorf("%d services, %d agreements, %d indicators", len(cat.Services), len(cat.Agreements), len(cat.Indicators))
		}
	}
}
