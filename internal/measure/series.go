package measure

import (
	"strconv"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// Sample is one raw sample.
type Sample struct {
	T sla.Instant
	V Value
}

// Label is one label of a series.
type Label struct{ Name, Value string }

// Series is the raw samples of one series in order of time.
type Series struct {
	Labels  []Label // sorted by name, __name__ among them
	Samples []Sample
	Native  []Histogram // its samples that are native histograms, which have no number
}

// size is how many samples the series has, the buckets of histograms included.
func (s *Series) size() int {
	n := len(s.Samples)
	for i := range s.Native {
		n += 1 + len(s.Native[i].Buckets)
	}
	return n
}

// key gives a text that tells series apart: names and values, each followed by
// a byte that no UTF-8 holds.
func key(ls []Label) string {
	n := 0
	for i := range ls {
		n += len(ls[i].Name) + len(ls[i].Value) + 2
	}
	var b strings.Builder
	b.Grow(n)
	for i := range ls {
		b.WriteString(ls[i].Name)
		b.WriteByte(0xff)
		b.WriteString(ls[i].Value)
		b.WriteByte(0xff)
	}
	return b.String()
}

// labelsOf undoes key.
func labelsOf(key string) []Label {
	var out []Label
	for key != "" {
		name, rest, _ := strings.Cut(key, "\xff")
		value, tail, _ := strings.Cut(rest, "\xff")
		out = append(out, Label{name, value})
		key = tail
	}
	return out
}

// notation gives the series as PromQL writes it.
func notation(ls []Label) string {
	var parts []string
	for _, l := range ls {
		if l.Name != metricName {
			parts = append(parts, l.Name+"="+strconv.Quote(l.Value))
		}
	}
	return get(ls, metricName) + "{" + strings.Join(parts, ",") + "}"
}

// target is what a series was scraped from; the zero target is not known.
type target struct{ job, instance string }

func targetOf(ls []Label) target {
	t := target{get(ls, "job"), get(ls, "instance")}
	if t.job == "" || t.instance == "" {
		return target{}
	}
	return t
}
