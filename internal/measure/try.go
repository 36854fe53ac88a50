package measure

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/sla"
)

const (
	// explodes is the number of series above which a selector is warned of: a
	// round reads each of them, and the state remembers each for a week.
	explodes = 10_000
	// slow is how long reading one interval may take before it is warned of.
	slow = 5 * time.Second
	// glance is how far back a selector is looked at.
	glance = sla.Hour
	// legible is how many series are read to look at their values.
	legible = 2000
)

// Finding is what a try of an indicator brought to light.
type Finding struct {
	Field string // of the indicator in the catalogue, such as ratio.total
	Text  string // one sentence
}

// trial is one selector that is tried.
type trial struct {
	field, text string
	counter     bool
	part        bool // may have no series as long as nothing of the kind has happened
	within      *Value
}

// Try asks the source once for every selector of an indicator and gives what
// will keep it from being measured, or makes it dear. The error says that the
// source as a whole cannot be asked.
func (s *Source) Try(ctx context.Context, ind *sla.Indicator, now sla.Instant) ([]Finding, error) {
	var out []Finding
	if ind.Kind == sla.Query {
		return s.tryQuery(ctx, ind, now)
	}
	for _, t := range trials(ind) {
		texts, err := s.try(ctx, ind, t, now)
		if err != nil {
			var p *Problem
			if p = s.problem(err, now); p.SourceDown || p.Kind == Pending {
				return out, p
			}
			texts = append(texts, p.Text)
		}
		for _, text := range texts {
			out = append(out, Finding{t.field, text})
		}
	}
	return out, nil
}

func trials(ind *sla.Indicator) []trial {
	switch ind.Kind {
	case sla.Ratio:
		list := []trial{{field: "ratio.total", text: ind.Total, counter: true}}
		if ind.Bad != "" {
			return append(list, trial{field: "ratio.bad", text: ind.Bad, counter: true, part: true})
		}
		return append(list, trial{field: "ratio.good", text: ind.Good, counter: true, part: true})
	case sla.MeanCounter:
		return []trial{{field: "mean.sum", text: ind.Sum, counter: true}, {field: "mean.count", text: ind.Count, counter: true}}
	case sla.Latency:
		within := decimal(ind.Within)
		return []trial{{field: "latency.histogram", text: ind.Histogram, counter: true, within: &within}}
	case sla.Samples, sla.TimeGauge:
		return []trial{{field: string(ind.Kind) + ".metric", text: ind.Metric}}
	}
	return nil
}

// try gives what is remarkable about one selector.
func (s *Source) try(ctx context.Context, ind *sla.Indicator, t trial, now sla.Instant) ([]string, error) {
	sel, err := parseSelector(t.text)
	if err != nil {
		return []string{err.Error()}, nil //nolint:nilerr // it is the finding
	}
	if t.within != nil && !strings.HasSuffix(sel.name, "_bucket") {
		texts, found, err := s.tryNative(ctx, ind, sel, now)
		if found || err != nil {
			return texts, err
		}
		sel = sel.renamed(sel.name + "_bucket")
	}
	text := envelop(sel).String()
	n, err := s.number(ctx, present("count(%s)", text), now)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return s.absent(ctx, t, sel, now)
	}
	var out []string
	if n > explodes {
		out = append(out, s.exploding(ctx, text, n, now))
	}
	if t.within != nil {
		more, err := s.tryBounds(ctx, ind, *t.within, text, now)
		return append(out, more...), err
	}
	kind := s.metricType(ctx, sel.name)
	if wrong := wrongType(t, sel.name, kind); wrong != "" {
		return append(out, wrong), nil
	}
	more, err := s.tryValues(ctx, t, text, n, now)
	return append(out, more...), err
}

// present renders an expression about the series that were there lately.
func present(format, selector string) string {
	return fmt.Sprintf(format, fmt.Sprintf("present_over_time(%s[%dms])", selector, glance))
}

// absent says why a selector has no series: which of its matchers nothing fits.
func (s *Source) absent(ctx context.Context, t trial, sel selector, now sla.Instant) ([]string, error) {
	say := t.text + " has no series within the last hour: it would be unknown all the time"
	if t.part {
		say = t.text + " has no series within the last hour: right as long as nothing of the kind has happened"
	}
	if sel.name == "" {
		return []string{say}, nil
	}
	name := equals(metricName, sel.name)
	n, err := s.number(ctx, present("count(%s)", "{"+name+"}"), now)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return []string{fmt.Sprintf("%s; the source has no metric of the name %s", say, sel.name)}, nil
	}
	for _, m := range sel.matchers {
		if m.Name == metricName {
			continue
		}
		why, err := s.unmatched(ctx, sel.name, m, now)
		if err != nil {
			return nil, err
		}
		say += why
	}
	return []string{say}, nil
}

// unmatched says when no series of a metric satisfies a matcher.
func (s *Source) unmatched(ctx context.Context, metric string, m *labels.Matcher, now sla.Instant) (string, error) {
	name := equals(metricName, metric)
	n, err := s.number(ctx, present("count(%s)", "{"+name+","+m.String()+"}"), now)
	if err != nil || n > 0 {
		return "", err
	}
	labelled := (&labels.Matcher{Type: labels.MatchNotEqual, Name: m.Name}).String()
	n, err = s.number(ctx, present("count(%s)", "{"+name+","+labelled+"}"), now)
	switch {
	case err != nil:
		return "", err
	case n == 0:
		return fmt.Sprintf("; no series of %s has a label %s", metric, m.Name), nil
	}
	return fmt.Sprintf("; no series of %s has %s", metric, m.String()), nil
}

