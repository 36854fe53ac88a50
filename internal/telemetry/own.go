package telemetry

import (
	"bytes"
	"fmt"
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

// series gives the name of a series. The library panics on a name that does
// not parse, so values are quoted as the text format asks.
func (f *own) series(labels []string) string {
	if len(labels) == 0 {
		return f.name
	}
	quote := strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
	var b strings.Builder
	b.WriteString(f.name)
	for i := 0; i+1 < len(labels); i += 2 {
		b.WriteByte("{,"[min(i, 1)])
		value := strings.ToValidUTF8(labels[i+1][:min(len(labels[i+1]), maxValue)], "\uFFFD")
		fmt.Fprintf(&b, `%s="%s"`, labels[i], quote.Replace(value))
	}
	b.WriteByte('}')
	return b.String()
}

// write writes the family; one without a series leaves no trace.
func (f *own) write(w io.Writer) error {
	var series bytes.Buffer
	f.set.WritePrometheus(&series)
	if series.Len() == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s", f.name, f.help, f.name, f.kind, series.Bytes())
	return err
}
