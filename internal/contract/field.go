package contract

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

// reader reads one field of an expectation, when it is there.
type reader func(f *document.Fields, within *big.Rat, e *Expectation)

// thousandth is how far counts and seconds may lie apart.
var thousandth = big.NewRat(1, 1000)

// fields are all that can be expected.
var fields = []reader{
	word("state", func(s *subject) string { return string(s.State) }),
	percent("compliance", func(s *subject) *big.Rat { return ratio(s.Compliance) }),
	percent("lowest", func(s *subject) *big.Rat { return ratio(s.Lowest) }),
	percent("highest", func(s *subject) *big.Rat { return ratio(s.Highest) }),
	percent("completeness", func(s *subject) *big.Rat { return ratio(s.Completeness) }),
	percent("ceiling", func(s *subject) *big.Rat { return s.ceiling }),
	count("good", func(s *subject) *big.Rat { return s.events(s.counter().Good) }),
	count("bad", func(s *subject) *big.Rat { return s.events(s.counter().Bad) }),
	count("good_seconds", func(s *subject) *big.Rat { return s.seconds(s.Good) }),
	count("bad_seconds", func(s *subject) *big.Rat { return s.seconds(s.Bad) }),
	count("unknown_seconds", func(s *subject) *big.Rat { return s.Unknown }),
	count("removed_seconds", func(s *subject) *big.Rat { return s.Removed }),
	count("budget_left", func(s *subject) *big.Rat { return s.left() }),
	count("budget_left_seconds", func(s *subject) *big.Rat { return s.left() }),
	count("breaches", func(s *subject) *big.Rat { return whole(s.breaches) }),
	count("outages", func(s *subject) *big.Rat { return whole(s.Totals.Count) }),
	length("longest_outage", func(s *subject) *big.Rat { return seconds(s.Totals.Longest) }),
	length("mtrs", func(s *subject) *big.Rat { return s.Totals.MTRS }),
	length("mtbf", func(s *subject) *big.Rat { return s.Totals.MTBF }),
	value("value", func(s *subject) *big.Rat { return ratio(s.Value) }),
	credit,
	creditAmount,
	burn,
	attribution,
	truth("certain", func(s *subject) bool { return s.Certain }),
	truth("inconclusive", func(s *subject) bool { return s.Inconclusive }),
	truth("provisional", func(s *subject) bool { return s.Provisional }),
}

func ratio(s *sla.Share) *big.Rat {
	if s == nil {
		return nil
	}
	return s.Ratio()
}

func whole(n int) *big.Rat { return new(big.Rat).SetInt64(int64(n)) }

func seconds(m sla.Millis) *big.Rat { return big.NewRat(int64(m), 1000) }

// show gives a number with the digits that matter, cut off and never rounded up:
// what lies below a target does not look as if it met it.
func show(r *big.Rat) string {
	if r == nil {
		return "none"
	}
	s := sla.Truncate(r, 9)
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}

func word(key string, of func(*subject) string) reader {
	return func(f *document.Fields, _ *big.Rat, e *Expectation) {
		var state sla.State
		if document.OneOf(f, key, &state, sla.States...) {
			e.wants = append(e.wants, want{key, string(state), func(s *subject) (string, bool) {
				return of(s), of(s) == string(state)
			}})
		}
	}
}

func truth(key string, of func(*subject) bool) reader {
	return func(f *document.Fields, _ *big.Rat, e *Expectation) {
		n, ok := f.Get(key)
		if !ok {
			return
		}
		if b, ok := n.Bool(); ok {
			e.wants = append(e.wants, want{key, strconv.FormatBool(b), func(s *subject) (string, bool) {
				return strconv.FormatBool(of(s)), of(s) == b
			}})
		}
	}
}

// numeric expects a number, or null for none, within a tolerance.
func numeric(f *document.Fields, key string, e *Expectation, read func(document.Node) *big.Rat, compare func(*subject, *big.Rat) (string, bool)) {
	n, ok := f.Nullable(key)
	if !ok {
		return
	}
	var expected *big.Rat
	if !n.Null() {
		if expected = read(n); expected == nil {
			return
		}
	}
	text := "none"
	if s, ok := n.Scalar(); ok {
		text = s
	}
	e.wants = append(e.wants, want{key, text, func(s *subject) (string, bool) { return compare(s, expected) }})
}

// plainNumber reads a number as exactly as it stands there: longer ones than the
// catalogue takes, too, as a calculation gives them.
func plainNumber(n document.Node) *big.Rat {
	s, _ := n.Scalar()
	if r := parseNumber(s); r != nil {
		return r
	}
	n.Problem("a number is wanted, such as 0.25 or 1e-6, not %q", s)
	return nil
}

// parseNumber reads a decimal number with an exponent or without; nil for
// anything else.
func parseNumber(s string) *big.Rat {
	digits, exponent, scaled := strings.Cut(strings.ToLower(strings.TrimPrefix(s, "-")), "e")
	whole, fraction, point := strings.Cut(digits, ".")
	power := strings.TrimPrefix(strings.TrimPrefix(exponent, "-"), "+")
	if !digitsOnly(whole, 40) || point && !digitsOnly(fraction, 40) || scaled && !digitsOnly(power, 2) {
		return nil
	}
	r, _ := new(big.Rat).SetString(s)
	return r
}

