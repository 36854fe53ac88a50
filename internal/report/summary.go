package report

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// told is how many missed targets the summary tells of one by one.
const told = 4

// summary counts the targets and says in plain sentences what happened.
func (d *desk) summary(r *Review) error {
	s := &r.Summary
	for _, state := range d.states() {
		switch state {
		case sla.NoData:
			s.NoData++
		case sla.Met, sla.AtRisk:
			s.Met++
			s.Judged++
		default:
			s.Judged++
		}
	}
	for i := range r.Objectives {
		if b := r.Objectives[i].Breach; b != nil && (b.State == sla.BreachOpen || b.State == sla.BreachConfirmed) {
			s.Breaches++
		}
	}
	lines := []string{d.counted(s)}
	lines = append(lines, d.missed(r)...)
	lines = append(lines, d.creditLines(r)...)
	lines = append(lines, d.doubts(r)...)
	s.Text = strings.Join(append(lines, d.scopeLines(r)...), " ")
	return nil
}

// states gives the state of each objective by name, the worst of its parts.
func (d *desk) states() map[string]sla.State {
	out := map[string]sla.State{}
	for i := range d.verdicts {
		v := &d.verdicts[i]
		if before, ok := out[v.Objective]; ok {
			out[v.Objective] = judge.Worst(before, v.State)
		} else {
			out[v.Objective] = v.State
		}
	}
	return out
}

func (d *desk) counted(s *Summary) string {
	switch {
	case s.Judged == 0:
		return "No target could be judged: no data."
	case !d.closed():
		return fmt.Sprintf("%d of %d targets are met so far.", s.Met, s.Judged)
	}
	return fmt.Sprintf("%d of %d targets were met.", s.Met, s.Judged)
}

// missed tells of the targets that are not kept, worst first, and who caused it.
func (d *desk) missed(r *Review) []string {
	var bad []*Objective
	for i := range r.Objectives {
		if o := &r.Objectives[i]; o.State == sla.Breached || o.State == sla.Failing {
			bad = append(bad, o)
		}
	}
	slices.SortStableFunc(bad, func(a, b *Objective) int { return Worse(a, b) })
	var out []string
	for i, o := range bad {
		if i == told {
			return append(out, d.lang.Count(len(bad)-told, "more target was missed.", "more targets were missed."))
		}
		out = append(out, d.missedOne(o))
		if o.Inconclusive {
			out = append(out, "Inconclusive: "+d.between(o)+".")
		}
		for _, a := range o.Attributed() {
			if a.Agreement != "" {
				out = append(out, fmt.Sprintf("%s came from %s (%s).", d.amount(o.Unit, a.Bad), a.Agreement, d.lang.Blame(a.Class)))
			}
		}
	}
	return out
}

// missedOne says what was achieved against what was promised.
func (d *desk) missedOne(o *Objective) string {
	was := "was"
	if !d.closed() {
		was = "is"
	}
	text := fmt.Sprintf("%s%s %s %s against %s", d.name(o.Name), d.inPart(o), was, d.achievedText(o), d.targetText(o))
	switch {
	case o.Budget == nil, o.Method == sla.RatioTimeslices:
		return text + "."
	case o.Budget.Left.Sign() >= 0:
		return text + ", but a limit was exceeded: " + d.exceeded(o) + "."
	}
	spent := new(big.Rat).Sub(o.Budget.Allowed.Rat(), o.Budget.Left.Rat())
	return fmt.Sprintf("%s: %s, %s allowed.", text, d.lost(o, Exactly(spent)), d.plain(o.Unit, o.Budget.Allowed))
}

func (d *desk) inPart(o *Objective) string {
	if o.Part == nil {
		return ""
	}
	return fmt.Sprintf(" under version %d", o.Part.Version)
}

// exceeded says which limit the objective went over.
func (d *desk) exceeded(o *Objective) string {
	var out []string
	terms := d.limitsOf(o)
	if most := terms.LongestOutage; most != nil && o.Totals.Longest.Millis() > *most {
		out = append(out, fmt.Sprintf("an outage of %s, %s allowed", d.lang.Duration(o.Totals.Longest.Millis()), d.lang.Duration(*most)))
	}
	if most := terms.Outages; most != nil && o.Totals.Count > *most {
		out = append(out, fmt.Sprintf("%s, %d allowed", d.lang.Count(o.Totals.Count, "outage", "outages"), *most))
	}
	return strings.Join(out, "; ")
}

func (d *desk) limitsOf(o *Objective) sla.Limits {
	for i, v := range d.verdicts {
		if v.Objective == o.Name && (o.Part == nil || o.Part.Version == v.Version) {
			return d.sources[i].Objective.Limits
		}
	}
	return sla.Limits{}
}

func (d *desk) achievedText(o *Objective) string {
	switch {
	case o.Compliance == nil:
		return "no data"
	case o.Unit == UnitValue:
		return d.lang.Number(o.Compliance.Shown)
	}
	return d.lang.Percent(o.Compliance.Shown)
}

func (d *desk) targetText(o *Objective) string {
	switch {
	case o.Target.AtMost != "":
		return "at most " + d.lang.Number(string(o.Target.AtMost))
	case o.Target.AtLeast != "":
		return "at least " + d.lang.Number(string(o.Target.AtLeast))
	}
	return d.lang.Percent(o.Target.Shown)
}

func (d *desk) between(o *Objective) string {
	return "between " + d.lang.Percent(o.Lowest.Shown) + " and " + d.lang.Percent(o.Highest.Shown)
}

