package contract

import (
	"cmp"
	"slices"

	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

// ledger reads the facts of one indicator.
func (r *fileReader) ledger(n document.Node, t *Test) {
	f := n.Fields()
	var indicator *sla.Indicator
	if n, ok := f.Need("indicator"); ok {
		indicator = r.indicator(n)
	}
	var entries []sla.Entry
	if n, ok := f.Need("entries"); ok {
		n.List(func(_ int, n document.Node) {
			e, ok := r.entry(n, indicator)
			if ok {
				entries = append(entries, e)
			}
		})
	}
	f.Close()
	if indicator == nil {
		return
	}
	all := append(t.ledger[indicator.Name], entries...)
	slices.SortStableFunc(all, func(a, b sla.Entry) int { return cmp.Compare(a.From, b.From) })
	for i := 1; i < len(all); i++ {
		if all[i].From < all[i-1].To {
			f.Problem("two entries of %s overlap at %s: facts of one time stand in one entry", indicator.Name, all[i].From)
			break
		}
	}
	t.ledger[indicator.Name] = all
}

// indicator finds the indicator that is named; nil when there is none, or no catalogue.
func (r *fileReader) indicator(n document.Node) *sla.Indicator {
	name, ok := n.Name()
	if !ok || r.cat == nil {
		return nil
	}
	i := r.cat.Indicator(name)
	if i == nil {
		all := make([]string, len(r.cat.Indicators))
		for k, i := range r.cat.Indicators {
			all[k] = i.Name
		}
		n.Problem("no indicator is named %q%s", name, catalogue.Known(name, all))
	}
	return i
}

// entry reads one fact: a state of a time indicator, or its amounts.
func (r *fileReader) entry(n document.Node, i *sla.Indicator) (sla.Entry, bool) {
	f := n.Fields()
	var e sla.Entry
	if n, ok := f.Need("from"); ok {
		e.From, _ = n.Instant(r.catalogue.Zone())
	}
	if n, ok := f.Need("to"); ok {
		e.To, ok = n.Instant(r.catalogue.Zone())
		if ok && e.Empty() {
			n.Problem("to must be later than from")
			return e, false
		}
	}
	if i == nil { // that is said already; what it counts is not known
		f.Know("state", "good", "bad", "unknown", "sum", "count")
		f.Close()
		return e, false
	}
	facts := i.Facts()
	switch {
	case f.Has("state"):
		state(f, &e, facts)
	case facts == sla.Mean:
		needAmount(f, "sum", ofSums, &e.Good)
		needAmount(f, "count", ofCounts, &e.Bad)
	default:
		amounts(f, &e, facts)
	}
	f.Close()
	return e, true
}

// state turns up, down and unknown into seconds.
func state(f *document.Fields, e *sla.Entry, facts sla.FactKind) {
	var s string
	if !document.OneOf(f, "state", &s, "up", "down", "unknown") {
		return
	}
	switch {
	case s == "unknown":
		e.Unknown = e.Length()
	case facts != sla.Time:
		f.Problem("state is for time indicators and this one counts %s: give its amounts", facts)
	case s == "up":
		e.Good = sla.Seconds(e.Length())
	default:
		e.Bad = sla.Seconds(e.Length())
	}
}

// Decimals to which an amount is rounded, half to even, when it is booked.
const (
	ofCounts = 6
	ofSums   = 9
)

func amount(f *document.Fields, key string, decimals int, to *sla.Amount) bool {
	n, ok := f.Get(key)
	if !ok {
		return false
	}
	s, _ := n.Scalar()
	r := parseNumber(s)
	if r == nil {
		n.Problem("%s is %q: write a number, such as 12 or 0.25", key, s)
		return false
	}
	a, err := sla.FromRat(r, decimals)
	if err != nil {
		n.Problem("%s is %s: that is too large a number", key, s)
		return false
	}
	*to = a
	return true
}

func needAmount(f *document.Fields, key string, decimals int, to *sla.Amount) {
	if _, ok := f.Need(key); ok {
		amount(f, key, decimals, to)
	}
}

// amounts reads good, bad and unknown. What a time indicator does not say of
// its span is unknown.
func amounts(f *document.Fields, e *sla.Entry, facts sla.FactKind) {
	if !f.Has("good") && !f.Has("bad") && !f.Has("unknown") {
		f.Problem("the entry says nothing: give it a state, or good, bad and unknown")
		f.Know("state", "good", "bad", "unknown")
		return
	}
	decimals := ofCounts
	if facts == sla.Time {
		decimals = ofSums
	}
	amount(f, "good", decimals, &e.Good)
	amount(f, "bad", decimals, &e.Bad)
	var unknown sla.Amount
	said := amount(f, "unknown", ofSums, &unknown)
	length := sla.Seconds(e.Length())
	if facts == sla.Time && !said {
		unknown = length.Sub(e.Good).Sub(e.Bad)
	}
	units, ok := unknown.Int64()
	if !ok || units%1_000_000 != 0 {
		f.Problem("unknown time is written in seconds, to the millisecond")
		return
	}
	e.Unknown = sla.Millis(units / 1_000_000)
	if err := e.Check(facts); err != nil {
		f.Problem("%v", err)
	}
}
