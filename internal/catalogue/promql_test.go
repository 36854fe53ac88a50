package catalogue

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// window replaces the templates that such queries have for a duration.
var window = strings.NewReplacer("{{.window}}", "5m", "[window]", "[5m]", "$window", "5m")

func TestQueries_ThatPeopleUseAreTakenAndBrokenOnesRefused(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "cases", "promql")
	good, bad := lines(t, filepath.Join(dir, "promql.txt")), lines(t, filepath.Join(dir, "promql-invalid.txt"))
	text, err := os.ReadFile(filepath.Join(dir, "promql-multiline.json"))
	if err != nil {
		t.Fatal(err)
	}
	var several []struct{ Query string }
	if err := json.Unmarshal(text, &several); err != nil {
		t.Fatal(err)
	}
	for _, q := range several {
		good = append(good, q.Query)
	}
	for _, q := range good {
		q = window.Replace(q)
		if _, err := parse(q); err != nil {
			t.Errorf("refused: %v", err)
		}
		if asOne, asSelector := checkQuery(q), CheckSelector(q); (asOne == nil) == (asSelector == nil) {
			t.Errorf("%s is taken as a number: %v, as a selector: %v; one of them it must be", q, asOne, asSelector)
		}
	}
	for _, q := range bad {
		if checkQuery(window.Replace(q)) == nil {
			t.Errorf("taken: %s", q)
		}
	}
}

// lines gives those of a file that are no comment.
func lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		t.Skip("the cases are not beside this clone")
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}
