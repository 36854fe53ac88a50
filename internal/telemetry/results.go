package telemetry

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slmd/slmd/internal/sla"
)

// results collects what the standings say.
type results struct {
	opts       *Options
	objectives []described // in the order of their importance
	agreements agreementDescs
	limit      *prometheus.Desc
}

// described is a family of objectives with its description.
type described struct {
	family
	desc *prometheus.Desc
}

// baseLabels are the labels of every series of an objective.
func baseLabels() []string { return []string{"agreement", "objective", "service", "kind"} }

// newResults gives the collector; its order is the one in which families are
// left out over the limit, the last first.
func newResults(opts *Options) *results {
	r := &results{opts: opts, agreements: newAgreementDescs(), limit: prometheus.NewDesc("slmd_series_limit_reached",
		"1 when series of objectives are left out because there would be more than the limit.", nil, nil)}
	for _, f := range families() {
		r.objectives = append(r.objectives, described{f, prometheus.NewDesc(f.name, f.help, slices.Concat(baseLabels(), f.labels), nil)})
	}
	return r
}

// Describe gives every description.
func (r *results) Describe(out chan<- *prometheus.Desc) {
	for _, f := range r.objectives {
		out <- f.desc
	}
	r.agreements.describe(out, r.opts.Credits)
	out <- r.limit
}

// Collect gives the series of the standings. Over the limit, families are left
// out whole, the least important first; when not even the first one fits, it
// ends within it, in the order of the objectives' names.
func (r *results) Collect(out chan<- prometheus.Metric) {
	standings := inOrder(r.opts.Standings())
	room, reached := r.opts.SeriesLimit, 0.0
	if room <= 0 {
		room = int(^uint(0) >> 1)
	}
	for i, f := range r.objectives {
		series := f.collect(standings)
		if len(series) > room {
			reached = 1
			if i > 0 {
				break
			}
			series = series[:room]
		}
		room -= len(series)
		for _, s := range series {
			out <- s
		}
	}
	out <- prometheus.MustNewConstMetric(r.limit, prometheus.GaugeValue, reached)
	r.agreements.collect(standings, r.opts, out)
}

// collect gives the series of one family.
func (f *described) collect(standings []*sla.Standing) []prometheus.Metric {
	series := make([]prometheus.Metric, 0, len(standings))
	for _, s := range standings {
		own := []string{s.Agreement.Name, s.Objective.Name, s.Agreement.Service, string(s.Agreement.Kind)}
		f.read(s, func(value float64, labels ...string) {
			series = append(series, constant(f.desc, f.kind, value, append(own[:len(own):len(own)], labels...)))
		})
	}
	return series
}

// constant gives one sample. Names are checked where they are read; what is
// not UTF-8 all the same must not take the page away.
func constant(desc *prometheus.Desc, kind prometheus.ValueType, value float64, labels []string) prometheus.Metric {
	for i, l := range labels {
		labels[i] = strings.ToValidUTF8(l, "\uFFFD")
	}
	return prometheus.MustNewConstMetric(desc, kind, value, labels...)
}

// inOrder sorts by agreement and objective; of several standings of one
// objective the first counts, since a series can stand on a page but once.
func inOrder(standings []sla.Standing) []*sla.Standing {
	out := make([]*sla.Standing, 0, len(standings))
	for i := range standings {
		if s := &standings[i]; s.Agreement != nil && s.Objective != nil {
			out = append(out, s)
		}
	}
	order := func(a, b *sla.Standing) int {
		return cmp.Or(cmp.Compare(a.Agreement.Name, b.Agreement.Name), cmp.Compare(a.Objective.Name, b.Objective.Name))
	}
	slices.SortStableFunc(out, order)
	return slices.CompactFunc(out, func(a, b *sla.Standing) bool { return order(a, b) == 0 })
}

// float is where an exact number becomes a metric.
func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}

// seconds gives an instant as a Unix timestamp.
func seconds(i sla.Instant) float64 { return float64(i) / float64(sla.Second) }
