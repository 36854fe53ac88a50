package contract

import (
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

// Samples are raw samples in promtool's notation.
type Samples struct {
	Start    sla.Instant
	Interval sla.Millis
	Input    []Input
}

// Input is one series: its labels and its values, Interval apart from Start on.
type Input struct {
	Labels labels.Labels
	Values []parser.SequenceValue
}

// maxSamples bounds what one test may unfold to.
const maxSamples = 20_000_000

func (r *fileReader) samples(n document.Node) *Samples {
	f := n.Fields()
	s := &Samples{Interval: sla.Minute}
	if n, ok := f.Need("start"); ok {
		s.Start, _ = n.Instant(r.catalogue.Zone())
	}
	if n, ok := f.Get("interval"); ok {
		if d, ok := n.Duration(); ok && d > 0 {
			s.Interval = d
		} else if ok {
			n.Problem("interval must be longer than nothing, such as 1m")
		}
	}
	total := 0
	if n, ok := f.Need("input"); ok {
		n.List(func(_ int, n document.Node) {
			in, ok := input(n)
			total += len(in.Values)
			if ok && total <= maxSamples {
				s.Input = append(s.Input, in)
			} else if ok {
				n.Problem("the series of this test have more than %d samples", maxSamples)
			}
		})
	}
	f.Close()
	return s
}

func input(n document.Node) (in Input, ok bool) {
	f := n.Fields()
	var name, values string
	if n, ok := f.Need("series"); ok {
		name, _ = n.Text()
	}
	if n, ok := f.Need("values"); ok {
		values, _ = n.Text()
	}
	f.Close()
	if name == "" || values == "" {
		return in, false
	}
	if repeats(values) > maxSamples {
		f.Problem("the values unfold to more than %d samples", maxSamples)
		return in, false
	}
	defer func() { // the notation's parser may panic on odd texts
		if recover() != nil {
			f.Problem("the series cannot be read: write values such as \"1x20 0x5 _ 1\"")
			ok = false
		}
	}()
	l, v, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(name + " " + values)
	if err != nil {
		f.Problem("the series cannot be read: %s", strings.ReplaceAll(err.Error(), "\n", " "))
		return in, false
	}
	for _, one := range v {
		if one.Histogram != nil {
			f.Problem("native histograms are not read here: write the buckets of a classic one as series")
			return in, false
		}
	}
	return Input{l, v}, true
}

// repeats adds up the repetitions in a sequence, so that a short text cannot
// unfold to more than memory holds.
func repeats(values string) int {
	total := 0
	for word := range strings.FieldsSeq(values) {
		_, times, _ := strings.Cut(word, "x")
		n := 0
		for _, c := range times {
			if c < '0' || c > '9' || n > maxSamples {
				break
			}
			n = 10*n + int(c-'0')
		}
		if total += n + 1; total > maxSamples {
			return total
		}
	}
	return total
}
