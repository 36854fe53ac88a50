package measure

import (
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

func upTime(rule sla.CombineRule, n int) *sla.Indicator {
	return &sla.Indicator{
		Name: "up", Kind: sla.TimeGauge, Interval: sla.Minute, Metric: `probe_success`,
		Bound: sla.Bound{Kind: sla.AtLeast, Value: sla.Decimal{Coef: 1}}, Combine: sla.Combine{Rule: rule, N: n},
	}
}

func TestTime(t *testing.T) {
	probe := func(name, values string) Series { return line(t, `probe_success{at="`+name+`"}`, values) }
	for _, c := range []struct {
		name   string
		rule   sla.Combine
		series []Series
		want   string
	}{
		{
			"a sample holds until the next one",
			sla.Combine{},
			[]Series{probe("a", "1x3 1 0 0 1 1x3")},
			"60/0 30/30 60/0",
		},
		{
			"a sample holds over a missing scrape",
			sla.Combine{},
			[]Series{probe("a", "1x6 _ 1x3 0x3")},
			"60/0 60/0 60/0",
		},
		{
			"beyond 2.5 spacings a sample holds one spacing and the rest is unknown",
			sla.Combine{},
			[]Series{probe("a", "1x5 _ _ 0x3")},
			"60/0 30/0?30 0/60",
		},
		{
			"a missing series is unknown",
			sla.Combine{},
			[]Series{line(t, "other", "1x11")},
			"0/0?60 0/0?60 0/0?60",
		},
		{
			"the end is unknown one spacing after the last sample",
			sla.Combine{},
			[]Series{probe("a", "1x5")},
			"60/0 30/0?30 0/0?60",
		},
		{
			"a stale marker ends what a sample holds",
			sla.Combine{},
			[]Series{probe("a", "1x4 stale 1x5")},
			"60/0 45/0?15 60/0",
		},
		{
			"NaN is known to nobody",
			sla.Combine{},
			[]Series{probe("a", "1x4 NaN 1x5")},
			"60/0 45/0?15 60/0",
		},
		{
			"any is good when one of those that hold a sample is",
			sla.Combine{Rule: sla.CombineAny},
			[]Series{probe("a", "1x3 0x7"), probe("b", "0x3 1x3 _x4 0x3")},
			"60/0 60/0 0/60",
		},
		{
			"all is good when all of those that hold a sample are",
			sla.Combine{Rule: sla.CombineAll},
			[]Series{probe("a", "1x3 0x3 1x3"), probe("b", "1x7 _x8")},
			"60/0 0/60 60/0",
		},
		{
			"the mean weighs every series alike",
			sla.Combine{Rule: sla.CombineMean},
			[]Series{probe("a", "1x3 1x3 1x3"), probe("b", "1x3 0x3 1x3"), probe("c", "1x3 0x1 1x1 1x3")},
			"60/0 30/30 60/0",
		},
		{
			"the mean is rounded to a millionth of a second",
			sla.Combine{Rule: sla.CombineMean},
			[]Series{probe("a", "1x3"), probe("b", "1x3"), probe("c", "0x3")},
			"40/20",
		},
		{
			"at least two of three",
			sla.Combine{Rule: sla.CombineAtLeast, N: 2},
			[]Series{probe("a", "1x11"), probe("b", "1x7 0x3"), probe("c", "1x3 0x7")},
			"60/0 60/0 0/60",
		},
		{
			"at least two cannot be reached by one that holds a sample",
			sla.Combine{Rule: sla.CombineAtLeast, N: 2},
			[]Series{probe("a", "1x3")},
			"0/60",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := len(strings.Fields(c.want))
			if got := text(measured(t, upTime(c.rule.Rule, c.rule.N), n, c.series...)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSpacingIsTheMedianOfTheLastNineGaps(t *testing.T) {
	var g gaps
	if got := g.spacing(7); got != 7 {
		t.Errorf("without a gap the spacing is %d, want what is given, 7", got)
	}
	for i, c := range []struct{ gap, want sla.Millis }{{15, 15}, {60, 15}, {60, 60}, {15, 15}, {15, 15}, {15, 15}, {15, 15}, {15, 15}, {15, 15}, {99, 15}, {99, 15}, {99, 15}, {99, 15}, {99, 99}} {
		g.add(c.gap)
		if got := g.spacing(7); got != c.want {
			t.Errorf("after gap %d the spacing is %d, want %d", i+1, got, c.want)
		}
	}
}
