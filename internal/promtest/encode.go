package promtest

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
)

// appendTime writes Unix milliseconds as seconds with up to three decimals.
func appendTime(b []byte, t int64) []byte {
	if t < 0 {
		b, t = append(b, '-'), -t
	}
	b = strconv.AppendInt(b, t/1000, 10)
	if ms := t % 1000; ms != 0 {
		// Like Prometheus, which pads in front and never cuts zeros at the end.
		b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return b
}

// appendSeconds writes a time without zeros at its end, as Prometheus does for scalars and strings.
func appendSeconds(b []byte, t int64) []byte {
	return strconv.AppendFloat(b, float64(t)/1000, 'f', -1, 64)
}

// appendFloat writes the shortest text that reads back as v, in quotes.
func appendFloat(b []byte, v float64) []byte {
	b = append(b, '"')
	// Most samples are whole counts, and those are much faster written as integers; -0 is not one of them.
	if n := int64(v); float64(n) == v && n > -1<<53 && n < 1<<53 && (n != 0 || !math.Signbit(v)) {
		b = strconv.AppendInt(b, n, 10)
		return append(b, '"')
	}
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	b = strconv.AppendFloat(b, v, format, -1, 64)
	return append(b, '"')
}

// appendSample writes [seconds,"value"].
func appendSample(b []byte, t int64, v float64) []byte {
	b = append(b, '[')
	b = appendTime(b, t)
	b = append(b, ',')
	b = appendFloat(b, v)
	return append(b, ']')
}

const hex = "0123456789abcdef"

// appendString writes s as a JSON string; bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			b = appendASCII(b, c)
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		b = utf8.AppendRune(b, r)
		i += size
	}
	return append(b, '"')
}

func appendASCII(b []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(b, '\\', c)
	case c == '\n':
		return append(b, '\\', 'n')
	case c < 0x20:
		return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
	return append(b, c)
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendLabels writes a label set as an object.
func appendLabels(b []byte, lset labels.Labels) []byte {
	b = append(b, '{')
	first := true
	lset.Range(func(l labels.Label) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, l.Name)
		b = append(b, ':')
		b = appendString(b, l.Value)
	})
	return append(b, '}')
}

// appendSeries writes one series of a matrix.
func appendSeries(b []byte, s promql.Series) []byte {
	b = append(b, `{"metric":`...)
	b = appendLabels(b, s.Metric)
	for i, p := range s.Floats {
		b = append(b, separator(i, `,"values":[`)...)
		b = appendSample(b, p.T, p.F)
	}
	if len(s.Floats) > 0 {
		b = append(b, ']')
	}
	for i, p := range s.Histograms {
		b = append(b, separator(i, `,"histograms":[`)...)
		b = appendHistogramSample(b, p.T, p.H)
	}
	if len(s.Histograms) > 0 {
		b = append(b, ']')
	}
	return append(b, '}')
}

// appendVectorSample writes one element of a vector.
func appendVectorSample(b []byte, s promql.Sample) []byte {
	b = append(b, `{"metric":`...)
	b = appendLabels(b, s.Metric)
	if s.H != nil {
		b = append(b, `,"histogram":`...)
		b = appendHistogramSample(b, s.T, s.H)
	} else {
		b = append(b, `,"value":`...)
		b = appendSample(b, s.T, s.F)
	}
	return append(b, '}')
}

func separator(i int, start string) string {
	if i == 0 {
		return start
	}
	return ","
}

func appendHistogramSample(b []byte, t int64, h *histogram.FloatHistogram) []byte {
	b = append(b, '[')
	b = appendTime(b, t)
	b = append(b, `,{"count":`...)
	b = appendFloat(b, h.Count)
	b = append(b, `,"sum":`...)
	b = appendFloat(b, h.Sum)
	n := 0
	for it := h.AllBucketIterator(); it.Next(); {
		bucket := it.At()
		if bucket.Count == 0 {
			continue
		}
		b = append(b, separator(n, `,"buckets":[`)...)
		b = appendBucket(b, bucket)
		n++
	}
	if n > 0 {
		b = append(b, ']')
	}
	return append(b, '}', ']')
}

// appendBucket writes [bounds,"lower","upper","count"], bounds saying which of them belong to the bucket.
func appendBucket(b []byte, bucket histogram.Bucket[float64]) []byte {
	bounds := byte('2')
	switch {
	case bucket.LowerInclusive && bucket.UpperInclusive:
		bounds = '3'
	case bucket.LowerInclusive:
		bounds = '1'
	case bucket.UpperInclusive:
		bounds = '0'
	}
	b = append(b, '[', bounds, ',')
	b = appendFloat(b, bucket.Lower)
	b = append(b, ',')
	b = appendFloat(b, bucket.Upper)
	b = append(b, ',')
	b = appendFloat(b, bucket.Count)
	return append(b, ']')
}
