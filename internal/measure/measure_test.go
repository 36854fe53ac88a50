package measure

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// start is where the made-up series begin.
const start = sla.Instant(1_700_000_040_000) // a whole minute

// line makes a series from a selector and values, one each 15 s from start on;
// _ is a missing sample, AxN adds N samples to A, A+BxN counts up.
func line(t testing.TB, series, values string) Series {
	t.Helper()
	return lineEach(t, 15*sla.Second, series, values)
}

func lineEach(t testing.TB, step sla.Millis, series, values string) Series {
	t.Helper()
	sel, err := parseSelector(series)
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{}
	for _, m := range sel.matchers {
		labels[m.Name] = m.Value
	}
	var samples []Sample
	at := start
	put := func(v Value) {
		samples = append(samples, Sample{at, v})
		at = at.Add(step)
	}
	for _, word := range strings.Fields(values) {
		value, times := word, 0
		if from, n, ok := strings.Cut(word, "x"); ok {
			value = from
			times, err = strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
		}
		if value == "_" {
			at = at.Add(sla.Millis(max(times, 1)) * step)
			continue
		}
		if value == "stale" {
			put(Value{kind: stale})
			continue
		}
		from, by, counts := strings.Cut(value, "+")
		if !counts || from == "" {
			from, by = value, "0"
		}
		v, ok := ParseValue(from)
		d, ok2 := ParseValue(by)
		if !ok || !ok2 {
			t.Fatalf("%q is no value", word)
		}
		for range times + 1 {
			put(v)
			v.coef += d.coef
		}
	}
	return NewSeries(labels, samples)
}

func ratio() *sla.Indicator {
	return &sla.Indicator{
		Name: "requests", Kind: sla.Ratio, Interval: sla.Minute,
		Total: `http_requests_total{job="shop"}`, Bad: `http_requests_total{job="shop",code=~"5.."}`,
	}
}

