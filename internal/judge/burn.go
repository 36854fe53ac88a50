package judge

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"github.com/slmd/slmd/internal/sla"
)

// Rate is what happened in one burn window.
type Rate struct {
	Window sla.BurnWindow
	// Good and Bad are the events or seconds in the window, after exclusions.
	Good, Bad *big.Rat
	// Spent is what the window spent of the error budget, in its unit; nil for a mean.
	Spent *big.Rat
	// Rate is the bad share by the objective's method over 1 − target; nil when
	// nothing was counted, the target is 100 % or the objective is a mean.
	Rate *big.Rat
}

// Rates are the rates of the windows that were asked for, in their order.
type Rates []Rate

// ByName gives the rates that are known by the names of their windows.
func (r Rates) ByName() map[string]*big.Rat {
	out := make(map[string]*big.Rat, len(r))
	for _, x := range r {
		if x.Rate != nil {
			out[x.Window.Name] = x.Rate
		}
	}
	return out
}

// window gives the rate of that name, nil when there is none.
func (r Rates) window(name string) *Rate {
	for i := range r {
		if r[i].Window.Name == name {
			return &r[i]
		}
	}
	return nil
}

// BurnSpan gives the span of the longest burn window that ends at at, of an
// indicator with that interval: the entries that Burn wants overlap it.
func BurnSpan(interval sla.Millis, at sla.Instant) sla.Span {
	return burnSpan(interval, at, nil)
}

// burnSpan gives the span of the longest of those windows and sla.BurnWindows:
// slices are judged over all of it whatever was asked for, so that a run of them
// counts alike in every answer.
func burnSpan(interval sla.Millis, at sla.Instant, windows []sla.BurnWindow) sla.Span {
	longest := max(interval, longestOf(sla.BurnWindows), longestOf(windows))
	return sla.Span{From: at.Add(-longest), To: at}
}

func longestOf(windows []sla.BurnWindow) (longest sla.Millis) {
	for _, w := range windows {
		longest = max(longest, w.Length)
	}
	return longest
}

// Burn gives the burn rates of an objective over the windows that end at at (the
// last measured instant), judged by the terms of c: its validity and period
// play no part except that slices are aligned to periods of that kind. The
// history holds the entries that overlap BurnSpan; it may begin earlier. Amounts
// that bridged a gap are spread over it.
func Burn(c Case, h History, at sla.Instant) (Rates, error) {
	return burnOver(c, h, at, sla.BurnWindows)
}

// burnOver is Burn for some of the windows.
func burnOver(c Case, h History, at sla.Instant, windows []sla.BurnWindow) (Rates, error) {
	terms := *c.Agreement
	terms.Valid = sla.Span{From: sla.Always, To: sla.Forever}
	c.Agreement, c.Parted = &terms, false
	b := burn{c: c, history: h, at: at, longest: burnSpan(c.Indicator.Interval, at, windows), windows: windows}
	if err := b.countFacts(); err != nil {
		return nil, fmt.Errorf("burn rates of %s of %s: %w", c.Objective.Name, terms.Name, err)
	}
	shares := b.factShares()
	if s := c.Objective.Method; s == sla.Timeslices || s == sla.RatioTimeslices {
		var err error
		if shares, err = b.sliceShares(); err != nil {
			return nil, fmt.Errorf("burn rates of %s of %s: %w", c.Objective.Name, terms.Name, err)
		}
	}
	b.rate(shares)
	return b.rates, nil
}

// Burn gives the burn rates of the objective at at, with the target in force
// then; an ended agreement is judged by its last version.
func (b Book) Burn(agreement, objective string, at sla.Instant) (Rates, error) {
	return b.BurnOver(agreement, objective, at, sla.BurnWindows)
}

// BurnOver is Burn over any windows.
func (b Book) BurnOver(agreement, objective string, at sla.Instant, windows []sla.BurnWindow) (Rates, error) {
	a := b.Catalogue.InForce(agreement, at)
	if versions := b.Catalogue.Versions(agreement); a == nil && len(versions) > 0 {
		a = versions[len(versions)-1]
	}
	if a == nil || a.Objective(objective) == nil {
		return nil, fmt.Errorf("burn rates: the catalogue has no objective %s of an agreement %s", objective, agreement)
	}
	c, ok := b.newCase(a, a.Objective(objective), sla.Period{})
	if !ok {
		return nil, fmt.Errorf("burn rates: the catalogue has no indicator %s", a.Objective(objective).Indicator)
	}
	entries, err := b.Facts(c.Indicator.Name, burnSpan(c.Indicator.Interval, at, windows))
	if err != nil {
		return nil, fmt.Errorf("burn rates: reading the facts of %s: %w", c.Indicator.Name, err)
	}
	return burnOver(c, History{Loose: entries}, at, windows)
}

