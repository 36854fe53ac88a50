package measure

import (
	"context"
	"fmt"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// misaligned says that a threshold is not a bucket bound of the histogram, and
// which are next to it. Interpolating between them would err by whole budgets.
func (s *Source) misaligned(ctx context.Context, r *run) *Problem {
	if r.task.Indicator.Kind != sla.Latency || !r.lacksBucket() {
		return nil
	}
	ask := envelop(*r.lanes[0].first)
	end := r.lastSeen() + 1
	span := sla.Span{From: end.Add(-5 * sla.Minute), To: end}
	series, err := s.read(ctx, "evidence", ask.String(), span)
	text := fmt.Sprintf("%s: %ss is not the bound of a bucket of %s", r.task.Indicator.Name, r.task.Indicator.Within, r.task.Indicator.Histogram)
	if err == nil {
		text += neighbours(series, *r.lanes[0].within)
	}
	return &Problem{Kind: Misconfigured, Text: text}
}

// lastSeen gives the time of the histogram's newest sample.
func (r *run) lastSeen() sla.Instant {
	last := sla.Always
	for _, s := range r.state.lanes[0].series {
		last = max(last, s.last)
	}
	return last
}

// lacksBucket reports whether the histogram has samples, but none of the bucket
// that is wanted, now or before.
func (r *run) lacksBucket() bool {
	for k := range r.state.lanes[0].series {
		if r.lanes[0].role(labelsOf(k)) == roleSecond {
			return false
		}
	}
	return len(r.state.lanes[0].series) > 0
}

// neighbours names the bounds next to the threshold.
func neighbours(series []Series, within Value) string {
	var below, above *Value
	for i := range series {
		v, ok := ParseValue(get(series[i].Labels, "le"))
		if !ok || v.kind != number {
			continue
		}
		if v.cmp(within) < 0 && (below == nil || v.cmp(*below) > 0) {
			below = &v
		}
		if v.cmp(within) > 0 && (above == nil || v.cmp(*above) < 0) {
			above = &v
		}
	}
	var names []string
	for _, v := range []*Value{below, above} {
		if v != nil {
			names = append(names, v.String()+"s")
		}
	}
	names = slices.Compact(names)
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "; the next one is " + names[0]
	}
	return "; the next ones are " + names[0] + " and " + names[1]
}
