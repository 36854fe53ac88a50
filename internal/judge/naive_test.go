package judge

import (
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slmd/slmd/internal/sla"
)

// naive is the second implementation: it looks at every unit of time by itself
// and counts in whole numbers. It shares nothing with the judge but its words.
type naive struct {
	w       *world
	loc     *time.Location
	facts   sla.FactKind
	units   []unit // of the part
	counted int    // how many of them lie before the judging instant
	events  int64  // in the scope of those
	entry   int    // the first one that ends after the unit under way
}

// unit is one second or minute.
type unit struct {
	at                 sla.Instant
	scope, planned     bool
	removed            bool
	good, bad, unknown int64 // events and milliseconds, as the entry has them per unit
	badEntry           bool
	approximate        bool
	slice              int
}

func newNaive(t *rapid.T, w *world) *naive {
	n := &naive{w: w, facts: w.c.Indicator.Facts()}
	var err error
	if n.loc, err = time.LoadLocation(w.c.Agreement.Zone); err != nil {
		t.Fatal(err)
	}
	for at := w.c.Period.From; at < w.c.Period.To; at = at.Add(w.unit) {
		if at >= w.c.Agreement.Valid.From && at < w.c.Agreement.Valid.To {
			n.units = append(n.units, n.unit(at))
			if at < w.now {
				n.counted++
			}
		}
	}
	return n
}

func (n *naive) unit(at sla.Instant) unit {
	u := unit{at: at}
	if s := n.w.c.Objective.Slices; s != nil {
		u.slice = int(int64(at-n.w.c.Period.From) / int64(s.Length))
	}
	if !n.open(at) {
		return u
	}
	excluded := false
	for _, x := range n.w.c.Exclusions {
		if x.ApprovedBy != "" && !x.Withdrawn && x.Services[0] == "s" && x.Span.From <= at && at < x.Span.To {
			excluded = true
		}
	}
	switch n.w.c.Agreement.Planned {
	case sla.PlannedRemoved:
		u.scope, u.removed = !excluded, excluded
	case sla.PlannedGood:
		u.scope, u.planned = true, excluded
	default:
		u.scope = true
	}
	n.fill(&u)
	return u
}

// open reads the wall clock.
func (n *naive) open(at sla.Instant) bool {
	c := n.w.c.Agreement.Calendar
	if c == nil {
		return true
	}
	t := time.UnixMilli(int64(at)).In(n.loc)
	clock := sla.Millis(t.Hour())*sla.Hour + sla.Millis(t.Minute())*sla.Minute + sla.Millis(t.Second())*sla.Second
	day := sla.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
	hours := c.Week[t.Weekday()]
	for _, h := range c.Holidays {
		if h == day {
			hours = nil
		}
	}
	for _, s := range c.Special {
		if s.Date == day {
			hours = s.Hours
		}
	}
	for _, h := range hours {
		if h.From <= clock && clock < h.To {
			return true
		}
	}
	return false
}

// fill gives the unit its part of the facts.
func (n *naive) fill(u *unit) {
	per := int64(n.w.unit)
	u.unknown = per
	for n.entry < len(n.w.entries) && n.w.entries[n.entry].To <= u.at {
		n.entry++
	}
	if n.entry < len(n.w.entries) && n.w.entries[n.entry].From <= u.at {
		n.take(u, &n.w.entries[n.entry])
	}
	if u.planned {
		u.badEntry, u.approximate = false, false
		u.unknown = 0
		if n.facts == sla.Time {
			u.good, u.bad = per, 0
		} else {
			u.good, u.bad = u.good+u.bad, 0
		}
	}
}

// take gives the unit its part of an entry.
func (n *naive) take(u *unit, e *sla.Entry) {
	k := int64(e.To-e.From) / int64(n.w.unit)
	good, _ := e.Good.Int64()
	bad, _ := e.Bad.Int64()
	scale := int64(1e9)
	if n.facts == sla.Time {
		scale = 1e6
	}
	u.good, u.bad, u.unknown = good/scale/k, bad/scale/k, int64(e.Unknown)/k
	u.approximate = e.Approximate
	if u.badEntry = bad > 0; u.badEntry && n.facts == sla.Events {
		share := new(big.Rat).Sub(big.NewRat(1, 1), n.w.c.Objective.Target.Ratio())
		u.badEntry = big.NewRat(bad, 1).Cmp(share.Mul(share, big.NewRat(good+bad, 1))) > 0
	}
}

// figures are what both implementations must agree on.
type figures struct {
	good, bad, unknown, removed, scope *big.Rat
	compliance, lowest, highest        *big.Rat
	allowed, left                      *big.Rat
	outages, small                     int
	longest                            sla.Millis
	badInOutages                       *big.Rat
	mtrs, mtbf                         *big.Rat
	approximate                        bool
	standing                           standing
}

