package report

import (
	"math/big"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// supporting lists the objectives of all agreements relied on, each agreement
// once, and the ceiling of the first objective that has one.
func (d *desk) supporting(r *Review) error {
	r.Supporting.Agreements = []Supporter{}
	for _, name := range d.reliedOn(d.terms, map[string]bool{d.Agreement: true}) {
		rows, err := d.supporter(name)
		if err != nil {
			return err
		}
		r.Supporting.Agreements = append(r.Supporting.Agreements, rows...)
	}
	for i := range d.terms.Objectives {
		o := &d.terms.Objectives[i]
		if c := judge.CeilingOf(d.Book.Catalogue, d.terms, o.Name); c != nil && o.Target != nil {
			num, den := new(big.Rat).SetInt(c.Ratio.Num()), new(big.Rat).SetInt(c.Ratio.Denom())
			r.Supporting.Ceiling = shareOf(num, den, max(2, sla.ShownDecimals(o.Target)))
			break
		}
	}
	return nil
}

// reliedOn gives the names of what a relies on, directly first and through others after.
func (d *desk) reliedOn(a *sla.Agreement, seen map[string]bool) []string {
	var out []string
	for _, link := range a.ReliesOn {
		for _, name := range link.AnyOf {
			if seen[name] {
				continue
			}
			seen[name] = true
			out = append(out, name)
		}
	}
	for _, name := range out {
		if below := d.lastIn(name, d.window.Span); below != nil {
			out = append(out, d.reliedOn(below, seen)...)
		}
	}
	return out
}

// lastIn gives the last version of an agreement in force within the span or,
// when none is, the last one before its end; nil when there is none.
func (d *desk) lastIn(name string, span sla.Span) *sla.Agreement {
	var last *sla.Agreement
	for _, a := range d.Book.Catalogue.Versions(name) {
		if a.Valid.From < span.To {
			last = a
		}
	}
	return last
}

// supporter gives the rows of one agreement, in its own period of the same name
// when it has such periods, otherwise in the period reported on.
func (d *desk) supporter(name string) ([]Supporter, error) {
	terms := d.lastIn(name, d.window.Span)
	if terms == nil {
		return nil, nil
	}
	zone, err := calendar.Zone(terms.Zone)
	if err != nil {
		return nil, err
	}
	p := d.window
	if own, err := calendar.Parse(d.Period.Name, zone); err == nil && terms.Period.Kind == d.term.Kind {
		p = own
	}
	verdicts, err := d.judge(name, p)
	if err != nil {
		return nil, err
	}
	row := Supporter{Agreement: name, Kind: terms.Kind, State: sla.NoData}
	if terms.Valid.To != sla.Forever {
		row.Until = Text(terms.Valid.To.In(zone).Format("2006-01-02"))
	}
	var rows []Supporter
	for i := range verdicts {
		v := &verdicts[i]
		if o := d.termsOf(v).Objective(v.Objective); o != nil {
			row.Objective, row.Target, row.Compliance, row.State = v.Objective, targetOf(o), achieved(v), v.State
			row.Approximate = v.Approximate
			rows = append(rows, row)
		}
	}
	if len(rows) > 0 {
		return rows, nil
	}
	for i := range terms.Objectives { // not in force in the period: nothing is known of it
		o := &terms.Objectives[i]
		row.Objective, row.Target = o.Name, targetOf(o)
		rows = append(rows, row)
	}
	return rows, nil
}

// termsOf gives the version by which v was judged; an empty one when it is gone.
func (d *desk) termsOf(v *sla.Verdict) *sla.Agreement {
	for _, a := range d.Book.Catalogue.Versions(v.Agreement) {
		if a.Version == v.Version {
			return a
		}
	}
	return &sla.Agreement{}
}