// digitsOnly reports whether s is from one to so many digits.
func digitsOnly(s string, most int) bool {
	return s != "" && len(s) <= most && strings.Trim(s, "0123456789") == ""
}

// percentNumber reads a percentage with or without its sign.
func percentNumber(n document.Node) *big.Rat {
	if s, _ := n.Scalar(); len(s) > 0 && s[len(s)-1] == '%' {
		if d, ok := n.Percent(); ok {
			return d.Rat()
		}
		return nil
	}
	return plainNumber(n)
}

func percent(key string, of func(*subject) *big.Rat) reader {
	return func(f *document.Fields, within *big.Rat, e *Expectation) {
		numeric(f, key, e, percentNumber, func(s *subject, expected *big.Rat) (string, bool) {
			got := of(s)
			if got != nil {
				got = new(big.Rat).Mul(got, big.NewRat(100, 1))
			}
			return show(got), near(got, expected, within)
		})
	}
}

func count(key string, of func(*subject) *big.Rat) reader {
	return func(f *document.Fields, _ *big.Rat, e *Expectation) {
		numeric(f, key, e, plainNumber, func(s *subject, expected *big.Rat) (string, bool) {
			return show(of(s)), near(of(s), expected, thousandth)
		})
	}
}

func value(key string, of func(*subject) *big.Rat) reader {
	return func(f *document.Fields, within *big.Rat, e *Expectation) {
		numeric(f, key, e, plainNumber, func(s *subject, expected *big.Rat) (string, bool) {
			return show(of(s)), near(of(s), expected, within)
		})
	}
}

// length expects a length of time: 22m, 1h30m or seconds.
func length(key string, of func(*subject) *big.Rat) reader {
	read := func(n document.Node) *big.Rat {
		s, _ := n.Scalar()
		if r := parseNumber(s); r != nil {
			return r
		}
		if d, ok := n.Duration(); ok {
			return seconds(d)
		}
		return nil
	}
	return func(f *document.Fields, _ *big.Rat, e *Expectation) {
		numeric(f, key, e, read, func(s *subject, expected *big.Rat) (string, bool) {
			got := of(s)
			text := show(got)
			if got != nil {
				text += "s"
			}
			return text, near(got, expected, thousandth)
		})
	}
}

// credit expects a percentage of the charge; no band reached is 0 %.
func credit(f *document.Fields, within *big.Rat, e *Expectation) {
	numeric(f, "credit", e, percentNumber, func(s *subject, expected *big.Rat) (string, bool) {
		got := s.creditPercent()
		text := show(got)
		if got != nil {
			text += "%"
		}
		return text, near(got, expected, within)
	})
}

// creditAmount expects an amount of money, to the minor unit.
func creditAmount(f *document.Fields, _ *big.Rat, e *Expectation) {
	n, ok := f.Nullable("credit_amount")
	if !ok {
		return
	}
	if n.Null() {
		e.wants = append(e.wants, want{"credit_amount", "none", func(s *subject) (string, bool) {
			got := s.creditAmount("")
			return showMoney(got), got == nil
		}})
		return
	}
	m, ok := n.Money()
	if !ok {
		return
	}
	e.wants = append(e.wants, want{"credit_amount", m.String(), func(s *subject) (string, bool) {
		got := s.creditAmount(m.Currency)
		return showMoney(got), got != nil && *got == m
	}})
}

func showMoney(m *sla.Money) string {
	if m == nil {
		return "none"
	}
	return m.String()
}

// burn expects burn rates by the length of their window.
func burn(f *document.Fields, _ *big.Rat, e *Expectation) {
	n, ok := f.Get("burn")
	if !ok {
		return
	}
	m := n.Fields()
	for _, key := range m.Keys() {
		length, err := sla.ParseDuration(key)
		if err != nil || length <= 0 {
			m.KeyProblem(key, "%q is not the length of a window: write one such as 1h or 3d", key)
			m.Know(key)
			continue
		}
		e.windows = append(e.windows, sla.BurnWindow{Name: key, Length: length})
		numeric(m, key, e, plainNumber, func(s *subject, expected *big.Rat) (string, bool) {
			got := s.burn[key]
			return show(got), near(got, expected, thousandth)
		})
	}
	prefix(e, m.Keys(), "burn ")
	m.Close()
}

var classes = []sla.AttributionClass{sla.ByThirdParty, sla.ByInternal, sla.ByOwn, sla.ByCustomer, sla.ByForceMajeure}

// attribution expects the bad amount of all outages by class.
func attribution(f *document.Fields, _ *big.Rat, e *Expectation) {
	n, ok := f.Get("attribution")
	if !ok {
		return
	}
	m := n.Fields()
	for _, class := range classes {
		numeric(m, string(class), e, plainNumber, func(s *subject, expected *big.Rat) (string, bool) {
			got := s.attributed(class)
			return show(got), near(got, expected, thousandth)
		})
	}
	prefix(e, m.Keys(), "attribution ")
	m.Close()
}

// prefix names the last wants by the mapping in which they stood.
func prefix(e *Expectation, keys []string, with string) {
	for i := len(e.wants) - 1; i >= 0 && len(e.wants)-i <= len(keys); i-- {
		e.wants[i].field = fmt.Sprintf("%s%s", with, e.wants[i].field)
	}
}