// burn works out the burn rates of one case.
type burn struct {
	c       Case
	history History
	room    []sla.Entry // for packed ones
	at      sla.Instant
	longest sla.Span
	windows []sla.BurnWindow
	rates   Rates
}

// span gives a window's span; one shorter than the interval is one interval.
func (b *burn) span(w sla.BurnWindow) sla.Span {
	return sla.Span{From: b.at.Add(-max(w.Length, b.c.Indicator.Interval)), To: b.at}
}

// part is the bad part of all that was counted in a window.
type part struct{ bad, all *big.Rat }

// countFacts counts events or seconds in all windows, in one pass.
func (b *burn) countFacts() error {
	c := b.c
	c.Period = sla.Period{Span: b.longest}
	scope, err := newScope(c)
	if err != nil {
		return err
	}
	order := slices.Clone(b.windows)
	slices.SortFunc(order, func(v, w sla.BurnWindow) int { return cmp.Compare(v.Length, w.Length) })
	n := nested{scope: scope, events: c.Indicator.Facts() == sla.Events, to: b.at, counts: make([]tallied, len(order))}
	for _, w := range order {
		n.from = append(n.from, b.span(w).From)
	}
	for i := range b.history.Packed {
		p := &b.history.Packed[i]
		if n.addWhole(p) {
			continue
		}
		if b.room, err = p.Open(b.room[:0]); err != nil {
			return err
		}
		n.addAll(b.room)
	}
	n.addAll(b.history.Loose)
	for i := 1; i < len(order); i++ {
		n.counts[i].good.addSum(n.counts[i-1].good)
		n.counts[i].bad.addSum(n.counts[i-1].bad)
	}
	for _, w := range b.windows {
		t := n.counts[slices.Index(order, w)]
		if c.Indicator.Facts() == sla.Time {
			t.good.add(sla.Seconds(plannedIn(scope, b.span(w))))
		}
		b.rates = append(b.rates, Rate{Window: w, Good: t.good.rat(), Bad: t.bad.rat()})
	}
	return nil
}

// plannedIn gives how much time of the window counts as good because it was planned.
func plannedIn(scope *scope, w sla.Span) sla.Millis {
	_, until := scope.before(w.To)
	_, from := scope.before(w.From)
	return until - from
}

func (b *burn) factShares() []part {
	out := make([]part, len(b.rates))
	for i, r := range b.rates {
		out[i] = part{r.Bad, plus(r.Good, r.Bad)}
	}
	return out
}

// sliceShares counts slices. They are judged over all of the longest window, so
// that a run is not cut short at the beginning of a shorter one.
func (b *burn) sliceShares() ([]part, error) {
	sums := make([]struct{ bad, all shares }, len(b.rates))
	periods, err := periodsOver(b.c.Agreement, b.longest)
	if err != nil {
		return nil, err
	}
	for _, p := range periods {
		c := b.c
		c.Period = p
		t, err := newTally(c, b.at)
		if err != nil {
			return nil, err
		}
		t.slicer.keep = true
		for i := range b.history.Packed {
			if b.room, err = b.history.Packed[i].Open(b.room[:0]); err != nil {
				return nil, err
			}
			t.AddAll(b.room)
		}
		t.AddAll(b.history.Loose)
		t.skip(t.end)
		t.slicer.close(&t.outages)
		t.slicer.endRun(&t.outages)
		for i, r := range b.rates {
			t.slicer.kept.within(t.scope, b.span(r.Window), &sums[i].bad, &sums[i].all)
		}
	}
	out := make([]part, len(b.rates))
	for i := range sums {
		out[i] = part{sums[i].bad.rat(), sums[i].all.rat()}
	}
	return out, nil
}

func (b *burn) rate(shares []part) {
	target := b.c.Objective.Target
	if target == nil {
		return
	}
	rest := new(big.Rat).Sub(big.NewRat(1, 1), target.Ratio())
	for i, s := range shares {
		b.rates[i].Spent = s.bad
		if b.c.Objective.Method == sla.Timeslices { // counted in milliseconds
			b.rates[i].Spent = new(big.Rat).Mul(s.bad, big.NewRat(1, int64(sla.Second)))
		}
		if s.all.Sign() > 0 && rest.Sign() > 0 {
			r := new(big.Rat).Quo(s.bad, s.all)
			b.rates[i].Rate = r.Quo(r, rest)
		}
	}
}