// run is an outage of the naive kind: first and last unit, and what is bad in it.
type run struct {
	length, known int64 // ms
	bad           *big.Rat
}

func (n *naive) figures() figures {
	f := figures{badInOutages: new(big.Rat)}
	var good, bad, unknown, removed, scope, whole int64
	ms := int64(n.w.unit)
	for i, u := range n.units {
		if u.scope {
			whole += ms
		}
		if i >= n.counted {
			continue
		}
		if u.removed {
			removed += ms
		}
		if u.scope {
			scope += ms
			good, bad, unknown = good+u.good, bad+u.bad, unknown+u.unknown
			n.events += u.good + u.bad
			f.approximate = f.approximate || u.approximate
		}
	}
	scale := int64(1000)
	if n.facts == sla.Events {
		scale = 1
	}
	f.good, f.bad = big.NewRat(good, scale), big.NewRat(bad, scale)
	f.unknown, f.removed, f.scope = big.NewRat(unknown, 1000), big.NewRat(removed, 1000), big.NewRat(scope, 1000)

	var k naiveCount
	var runs []run
	switch n.w.c.Objective.Method {
	case sla.Timeslices, sla.RatioTimeslices:
		k, runs = n.slices(whole)
		if n.w.c.Objective.Method == sla.Timeslices {
			f.good, f.bad = k.mapped(n.w.c.Agreement.Unknown)
		}
	case sla.TimeMethod:
		k = naiveCount{f.good, f.bad, f.unknown, big.NewRat(whole, 1000)}
		runs = n.runs(scale)
	default:
		k = naiveCount{f.good, f.bad, new(big.Rat), nil}
		runs = n.runs(scale)
	}
	n.weigh(&f, k)
	n.sumUp(&f, runs, scope-unknown)
	if f.standing = n.standing(&f, k); f.standing.state == sla.NoData {
		f.compliance, f.lowest, f.highest = nil, nil, nil
	}
	return f
}

// naiveCount is good, bad and unknown by the method, and the whole part's amount less what is skipped.
type naiveCount struct{ good, bad, unknown, whole *big.Rat }

func (k naiveCount) mapped(rule sla.UnknownRule) (good, bad *big.Rat) {
	good, bad = new(big.Rat).Set(k.good), new(big.Rat).Set(k.bad)
	switch rule {
	case sla.UnknownGood:
		good.Add(good, k.unknown)
	case sla.UnknownBad:
		bad.Add(bad, k.unknown)
	}
	return good, bad
}

func (n *naive) weigh(f *figures, k naiveCount) {
	good, bad := k.mapped(n.w.c.Agreement.Unknown)
	miss := new(big.Rat).Sub(big.NewRat(1, 1), n.w.c.Objective.Target.Ratio())
	known := new(big.Rat).Add(k.good, k.bad)
	all := new(big.Rat).Add(good, bad)
	base := known
	if k.whole != nil {
		base = k.whole
		if n.w.c.Agreement.Unknown == sla.UnknownRemoved {
			base = new(big.Rat).Sub(base, k.unknown)
		}
	}
	f.allowed = new(big.Rat).Mul(miss, base)
	f.left = new(big.Rat).Sub(f.allowed, bad)
	if known.Sign() == 0 {
		return
	}
	f.compliance = new(big.Rat).Quo(good, all)
	unknown := k.unknown
	if k.whole == nil {
		knownTime := new(big.Rat).Sub(f.scope, f.unknown)
		if knownTime.Sign() == 0 {
			f.lowest, f.highest = new(big.Rat), big.NewRat(1, 1)
			return
		}
		unknown = new(big.Rat).Quo(new(big.Rat).Mul(known, f.unknown), knownTime)
	}
	all = new(big.Rat).Add(known, unknown)
	f.lowest = new(big.Rat).Quo(k.good, all)
	f.highest = new(big.Rat).Quo(new(big.Rat).Add(k.good, unknown), all)
}

func (n *naive) sumUp(f *figures, runs []run, known int64) {
	f.outages = len(runs)
	all := int64(0)
	for _, r := range runs {
		all += r.length
		f.longest = max(f.longest, sla.Millis(r.length))
		f.badInOutages.Add(f.badInOutages, r.bad)
		known -= r.known
		if f.allowed.Sign() > 0 && new(big.Rat).Mul(r.bad, big.NewRat(100, 1)).Cmp(f.allowed) < 0 {
			f.small++
		}
	}
	if len(runs) > 0 {
		f.mtrs = big.NewRat(all, 1000*int64(len(runs)))
		f.mtbf = new(big.Rat).Quo(big.NewRat(known, 1000), big.NewRat(int64(len(runs)), 1))
	}
}

