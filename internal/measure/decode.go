package measure

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slmd/slmd/internal/sla"
)

// answer is what the query API says.
type answer struct {
	status     string
	errorType  string
	errorText  string
	warnings   []string
	infos      []string
	partial    bool // VictoriaMetrics: not all of its parts answered
	resultType string
	series     []Series
	samples    int
}

// errCut says that an answer ends in mid-sentence or is not JSON.
var errCut = errors.New("the answer is not complete JSON")

// maxDepth bounds the nesting of JSON that is skipped.
const maxDepth = 64

// sampleBytes is the least space that a sample takes in the answer.
const sampleBytes = 18

// decode reads an answer of /api/v1/query or query_range in one pass, without a
// tree of objects: one allocation holds all samples. Samples outside the span
// are left out.
func decode(body []byte, span sla.Span) (answer, error) {
	d := decoder{b: body, span: span}
	d.value(0, d.top)
	if d.bad {
		return answer{}, fmt.Errorf("byte %d of %d: %w", d.i, len(body), errCut)
	}
	d.cut()
	return d.out, nil
}

type decoder struct {
	b    []byte
	i    int
	bad  bool
	span sla.Span
	out  answer
	slab []Sample // of all series, cut up at the end
	ends []int    // where in slab each series ends
}

// cut gives every series its samples; only now the slab no longer moves.
func (d *decoder) cut() {
	from := 0
	for k, to := range d.ends {
		d.out.series[k].Samples = d.slab[from:to:to]
		from = to
	}
	d.out.samples = len(d.slab)
}

func (d *decoder) fail() { d.bad = true }

// next skips white space and gives the next byte, 0 at the end.
func (d *decoder) next() byte {
	for d.i < len(d.b) {
		switch c := d.b[d.i]; c {
		case ' ', '\n', '\t', '\r':
			d.i++
		default:
			return c
		}
	}
	return 0
}

// take consumes c or fails.
func (d *decoder) take(c byte) bool {
	if d.next() != c {
		d.fail()
		return false
	}
	d.i++
	return true
}

// value reads any value; the fields of an object go to field.
func (d *decoder) value(depth int, field func(name string, depth int)) {
	if depth > maxDepth {
		d.fail()
		return
	}
	switch c := d.next(); {
	case c == '{':
		d.object(depth, field)
	case c == '[':
		d.array(func() { d.value(depth+1, d.skipField) })
	case c == '"':
		d.text()
	default:
		d.scalar()
	}
}

func (d *decoder) skipField(_ string, depth int) { d.value(depth, d.skipField) }

// object reads an object, calling field with d at each value.
func (d *decoder) object(depth int, field func(name string, depth int)) {
	d.i++
	if d.next() == '}' {
		d.i++
		return
	}
	for !d.bad {
		if d.next() != '"' {
			d.fail()
			return
		}
		name := string(d.text())
		if !d.take(':') {
			return
		}
		d.next()
		field(name, depth+1)
		if d.next() == '}' {
			d.i++
			return
		}
		d.take(',')
	}
}

// array reads an array, calling item with d at each value.
func (d *decoder) array(item func()) {
	d.i++
	if d.next() == ']' {
		d.i++
		return
	}
	for !d.bad {
		d.next()
		item()
		if d.next() == ']' {
			d.i++
			return
		}
		d.take(',')
	}
}

// scalar skips a number, true, false or null.
func (d *decoder) scalar() {
	from := d.i
	for d.i < len(d.b) && strings.IndexByte(",]} \n\t\r", d.b[d.i]) < 0 {
		d.i++
	}
	word := d.b[from:d.i]
	if _, ok := parseValue(word); !ok && string(word) != "true" && string(word) != "false" && string(word) != "null" {
		d.fail()
	}
}

// text reads a string; the bytes are only good until the next use of the body.
func (d *decoder) text() []byte {
	if !d.take('"') {
		return nil
	}
	from := d.i
	for ; d.i < len(d.b); d.i++ {
		switch c := d.b[d.i]; {
		case c == '"':
			d.i++
			return d.b[from : d.i-1]
		case c == '\\':
			return d.escaped(from)
		case c < ' ':
			d.fail()
			return nil
		}
	}
	d.fail()
	return nil
}

// escaped reads a string with escapes, of which the opening quote is before from.
func (d *decoder) escaped(from int) []byte {
	for ; d.i < len(d.b) && d.b[d.i] != '"'; d.i++ {
		if d.b[d.i] == '\\' {
			d.i++
		}
	}
	if d.i >= len(d.b) {
		d.fail()
		return nil
	}
	d.i++
	var s string
	if json.Unmarshal(d.b[from-1:d.i], &s) != nil {
		d.fail()
	}
	return []byte(s)
}

// top reads the fields of the envelope.
func (d *decoder) top(name string, depth int) {
	switch name {
	case "status":
		d.out.status = string(d.text())
	case "errorType":
		d.out.errorType = string(d.text())
	case "error":
		d.out.errorText = string(d.text())
	case "warnings":
		d.texts(&d.out.warnings)
	case "infos":
		d.texts(&d.out.infos)
	case "isPartial":
		d.out.partial = d.next() == 't'
		d.scalar()
	case "data":
		d.value(depth, d.inData)
	default:
		d.value(depth, d.skipField)
	}
}

// texts reads a list of strings, or null.
func (d *decoder) texts(into *[]string) {
	if d.next() == '[' {
		d.array(func() { *into = append(*into, string(d.text())) })
		return
	}
	d.scalar()
}

