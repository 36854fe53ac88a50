package document

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/slmd/slmd/internal/sla"
)

// Text reads any scalar as it was written.
func (n Node) Text() (string, bool) {
	s, ok := n.Scalar()
	if !ok {
		n.Problem("%s wanted, not a list or a mapping", n.what("a text is"))
	}
	return s, ok
}

// Name reads a name of the catalogue.
func (n Node) Name() (string, bool) {
	s, ok := n.Text()
	if ok && !sla.ValidName(s) {
		n.Problem("%q is not a name: write 1 to 63 small letters, digits and hyphens, beginning with a letter or digit%s", cut(s), suggestName(s))
		return "", false
	}
	return s, ok
}

// suggestName turns what somebody wrote into a name.
func suggestName(s string) string {
	lost := false
	slug := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return unicode.ToLower(r)
		case r == ' ' || r == '_' || r == '.' || r == '/':
			return '-'
		}
		lost = true
		return -1
	}, s), "-")
	if lost || slug == s || !sla.ValidName(slug) {
		return ""
	}
	return ", such as " + slug
}

// Bool reads true and false, on and off, yes and no.
func (n Node) Bool() (bool, bool) {
	s, ok := n.Scalar()
	if ok {
		switch s {
		case "true", "on", "yes":
			return true, true
		case "false", "off", "no":
			return false, true
		}
	}
	n.Problem("%s wanted: on or off", n.what("a switch is"))
	return false, false
}

// Int reads a whole number within bounds.
func (n Node) Int(least, most int64) (int64, bool) {
	s, ok := n.Scalar()
	v, err := strconv.ParseInt(s, 10, 64)
	if !ok || err != nil || v < least || v > most {
		n.Problem("%s wanted, from %d to %d, not %q", n.what("a whole number is"), least, most, cut(s))
		return 0, false
	}
	return v, true
}

// Decimal reads a decimal number exactly as it was written.
func (n Node) Decimal() (sla.Decimal, bool) {
	s, ok := n.Scalar()
	d, err := sla.ParseDecimal(s)
	if !ok || err != nil {
		n.Problem("%s wanted with a point and at most 18 digits, such as 0.25, not %q", n.what("a decimal number is"), cut(s))
		return sla.Decimal{}, false
	}
	return d, true
}

// Percent reads a percentage; the sign % must stand there, so that 0.999 is
// not taken for 99.9 %.
func (n Node) Percent() (sla.Decimal, bool) {
	s, ok := n.Scalar()
	number, sign := strings.CutSuffix(s, "%")
	d, err := sla.ParseDecimal(strings.TrimRight(number, " "))
	switch {
	case ok && err == nil && sign:
		return d, true
	case ok && err == nil:
		n.Problem("%s wanted with its sign, such as %s%%", n.what("a percentage is"), s)
	default:
		n.Problem("%s wanted, such as 99.95%%, with a point and at most 18 digits, not %q", n.what("a percentage is"), cut(s))
	}
	return sla.Decimal{}, false
}

// Money reads an amount with its currency.
func (n Node) Money() (sla.Money, bool) {
	s, ok := n.Scalar()
	m, err := sla.ParseMoney(strings.Join(strings.Fields(s), " "))
	if ok && err == nil {
		return m, true
	}
	if _, numeric := sla.ParseDecimal(s); ok && numeric == nil {
		n.Problem("%s wanted with its currency, such as %s EUR", n.what("an amount of money is"), s)
		return m, false
	}
	if ok && len(s) < 80 {
		n.Problem("%s", err)
		return m, false
	}
	n.Problem("%s wanted, such as 12000.00 EUR", n.what("an amount of money is"))
	return m, false
}

// Duration reads a length of time such as 300ms, 5m, 1h30m or 30d.
func (n Node) Duration() (sla.Millis, bool) {
	s, ok := n.Scalar()
	d, err := sla.ParseDuration(s)
	if !ok || err != nil {
		n.Problem("%s wanted, such as 300ms, 5m, 1h30m or 30d, not %q", n.what("a length of time is"), cut(s))
		return 0, false
	}
	return d, true
}

// OneOf reads one of several words into to.
func OneOf[T ~string](f *Fields, key string, to *T, words ...T) bool {
	n, ok := f.Get(key)
	if !ok {
		return false
	}
	s, ok := n.Scalar()
	if ok {
		for _, w := range words {
			if string(w) == s {
				*to = w
				return true
			}
		}
	}
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	hint := ""
	if near := Nearest(s, list); near != "" {
		hint = "; did you mean " + near + "?"
	}
	n.Problem("%s is %q: write one of %s%s", key, cut(s), strings.Join(list, ", "), hint)
	return false
}
