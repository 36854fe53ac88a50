package measure

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	nan        bool // a sample is not a number
}

// dropNaN leaves out samples that are not numbers, and series of nothing else.
func (a *answer) dropNaN() {
	for i := range a.series {
		s := &a.series[i]
		s.Samples = slices.DeleteFunc(s.Samples, func(x Sample) bool { return x.V.kind == notANumber })
	}
	a.series = slices.DeleteFunc(a.series, func(s Series) bool { return len(s.Samples) == 0 && len(s.Native) == 0 })
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
	if d.next(); d.bad || d.i < len(body) { // what goes on after its end was glued together

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
	// natives counts native histograms and their buckets.
	natives int
}

// cut gives every series its samples; only now the slab no longer moves.
func (d *decoder) cut() {
	from := 0
	for k, to := range d.ends {
		d.out.series[k].Samples = d.slab[from:to:to]
		from = to
	}
	d.out.samples = len(d.slab) + d.natives
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
	switch d.next() {
	case '{':
		d.object(depth, field)
	case '[':
		d.array(func() { d.value(depth+1, d.skipField) })
	case '"':
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
