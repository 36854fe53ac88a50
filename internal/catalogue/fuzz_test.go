package catalogue_test

import (
	"errors"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/document"
)

// FuzzCatalogue feeds any text: it loads or says what is wrong with it, soon,
// and what loads is the same after it was exported.
func FuzzCatalogue(f *testing.F) {
	f.Add(shop)
	for _, seed := range []string{
		"", "a: *a", "a: &a [*a]", "<<: [1]", "? a", "- - - -", "version: 1\n---\nversion: 2", "parties: {}", "agreements: [{}]",
		"calendars: [{name: a, hours: {mon-sun: [\"00:00-24:00\"]}}]\n", "exclusions:\n- every: {cron: \"TZ=\", lasts: 1h}\n",
		"services: [{name: a, owner: null, depends_on: [a]}]", "indicators: [{name: a, service: b, schedule: \"TZ=\", query: {query: '{'}}]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return // the bound on sizes has tests of its own; long inputs only slow the search
		}
		start := time.Now()
		c, _, err := catalogue.Parse("any.yml", []byte(text), catalogue.Options{})
		if took := time.Since(start); took > 10*time.Second {
			t.Fatalf("took %v", took)
		}
		if err != nil {
			var problems document.Problems
			if !errors.As(err, &problems) || len(problems) == 0 || problems[0].Text == "" {
				t.Fatalf("the error names no problem: %v", err)
			}
			return
		}
		exported, err := catalogue.Export(c)
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := catalogue.Parse("again.yml", exported, catalogue.Options{})
		if err != nil {
			t.Fatalf("what was exported does not load: %v\n%s", err, exported)
		}
		if _, changes, err := catalogue.Merge(c, again, catalogue.MergeOptions{}); err != nil || len(changes) > 0 {
			t.Fatalf("what was exported differs: %v %v\n%s", changes, err, exported)
		}
	})
}
