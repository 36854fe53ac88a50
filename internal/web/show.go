package web

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// badge is a state as people see it: colour, symbol, letter and word together.
type badge struct {
	State       sla.State
	Provisional bool
	f           *frame
}

// Word says the state.
func (b badge) Word() string { return b.f.say(b.f.State(b.State)) }

// Revised says what the dot in a corner means.
func (b badge) Revised() string { return b.f.say("revised after its review was issued") }

// Letter gives the state's letter, for where colours do not print.
func (b badge) Letter() string { return b.f.Letter(b.State) }

func (f *frame) badge(v *sla.Verdict) badge {
	if v == nil {
		return badge{State: sla.NoData, f: f}
	}
	return badge{v.State, v.Provisional, f}
}

// Badge gives the badge of a state alone.
func (f *frame) Badge(s sla.State) badge { return badge{State: s, f: f} }

// reached says what a verdict came to: a percentage, or the value of a mean.
func (f *frame) reached(v *sla.Verdict) string {
	switch {
	case v == nil:
		return "–"
	case v.Value != nil:
		return f.measured(f.Number(sla.Truncate(v.Value.Ratio(), 3)), v.Indicator)
	case v.Compliance == nil:
		return "–"
	}
	return f.Percent(v.ComplianceShown())
}

// measured says a number in the unit of an indicator, where it has one.
func (f *frame) measured(number, indicator string) string {
	if f.h == nil {
		return number
	}
	if i := f.h.o.Catalogue().Indicator(indicator); i != nil && i.Unit != "" {
		return number + " " + i.Unit
	}
	return number
}

// glanced says what a verdict of an objective came to, as reached does.
func (f *frame) glanced(g *sla.Glance, o *sla.Objective) string {
	switch {
	case g.Reached == "":
		return "–"
	case g.Mean:
		whole, rest, _ := strings.Cut(g.Reached, ".")
		return f.measured(f.Number(whole+"."+rest[:3]), o.Indicator)
	}
	return f.Percent(g.Reached)
}

// rat reads an exact number of a glance; nil for none.
func rat(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return r
}

// shortest leaves out the zeros at the end of a decimal.
func shortest(decimal string) string {
	if !strings.Contains(decimal, ".") {
		return decimal
	}
	return strings.TrimSuffix(strings.TrimRight(decimal, "0"), ".")
}

// raw gives the fraction behind what a verdict came to.
func raw(s *sla.Share) string {
	if s == nil {
		return ""
	}
	return plain(s.Num) + " / " + plain(s.Den)
}

// plain writes a number exactly where nine decimals suffice.
func plain(r *big.Rat) string {
	if r == nil {
		return ""
	}
	return decimals(r)
}

// target says what an objective promises.
func (f *frame) target(o *sla.Objective) string {
	switch {
	case o.Target != nil:
		return f.Percent(o.Target.String())
	case o.AtMost != nil:
		return "≤ " + f.measured(f.Number(o.AtMost.String()), o.Indicator)
	case o.AtLeast != nil:
		return "≥ " + f.measured(f.Number(o.AtLeast.String()), o.Indicator)
	}
	return "–"
}

// amount says an amount of a verdict's good or bad: time, or events.
func (f *frame) amount(v *sla.Verdict, r *big.Rat) string {
	return f.amountOf(v.Timed(), r)
}

func (f *frame) amountOf(timed bool, r *big.Rat) string {
	switch {
	case r == nil:
		return "–"
	case timed:
		return f.seconds(r)
	}
	return f.events(r)
}

// bad says a bad amount with its unit.
func (f *frame) bad(v *sla.Verdict, r *big.Rat) string {
	return f.amountBad(v.Timed(), r)
}

func (f *frame) amountBad(timed bool, r *big.Rat) string {
	if timed || r == nil {
		return f.seconds(r)
	}
	return f.say("%s bad events", f.events(r))
}

// budget says an amount of an error budget; that of ratio timeslices counts slices.
func (f *frame) budget(v *sla.Verdict, r *big.Rat) string {
	switch {
	case v.Method == sla.RatioTimeslices:
		return f.say("%s slices", f.Number(sla.Truncate(r, 2)))
	case v.Timed():
		return f.seconds(r)
	}
	return f.say("%s events", f.events(r))
}

func (f *frame) events(r *big.Rat) string {
	if r.IsInt() || new(big.Rat).Abs(r).Cmp(big.NewRat(100, 1)) >= 0 {
		return f.Number(sla.Truncate(r, 0)) // a tenth of an event says nothing beside a hundred
	}
	return f.Number(sla.Truncate(r, 1))
}

func (f *frame) seconds(r *big.Rat) string {
	if r == nil {
		return "–"
	}
	return f.Duration(millis(r))
}

func millis(r *big.Rat) sla.Millis {
	ms := new(big.Rat).Mul(r, big.NewRat(1000, 1))
	return sla.Millis(new(big.Int).Quo(ms.Num(), ms.Denom()).Int64())
}

// share says a ratio in percent with two decimals, cut off.
func (f *frame) share(r *big.Rat, digits int) string {
	if r == nil {
		return "–"
	}
	return f.Percent(sla.Percent(r, digits))
}

