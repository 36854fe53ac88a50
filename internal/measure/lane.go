package measure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/sla"
)

// role says which amount of an entry a series feeds; a series may feed both.
type role uint8

const (
	roleFirst  role = 1 << iota // all events, or the sum of a mean
	roleSecond                  // the good or the bad ones, or the count
)

// lane is one read of an indicator: the series of one metric and what they feed.
// Selectors over one metric share a lane, so that nothing is read twice.
type lane struct {
	ask      envelope
	first    *selector
	second   *selector
	within   *Value // a histogram's bucket: second is le = within, first le = +Inf
	form     form   // of a histogram that may come in either form
	decimals [2]int // of the amounts
}

// role gives what the series feeds, 0 for none.
func (l *lane) role(ls []Label) role {
	if l.within != nil && l.form != native {
		return l.bucketRole(ls)
	}
	var r role
	if l.first != nil && l.first.matches(ls) {
		r |= roleFirst
	}
	if l.second != nil && l.second.matches(ls) {
		r |= roleSecond
	}
	return r
}

func (l *lane) bucketRole(ls []Label) role {
	if !l.first.matches(ls) {
		return 0
	}
	bound, ok := ParseValue(get(ls, "le"))
	switch {
	case !ok:
		return 0
	case bound.kind == infinite:
		return roleFirst
	case bound.kind == number && bound == *l.within:
		return roleSecond
	}
	return 0
}

// lanes gives the reads of an indicator.
func lanes(ind *sla.Indicator) ([]lane, error) {
	switch ind.Kind {
	case sla.Ratio:
		part := ind.Bad
		if part == "" {
			part = ind.Good
		}
		return pair(ind.Total, part, [2]int{6, 6})
	case sla.MeanCounter:
		return pair(ind.Sum, ind.Count, [2]int{9, 6})
	case sla.Latency:
		return bucketLane(ind)
	case sla.Samples, sla.TimeGauge:
		s, err := parseSelector(ind.Metric)
		if err != nil {
			return nil, err
		}
		return []lane{{ask: envelop(s), first: &s}}, nil
	}
	return nil, fmt.Errorf("indicators of the kind %s are not measured from samples", ind.Kind)
}

// pair gives one lane for selectors over one metric, otherwise two.
func pair(first, second string, decimals [2]int) ([]lane, error) {
	a, err := parseSelector(first)
	if err != nil {
		return nil, err
	}
	b, err := parseSelector(second)
	if err != nil {
		return nil, err
	}
	if a.name == b.name && a.name != "" {
		return []lane{{ask: envelop(a, b), first: &a, second: &b, decimals: decimals}}, nil
	}
	return []lane{
		{ask: envelop(a), first: &a, decimals: decimals},
		{ask: envelop(b), second: &b, decimals: decimals},
	}, nil
}

// bucketLane asks a classic histogram for the bucket at the threshold and +Inf,
// and, unless the buckets themselves are named, a native one for all it has.
func bucketLane(ind *sla.Indicator) ([]lane, error) {
	s, err := parseSelector(ind.Histogram)
	if err != nil {
		return nil, err
	}
	if s.name == "" {
		return nil, fmt.Errorf("%q does not name its histogram: write the metric's name before the matchers", ind.Histogram)
	}
	within, buckets := decimal(ind.Within), s
	plain := !strings.HasSuffix(s.name, "_bucket")
	if plain {
		buckets = s.renamed(s.name + "_bucket")
	}
	ask := envelop(buckets)
	ask.values["le"] = bucketNames(within)
	out := []lane{{ask: ask, first: &buckets, within: &within, form: classic, decimals: [2]int{6, 6}}}
	if plain {
		out = append(out, lane{ask: envelop(s), first: &s, within: &within, form: native, decimals: [2]int{6, 6}})
	}
	return out, nil
}

// bucketNames gives the ways in which clients and servers write a bucket's
// bound, and +Inf: 1 is also 1.0, 1000000 also 1e+06.
func bucketNames(bound Value) []string {
	f, _ := bound.rat().Float64()
	plain := strconv.FormatFloat(f, 'f', -1, 64)
	out := []string{"+Inf", plain, strconv.FormatFloat(f, 'g', -1, 64), strconv.FormatFloat(f, 'e', -1, 64)}
	if !strings.Contains(plain, ".") {
		out = append(out, plain+".0")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// targetMatchers gives the matchers on job and instance that the indicator's
// series all satisfy, rendered and sorted; they select its targets' up as well.
func targetMatchers(ls []lane) []string {
	var out []string
	for _, l := range ls {
		if s := l.first; s != nil {
			for _, m := range s.matchers {
				// A matcher that an empty label satisfies says nothing of targets.
				if (m.Name == "job" || m.Name == "instance") && m.Type != labels.MatchNotEqual && !m.Matches("") {
					out = append(out, m.String())
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
