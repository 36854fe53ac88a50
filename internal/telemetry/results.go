package telemetry

import (
	"cmp"
	"io"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// baseLabels are the labels of every series of an objective.
func baseLabels() []string { return []string{"agreement", "objective", "service", "kind"} }

// subject is an objective with its base labels as they stand in a series.
type subject struct {
	*sla.Standing
	pairs []string
}

func subjects(standings []*sla.Standing) []subject {
	out := make([]subject, len(standings))
	for i, s := range standings {
		values := []string{s.Agreement.Name, s.Objective.Name, s.Agreement.Service, string(s.Agreement.Kind)}
		out[i] = subject{s, make([]string, len(values))}
		for k, name := range baseLabels() {
			out[i].pairs[k] = pair(name, values[k])
		}
	}
	return out
}

// writeResults writes what the standings say. Over the limit, families are left
// out whole, the least important first; when not even the first one fits, it
// ends within it, in the order of the objectives' names.
func writeResults(w io.Writer, opts *Options) error {
	standings := inOrder(opts.Standings())
	room, reached := opts.SeriesLimit, 0.0
	if room <= 0 {
		room = math.MaxInt
	}
	all := subjects(standings)
	var page text
	for i, f := range families() {
		n, fits := f.write(&page, all, room)
		if !fits {
			reached = 1
		}
		if !fits && i > 0 {
			break
		}
		if _, err := w.Write(page); err != nil {
			return err
		}
		page, room = page[:0], room-n
	}
	page = page[:0]
	page.head("slmd_series_limit_reached", "1 when series of objectives are left out because there would be more than the limit.", "gauge")
	page.sample("slmd_series_limit_reached", reached)
	if opts.Alerting != nil {
		page = append(page, alertingSeries(opts.Alerting())...)
	}
	_, err := w.Write(append(page, agreementSeries(standings, opts)...))
	return err
}

// write adds the family's series to the page, room of them at most. It gives
// how many there are, and whether that is all of them.
func (f *family) write(page *text, all []subject, room int) (n int, fits bool) {
	place, count := f.places(), 0
	pairs := make([]string, len(place))
	for i := range all {
		s := &all[i]
		f.read(s.Standing, func(value float64, values ...string) {
			if count++; count > room {
				return
			}
			if count == 1 {
				page.head(f.name, f.help, f.kind)
			}
			for at, p := range place {
				if base := p - len(f.labels); base >= 0 {
					pairs[at] = s.pairs[base]
				} else {
					pairs[at] = pair(f.labels[p], values[p])
				}
			}
			page.sample(f.name, value, pairs...)
		})
		if count > room {
			return room, false
		}
	}
	return count, true
}

// places gives the labels of the family in the order of their names: by their
// numbers, the family's own first and then the base labels.
func (f *family) places() []int {
	names := slices.Concat(f.labels, baseLabels())
	place := make([]int, len(names))
	for i := range place {
		place[i] = i
	}
	slices.SortFunc(place, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	return place
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
