// Package telemetry is the page /metrics: what is known of every objective, and
// how the daemon itself is doing. Results are collected from the standings when
// the page is read; the daemon's own counters are counted by a Recorder. Ratios
// become floating point here and nowhere before.
package telemetry

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"github.com/slmd/slmd/internal/sla"
)

// contentType is the text format that both Prometheus and VictoriaMetrics read.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// Options say what stands on the page. Standings and Recorder are needed.
type Options struct {
	// Standings gives what is known of every objective now. What it gives is
	// only read, and stays as it is until it is given again.
	Standings func() []sla.Standing
	// Catalogue gives the catalogue in force, for the ends of agreements. Nil:
	// the ends of the versions in the standings.
	Catalogue func() *sla.Catalogue
	// Alerting gives what alerts there are now. Nil: nothing is said of alerts.
	Alerting func() Alerting
	Recorder *Recorder
	// Credits shows what has accrued. Money is not for everyone who scrapes.
	Credits bool
	// SeriesLimit bounds the series of objectives; zero: no bound.
	SeriesLimit int
	// Process adds the metrics of the Go runtime and of the process.
	Process bool
}

// Telemetry writes the page.
type Telemetry struct {
	opts    Options
	process *prometheus.Registry
}

// New gives the page of one daemon.
func New(opts Options) *Telemetry {
	process := prometheus.NewRegistry()
	if opts.Process {
		process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	return &Telemetry{opts, process}
}

// Write writes the page in the text format 0.0.4, every family once, with its
// HELP and TYPE, in an order that does not change.
func (t *Telemetry) Write(w io.Writer) error {
	families, err := t.process.Gather()
	if err != nil {
		return fmt.Errorf("collecting the metrics of the process: %w", err)
	}
	if err := writeResults(w, &t.opts); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	encoder := expfmt.NewEncoder(w, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			return fmt.Errorf("writing the metric %s: %w", family.GetName(), err)
		}
	}
	if err := t.opts.Recorder.write(w); err != nil {
		return fmt.Errorf("writing the daemon's own metrics: %w", err)
	}
	return nil
}

// ServeHTTP answers with the page, compressed where the client takes that. A
// page that cannot be written to its end is cut off, so that it is not taken
// for a whole one.
func (t *Telemetry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Vary", "Accept-Encoding")
	var err error
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level is valid
		err = errors.Join(t.Write(z), z.Close())
	} else {
		err = t.Write(w)
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}
