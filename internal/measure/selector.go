package measure

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// metricName is the label that holds the metric's name.
const metricName = "__name__"

// selector is a plain vector selector, parsed.
type selector struct {
	name     string // of the metric; empty when no matcher says it outright
	matchers []*labels.Matcher
}

// parseSelector reads a vector selector such as http_requests_total{job="x"}.
func parseSelector(text string) (selector, error) {
	ms, err := parser.NewParser(parser.Options{}).ParseMetricSelector(text)
	if err != nil {
		return selector{}, fmt.Errorf("%q is not a plain selector such as http_requests_total{job=\"shop\"}: %w", text, err)
	}
	s := selector{matchers: ms}
	for _, m := range ms {
		if m.Name == metricName && m.Type == labels.MatchEqual {
			s.name = m.Value
		}
	}
	return s, nil
}

// matches reports whether a series with these labels is selected.
func (s selector) matches(ls []Label) bool {
	for _, m := range s.matchers {
		if !m.Matches(get(ls, m.Name)) {
			return false
		}
	}
	return true
}

// renamed gives the selector for another metric name.
func (s selector) renamed(name string) selector {
	out := selector{name: name, matchers: make([]*labels.Matcher, 0, len(s.matchers))}
	for _, m := range s.matchers {
		if m.Name == metricName {
			m = labels.MustNewMatcher(labels.MatchEqual, metricName, name)
		}
		out.matchers = append(out.matchers, m)
	}
	return out
}

// get gives the value of a label, empty when it is absent.
func get(ls []Label, name string) string {
	for i := range ls {
		if ls[i].Name == name {
			return ls[i].Value
		}
	}
	return ""
}

// envelope is what is asked of a server: labels that have one of some values,
// and further matchers. It selects at least what the selectors in it do; the
// client applies them.
type envelope struct {
	values map[string][]string // by label, sorted
	others []string            // rendered matchers, sorted
}

// envelop gives what all the selectors have in common.
func envelop(selectors ...selector) envelope {
	e := envelope{values: map[string][]string{}}
	for _, m := range selectors[0].matchers {
		if !slices.ContainsFunc(selectors[1:], func(s selector) bool { return !s.has(m) }) {
			e.add(m)
		}
	}
	slices.Sort(e.others)
	e.others = slices.Compact(e.others)
	return e
}

func (s selector) has(m *labels.Matcher) bool {
	return slices.ContainsFunc(s.matchers, func(n *labels.Matcher) bool {
		return n.Name == m.Name && n.Type == m.Type && n.Value == m.Value
	})
}

func (e *envelope) add(m *labels.Matcher) {
	// An empty value also matches series without the label: as a value of an
	// alternation it would do so too, but it must not become the one that groups
	// are split by.
	if _, taken := e.values[m.Name]; m.Type == labels.MatchEqual && m.Value != "" && !taken {
		e.values[m.Name] = []string{m.Value}
		return
	}
	e.others = append(e.others, m.String())
}

// names gives the labels that have values, sorted.
func (e envelope) names() []string {
	out := make([]string, 0, len(e.values))
	for name := range e.values {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// String gives the selector in a form that every version understands.
func (e envelope) String() string {
	var parts []string
	for _, name := range e.names() {
		parts = append(parts, alternatives(name, e.values[name]))
	}
	return "{" + strings.Join(append(parts, e.others...), ",") + "}"
}

// alternatives renders a matcher for one of the values.
func alternatives(name string, values []string) string {
	if len(values) == 1 {
		return (&labels.Matcher{Type: labels.MatchEqual, Name: name, Value: values[0]}).String()
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	return (&labels.Matcher{Type: labels.MatchRegexp, Name: name, Value: strings.Join(quoted, "|")}).String()
}