// runs joins the bad units of the scope.
func (n *naive) runs(scale int64) []run {
	var inScope []unit
	for _, u := range n.units[:n.counted] {
		if u.scope {
			inScope = append(inScope, u)
		}
	}
	bad := make([]*big.Rat, len(inScope))
	known := make([]int64, len(inScope))
	weight := make([]int64, len(inScope))
	for i, u := range inScope {
		if u.badEntry {
			bad[i] = big.NewRat(u.bad, scale)
		}
		known[i] = int64(n.w.unit) - u.unknown
		weight[i] = int64(n.w.unit)
	}
	return join(bad, known, weight, int64(n.w.c.Objective.MergeGap))
}

// join makes runs of what is bad (not nil), over at most gap of what is not.
func join(bad []*big.Rat, known, weight []int64, gap int64) []run {
	var out []run
	var between, betweenKnown int64
	for i, b := range bad {
		if b == nil {
			between += weight[i]
			betweenKnown += known[i]
			continue
		}
		if len(out) == 0 || between > gap {
			out = append(out, run{bad: new(big.Rat)})
			between, betweenKnown = 0, 0
		}
		r := &out[len(out)-1]
		r.length += between + weight[i]
		r.known += betweenKnown + known[i]
		r.bad.Add(r.bad, b)
		between, betweenKnown = 0, 0
	}
	return out
}

// In two halves, for two cores.
func TestJudgeAgreesWithALoopOverEverySecondOrMinute(t *testing.T) {
	for _, half := range []string{"one half", "the other"} {
		t.Run(half, func(t *testing.T) {
			checkPart(t, 2, func(t *rapid.T) { agree(t, drawWorld(t)) })
		})
	}
}

// One in a hundred cases is as long as two days of seconds or a month of minutes.
func TestJudgeAgreesWithALoopOverEverySecondOfDaysAndEveryMinuteOfMonths(t *testing.T) {
	checkPart(t, 100, func(t *rapid.T) {
		if rapid.Bool().Draw(t, "days") {
			agree(t, drawWorldOf(t, sla.Second, 3600, 2*24*3600))
		} else {
			agree(t, drawWorldOf(t, sla.Minute, 28*24*60, 31*24*60))
		}
	})
}

// agree fails unless the judge and the loop come to the same figures.
func agree(t *rapid.T, w *world) {
	v := w.judge(t)
	if v == nil {
		return
	}
	want := newNaive(t, w).figures()
	same := func(what string, got, want *big.Rat) {
		if (got == nil) != (want == nil) || (got != nil && got.Cmp(want) != 0 && !cutOff(got, want)) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	same("good", v.Good, want.good)
	same("bad", v.Bad, want.bad)
	same("unknown", v.Unknown, want.unknown)
	same("removed", v.Removed, want.removed)
	same("scope", v.Scope, want.scope)
	same("allowed", v.Budget.Allowed, want.allowed)
	same("left", v.Budget.Left, want.left)
	same("compliance", ratioOf(v.Compliance), want.compliance)
	same("lowest", ratioOf(v.Lowest), want.lowest)
	same("highest", ratioOf(v.Highest), want.highest)
	same("mtrs", v.Totals.MTRS, want.mtrs)
	same("mtbf", v.Totals.MTBF, want.mtbf)
	if got := (standing{v.State, v.Provisional, v.Certain, v.Inconclusive}); got != want.standing {
		t.Errorf("got %+v, want %+v", got, want.standing)
	}
	if v.Approximate != want.approximate {
		t.Errorf("approximate: got %v, want %v", v.Approximate, want.approximate)
	}
	bad := new(big.Rat)
	for _, o := range v.Outages {
		bad.Add(bad, o.Bad)
	}
	same("bad in outages", bad, want.badInOutages)
	if v.Totals.Count != want.outages || v.Totals.Small != want.small || v.Totals.Longest != want.longest {
		t.Errorf("outages: got %d, %d small, longest %d; want %d, %d, %d",
			v.Totals.Count, v.Totals.Small, v.Totals.Longest, want.outages, want.small, want.longest)
	}
	if t.Failed() {
		t.Fatalf("%s of %s", v.Method, v.Facts)
	}
}

// cutOff reports whether the exact number is a long fraction, which the judge
// need not give to more than a hundred digits.
func cutOff(got, exact *big.Rat) bool {
	d := new(big.Rat).Sub(got, exact)
	return exact.Denom().BitLen() > simpleBits && d.Abs(d).Cmp(new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 340))) < 0
}

func ratioOf(s *sla.Share) *big.Rat {
	if s == nil {
		return nil
	}
	return s.Ratio()
}
