package telemetry

import (
	"bytes"
	"io"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

// own is one family of the daemon's own metrics. Each has a set of its own, so
// that its HELP and TYPE can be written before it: the library's own metadata
// is a switch for the whole process, and has no HELP.
type own struct {
	kind, name, help string
	set              *metrics.Set
}

func newOwn(kind, name, help string) *own {
	return &own{kind, name, help, metrics.NewSet()}
}

// counter gives the counter with the labels, given as names and values in turn.
func (f *own) counter(labels ...string) *metrics.Counter {
	return f.set.GetOrCreateCounter(f.series(labels))
}

func (f *own) gauge(labels ...string) *metrics.Gauge {
	return f.set.GetOrCreateGauge(f.series(labels), nil)
}

func (f *own) histogram(labels ...string) *metrics.PrometheusHistogram {
	return f.set.GetOrCreatePrometheusHistogramExt(f.series(labels), durations())
}

// durations are the bounds of the buckets, in seconds: from a quick
// transaction to a round that catches up.
func durations() []float64 {
	return []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300}
}

// maxValue bounds a label's value, in bytes.
const maxValue = 256

// series gives the name of a series; the library panics on one that does not parse.
func (f *own) series(labels []string) string {
	pairs := make([]string, 0, len(labels)/2)
	for i := 0; i+1 < len(labels); i += 2 {
		pairs = append(pairs, pair(labels[i], labels[i+1][:min(len(labels[i+1]), maxValue)]))
	}
	if len(pairs) == 0 {
		return f.name
	}
	return f.name + "{" + strings.Join(pairs, ",") + "}"
}

// write writes the family; one without a series leaves no trace.
func (f *own) write(w io.Writer) error {
	var series bytes.Buffer
	f.set.WritePrometheus(&series)
	if series.Len() == 0 {
		return nil
	}
	var page text
	page.head(f.name, f.help, f.kind)
	_, err := w.Write(append(page, series.Bytes()...))
	return err
}
