package telemetry

import (
	"maps"
	"slices"
)

// Alerting is what rules need in order to alert as slmd itself does.
type Alerting struct {
	Mode        string // of slmd.yml: push, rules or off
	ExternalURL string // where people reach slmd
	// Firing are the labels of every alert on an objective or agreement that holds.
	Firing []map[string]string
}

// alertingSeries gives the alerts that hold, each as a series with the labels of
// the alert. They do not count for the limit: no alert is left out.
func alertingSeries(a Alerting) text {
	var page text
	page.head("slmd_alerting_info", "How alerts are made, and the address that stands in them; always 1.", "gauge")
	page.sample("slmd_alerting_info", 1, pair("external_url", a.ExternalURL), pair("mode", a.Mode))
	lines := make([]string, 0, len(a.Firing))
	for _, labels := range a.Firing {
		pairs := make([]string, 0, len(labels))
		for _, name := range slices.Sorted(maps.Keys(labels)) {
			pairs = append(pairs, pair(name, labels[name]))
		}
		var line text
		line.sample("slmd_condition", 1, pairs...)
		lines = append(lines, string(line))
	}
	if len(lines) == 0 {
		return page
	}
	page.head("slmd_condition", "1 for each alert on an objective or agreement that holds, with the labels of the alert.", "gauge")
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		page = append(page, line...)
	}
	return page
}
