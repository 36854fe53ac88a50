package announce

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slmd/slmd/internal/sla"
)

// Bounds of what is written into an alert, in bytes.
const (
	maxLabel      = 1024
	maxAnnotation = 4096
)

// summary gives the fixed sentence of an alert's name.
func summary(alertname string) string {
	switch alertname {
	case sla.AlertBurn:
		return "The error budget is being spent so fast that the target is in danger."
	case sla.AlertAtRisk:
		return "Little of the error budget is left, or it cannot be said whether the target is kept."
	case sla.AlertBreached:
		return "The objective has missed its target."
	case sla.AlertDataMissing:
		return "An indicator has no data, so the objective cannot be judged."
	case sla.AlertMisconfigured:
		return "The source refuses the query of an indicator."
	case sla.AlertExpiring:
		return "The agreement is about to end."
	case sla.AlertReviewOverdue:
		return "The review of the agreement is due."
	case sla.AlertStorage:
		return "slmd cannot write its database, so nothing is measured or judged."
	}
	return "A condition of service level management holds."
}

// annotations gives what is said of a condition; the numbers are those of its
// last evaluation.
func annotations(c *sla.Condition, page string, terms *Terms) map[string]string {
	runbook := terms.RunbookURL
	if runbook == "" {
		runbook = DefaultRunbookURL
	}
	all := map[string]string{
		"summary":       summary(c.Alertname),
		"description":   description(c),
		"period":        c.Details.Period,
		"slmd_url":      page,
		"runbook_url":   runbook + "#" + strings.ToLower(c.Alertname),
		"dashboard_url": dashboard(c, terms.DashboardURL),
	}
	for name, text := range all {
		if text == "" {
			delete(all, name)
			continue
		}
		all[name] = clean(text, maxAnnotation)
	}
	return all
}

// description says the numbers of a condition in one or two sentences.
func description(c *sla.Condition) string {
	d := &c.Details
	parts := make([]string, 0, 6)
	for _, p := range []struct{ text, value string }{
		{"compliance %s", d.Compliance},
		{"target %s", d.Target},
		{"period %s", d.Period},
		{"error budget used %s", d.BudgetUsed},
		{"completeness %s", d.Completeness},
	} {
		if p.value != "" {
			parts = append(parts, fmt.Sprintf(p.text, p.value))
		}
	}
	text := about(c)
	if len(parts) > 0 {
		text += ": " + strings.Join(parts, ", ")
	}
	if d.Text != "" {
		text += ". " + strings.TrimSuffix(d.Text, ".")
	}
	return text + "."
}

// about names what the condition is about.
func about(c *sla.Condition) string {
	switch {
	case c.Objective != "":
		return c.Agreement + "/" + c.Objective
	case c.Agreement != "":
		return "Agreement " + c.Agreement
	case c.Indicator != "":
		return "Indicator " + c.Indicator
	}
	return "slmd"
}

// dashboard gives the address of the Grafana dashboard on the condition.
func dashboard(c *sla.Condition, base string) string {
	base = strings.TrimRight(base, "/")
	switch {
	case base == "":
		return ""
	case c.Objective == "":
		return base + "/d/slmd-overview"
	}
	query := url.Values{"var-agreement": {c.Agreement}, "var-objective": {c.Objective}}
	return base + "/d/slmd-objective?" + query.Encode()
}

// clean gives s as valid UTF-8 of at most limit bytes; a cut shows as an ellipsis.
func clean(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= limit {
		return s
	}
	cut := limit - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// isLabelName reports whether every Alertmanager takes name as a label's name.
func isLabelName(name string) bool {
	for i, r := range name {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// oneLine gives s without line breaks and other control characters, which would
// end a header or a line of text.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s))
}
