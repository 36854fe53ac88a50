package catalogue

import (
	"fmt"
	"regexp"
	"strings"
)

// mapping is a YAML mapping in the order in which it is written.
type mapping []entry

type entry struct {
	Key   string
	Value any
}

// emit writes a mapping as YAML in block style; lists of plain texts stand on one line.
func emit(m mapping) ([]byte, error) {
	var b strings.Builder
	if err := emitMapping(&b, m, ""); err != nil {
		return nil, err
	}
	return []byte(b.String()), nil
}

func emitMapping(b *strings.Builder, m mapping, indent string) error {
	for i, e := range m {
		if i > 0 {
			b.WriteString(indent)
		}
		b.WriteString(quote(e.Key) + ":")
		if err := emitValue(b, e.Value, indent); err != nil {
			return fmt.Errorf("%s: %w", e.Key, err)
		}
	}
	return nil
}

func emitValue(b *strings.Builder, v any, indent string) error {
	inner := indent + "  "
	switch v := v.(type) {
	case mapping:
		if len(v) == 0 {
			b.WriteString(" {}\n")
			return nil
		}
		b.WriteString("\n" + inner)
		return emitMapping(b, v, inner)
	case []mapping:
		items := make([]any, len(v))
		for i := range v {
			items[i] = v[i]
		}
		return emitList(b, items, inner)
	case []any:
		return emitList(b, v, inner)
	case []string:
		words := make([]string, len(v))
		for i := range v {
			words[i] = quote(v[i])
		}
		b.WriteString(" [" + strings.Join(words, ", ") + "]\n")
	case string:
		b.WriteString(" " + quote(v) + "\n")
	case bool, int, int64:
		fmt.Fprintf(b, " %v\n", v)
	default:
		return fmt.Errorf("a %T cannot be written", v)
	}
	return nil
}

func emitList(b *strings.Builder, items []any, indent string) error {
	b.WriteString("\n")
	for _, item := range items {
		b.WriteString(indent + "-")
		if m, ok := item.(mapping); ok {
			b.WriteString(" ")
			if err := emitMapping(b, m, indent+"  "); err != nil {
				return err
			}
			continue
		}
		if err := emitValue(b, item, indent); err != nil {
			return err
		}
	}
	return nil
}

// plain is what needs no quotes; the reader takes numbers, dates and words such
// as yes as they are written.
var plain = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9 ._/@%+()-]*[A-Za-z0-9.%)])?$`)

// quote writes a text so that it is read back as it is.
func quote(s string) string {
	if plain.MatchString(s) && s != "null" && s != "Null" && s != "NULL" {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0xd800 && r < 0xe000 || r == 0xfeff || r == 0xfffe || r == 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
