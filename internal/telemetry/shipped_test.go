package telemetry

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slmd/slmd/internal/testkit"
)

// shipped gives the files of a folder at the top of the repository.
func shipped(t *testing.T, pattern string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no file is like %s (%v)", pattern, err)
	}
	files := map[string][]byte{}
	for _, p := range paths {
		if files[filepath.Base(p)], err = os.ReadFile(p); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// ruleFile is what the tests need of a file of rules.
type ruleFile struct {
	Groups []struct {
		Rules []struct {
			Record, Alert, Expr string
			Annotations         map[string]string
		}
	}
}

// rules gives the shipped files of rules, their own tests apart.
func rules(t *testing.T) map[string]ruleFile {
	t.Helper()
	out := map[string]ruleFile{}
	for name, text := range shipped(t, "rules/*.yml") {
		if strings.HasSuffix(name, ".test.yml") {
			continue
		}
		var f ruleFile
		if err := yaml.Unmarshal(text, &f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = f
	}
	return out
}

// exposed gives the names of all series that slmd exposes or its rules record.
func exposed(t *testing.T) map[string]bool {
	t.Helper()
	text := page(t, Options{
		Standings: given(standing("checkout-sla", "availability")), Recorder: busy(), Credits: true, Process: true, Alerting: alerting,
	})
	names := map[string]bool{}
	for s := range series(t, text) {
		name, _, _ := strings.Cut(s, "{")
		names[name] = true
	}
	for _, f := range rules(t) {
		for _, g := range f.Groups {
			for _, r := range g.Rules {
				names[r.Record] = true
			}
		}
	}
	return names
}

// metricsOf gives the names that a query selects; it fails the test when the
// query does not parse.
func metricsOf(t *testing.T, where, query string) []string {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	if err != nil {
		t.Errorf("%s: %q does not parse: %v", where, query, err)
		return nil
	}
	var names []string
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			names = append(names, s.Name)
		}
		return nil
	})
	return names
}

func checkMetrics(t *testing.T, where, query string, known map[string]bool) {
	t.Helper()
	names := metricsOf(t, where, query)
	if len(names) == 0 {
		t.Errorf("%s: %q asks for no metric", where, query)
	}
	for _, name := range names {
		if !known[name] {
			t.Errorf("%s asks for %s, which slmd does not expose", where, name)
		}
	}
}

func TestEveryRuleAsksForWhatSlmdExposes(t *testing.T) {
	known := exposed(t)
	for name, f := range rules(t) {
		for _, g := range f.Groups {
			for _, r := range g.Rules {
				checkMetrics(t, name+" "+r.Alert+r.Record, r.Expr, known)
			}
		}
	}
}

