package measure

import (
	"strings"
	"testing"
)

func TestWhenAProcessBeganTellsWhereACounterBegan(t *testing.T) {
	const before, since = "1690000000", "1700000100" // start is at 1700000040
	b := func(code string) string {
		return `http_requests_total{job="shop",instance="b",code="` + code + `"}`
	}
	began := func(instance, values string) Series {
		return line(t, `process_start_time_seconds{job="shop",instance="`+instance+`"}`, values)
	}
	shop := line(t, series("200"), "1000+10x11")
	for name, c := range map[string]struct {
		series []Series
		want   string
	}{
		"a new target whose process is new counts, however large": {
			[]Series{shop, up(t, "1x11"), line(t, b("200"), "_x5 5000x6"), line(t, `up{job="shop",instance="b"}`, "_x5 1x6"), began("b", "_x5 "+since+"x6")},
			"30/0 5040/0 40/0",
		},
		"a new target whose process is old brings its counters along, however small": {
			[]Series{shop, up(t, "1x11"), line(t, b("200"), "_x5 7x6"), line(t, `up{job="shop",instance="b"}`, "_x5 1x6"), began("b", "_x5 "+before+"x6")},
			"30/0 40/0 40/0",
		},
		"a new target that took minutes to be found counts by what is plausible": {
			[]Series{shop, up(t, "1x11"), line(t, b("200"), "_x5 7x6"), line(t, `up{job="shop",instance="b"}`, "_x5 1x6"), began("b", "_x5 1699999800x6")},
			"30/0 47/0 40/0",
		},
		"a new series of a process that began while nobody looked counts": {
			[]Series{
				line(t, series("200"), "1000+10x3 _x4 _x4 1100 1110 1120 1130"), line(t, series("500"), "_x4 _x4 _x4 3 4 4 4"),
				up(t, "1x3 _x4 _x4 1x3"), began("a", before+"x3 _x4 _x4 1700000170x3"),
			},
			"30/0 0/0?60 0/0?60 1130/4~135",
		},
		"a small series that was away in an old process had been dropped": {
			[]Series{shop, line(t, series("500"), "7x3 _ _ 9 9 9 9 9 9"), up(t, "1x11"), began("a", before+"x11")},
			"30/0 40/2~15 40/0",
		},
		"a large series that was away comes back with a new process from zero": {
			[]Series{shop, line(t, series("500"), "70000x3 _ _ 70009x5"), up(t, "1x11"), began("a", before+"x3 _ _ "+since+"x5")},
			"30/0 40/70009~15 40/0",
		},
		"what is no time says nothing": {
			[]Series{shop, line(t, series("500"), "7x3 _ _ 9 9 9 9 9 9"), up(t, "1x11"), began("a", "NaNx11")},
			"30/0 40/9~15 40/0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := text(measured(t, ratio(), len(strings.Fields(c.want)), c.series...)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
