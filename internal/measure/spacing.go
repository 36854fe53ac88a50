package measure

import "github.com/slmd/slmd/internal/sla"

// window is how many gaps a series' spacing is worked out from.
const window = 9

// gaps are the last gaps between the samples of a series, oldest first, and
// their median, the series' spacing.
type gaps struct {
	n      int
	last   [window]sla.Millis
	median sla.Millis
}

// add takes the gap before a new sample.
func (g *gaps) add(gap sla.Millis) {
	if g.n == window {
		out := g.last[0]
		copy(g.last[:], g.last[1:])
		g.last[window-1] = gap
		if out == gap {
			return
		}
	} else {
		g.last[g.n] = gap
		g.n++
	}
	g.settle()
}

// settle works out the median; of an even number the smaller middle one.
func (g *gaps) settle() {
	var sorted [window]sla.Millis
	for i, gap := range g.last[:g.n] {
		k := i
		for ; k > 0 && sorted[k-1] > gap; k-- {
			sorted[k] = sorted[k-1]
		}
		sorted[k] = gap
	}
	if g.n > 0 {
		g.median = sorted[(g.n-1)/2]
	}
}

// spacing gives the median, or otherwise where no gap is known.
func (g *gaps) spacing(otherwise sla.Millis) sla.Millis {
	if g.n == 0 {
		return otherwise
	}
	return g.median
}

// within reports whether a gap is at most 2.5 spacings long.
func within(gap, spacing sla.Millis) bool { return 2*gap <= 5*spacing }

// reach gives how far a sample at t says something about what follows it: 2.5
// spacings, in whole milliseconds.
func reach(t sla.Instant, spacing sla.Millis) sla.Instant { return t.Add(5 * spacing / 2) }