func (d *decoder) inData(name string, depth int) {
	switch {
	case name == "resultType":
		d.out.resultType = string(d.text())
	case name == "result" && d.next() == '[':
		d.array(func() { d.element(depth) })
	default:
		d.value(depth, d.skipField)
	}
}

// element reads one series; anything else, such as a scalar's parts, is skipped.
func (d *decoder) element(depth int) {
	if d.next() != '{' {
		d.value(depth, d.skipField)
		return
	}
	d.out.series = append(d.out.series, Series{})
	s := &d.out.series[len(d.out.series)-1]
	d.object(depth, func(name string, depth int) {
		switch name {
		case "metric":
			s.Labels = d.labels(depth)
		case "values":
			d.samples()
		case "value":
			d.sample()
		case "histograms", "histogram":
			d.value(depth, d.skipField)
			s.Histograms++
		default:
			d.value(depth, d.skipField)
		}
	})
	d.ends = append(d.ends, len(d.slab))
}

// labels reads a label set and gives it sorted by name.
func (d *decoder) labels(depth int) []Label {
	if d.next() != '{' {
		d.fail()
		return nil
	}
	out := make([]Label, 0, 8)
	d.object(depth, func(name string, _ int) {
		out = append(out, Label{valid(name), valid(string(d.text()))})
	})
	byName := func(a, b Label) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(out, byName) {
		slices.SortStableFunc(out, byName)
	}
	return out
}

// valid replaces bytes that are no UTF-8: labels are told apart by a separator
// that UTF-8 has not.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func (d *decoder) samples() {
	if d.next() != '[' {
		d.fail()
		return
	}
	if d.slab == nil {
		d.slab = make([]Sample, 0, (len(d.b)-d.i)/sampleBytes+1)
	}
	d.array(func() {
		for d.plainSample() {
		}
		d.sample()
	})
}

// plainSample reads a sample as it nearly always comes, with the comma after it:
// [1700000000.123,"4711.5"], without white space or signs. Otherwise it consumes nothing.
func (d *decoder) plainSample() bool {
	b := d.b[d.i:]
	if len(b) < 40 || b[0] != '[' { // longer than any such sample
		return false
	}
	b = b[:40]
	i, t := 1, int64(0)
	for ; i < 12 && b[i]-'0' < 10; i++ {
		t = t*10 + int64(b[i]-'0')
	}
	t *= 1000
	if b[i] == '.' {
		unit := int64(100)
		for i++; i < 16 && unit > 0 && b[i]-'0' < 10; i++ {
			t += unit * int64(b[i]-'0')
			unit /= 10
		}
	}
	if b[i] != ',' || b[i+1] != '"' {
		return false
	}
	i += 2
	from, v := i, int64(0)
	for ; i < from+18 && b[i]-'0' < 10; i++ {
		v = v*10 + int64(b[i]-'0')
	}
	value := Value{coef: v}
	if b[i] == '.' && i > from {
		point := i
		for i++; i < from+18 && b[i]-'0' < 10; i++ {
			v = v*10 + int64(b[i]-'0')
		}
		value = normal(v, point+1-i)
	}
	if i == from || b[i] != '"' || b[i+1] != ']' || b[i+2] != ',' {
		return false
	}
	d.i += i + 3
	if at := sla.Instant(t); d.span.Contains(at) {
		d.slab = append(d.slab, Sample{at, value})
	}
	return true
}

// sample reads [seconds,"number"].
func (d *decoder) sample() {
	if !d.take('[') {
		return
	}
	t, ok := d.instant()
	if !ok || !d.take(',') {
		d.fail()
		return
	}
	d.next()
	v, ok := parseValue(d.text())
	if !ok || !d.take(']') {
		d.fail()
		return
	}
	if d.span.Contains(t) {
		d.slab = append(d.slab, Sample{t, v})
	}
}

// instant reads seconds with at most three decimals, exactly.
func (d *decoder) instant() (sla.Instant, bool) {
	d.next()
	from, n, decimals := d.i, int64(0), -1
	for ; d.i < len(d.b); d.i++ {
		c := d.b[d.i]
		if c == '.' && decimals < 0 {
			decimals = 0
			continue
		}
		if c < '0' || c > '9' || n > 1<<53 || decimals == 3 {
			break
		}
		n = n*10 + int64(c-'0')
		if decimals >= 0 {
			decimals++
		}
	}
	if d.i < len(d.b) && (d.b[d.i] == ',' || d.b[d.i] == ' ') && d.i > from {
		for k := max(decimals, 0); k < 3; k++ {
			n *= 10
		}
		return sla.Instant(n), true
	}
	return d.oddInstant(from)
}

// oddInstant reads what instant does not: signs, exponents, more decimals.
func (d *decoder) oddInstant(from int) (sla.Instant, bool) {
	d.i = from
	for d.i < len(d.b) && strings.IndexByte(",] \n\t\r", d.b[d.i]) < 0 {
		d.i++
	}
	f, err := strconv.ParseFloat(string(d.b[from:d.i]), 64)
	if err != nil || f > 1e14 || f < -1e14 || f != f {
		return 0, false
	}
	return sla.Instant(roundHalfUp(f * 1000)), true
}

func roundHalfUp(f float64) int64 {
	if f < 0 {
		return -int64(-f + 0.5)
	}
	return int64(f + 0.5)
}
