// Package announce tells Alertmanager what holds. It is level-triggered: every
// minute it reads the conditions that hold, and those that ended a short while
// ago, and posts all of them to every instance. Nothing is kept here: a restart
// or a crash costs a delay and neither an alert nor its identity.
package announce

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Linger is for how long a condition that has ended is announced as resolved,
// so that a lost answer does not keep an alert alive.
const Linger = 15 * sla.Minute

// Alert is an alert as Alertmanager's API v2 takes it. Its JSON is what is posted.
type Alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`

	key string // the labels in one string, by which alerts are sorted and told apart
}

// Terms are what all alerts of one daemon have in common.
type Terms struct {
	// Labels are set on every alert that does not have them already.
	Labels map[string]string
	// ExternalURL is where people reach slmd, such as http://localhost:9596.
	ExternalURL string
	// RunbookURL is the page with a section for each alert; DefaultRunbookURL when empty.
	RunbookURL string
	// DashboardURL is the address of a Grafana that has slmd's dashboards; when
	// empty, no alert carries one.
	DashboardURL string
	// Interval is the longest time between two evaluations of a condition.
	Interval sla.Millis
}

// DefaultRunbookURL is the page of slmd's own documentation.
const DefaultRunbookURL = "https://github.com/slmd/slmd/blob/main/docs/alerts.md"

// Compose gives the alerts that say the conditions at the instant now, sorted
// by their labels: one for each set of labels, of which a condition that holds
// comes before one that has ended. Those that ended Linger ago or earlier are
// left out.
func Compose(conditions []sla.Condition, now sla.Instant, terms Terms) []Alert {
	newest := map[string]*sla.Condition{}
	labels := map[string]map[string]string{}
	for i := range conditions {
		c := &conditions[i]
		if !c.Holds() && c.Until <= now.Add(-Linger) {
			continue
		}
		set := identity(c, terms.Labels)
		key := keyOf(set)
		if other := newest[key]; other == nil || supersedes(c, other) {
			newest[key], labels[key] = c, set
		}
	}
	alerts := make([]Alert, 0, len(newest))
	for _, key := range slices.Sorted(maps.Keys(newest)) {
		alerts = append(alerts, compose(newest[key], labels[key], now, &terms))
	}
	return alerts
}

// Encode gives the alerts as they are posted.
func Encode(alerts []Alert) ([]byte, error) { return json.Marshal(alerts) }

// Firing counts the alerts that hold at the instant now, by their names.
func Firing(alerts []Alert, now sla.Instant) map[string]int {
	firing := map[string]int{}
	for i := range alerts {
		if alerts[i].EndsAt.After(now.Time()) {
			firing[alerts[i].Labels["alertname"]]++
		}
	}
	return firing
}

// supersedes reports whether c says more of the same alert than other: what
// ends later, and of those what began later.
func supersedes(c, other *sla.Condition) bool {
	return cmp.Or(cmp.Compare(c.Until, other.Until), cmp.Compare(c.Since, other.Since)) > 0
}

// compose gives the alert of one condition.
func compose(c *sla.Condition, labels map[string]string, now sla.Instant, terms *Terms) Alert {
	// Nothing begins before the calendar or after now, and nothing ends before it begins.
	starts := min(max(c.Since, 0), now)
	ends := now.Add(4 * max(terms.Interval, sla.Minute))
	if !c.Holds() { // by a clock that was ahead it may have ended later than now
		ends = min(max(c.Until, starts), now)
	}
	page := pageURL(c, terms.ExternalURL)
	return Alert{
		Labels: labels, Annotations: annotations(c, page, terms),
		StartsAt: starts.Time(), EndsAt: ends.Time(), GeneratorURL: page,
		key: keyOf(labels),
	}
}

// identity gives the labels of a condition: what tells it apart from others and
// stays the same for its whole life. What slmd says stands over what the
// catalogue says, and that over what the configuration says.
func identity(c *sla.Condition, configured map[string]string) map[string]string {
	own := map[string]string{
		"alertname": c.Alertname, "severity": c.Severity,
		"agreement": c.Agreement, "objective": c.Objective, "window": c.Window,
	}
	if c.Objective == "" {
		own["indicator"] = c.Indicator
	}
	labels := make(map[string]string, len(own)+len(c.Labels)+len(configured))
	for _, set := range []map[string]string{configured, c.Labels, own} {
		for name, value := range set {
			if value != "" && isLabelName(name) {
				labels[name] = clean(value, maxLabel)
			}
		}
	}
	return labels
}

// Key tells the alert of a condition from others.
func Key(c *sla.Condition, terms Terms) string { return keyOf(identity(c, terms.Labels)) }

// Key tells the alert from others, as Key of its condition does.
func (a *Alert) Key() string { return a.key }

// keyOf gives the labels in one string that sorts as they do.
func keyOf(labels map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(name)
		b.WriteByte(0xff)
		b.WriteString(labels[name])
		b.WriteByte(0xff)
	}
	return b.String()
}

// pageURL gives the page of slmd on what the condition is about.
func pageURL(c *sla.Condition, external string) string {
	base := strings.TrimRight(external, "/")
	switch {
	case external == "":
		return ""
	case c.Objective != "":
		return base + "/objectives/" + url.PathEscape(c.Agreement) + "/" + url.PathEscape(c.Objective)
	case c.Agreement != "":
		return base + "/agreements/" + url.PathEscape(c.Agreement)
	case c.Indicator != "":
		return base + "/indicators/" + url.PathEscape(c.Indicator)
	}
	return base + "/"
}
