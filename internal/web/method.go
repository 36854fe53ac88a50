package web

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// method says how an objective is measured and judged.
type method struct {
	Indicator string
	Says      []string // sentences
	Selectors []selector
	Source    *SourceState
	Pairs     [][2]string
	Requests  []requestView
}

// requestView is a request of the last rounds.
type requestView struct {
	Asked
	When, Of, Open string
}

// mostRequests bounds the requests that the method box lists.
const mostRequests = 12

// requests lists the requests of the last round that asked for the indicator's metrics.
func (h *handler) requests(f *frame, m *method, ind *sla.Indicator, zone *time.Location) {
	if m.Source == nil || h.o.Asked == nil {
		return
	}
	var names []*regexp.Regexp
	for _, s := range m.Selectors {
		name, _, _ := strings.Cut(s.Text, "{")
		if ind.Kind == sla.Query {
			name = s.Text
		}
		if strings.TrimSpace(name) == "" {
			name = s.Text // a selector without a metric's name
		}
		names = append(names, regexp.MustCompile(`(^|[^a-zA-Z0-9_:])`+regexp.QuoteMeta(strings.TrimSpace(name))+`($|[^a-zA-Z0-9_:])`))
	}
	list := h.o.Asked(m.Source.Name, func(query string) bool {
		return slices.ContainsFunc(names, func(r *regexp.Regexp) bool { return r.MatchString(query) })
	})
	for _, a := range list[:min(len(list), mostRequests)] {
		if a.At < list[0].At.Add(-max(ind.Interval, sla.Minute)) {
			break // an earlier round's
		}
		v := requestView{Asked: a, When: f.moment(a.At, zone), Of: f.say("%s to %s", f.moment(a.Span.From, zone), f.moment(a.Span.To, zone))}
		query := a.Query
		if !strings.HasSuffix(query, "]") && ind.Kind != sla.Query {
			query += fmt.Sprintf("[%dms]", a.Span.Length())
		}
		v.Open = m.openAt(query, a.Span)
		m.Requests = append(m.Requests, v)
	}
}

// openAt gives the address of a request as the source's own pages show it, as a table.
func (m *method) openAt(query string, span sla.Span) string {
	if m.Source == nil || !strings.HasPrefix(m.Source.URL, "http") {
		return ""
	}
	return m.Source.URL + "/graph?" + url.Values{
		"g0.expr": {query}, "g0.tab": {"1"}, "g0.moment_input": {span.To.Time().UTC().Format(time.DateTime)},
	}.Encode()
}

// selector is a query with a link that opens it at the source.
type selector struct{ Name, Text, Open string }

func (h *handler) method(f *frame, at *found) method {
	ind, o, a := at.indicator, at.objective, at.agreement
	m := method{Indicator: ind.Name, Source: h.source(ind.Source)}
	for _, q := range queriesOf(ind) {
		m.Selectors = append(m.Selectors, selector{f.say(q[0]), q[1], m.open(q[1])})
	}
	m.Says = append(m.Says, f.say(kindText[ind.Kind]), f.methodText(o))
	m.Says = append(m.Says, f.say("Unknown time %s.", f.say(unknownText[a.Unknown])), f.say("Approved planned time %s.", f.say(plannedText[a.Planned])))
	add := func(name, value string) { m.Pairs = append(m.Pairs, [2]string{f.say(name), value}) }
	if ind.Kind == sla.Latency {
		add("Good within", f.Duration(millis(ind.Within.Rat())))
	}
	if ind.Bound.Kind != "" {
		add("Good when", strings.ReplaceAll(string(ind.Bound.Kind), "_", " ")+" "+ind.Bound.Value.String())
	}
	if ind.Kind == sla.TimeGauge && ind.Combine.Rule != "" {
		add("Several series", f.say("%s of them", string(ind.Combine.Rule)))
	}
	add("Interval", f.Duration(ind.Interval))
	if ind.Schedule != "" {
		add("Schedule", ind.Schedule+" (cron, UTC)")
	}
	if m.Source != nil {
		add("Source", m.Source.Name)
		add("Lag", f.lag(m.Source.Lag))
	}
	if h.o.Works != nil {
		works := h.o.Works()
		if r, ok := works.Rounds[ind.Name]; ok {
			if r.Measured != sla.Always {
				add("Measured up to", f.moment(r.Measured, at.zone))
			}
			if r.Next != 0 {
				add("Next round", f.moment(r.Next, at.zone))
			}
		}
	}
	h.requests(f, &m, ind, at.zone)
	add("Severity", f.say(string(o.Severity)))
	return m
}

// open gives the address of a query in the source's own pages.
func (m *method) open(query string) string {
	if m.Source == nil || !strings.HasPrefix(m.Source.URL, "http") {
		return ""
	}
	return m.Source.URL + "/graph?" + url.Values{"g0.expr": {query}, "g0.tab": {"0"}, "g0.range_input": {"1h"}}.Encode()
}

// source gives the data source of that name, the first one for none.
func (h *handler) source(name string) *SourceState {
	if h.o.Works == nil {
		return nil
	}
	sources := h.o.Works().Sources
	for i := range sources {
		if name == "" || sources[i].Name == name {
			return &sources[i]
		}
	}
	return nil
}

var kindText = map[sla.IndicatorKind]string{
	sla.Ratio:       "Events are counted from counters, each once.",
	sla.Latency:     "Events are counted from a histogram; those within the threshold are good.",
	sla.Samples:     "Every raw sample of a gauge is one event.",
	sla.TimeGauge:   "The time of a gauge within a bound is good time.",
	sla.Query:       "A query gives one number for every interval; within the bound the interval is good time.",
	sla.MeanCounter: "A mean is made of two counters, their sum and their count.",
	sla.Entries:     "People or other programs record what happened.",
}

var unknownText = map[sla.UnknownRule]string{
	sla.UnknownRemoved: "counts on neither side", sla.UnknownGood: "counts as good", sla.UnknownBad: "counts as bad",
}

var plannedText = map[sla.Planned]string{
	sla.PlannedRemoved: "counts on neither side", sla.PlannedGood: "counts as good", sla.PlannedCounted: "counts like any other",
}

// methodText says how good and bad become compliance.
func (f *frame) methodText(o *sla.Objective) string {
	switch o.Method {
	case sla.TimeMethod:
		return f.say("Compliance is good time divided by good and bad time.")
	case sla.Timeslices:
		share, word := o.Slices.BadAbove, "more than"
		if share == nil {
			share, word = o.Slices.BadAt, "at least"
		}
		if share == nil {
			return f.say("Compliance is the share of good slices.")
		}
		return f.say("Time is cut into slices of %s; a slice with %s %s%% bad events is bad. Compliance is good slice time divided by all of it.",
			f.Duration(o.Slices.Length), f.say(word), share.String())
	case sla.RatioTimeslices:
		return f.say("Time is cut into slices of %s; compliance is the mean of their own ratios.", f.Duration(o.Slices.Length))
	case sla.MeanMethod:
		return f.say("The mean over the period is compared with its bound.")
	}
	return f.say("Compliance is good events divided by all events.")
}