// measured gives the entries over so many minutes from start on.
func measured(t testing.TB, ind *sla.Indicator, minutes int, series ...Series) []sla.Entry {
	t.Helper()
	src, err := New(Options{Read: InMemory(series)})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := Whole(context.Background(), src, ind, sla.Span{From: start, To: start.Add(sla.Millis(minutes) * sla.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// text shows entries as good/bad, with ?unknown seconds and ~bridged seconds.
func text(entries []sla.Entry) string {
	var out []string
	for _, e := range entries {
		s := fmt.Sprintf("%s/%s", e.Good, e.Bad)
		if e.Unknown != 0 {
			s += fmt.Sprintf("?%d", e.Unknown/sla.Second)
		}
		if e.Bridged != 0 {
			s += fmt.Sprintf("~%d", e.Bridged/sla.Second)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func up(t testing.TB, values string) Series {
	return line(t, `up{job="shop",instance="a"}`, values)
}

// beside adds a sample to a series.
func beside(s Series, after sla.Millis, v int64) Series {
	x := Sample{start.Add(after), Int(v)}
	i, _ := slices.BinarySearchFunc(s.Samples, x, func(a, b Sample) int { return int(a.T - b.T) })
	s.Samples = slices.Insert(s.Samples, i, x)
	return s
}

func series(code string) string {
	return fmt.Sprintf(`http_requests_total{job="shop",instance="a",code="%s"}`, code)
}

func TestCounters(t *testing.T) {
	for _, c := range []struct {
		name   string
		series []Series
		want   string
	}{
		{
			"every difference is booked in the interval of its sample",
			[]Series{line(t, series("200"), "100+10x11")},
			"30/0 40/0 40/0",
		},
		{
			"a selected series feeds both the total and the bad ones",
			[]Series{line(t, series("200"), "100+10x11"), line(t, series("500"), "7+1x11")},
			"30/3 40/4 40/4",
		},
		{
			"after a reset the value itself counts",
			[]Series{line(t, series("200"), "100 110 120 130 5 15 25 35 45 55 65 75")},
			"30/0 35/0 40/0",
		},
		{
			"a fall within half the spacing is another replica's and counts nothing",
			[]Series{beside(line(t, series("200"), "100+10x11"), 76*sla.Second, 148)},
			"30/0 40/0 40/0",
		},
		{
			"a reset that shows within half the spacing counts from the next sample on",
			[]Series{beside(line(t, series("200"), "100 110 120 130 140 150 7 12 22 32 42 52"), 76*sla.Second, 2)},
			"30/0 32/0 40/0",
		},
		{
			"samples of two replicas that lie nearly two spacings apart miss none",
			[]Series{NewSeries(map[string]string{"__name__": "http_requests_total", "job": "shop", "instance": "a", "code": "200"}, []Sample{
				{start.Add(-15 * sla.Second), Int(5)},
				{start, Int(6)},
				{start.Add(15 * sla.Second), Int(7)},
				{start.Add(44 * sla.Second), Int(9)},
				{start.Add(59 * sla.Second), Int(10)},
				{start.Add(74 * sla.Second), Int(11)},
			}), up(t, "1x11")},
			"5/0 1/0 0/0",
		},
		{
			"a new series of a scraped target counts from zero",
			[]Series{line(t, series("200"), "1000+10x11"), line(t, series("500"), "_x5 3 4 4 4 4 4 4"), up(t, "1x11")},
			"30/0 40/4 40/0",
		},
		{
			"without up a new series counts when another one had samples before and it is plausible",
			[]Series{line(t, series("200"), "100+10x11"), line(t, series("500"), "_x5 3 4 4 4 4 4 4")},
			"30/0 40/4 40/0",
		},
		{
			"without up an implausible new series starts at its first value",
			[]Series{line(t, series("200"), "100+10x11"), line(t, series("500"), "_x5 300001 300002 300002 300002 300002 300002 300002")},
			"30/0 40/1 40/0",
		},
		{
			"a target that is known but was not scraped meanwhile starts at its first value",
			[]Series{
				line(t, series("200"), "1000+10x3 _x4 _x4 1100 1110 1120 1130"),
				line(t, series("500"), "_x4 _x4 _x4 3 4 4 4"), up(t, "1x3 _x4 _x4 1x3"),
			},
			"30/0 0/0?60 0/0?60 100/1~135",
		},
		{
			"a new target counts what is plausible",
			[]Series{
				line(t, series("200"), "1000+10x11"),
				line(t, `http_requests_total{job="shop",instance="b",code="200"}`, "_x5 400 410 420 430 440 450 460"),
				line(t, `up{job="shop",instance="b"}`, "_x5 1x6"), up(t, "1x11"),
			},
			"30/0 460/0 80/0",
		},
		{
			"a renamed target that brings old counters along does not count them",
			[]Series{
				line(t, series("200"), "1000+10x11"),
				line(t, `http_requests_total{job="shop",instance="b",code="200"}`, "_x5 401 411 421 431 441 451 461"),
				line(t, `up{job="shop",instance="b"}`, "_x5 1x6"), up(t, "1x11"),
			},
			"30/0 60/0 80/0",
		},
		{
			"a small series that was away while its target was scraped restarted",
			[]Series{line(t, series("200"), "1000+10x11"), line(t, series("500"), "7x3 _ _ 9 9 9 9 9 9"), up(t, "1x11")},
			"30/0 40/9~15 40/0",
		},
		{
			"a large series that was away while its target was scraped had been dropped",
			[]Series{line(t, series("200"), "1000+10x11"), line(t, series("500"), "70000x3 _ _ 70009x5"), up(t, "1x11")},
			"30/0 40/9~15 40/0",
		},
		{
			"a scrape gap is unknown and its events are booked after it",
			[]Series{line(t, series("200"), "1000+10x3 _x4 _x4 1120 1130 1140 1150"), up(t, "1x3 _x4 _x4 1x3")},
			"30/0 0/0?60 0/0?60 120/0~135",
		},
		{
			"between samples that lie close together there were no events",
			[]Series{lineEach(t, 100*sla.Second, series("200"), "1000+10x5")},
			"0/0 10/0 0/0 10/0 0/0 10/0 10/0 0/0 10/0",
		},
		{
			"a target that is up without samples had no events",
			[]Series{line(t, series("200"), "1000+10x3"), up(t, "1x11")},
			"30/0 0/0 0/0",
		},
		{
			"a target that is down without samples is unknown",
			[]Series{line(t, series("200"), "1000+10x3"), up(t, "1x3 0x7")},
			"30/0 0/0?60 0/0?60",
		},
		{
			"NaN and negative samples make their intervals unknown",
			[]Series{line(t, series("200"), "100 110 120 130 140 NaN 160 170 180 -1 200 210")},
			"30/0 40/0?60 40/0?60",
		},
		{
			"a stale marker ends the series and proves nothing",
			[]Series{line(t, series("200"), "1000+10x3 stale stale stale stale 1080 1090 1100 1110"), up(t, "1x3 _x4 1x3")},
			"30/0 0/0?60 80/0~75",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := len(strings.Fields(c.want))
			if got := text(measured(t, ratio(), n, c.series...)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
