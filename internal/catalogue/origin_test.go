package catalogue_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/sla"
)

func TestEachItemIsSaidToStandInItsFileAndLine(t *testing.T) {
	dir := t.TempDir()
	file, other := filepath.Join(dir, "a.yml"), filepath.Join(dir, "b.yml")
	// The second file holds older versions: agreements come to stand by validity, and their places must go along.
	_, rest, _ := strings.Cut(shop, "\nagreements:\n")
	block, _, _ := strings.Cut(rest, "\nexclusions:")
	older := "version: 1\ntime_zone: Europe/Berlin\nparties:\n- {name: auditors, role: internal}\nagreements:\n" + strings.ReplaceAll(block, "from: 2026-01-01, until: 2027-01-01", "from: 2026-01-01") + "\n"
	older = strings.ReplaceAll(older, "from: 2026-01-01", "from: 2025-01-01, until: 2026-01-01")
	for name, text := range map[string]string{file: shop, other: older} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cat, origins, _, err := catalogue.LoadOrigins([]string{file, other}, catalogue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string][]string{file: strings.Split(shop, "\n"), other: strings.Split(older, "\n")}
	for _, o := range origins {
		text := lines[o.File][o.Line-1]
		if strings.Contains(text, "*ola") {
			text += lines[o.File][o.Line] // the name comes after what is merged
		}
		if !strings.Contains(text, "name: "+o.Name) {
			t.Errorf("%s %s is said to stand in %s:%d, where %q stands", o.Kind, o.Name, o.File, o.Line, text)
		}
	}
	for _, a := range cat.Agreements {
		if !slices.ContainsFunc(origins, func(o sla.Origin) bool { return o.Kind == "agreement" && o.Name == a.Name }) {
			t.Errorf("nothing says where the agreement %s stands", a.Name)
		}
	}
	if !slices.Contains(origins, sla.Origin{Kind: "party", Name: "auditors", File: other, Line: 4}) {
		t.Errorf("the party of the second file is not among %v", origins)
	}
}
