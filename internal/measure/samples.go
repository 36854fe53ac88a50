package measure

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slmd/slmd/internal/sla"
)

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
		case "histograms":
			d.histograms(s)
		case "histogram":
			d.histogram(s)
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
	if !ok {
		v = Value{kind: wordy} // what is not even a text has failed already
	}
	if !d.take(']') {
		return
	}
	if d.span.Contains(t) {
		d.slab = append(d.slab, Sample{t, v})
		d.out.nan = d.out.nan || v.kind == notANumber
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
