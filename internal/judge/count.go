package judge

import (
	"math/big"

	"github.com/slmd/slmd/internal/sla"
)

// count is what a method makes of the facts, all in the unit of the method:
// events, seconds, or slices for ratio timeslices.
type count struct {
	good, bad *big.Rat // before the term for unknown time
	// unknown is what is unknown, skipped what the method leaves out. Of plain
	// event counts both are zero: their unknown time is filled at the mean rate.
	unknown, skipped *big.Rat
	// whole is the scope of the whole part, nil for events: nobody knows in
	// advance how many there will be.
	whole *big.Rat

	// counted is the sum of good and bad with the unknown that the term counts.
	countedGood, countedBad *big.Rat
}

// clock is the scope up to the judging instant.
type clock struct {
	end            sla.Instant
	scope, planned sla.Millis // planned is the part of scope that counts as good
	unknown        *big.Rat   // seconds
}

func (t *Tally) clock(end sla.Instant) clock {
	scope, planned := t.scope.before(end)
	unknown := seconds(scope - planned - t.covered)
	return clock{end, scope, planned, unknown.Add(unknown, t.unknown.rat())}
}

// count makes of a tally, all of whose slices are closed, what the method says.
func (t *Tally) count(k clock) count {
	c := t.method(k)
	c.countedGood, c.countedBad = c.good, c.bad
	switch t.c.Agreement.Unknown {
	case sla.UnknownGood:
		c.countedGood = plus(c.good, c.unknown)
	case sla.UnknownBad:
		c.countedBad = plus(c.bad, c.unknown)
	}
	return c
}

func (t *Tally) method(k clock) count {
	switch t.c.Objective.Method {
	case sla.Timeslices:
		s := t.slicer.time
		return count{
			good: seconds(s.good), bad: seconds(s.bad), unknown: seconds(s.unknown),
			skipped: seconds(s.skipped), whole: seconds(t.scope.whole()),
		}
	case sla.RatioTimeslices:
		n := &t.slicer.count
		bad := n.shares.rat()
		all := whole(n.good + n.mixed)
		return count{
			good: all.Sub(all, bad), bad: bad.Add(bad, whole(n.bad)), unknown: whole(n.unknown),
			skipped: whole(n.skipped), whole: whole(t.scope.slices(t.slicer.terms.Length)),
		}
	}
	good, bad := t.factsCounted(k)
	if t.facts != sla.Time {
		return count{good: good, bad: bad, unknown: new(big.Rat), skipped: new(big.Rat)}
	}
	return count{good: good, bad: bad, unknown: k.unknown, skipped: new(big.Rat), whole: seconds(t.scope.whole())}
}

// factsCounted gives the good and bad events or seconds, after exclusions.
func (t *Tally) factsCounted(k clock) (good, bad *big.Rat) {
	good, bad = t.good.rat(), t.bad.rat()
	if t.facts == sla.Time {
		good.Add(good, seconds(k.planned))
	}
	return good, bad
}

// compliance gives what was counted good of all; nil when nothing was counted.
func (c *count) compliance() *sla.Share {
	if plus(c.good, c.bad).Sign() == 0 {
		return nil
	}
	return &sla.Share{Num: c.countedGood, Den: plus(c.countedGood, c.countedBad)}
}

// allowed gives how much may be bad when so much may not be: for events of
// those so far, otherwise of the whole part.
func (c *count) allowed(target *big.Rat, unknown sla.UnknownRule) *big.Rat {
	return new(big.Rat).Mul(c.base(unknown), new(big.Rat).Sub(big.NewRat(1, 1), target))
}

// base gives the amount of which the target allows a share.
func (c *count) base(unknown sla.UnknownRule) *big.Rat {
	if c.whole == nil {
		return plus(c.good, c.bad)
	}
	all := new(big.Rat).Sub(c.whole, c.skipped)
	if unknown != sla.UnknownGood && unknown != sla.UnknownBad {
		all.Sub(all, c.unknown)
	}
	return all
}

// atBest gives the compliance of the whole part if nothing more goes wrong, nil
// for events: of those nobody knows how many there will be.
func (c *count) atBest(unknown sla.UnknownRule) *big.Rat {
	base := c.base(unknown)
	if c.whole == nil || base.Sign() == 0 {
		return nil
	}
	good := new(big.Rat).Sub(base, c.countedBad)
	return good.Quo(good, base)
}

// bounds gives the compliance if all that is unknown were bad, and if all were
// good. Something was counted.
func (c *count) bounds(k clock) (lowest, highest *sla.Share) {
	known := plus(c.good, c.bad)
	unknown := c.unknown
	if c.whole == nil {
		// Events happen in unknown time at the mean rate of the known time.
		knownTime := new(big.Rat).Sub(seconds(k.scope), k.unknown)
		if knownTime.Sign() <= 0 {
			return &sla.Share{Num: new(big.Rat), Den: known}, &sla.Share{Num: known, Den: known}
		}
		unknown = new(big.Rat).Mul(known, k.unknown)
		unknown.Quo(unknown, knownTime)
	}
	all := plus(known, unknown)
	return &sla.Share{Num: c.good, Den: all}, &sla.Share{Num: plus(c.good, unknown), Den: all}
}

// turnable reports whether what is unknown could turn the verdict over. Of a
// part under way by the clock the whole of it decides, as for its state.
func (c *count) turnable(target *big.Rat, lowest, highest *sla.Share) bool {
	if c.whole == nil {
		return atLeast(highest, target) && !atLeast(lowest, target)
	}
	allowed := c.allowed(target, sla.UnknownBad)
	return c.bad.Cmp(allowed) <= 0 && plus(c.bad, c.unknown).Cmp(allowed) > 0
}

// atLeast compares by multiplication across: num ≥ target·den.
func atLeast(s *sla.Share, target *big.Rat) bool {
	return s.Num.Cmp(new(big.Rat).Mul(target, s.Den)) >= 0
}

func plus(a, b *big.Rat) *big.Rat { return new(big.Rat).Add(a, b) }

func whole(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }
