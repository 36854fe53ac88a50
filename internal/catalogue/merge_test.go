package catalogue_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/sla"
)

func parse(t testing.TB, text string) *sla.Catalogue {
	t.Helper()
	cat, _, err := catalogue.Parse("shop.yml", []byte(text), catalogue.Options{})
	if err != nil {
		t.Fatalf("the catalogue does not load:\n%v", err)
	}
	return cat
}

func at(text string) sla.Instant {
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return sla.At(v)
}

// step is one application of files.
type step struct {
	from, to string // the files: shop with one text replaced
	at       string
	judged   string // how far agreements were judged; empty: never
	prune    bool
}

// steps applies one after another and gives the catalogue and the changes of the last.
func steps(t *testing.T, list ...step) (*sla.Catalogue, []sla.Change, error) {
	t.Helper()
	current := &sla.Catalogue{}
	var changes []sla.Change
	for _, s := range list {
		files := parse(t, strings.Replace(shop, s.from, s.to, 1))
		o := catalogue.MergeOptions{At: at(s.at), Prune: s.prune}
		if s.judged != "" {
			o.JudgedUntil = func(string) sla.Instant { return at(s.judged) }
		}
		merged, found, err := catalogue.Merge(stored(t, current), files, o)
		if err != nil {
			return nil, nil, err
		}
		current, changes = merged, found
	}
	return current, changes, nil
}

// stored gives a catalogue as the store gives it back.
func stored(t testing.TB, c *sla.Catalogue) *sla.Catalogue {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	out := &sla.Catalogue{}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheSameFilesAgainChangeNothing(t *testing.T) {
	first := step{at: "2026-11-05T00:00:00Z"}
	again := step{at: "2026-11-20T00:00:00Z", judged: "2026-11-20T00:00:00Z", prune: true}
	cat, changes, err := steps(t, first, again)
	if err != nil {
		t.Fatal(err)
	}
	if len(changes) != 0 {
		t.Errorf("got changes %+v", changes)
	}
	if len(cat.Agreements) != 4 {
		t.Errorf("got %d agreements", len(cat.Agreements))
	}
}

func TestExportedFilesChangeNothing(t *testing.T) {
	current := stored(t, parse(t, shop))
	text, err := catalogue.Export(current)
	if err != nil {
		t.Fatal(err)
	}
	files, _, err := catalogue.Parse("export.yml", text, catalogue.Options{Zone: "Asia/Tokyo"})
	if err != nil {
		t.Fatalf("the export does not load:\n%v\n%s", err, text)
	}
	_, changes, err := catalogue.Merge(current, files, catalogue.MergeOptions{At: at("2026-11-20T00:00:00Z"), Prune: true})
	if err != nil || len(changes) != 0 {
		t.Errorf("got changes %+v, error %v, from\n%s", changes, err, text)
	}
}
