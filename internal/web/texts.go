package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/slmd/slmd/internal/wording"
)

// The texts of all pages stand in one catalogue, a file per language. English
// is the key; a translation that is missing shows it.
//
//go:embed texts/*.json
var textFiles embed.FS

// texts are what pages say in one language.
type texts struct {
	wording.Language
	// said holds by the English text what is said instead: one form, or one for
	// each of the language's plural forms.
	said map[string][]string
}

func readTexts() (map[wording.Language]*texts, error) {
	entries, err := textFiles.ReadDir("texts")
	if err != nil {
		return nil, fmt.Errorf("reading the texts of the pages: %w", err)
	}
	out := map[wording.Language]*texts{}
	for _, e := range entries {
		content, err := textFiles.ReadFile(path.Join("texts", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("reading the texts of the pages: %w", err)
		}
		t := &texts{Language: wording.Language(strings.TrimSuffix(e.Name(), ".json"))}
		if err := json.Unmarshal(content, &t.said); err != nil {
			return nil, fmt.Errorf("reading the texts of the pages in %s: %w", e.Name(), err)
		}
		out[t.Language] = t
	}
	return out, nil
}

// say gives the text with its arguments put in.
func (t *texts) say(english string, args ...any) string {
	text := english
	if forms := t.said[english]; len(forms) > 0 {
		text = forms[0]
	}
	if len(args) == 0 {
		return strings.ReplaceAll(text, "%%", "%")
	}
	return fmt.Sprintf(text, args...)
}

// count says how many there are; the key of the plural is the form for many.
func (t *texts) count(n int, one, many string) string {
	if forms := t.said[many]; len(forms) > 1 {
		return t.Number(strconv.Itoa(n)) + " " + forms[min(t.form(n), len(forms)-1)]
	}
	return t.Count(n, one, many)
}

// form gives which plural form a number takes.
func (t *texts) form(n int) int {
	if n == 1 {
		return 0
	}
	return 1
}
