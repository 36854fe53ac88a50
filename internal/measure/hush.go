package measure

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
)

const (
	// secretFrom is the length from which on a sent value is looked for: shorter
	// ones stand in any text by chance.
	secretFrom = 4
	hushed     = "<secret>"
)

// hush takes out of an answer what was sent to prove who asks: proxies repeat
// it when they refuse it, and the words of a source are shown to people.
func (s *Source) hush(resp *http.Response, body []byte) []byte {
	body = body[:min(len(body), maxSmall)]
	for _, secret := range s.secrets(resp.Request) {
		if len(secret) >= secretFrom {
			body = bytes.ReplaceAll(body, []byte(secret), []byte(hushed))
		}
	}
	return body
}

// secrets gives what a request carried to prove who asks.
func (s *Source) secrets(sent *http.Request) []string {
	var out []string
	for name, value := range s.o.Headers {
		if !strings.EqualFold(name, "X-Scope-OrgID") { // a tenant is named in refusals, and no secret
			out = append(out, value)
		}
	}
	if sent == nil {
		return out
	}
	_, proof, _ := strings.Cut(sent.Header.Get("Authorization"), " ")
	out = append(out, proof)
	if plain, err := base64.StdEncoding.DecodeString(proof); err == nil {
		_, password, _ := strings.Cut(string(plain), ":")
		out = append(out, password)
	}
	return out
}
