package config

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	commoncfg "github.com/prometheus/common/config"

	"github.com/slmd/slmd/internal/document"
)

// httpKeys are the fields of prometheus/common's HTTP client.
var httpKeys = []string{
	"basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file", "tls_config", "follow_redirects",
	"enable_http2", "proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header", "http_headers",
}

// http reads the fields of the HTTP client that stand beside others.
func (r reader) http(f *document.Fields) HTTP {
	h := HTTP{Client: commoncfg.DefaultHTTPClientConfig, Headers: texts(f, "headers"), shown: map[string]any{}}
	written := map[string]any{}
	for _, key := range httpKeys {
		n, ok := f.Get(key)
		if !ok {
			continue
		}
		value := n.Plain()
		h.shown[key] = hide(key, value)
		alone := !strings.Contains(key, "proxy") // those need each other
		if _, err := loadHTTP(map[string]any{key: value}); alone && err != nil {
			n.Problem("%s", err)
			continue
		}
		written[key] = value
	}
	if len(h.Headers) > 0 {
		h.shown["headers"] = hideHeaders(h.Headers)
	}
	if len(written) == 0 {
		return h
	}
	c, err := loadHTTP(written)
	if err != nil { // fields that do not go together
		f.Problem("%s", err)
		return h
	}
	c.SetDirectory(r.dir)
	h.Client = *c
	return h
}

// loadHTTP hands fields to prometheus/common; its error repeats no value.
func loadHTTP(fields map[string]any) (*commoncfg.HTTPClientConfig, error) {
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	c, err := commoncfg.LoadHTTPConfig(string(text)) // JSON is YAML
	if err != nil {
		return nil, plainWords(err)
	}
	return c, nil
}

var (
	lineNumbers  = regexp.MustCompile(`line \d+: `)
	unknownField = regexp.MustCompile(`field (\S+) not found in type \S+`)
	valueQuoted  = regexp.MustCompile("`[^`]*`")
)

// plainWords turns a complaint of the YAML package into a sentence that
// repeats no value: it may be a secret.
func plainWords(err error) error {
	s := strings.TrimPrefix(err.Error(), "yaml: unmarshal errors:\n")
	s = lineNumbers.ReplaceAllString(s, "")
	s = unknownField.ReplaceAllString(s, "unknown field $1")
	s = valueQuoted.ReplaceAllString(s, "the value")
	return errors.New("the HTTP client: " + strings.Join(strings.Fields(s), " "))
}