// amount says an amount with its unit: 40 min, 1,200 bad events.
func (d *desk) amount(u Unit, n Number) string {
	if u == UnitEvents {
		return d.lang.Number(n.Short()) + " bad events"
	}
	return d.plain(u, n)
}

// plain says an amount of seconds as a length of time, any other as a number.
func (d *desk) plain(u Unit, n Number) string {
	if u == UnitSeconds {
		return d.lang.Duration(n.Millis())
	}
	return d.lang.Number(n.Short())
}

// lost says what was spent of a budget, with its unit.
func (d *desk) lost(o *Objective, n Number) string {
	if o.Unit != UnitSeconds {
		return d.amount(o.Unit, n)
	}
	text := d.plain(o.Unit, n) + " bad"
	if o.Kind == sla.Time {
		text = d.plain(o.Unit, n) + " down"
	}
	if d.terms.Unknown == sla.UnknownBad && o.Unknown.Sign() > 0 {
		text += " or unknown"
	}
	return text
}

// name says the name of an objective at the beginning of a sentence.
func (d *desk) name(objective string) string {
	first, size := utf8.DecodeRuneInString(objective)
	return strings.ReplaceAll(string(unicode.ToUpper(first))+objective[size:], "-", " ")
}

func (d *desk) creditLines(r *Review) []string {
	var out []string
	for _, c := range r.Credits {
		what := strings.TrimSuffix(string(c.Percent), "%")
		if what != "" {
			what += "%"
		}
		switch {
		case c.Amount != "" && what != "":
			what += " (" + d.lang.Money(string(c.Amount), string(c.Currency)) + ")"
		case c.Amount != "":
			what = d.lang.Money(string(c.Amount), string(c.Currency))
		}
		verb := "is owed"
		if c.Status == Accrued {
			verb = "has accrued"
		}
		out = append(out, fmt.Sprintf("A credit of %s %s.", what, verb))
	}
	return out
}

// doubts says what could not be judged, or not with certainty.
func (d *desk) doubts(r *Review) []string {
	var out []string
	for i := range r.Objectives {
		if o := &r.Objectives[i]; o.Inconclusive && (o.State == sla.Met || o.State == sla.AtRisk) {
			out = append(out, fmt.Sprintf("%s%s is inconclusive: %s.", d.name(o.Name), d.inPart(o), d.between(o)))
		}
	}
	if n := r.Summary.NoData; n > 0 && r.Summary.Judged > 0 {
		out = append(out, d.lang.Count(n, "target", "targets")+" could not be judged: no data.")
	}
	return out
}

// scopeLines says what a reader must know of the period: new terms, a beginning
// or an end within it, and since when anything is known.
func (d *desk) scopeLines(r *Review) []string {
	var out []string
	if d.term.Kind == sla.PeriodRolling {
		out = append(out, fmt.Sprintf("Judged over the %s before %s.", d.lang.Duration(d.window.Length()), d.lang.Moment(d.window.To.In(d.loc))))
	}
	seen := false
	for _, a := range d.Book.Catalogue.Versions(d.Agreement) {
		if !a.Valid.Overlaps(d.window.Span) {
			continue
		}
		if from := d.lang.Moment(a.Valid.From.In(d.loc)); a.Valid.From > d.window.From && seen {
			out = append(out, fmt.Sprintf("Version %d applies from %s.", a.Version, from))
		} else if a.Valid.From > d.window.From {
			out = append(out, fmt.Sprintf("The agreement is in force from %s.", from))
		}
		seen = true
	}
	if d.terms.Valid.To < min(d.window.To, d.Now) {
		out = append(out, fmt.Sprintf("The agreement ended on %s.", d.lang.Moment(d.terms.Valid.To.In(d.loc))))
	}
	return append(out, d.beginnings(r)...)
}

// beginnings says since when facts exist where nothing is known before, neither
// in this period nor in those before it.
func (d *desk) beginnings(r *Review) []string {
	since := map[sla.Instant][]string{}
	for i := range r.Objectives {
		o, s := &r.Objectives[i], d.sources[i]
		first := firstKnown(s.entries)
		if len(o.History) == 0 && first > d.verdicts[i].Part.From.Add(s.Indicator.Interval) && first != sla.Forever {
			since[first] = append(since[first], o.Name)
		}
	}
	var out []string
	for at, names := range since {
		who := "Facts"
		if len(names) < len(r.Objectives) {
			who = "Facts for " + strings.Join(names, ", ")
		}
		out = append(out, fmt.Sprintf("%s exist from %s on; what came before is unknown.", who, d.lang.Moment(at.In(d.loc))))
	}
	slices.Sort(out)
	return out
}

// firstKnown gives the beginning of the first entry that knows anything.
func firstKnown(entries []sla.Entry) sla.Instant {
	for _, e := range entries {
		if e.Unknown < e.Length() {
			return e.From
		}
	}
	return sla.Forever
}

// rank orders states from worst to best; no data stands between what is missed and what is kept.
var rank = []sla.State{sla.Breached, sla.Failing, sla.AtRisk, sla.NoData, sla.Met}

// Worse orders objectives for show: the worst state first, then the smaller
// share of the budget left; zero for equals.
func Worse(a, b *Objective) int {
	return cmp.Or(
		cmp.Compare(slices.Index(rank, a.State), slices.Index(rank, b.State)),
		leftShare(a).Cmp(leftShare(b)),
	)
}

func leftShare(o *Objective) *big.Rat {
	if o.Budget == nil || o.Budget.LeftShare == nil {
		return big.NewRat(1, 1)
	}
	s := o.Budget.LeftShare
	return new(big.Rat).Quo(s.Num.Rat(), s.Den.Rat())
}