// leftShare gives the share of the error budget that is left; nil without one.
func leftShare(v *sla.Verdict) *big.Rat {
	if v == nil || v.Budget == nil || v.Compliance == nil {
		return nil
	}
	return v.Budget.Share()
}

// gauge is a bar of at most 100 units, from zero.
type gauge struct {
	State sla.State
	Width string
	Over  bool
	Text  string
}

func (f *frame) gauge(v *sla.Verdict) *gauge {
	left := leftShare(v)
	if left == nil {
		return nil
	}
	return f.gaugeAt(v.State, left)
}

// gaugeOf is the gauge of what was left in millionths; nil for no budget.
func (f *frame) gaugeOf(state sla.State, left *int64) *gauge {
	if left == nil {
		return nil
	}
	return f.gaugeAt(state, big.NewRat(*left, 1_000_000))
}

func (f *frame) gaugeAt(state sla.State, left *big.Rat) *gauge {
	x, _ := left.Float64()
	g := &gauge{State: state, Text: f.share(left, 0), Over: x < 0}
	g.Width = px(max(0, min(1, x)) * 100)
	if x < 0 {
		g.Width = px(min(1, -x) * 100)
	}
	return g
}

func px(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// burnText says a burn rate.
func (f *frame) burnText(r *big.Rat) string {
	if r == nil {
		return "–"
	}
	return f.Number(sla.Truncate(r, 2)) + "×"
}

// moment says an instant in a zone.
func (f *frame) moment(i sla.Instant, zone *time.Location) string {
	switch i {
	case sla.Always:
		return f.say("ever since")
	case sla.Forever:
		return f.say("without an end")
	}
	return f.Moment(i.In(zone))
}

// periodText says the name of a period; of a rolling window its length and end.
func (f *frame) periodText(p sla.Period, zone *time.Location) string {
	length, _, rolling := strings.Cut(p.Name, "@")
	if !rolling {
		return f.Period(p.Name)
	}
	return f.say("the %s up to %s", length, f.Moment(p.To.In(zone)))
}

// titled gives a title, the name where there is none.
func titled(title, name string) string {
	if title != "" {
		return title
	}
	return name
}

// party says who a party is.
func (h *handler) party(name string) string {
	if p := h.o.Catalogue().Party(name); p != nil {
		return titled(p.Title, name)
	}
	return name
}

func (h *handler) service(name string) string {
	if s := h.o.Catalogue().Service(name); s != nil {
		return titled(s.Title, name)
	}
	return name
}

// severity gives how bad a state is, the worst highest; no data stands between
// at risk and met, since nobody knows.
func severity(s sla.State) int {
	switch s {
	case sla.Breached:
		return 4
	case sla.Failing:
		return 3
	case sla.AtRisk:
		return 2
	case sla.NoData:
		return 1
	default:
		return 0
	}
}

// worse reports whether a is worse than b: by state, then by the budget left.
func worse(a, b *sla.Glance) bool {
	if x, y := severity(a.State), severity(b.State); x != y {
		return x > y
	}
	return lessLeft(a.Left, b.Left) < 0
}

// sentence says how an objective stands, in one or two sentences.
func (f *frame) sentence(v *sla.Verdict, o *sla.Objective) string {
	if v == nil {
		return f.say("Not judged yet.")
	}
	against, sofar := f.say("%s against %s", f.reached(v), f.target(o)), f.say("%s so far against %s", f.reached(v), f.target(o))
	var text string
	switch v.State {
	case sla.Breached:
		text = f.say("The target is missed: %s.", against)
		if v.MetTarget() || v.Budget != nil && v.Budget.Left.Sign() >= 0 {
			text = f.say("A limit beside the target was exceeded: %s.", against)
		}
	case sla.Failing:
		text = f.say("Below the target so far, and able to recover: %s.", against)
	case sla.AtRisk:
		text = f.say("Met so far, but little budget is left: %s.", against)
		switch {
		case v.Inconclusive && below(v):
			text = f.say("Within the error budget, but unknown time could turn it over: %s over the whole period.", sofar)
		case v.Inconclusive:
			text = f.say("Met so far, but unknown time could turn it over: %s.", against)
		case below(v):
			text = f.say("Within the error budget, but little of it is left: %s over the whole period.", sofar)
		}
	case sla.NoData:
		return f.say("There is nothing to judge: no data.")
	default:
		text = f.say("The target was met: %s.", against)
		switch {
		case v.Provisional && below(v):
			text = f.say("Within the error budget: %s over the whole period.", sofar)
		case v.Provisional:
			text = f.say("The target is met so far: %s.", against)
		}
	}
	if spent, _ := v.BudgetShown(); spent != "" {
		text += " " + f.say("%s of the error budget of %s is spent.", f.Percent(spent), f.budget(v, v.Budget.Allowed))
	}
	return text
}

// below reports whether compliance is below the target by now. Over time that
// alone misses nothing: the budget is that of the whole period.
func below(v *sla.Verdict) bool {
	return v.Compliance != nil && v.Target != nil && v.Compliance.Ratio().Cmp(v.Target.Ratio()) < 0
}
