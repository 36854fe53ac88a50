package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// labelsOf gives, for each metric of the page, the names of the labels of its
// series; metrics whose series differ in that have several.
func labelsOf(t *testing.T, page string) map[string][]string {
	t.Helper()
	value := regexp.MustCompile(`="(?:[^"\\]|\\.)*"`)
	out := map[string][]string{}
	for line := range strings.Lines(page) {
		series, _, found := strings.Cut(value.ReplaceAllString(line, ""), " ")
		if line[0] == '#' || !found {
			continue
		}
		name, labels, _ := strings.Cut(strings.TrimSuffix(series, "}"), "{")
		sorted := strings.Split(labels, ",")
		slices.Sort(sorted)
		if set := strings.Join(sorted, " "); !slices.Contains(out[name], set) {
			out[name] = append(out[name], set)
		}
	}
	return out
}

// documented gives the labels of every metric by docs/operations.md; nil where
// they are not fixed.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Metrics\n")
	section, _, _ = strings.Cut(section, "\nWatch at least")
	word := regexp.MustCompile("`([a-z_]+)`")
	out := map[string][]string{}
	ofDaemon := false
	for line := range strings.Lines(section) {
		ofDaemon = ofDaemon || strings.HasPrefix(line, "Of the daemon itself")
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.Contains(cells[1], "`slmd_") {
			continue
		}
		named, _, _ := strings.Cut(cells[2], ":")
		labels := []string{}
		for _, m := range word.FindAllStringSubmatch(named, -1) {
			labels = append(labels, m[1])
		}
		switch only := strings.Contains(named, "only") || strings.Contains(named, "none"); {
		case strings.Contains(named, "of the alert"), strings.Contains(named, "and such"):
			labels = nil
		case !only && !ofDaemon:
			labels = append(labels, "agreement", "objective", "service", "kind")
		}
		slices.Sort(labels)
		for _, m := range word.FindAllStringSubmatch(cells[1], -1) {
			out[m[1]] = labels
			if strings.Contains(cells[3], "histogram") {
				out[m[1]+"_bucket"] = slices.Sorted(slices.Values(append([]string{"le"}, labels...)))
				out[m[1]+"_sum"], out[m[1]+"_count"] = labels, labels
				delete(out, m[1])
			}
		}
	}
	return out
}

// What four days do not show: no month of them can be reviewed, and the company's
// histograms are classic, so that nothing is approximate.
const (
	noReview = "slmd_reports_issued_total"
	noBound  = "slmd_objective_approximate"
)

func shown(t *testing.T, s *stage) map[string][]string {
	t.Helper()
	var page strings.Builder
	if err := s.app.WriteMetrics(&page); err != nil {
		t.Fatal(err)
	}
	return labelsOf(t, page.String())
}

func metricsAsDocumented(t *testing.T, s *stage) {
	shown, want := shown(t, s), documented(t)
	if len(want) < 50 {
		t.Fatalf("the docs list %d metrics, which cannot be all", len(want))
	}
	for name, labels := range want {
		switch got := shown[name]; {
		case got == nil && name != noReview && name != noBound:
			t.Errorf("the demonstration has no %s", name)
		case got != nil && labels != nil && !slices.Equal(got, []string{strings.Join(labels, " ")}):
			t.Errorf("%s has the labels %q, by the docs %q", name, got, labels)
		}
	}
	for name := range shown {
		if _, listed := want[name]; !listed && strings.HasPrefix(name, "slmd_") {
			t.Errorf("docs/operations.md does not list %s", name)
		}
	}
}

func shippedQueriesFindTheirs(t *testing.T, s *stage) {
	shown, asked := shown(t, s), map[string]bool{}
	shown["slmd_url"] = nil // an annotation
	for _, pattern := range []string{"../../dashboards/*.json", "../../rules/slmd-alerts.yml", "../../rules/slmd-recording.yml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range regexp.MustCompile(`\bslmd_[a-z_]+\b`).FindAllString(string(text), -1) {
				if _, there := shown[name]; !there && name != noReview && !asked[name] {
					t.Errorf("%s asks for %s, which the demonstration has not", file, name)
				}
				asked[name] = true
			}
		}
	}
	if len(asked) < 30 {
		t.Errorf("dashboards and rules ask for %d metrics: that cannot be all", len(asked))
	}
}
