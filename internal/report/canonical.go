package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"
)

// Marshal gives the document: the fields in their order, indented by two
// spaces, with a line break at its end. The same review gives the same bytes.
func (r *Review) Marshal() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return nil, fmt.Errorf("writing review %s as JSON: %w", r.Report.ID, err)
	}
	return out.Bytes(), nil
}

// Seal puts the hash over the document into it.
func (r *Review) Seal() error {
	r.SHA256 = ""
	text, err := r.Marshal()
	if err != nil {
		return err
	}
	r.SHA256, err = Hash(text)
	return err
}

// Read reads a document and checks its hash.
func Read(document []byte) (*Review, error) {
	if err := Verify(document); err != nil {
		return nil, err
	}
	var r Review
	if err := json.Unmarshal(document, &r); err != nil {
		return nil, fmt.Errorf("reading a review: %w", err)
	}
	if r.Schema != Schema {
		return nil, fmt.Errorf("the review has the schema %q: this program reads %s", r.Schema, Schema)
	}
	return &r, nil
}

// Verify checks that a document is unchanged: that it carries the hash of its
// own canonical form.
func Verify(document []byte) error {
	want, err := Hash(document)
	if err != nil {
		return err
	}
	var claim struct {
		SHA256 string `json:"sha256"`
	}
	if err := json.Unmarshal(document, &claim); err != nil {
		return fmt.Errorf("reading the hash of a review: %w", err)
	}
	switch claim.SHA256 {
	case want:
		return nil
	case "":
		return fmt.Errorf("the document carries no sha256: it is not a review, or its hash was taken out")
	}
	return fmt.Errorf("the review was changed after it was made: it says sha256 %s and its content gives %s", claim.SHA256, want)
}

// Hash gives the SHA-256, in hexadecimal, over the canonical form of a JSON
// document without its sha256 field: keys sorted, no white space, as
// `jq -cjS 'del(.sha256)' | sha256sum` gives it.
func Hash(document []byte) (string, error) {
	canonical, err := Canonical(document)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}

// Canonical gives the bytes that are hashed. A document in which a key stands
// twice is refused, since readers would disagree on what it says.
func Canonical(document []byte) ([]byte, error) {
	dec := json.NewDecoder(bytes.NewReader(document))
	dec.UseNumber()
	tree, err := parse(dec, 0)
	if err != nil {
		return nil, fmt.Errorf("the document is not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the document is not JSON: something follows its end")
	}
	top, ok := tree.(map[string]any)
	if !ok {
		return nil, errors.New("the document is not a review: want a JSON object")
	}
	delete(top, "sha256")
	return write(nil, top), nil
}

// deepest is how far values nest; a review nests six deep.
const deepest = 100

func parse(dec *json.Decoder, depth int) (any, error) {
	if depth > deepest {
		return nil, fmt.Errorf("it nests more than %d deep", deepest)
	}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return parseObject(dec, depth)
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			item, err := parse(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		_, err = dec.Token()
		return list, err
	}
	return token, nil
}

func parseObject(dec *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if _, twice := object[key]; twice || !ok {
			return nil, fmt.Errorf("the key %q stands twice in one object", key)
		}
		if object[key], err = parse(dec, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return object, err
}

func write(out []byte, value any) []byte {
	switch v := value.(type) {
	case map[string]any:
		out = append(out, '{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(quote(out, key), ':')
			out = write(out, v[key])
		}
		return append(out, '}')
	case []any:
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = write(out, item)
		}
		return append(out, ']')
	case string:
		return quote(out, v)
	default:
		return fmt.Append(out, plainToken(v))
	}
}

// plainToken gives what a token without parts looks like in JSON.
func plainToken(v any) any {
	if v == nil {
		return "null"
	}
	return v
}

// quote writes s as jq does: nothing escaped that need not be, save DEL.
func quote(out []byte, s string) []byte {
	out = append(out, '"')
	for _, c := range s {
		switch c {
		case '"', '\\':
			out = append(out, '\\', byte(c))
		case '\b':
			out = append(out, '\\', 'b')
		case '\f':
			out = append(out, '\\', 'f')
		case '\n':
			out = append(out, '\\', 'n')
		case '\r':
			out = append(out, '\\', 'r')
		case '\t':
			out = append(out, '\\', 't')
		default:
			if c < ' ' || c == 0x7f {
				out = fmt.Appendf(out, `\u%04x`, c)
				continue
			}
			out = utf8.AppendRune(out, c)
		}
	}
	return append(out, '"')
}
