package config

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/slmd/slmd/internal/sla"
)

const hidden = "<secret>"

// hide replaces every secret in a value; paths of files that hold one are shown.
func hide(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, inner := range v {
			if key == "http_headers" || key == "proxy_connect_header" || key == "endpoint_params" {
				inner = hidden
			}
			out[k] = hide(k, inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = hide(key, inner)
		}
		return out
	case string:
		if strings.Contains(v, "://") {
			return hideInURL(v)
		}
	}
	if secret(key) {
		return hidden
	}
	return v
}

// secret reports whether a field of that name holds a secret itself.
func secret(key string) bool {
	if strings.HasSuffix(key, "_file") || strings.HasSuffix(key, "_ref") {
		return false
	}
	switch key {
	case "password", "credentials", "client_secret", "client_certificate_key", "bearer_token", "key":
		return true
	}
	return strings.Contains(key, "secret") || strings.Contains(key, "token") && key != "token_url"
}

// hideInURL hides names, passwords and parameters in a URL.
func hideInURL(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return hidden
	}
	out := u.Scheme + "://"
	if u.User != nil {
		out += hidden + "@"
	}
	out += u.Host + u.EscapedPath()
	if u.RawQuery != "" {
		out += "?" + hidden
	}
	return out
}

// hideHeaders shows the names of headers, and the value of the one that names a tenant.
func hideHeaders(headers map[string]string) map[string]any {
	out := make(map[string]any, len(headers))
	for k, v := range headers {
		if !strings.EqualFold(k, "X-Scope-OrgID") {
			v = hidden
		}
		out[k] = v
	}
	return out
}

// Redacted gives the configuration in force as YAML, defaults filled in and
// without any secret.
func (c *Config) Redacted() (string, error) {
	doc := yaml.MapSlice{{Key: "time_zone", Value: c.Zone}}
	if len(c.Catalogue) > 0 {
		doc = append(doc, yaml.MapItem{Key: "catalogue", Value: c.Catalogue})
	}
	var sources []yaml.MapSlice
	for _, s := range c.Sources {
		sources = append(sources, append(yaml.MapSlice{
			{Key: "name", Value: s.Name},
			{Key: "url", Value: hideInURL(s.URL)},
			{Key: "kind", Value: s.Kind},
			{Key: "lag", Value: shown(s.Lag)},
			{Key: "timeout", Value: shown(s.Timeout)},
			{Key: "concurrency", Value: s.Concurrency},
		}, s.HTTP.items()...))
	}
	if len(sources) > 0 {
		doc = append(doc, yaml.MapItem{Key: "sources", Value: sources})
	}
	doc = append(doc,
		yaml.MapItem{Key: "measuring", Value: yaml.MapSlice{
			{Key: "interval", Value: shown(c.Measuring.Interval)},
			{Key: "finalise_after", Value: shown(c.Measuring.FinaliseAfter)},
			{Key: "backfill_limit", Value: shown(c.Measuring.BackfillLimit)},
			{Key: "reconcile", Value: cmp.Or(c.Measuring.Reconcile, Off)},
		}},
		yaml.MapItem{Key: "storage", Value: yaml.MapSlice{{Key: "facts", Value: shown(c.Storage.Facts)}}},
		yaml.MapItem{Key: "alerting", Value: c.Alerting.redacted()},
		yaml.MapItem{Key: "reports", Value: yaml.MapSlice{
			{Key: "schedule", Value: c.Reports.Schedule},
			{Key: "formats", Value: c.Reports.Formats},
			{Key: "required_completeness", Value: c.Reports.RequiredCompleteness.String() + "%"},
			{Key: "language", Value: c.Reports.Language},
		}},
	)
	if c.Mail != nil {
		doc = append(doc, yaml.MapItem{Key: "mail", Value: c.Mail.redacted()})
	}
	doc = append(doc, yaml.MapItem{Key: "metrics", Value: c.Metrics.redacted()})
	text, err := yaml.Marshal(doc)
	if err != nil {
		return "", fmt.Errorf("showing the configuration: %w", err)
	}
	return string(text), nil
}

func shown(m sla.Millis) string { return sla.FormatDuration(m) }

func (h HTTP) items() yaml.MapSlice {
	var out yaml.MapSlice
	for _, key := range append([]string{"headers"}, httpKeys...) {
		if v, ok := h.shown[key]; ok {
			out = append(out, yaml.MapItem{Key: key, Value: v})
		}
	}
	return out
}

func (a Alerting) redacted() yaml.MapSlice {
	out := yaml.MapSlice{{Key: "mode", Value: a.Mode}}
	if len(a.Labels) > 0 {
		out = append(out, yaml.MapItem{Key: "labels", Value: a.Labels})
	}
	out = append(out, yaml.MapItem{Key: "resend", Value: shown(a.Resend)})
	for _, link := range []yaml.MapItem{{Key: "dashboard_url", Value: a.DashboardURL}, {Key: "runbook_url", Value: a.RunbookURL}} {
		if link.Value != "" {
			out = append(out, yaml.MapItem{Key: link.Key, Value: hideInURL(link.Value.(string))})
		}
	}
	var ams []yaml.MapSlice
	for _, m := range a.Alertmanagers {
		ams = append(ams, append(yaml.MapSlice{{Key: "url", Value: hideInURL(m.URL)}, {Key: "timeout", Value: shown(m.Timeout)}}, m.HTTP.items()...))
	}
	if len(ams) > 0 {
		out = append(out, yaml.MapItem{Key: "alertmanagers", Value: ams})
	}
	return out
}

func (m Metrics) redacted() yaml.MapSlice {
	out := yaml.MapSlice{{Key: "credits", Value: m.Credits}}
	if m.Push != nil {
		push := yaml.MapSlice{{Key: "url", Value: hideInURL(m.Push.URL)}, {Key: "interval", Value: shown(m.Push.Interval)}}
		out = append(out, yaml.MapItem{Key: "push", Value: append(push, m.Push.HTTP.items()...)})
	}
	return append(out, yaml.MapItem{Key: "series_limit", Value: m.SeriesLimit})
}
