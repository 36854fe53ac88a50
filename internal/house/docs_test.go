package house

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/contract"
)

var fence = regexp.MustCompile("(?s)\n```yaml\n(.*?)```\n")

func TestExamplesOfTheDocsAreRight(t *testing.T) {
	count := 0
	for _, page := range []string{"README.md", "docs/catalogue.md", "docs/operations.md"} {
		directory := t.TempDir()
		for _, m := range fence.FindAllStringSubmatch(read(t, page), -1) {
			count++
			if err := checkExample(directory, m[1]); err != nil {
				t.Errorf("an example of %s is wrong: %v\n%s", page, err, m[1])
			}
		}
	}
	if count < 5 {
		t.Errorf("the docs have %d examples, want at least 5", count)
	}
}

// checkExample reads a catalogue, a slmd.yml or a contract test; the last is
// run beside the catalogue of its page, which stays in the directory as orders.yml.
func checkExample(directory, text string) error {
	file := filepath.Join(directory, "orders.yml")
	switch {
	case strings.Contains(text, "\ntests:\n"):
		file = filepath.Join(directory, "test.yml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		results := contract.Run(file, contract.Options{})
		for _, test := range results.Tests {
			if len(test.Failures) > 0 {
				return &brokenExample{test.Failures}
			}
		}
		return results.Err
	case strings.HasPrefix(text, "version: 1\n"):
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		_, _, err := catalogue.Load([]string{file}, catalogue.Options{})
		return err
	}
	_, err := config.Parse("slmd.yml", []byte(text))
	return err
}

type brokenExample struct{ lines []string }

func (b *brokenExample) Error() string { return strings.Join(b.lines, "\n") }

var ownMetric = regexp.MustCompile(`\bslmd_[a-z0-9_]+\b`)

func TestDocsListTheMetricsThatThereAre(t *testing.T) {
	exposed, page := map[string]bool{}, read(t, "docs/operations.md")
	for _, s := range sources(t) {
		if s.room == "internal/telemetry" && !s.test {
			literals(s, func(text string, _ ast.Node) {
				if text != "" && ownMetric.FindString(text) == text {
					exposed[text] = true
				}
			})
		}
	}
	if len(exposed) < 30 {
		t.Fatalf("internal/telemetry names %d metrics, which cannot be all", len(exposed))
	}
	documented := map[string]bool{}
	for _, name := range ownMetric.FindAllString(page, -1) {
		documented[name] = true
		if !exposed[name] {
			t.Errorf("docs/operations.md lists %s, which is not exposed", name)
		}
	}
	for name := range exposed {
		if !documented[name] {
			t.Errorf("docs/operations.md does not list %s", name)
		}
	}
}

var alertName = regexp.MustCompile(`^SLM[A-Z][A-Za-z]+$`)

func TestEveryAlertHasItsSectionInTheDocs(t *testing.T) {
	page, count := read(t, "docs/alerts.md"), 0
	for _, s := range sources(t) {
		if s.room != "internal/sla" || s.test {
			continue
		}
		literals(s, func(text string, n ast.Node) {
			if !alertName.MatchString(text) {
				return
			}
			count++
			if !strings.Contains(page, "\n## "+text+"\n") {
				t.Errorf("%s: docs/alerts.md has no section %s, to which alerts link", s.at(n), text)
			}
		})
	}
	if count < 7 {
		t.Errorf("internal/sla names %d alerts, want at least 7", count)
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)

func TestLinksOfTheDocsLeadSomewhere(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../../README.md", "../../CHANGELOG.md") {
		name, err := filepath.Rel("../..", page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(read(t, name), -1) {
			target := page
			if m[1] != "" {
				target = filepath.Join(filepath.Dir(page), m[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", name, m[1])
				continue
			}
			text, _ := os.ReadFile(target) // of a directory: nothing
			if m[2] != "" && !hasHeading(string(text), m[2]) {
				t.Errorf("%s links to a section %s#%s, which is not there", name, m[1], m[2])
			}
		}
	}
}

// hasHeading reports whether a page has a heading with the anchor.
func hasHeading(page, anchor string) bool {
	for line := range strings.Lines(page) {
		heading, ok := strings.CutPrefix(strings.TrimLeft(strings.TrimSpace(line), "#"), " ")
		if ok && strings.HasPrefix(line, "#") && strings.ReplaceAll(strings.ToLower(heading), " ", "-") == anchor {
			return true
		}
	}
	return false
}

// literals calls found for every string literal of the file.
func literals(s source, found func(text string, n ast.Node)) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		if text, err := strconv.Unquote(literal.Value); err == nil {
			found(text, literal)
		}
		return true
	})
}

// read gives the text of a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	required   = regexp.MustCompile(`(?m)^\t(\S+) v\S+$`)
	dependency = regexp.MustCompile(`\b(?:github\.com|golang\.org|pgregory\.net|go\.uber\.org|codeberg\.org)/[\w./-]*\w`)
)

func TestEveryDependencyHasItsReasonInTheDocs(t *testing.T) {
	direct, explained := map[string]bool{}, map[string]bool{}
	for _, m := range required.FindAllStringSubmatch(read(t, "go.mod"), -1) { // indirect ones have a comment behind
		direct[m[1]] = true
	}
	for line := range strings.Lines(read(t, "docs/dependencies.md")) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, path := range dependency.FindAllString(cells[1], -1) {
				explained[path] = true
			}
		}
	}
	for path := range direct {
		if !explained[path] {
			t.Errorf("docs/dependencies.md gives no reason for %s", path)
		}
	}
	for path := range explained {
		if !direct[path] {
			t.Errorf("docs/dependencies.md explains %s, which go.mod does not require", path)
		}
	}
	if len(direct) < 5 {
		t.Errorf("go.mod requires %d modules directly, which cannot be all", len(direct))
	}
}