func TestEveryAlertHasARunbookAndFiresInATest(t *testing.T) {
	var tests struct {
		Tests []struct {
			Cases []struct {
				Alertname string
				Expected  []any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal(shipped(t, "rules/*.test.yml")["slmd-alerts.test.yml"], &tests); err != nil {
		t.Fatal(err)
	}
	fires := map[string]bool{}
	for _, test := range tests.Tests {
		for _, c := range test.Cases {
			fires[c.Alertname] = fires[c.Alertname] || len(c.Expected) > 0
		}
	}
	runbook := string(shipped(t, "docs/alerts.md")["alerts.md"])
	for _, g := range rules(t)["slmd-alerts.yml"].Groups {
		for _, r := range g.Rules {
			if !fires[r.Alert] {
				t.Errorf("no test lets %s fire", r.Alert)
			}
			_, section, found := strings.Cut(runbook, "\n## "+r.Alert+"\n")
			section, _, _ = strings.Cut(section, "\n## ")
			if !found || !strings.Contains(section, "\nDo: ") {
				t.Errorf("docs/alerts.md does not say what to do about %s", r.Alert)
			}
			if !strings.HasSuffix(r.Annotations["runbook_url"], "/docs/alerts.md#"+strings.ToLower(r.Alert)) {
				t.Errorf("the runbook of %s is %q", r.Alert, r.Annotations["runbook_url"])
			}
		}
	}
}

func TestPromtoolAgreesWithTheRulesAndTheirTests(t *testing.T) {
	promtool := testkit.NeedBinary(t, "promtool", "prometheus")
	for _, arguments := range [][]string{
		{"check", "rules", "slmd-recording.yml", "slmd-alerts.yml"},
		{"test", "rules", "slmd-recording.test.yml", "slmd-alerts.test.yml"},
	} {
		command := exec.CommandContext(t.Context(), promtool, arguments...)
		command.Dir = filepath.Join("..", "..", "rules")
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", arguments, err, out)
		}
	}
}

// dashboard is what the tests need of a dashboard.
type dashboard struct {
	UID, Title, Description string
	Tags                    []string
	Editable                *bool
	Links                   []struct {
		URL, Type string
		Tags      []string
	}
	Templating struct {
		List []struct {
			Name, Type string
			Query      json.RawMessage
		}
	}
	Panels []struct {
		Title, Description string
		Datasource         struct{ UID string }
		FieldConfig        struct {
			Defaults struct {
				Unit     string
				Decimals *int
			}
		}
		Targets []struct{ Expr string }
	}
}

func dashboards(t *testing.T) map[string]dashboard {
	t.Helper()
	out := map[string]dashboard{}
	for name, text := range shipped(t, "dashboards/*.json") {
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[strings.TrimSuffix(name, ".json")] = d
	}
	return out
}

func TestEveryDashboardIsCompleteAndLinked(t *testing.T) {
	for name, d := range dashboards(t) {
		if d.UID != name || d.Title == "" || d.Description == "" || d.Editable == nil || *d.Editable || !slices.Contains(d.Tags, "slmd") {
			t.Errorf("%s: uid %q, title %q, description %q, tags %v, editable or not said", name, d.UID, d.Title, d.Description, d.Tags)
		}
		sources := 0
		for _, v := range d.Templating.List {
			if v.Type == "datasource" {
				sources++
			}
		}
		if sources != 1 {
			t.Errorf("%s has %d variables for the data source", name, sources)
		}
		others, back := false, false
		for _, l := range d.Links {
			others = others || l.Type == "dashboards" && slices.Equal(l.Tags, []string{"slmd"})
			back = back || l.Type == "link" && strings.HasPrefix(l.URL, "${slmd}/")
		}
		if !others || !back {
			t.Errorf("%s leads to the other dashboards: %t, to slmd: %t", name, others, back)
		}
		titles := map[string]bool{}
		for _, p := range d.Panels {
			if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
				t.Errorf("%s: the panel %q lacks a title, description, unit, source or query", name, p.Title)
			}
			for _, target := range p.Targets {
				if d := p.FieldConfig.Defaults; d.Unit == "percentunit" && strings.Contains(target.Expr, "slmd_objective_") && d.Decimals == nil {
					t.Errorf("%s: the panel %q leaves to Grafana how many decimals a percentage has: it shows 99.96%% as 100%%", name, p.Title)
				}
			}
			if titles[p.Title] && name != "slmd-objective" { // a figure and its course have one title there
				t.Errorf("%s has two panels called %q", name, p.Title)
			}
			titles[p.Title] = true
		}
	}
}

func TestEveryQueryOfADashboardAsksForWhatSlmdExposes(t *testing.T) {
	known := exposed(t)
	variable := regexp.MustCompile(`\$\w+`)
	values := regexp.MustCompile(`label_values\((.*), *\w+\)`)
	for name, d := range dashboards(t) {
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				query := strings.ReplaceAll(target.Expr, "$__rate_interval", "5m")
				checkMetrics(t, name+" "+p.Title, variable.ReplaceAllString(query, "x"), known)
			}
		}
		for _, v := range d.Templating.List {
			if v.Type != "query" {
				continue
			}
			var q struct{ Query string }
			found := []string(nil)
			if err := json.Unmarshal(v.Query, &q); err == nil {
				found = values.FindStringSubmatch(q.Query)
			}
			if found == nil {
				t.Errorf("%s: the variable %s has the query %s", name, v.Name, v.Query)
				continue
			}
			checkMetrics(t, name+" $"+v.Name, variable.ReplaceAllString(found[1], "x"), known)
		}
	}
}
