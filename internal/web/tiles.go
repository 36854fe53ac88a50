package web

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// tile is a number that is a filter.
type tile struct {
	Name, Value, Of, Note string
	State                 sla.State
	Href                  string
	On                    bool
	Shares                []stretch // of all objectives, by state
}

// stretch is the part of a bar of 100 units that one state takes.
type stretch struct {
	State    sla.State
	X, Width string
}

func (o *overview) tiles() {
	n := map[sla.State]int{}
	for _, s := range o.all {
		n[s.state]++
	}
	kept, missed := n[sla.Met]+n[sla.AtRisk], n[sla.Failing]+n[sla.Breached]
	o.Judged = kept + missed
	add := func(state, name, value, of, note string, shade sla.State) {
		t := tile{Name: o.f.say(name), Value: value, Of: of, Note: note, State: shade, On: o.values.Get("state") == state}
		t.Href = o.with("state", state)
		if t.On {
			t.Href = o.with("state", "")
		}
		o.Tiles = append(o.Tiles, t)
	}
	add("kept", "Targets met", fmt.Sprint(kept), fmt.Sprint(o.Judged), o.before(), sla.Met)
	o.Tiles[0].Shares = shares(n, len(o.all))
	add("at_risk", "At risk", fmt.Sprint(n[sla.AtRisk]), "", o.f.say("little budget left"), sla.AtRisk)
	add("missed", "Failing or breached", fmt.Sprint(missed), "", o.f.say("%d failing, %d breached", n[sla.Failing], n[sla.Breached]), sla.Breached)
	add("no_data", "No data", fmt.Sprint(n[sla.NoData]), "", o.f.say("not judged"), sla.NoData)
	var credits []string
	money := sumMoney(o.all)
	for _, currency := range slices.Sorted(maps.Keys(money)) {
		credits = append(credits, o.f.Money(money[currency].FloatString(sla.MinorDigits(currency)), currency))
	}
	value := strings.Join(credits, ", ")
	if value == "" {
		value = o.f.say("none")
	}
	if o.Past != "" {
		add("credit", "Credits owed", value, "", o.f.say("of %s", o.PastText), "")
		return
	}
	add("credit", "Credits accrued", value, "", o.f.say("if the periods ended now"), "")
}

// before says how many targets were met in the periods before, of those judged.
func (o *overview) before() string {
	if o.Past != "" {
		return o.f.say("in %s", o.PastText)
	}
	kept, judged := 0, 0
	for _, l := range o.all {
		switch v := l.Previous; {
		case v == nil || v.State == sla.NoData:
		case v.State == sla.Met || v.State == sla.AtRisk:
			kept++
			judged++
		default:
			judged++
		}
	}
	if judged == 0 {
		return o.f.say("so far, of those judged")
	}
	return o.f.say("last period: %d of %d", kept, judged)
}

// shares gives a bar of how many objectives are in each state, the best first.
func shares(n map[sla.State]int, all int) (out []stretch) {
	x := 0.0
	for _, state := range sla.States {
		if n[state] == 0 {
			continue
		}
		width := 100 * float64(n[state]) / float64(all)
		out = append(out, stretch{state, px(x), px(width)})
		x += width
	}
	return out
}

// sumMoney adds credits by currency.
func sumMoney(list []*look) map[string]*big.Rat {
	out := map[string]*big.Rat{}
	for _, s := range list {
		m := s.credit()
		if m == nil {
			continue
		}
		if out[m.Currency] == nil {
			out[m.Currency] = new(big.Rat)
		}
		r, _ := new(big.Rat).SetString(m.Decimal())
		out[m.Currency].Add(out[m.Currency], r)
	}
	return out
}