// exploding names the label that makes so many series.
func (s *Source) exploding(ctx context.Context, selector string, n int, now sla.Instant) string {
	say := fmt.Sprintf("it selects %d series, and every one of them is read in every round", n)
	var names []string
	form := url.Values{"match[]": {selector}, "start": {seconds(now.Add(-glance))}, "end": {seconds(now)}}
	if s.fetchJSON(ctx, "labels", form, &names) != nil {
		return say + ": narrow it down"
	}
	most, which := 0, ""
	for _, name := range names[:min(len(names), 30)] {
		if !plainLabel(name) || name == metricName {
			continue
		}
		values, err := s.number(ctx, present("count(count by ("+name+") (%s))", selector), now)
		if err == nil && values > most {
			most, which = values, name
		}
	}
	if which == "" {
		return say + ": narrow it down"
	}
	return fmt.Sprintf("%s: the label %s alone has %d values; leave such labels out of the metric, or narrow the selector down", say, which, most)
}

// plainLabel reports whether a label's name needs no quotes in PromQL.
func plainLabel(name string) bool {
	return strings.IndexFunc(name, func(c rune) bool {
		return c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9')
	}) < 0
}

// tryBounds says when the threshold is not the bound of a bucket.
func (s *Source) tryBounds(ctx context.Context, ind *sla.Indicator, within Value, selector string, now sla.Instant) ([]string, error) {
	series, err := s.at(ctx, present("count by (le) (%s)", selector), now)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(series, func(x Series) bool { v, ok := ParseValue(get(x.Labels, "le")); return ok && v == within }) {
		return nil, nil
	}
	return []string{fmt.Sprintf("%ss is not the bound of a bucket of %s%s", ind.Within, ind.Histogram, neighbours(series, within))}, nil
}

// metricType gives what the source says of a metric's type, empty when it does
// not say, or says several things.
func (s *Source) metricType(ctx context.Context, name string) string {
	for _, family := range []string{name, strings.TrimSuffix(name, "_total"), cutSuffixes(name, "_bucket", "_count", "_sum")} {
		var answer map[string][]struct{ Type string }
		if s.fetchJSON(ctx, "metadata", url.Values{"metric": {family}}, &answer) != nil {
			return ""
		}
		types := map[string]bool{}
		for _, m := range answer[family] {
			types[m.Type] = true
		}
		if all := sortedKeys(types); len(all) == 1 && all[0] != "unknown" {
			return all[0]
		}
	}
	return ""
}

func cutSuffixes(name string, suffixes ...string) string {
	for _, x := range suffixes {
		name = strings.TrimSuffix(name, x)
	}
	return name
}

func wrongType(t trial, name, kind string) string {
	switch {
	case kind == "gauge" && t.counter:
		return fmt.Sprintf("%s is a gauge and a counter is wanted: what it loses would count as if it had begun anew", name)
	case kind == "counter" && !t.counter:
		return fmt.Sprintf("%s is a counter and a gauge is wanted: it only grows, so no bound says how things are", name)
	}
	return ""
}

// tryValues reads the selector's samples once, as a round would.
func (s *Source) tryValues(ctx context.Context, t trial, selector string, n int, now sla.Instant) ([]string, error) {
	if n > legible {
		return nil, nil
	}
	began := s.clock()
	series, err := s.read(ctx, "check", selector, sla.Span{From: now.Add(-baseline), To: now})
	if err != nil {
		return nil, err
	}
	var out []string
	if took := s.clock().Sub(began); took > slow {
		out = append(out, fmt.Sprintf("reading ten minutes of it took %s: rounds will be slow", took.Round(100*time.Millisecond)))
	}
	for i := range series {
		if len(series[i].Native) > 0 {
			return append(out, notation(series[i].Labels)+" is a native histogram, which has no number: its samples would be unknown"), nil
		}
	}
	if t.counter {
		if name, falls := falling(series); falls {
			out = append(out, name+" falls again and again without beginning at zero: it is no counter")
		}
	}
	return out, nil
}

// falling names a series that falls as a gauge does: more than once, and to a
// value that is no beginning.
func falling(series []Series) (string, bool) {
	for i := range series {
		falls := 0
		samples := series[i].Samples
		for k := 1; k < len(samples); k++ {
			a, b := samples[k-1].V, samples[k].V
			if a.kind != number || b.kind != number || b.cmp(a) >= 0 {
				continue
			}
			if before, after := a.rat(), b.rat(); after.Sign() < 0 || after.Add(after, after).Cmp(before) > 0 {
				falls++
			}
		}
		if falls > 1 {
			return notation(series[i].Labels), true
		}
	}
	return "", false
}

// tryQuery evaluates a query once.
func (s *Source) tryQuery(ctx context.Context, ind *sla.Indicator, now sla.Instant) ([]Finding, error) {
	series, err := s.at(ctx, expression(ind), now)
	say := func(format string, args ...any) ([]Finding, error) {
		return []Finding{{"query.query", fmt.Sprintf(format, args...)}}, nil
	}
	switch p := s.problem(err, now); {
	case p != nil && (p.SourceDown || p.Kind == Pending):
		return nil, p
	case p != nil:
		return say("%s", p.Text)
	case len(series) == 0:
		return say("it has no value now: where it has none an interval is unknown")
	case len(series) > 1:
		return say("it gives %d numbers and one is wanted: aggregate it, such as sum(…) or min(…)", len(series))
	}
	return nil, nil
}
