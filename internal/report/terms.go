package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// clean takes out of a text what does not print: readers, and jq, disagree on it.
func clean(s string) Text {
	return Text(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' && c != '\t' {
			return unicode.ReplacementChar
		}
		return c
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar))))
}

// exclusions lists the excluded time of the service, version by version.
func (d *desk) exclusions(r *Review) error {
	r.Exclusions = []Exclusion{}
	for _, a := range d.Book.Catalogue.Versions(d.Agreement) {
		part := a.Valid.Intersect(d.window.Span)
		if part.Empty() {
			continue
		}
		hours, err := calendar.Hours(a.Calendar, part)
		if err != nil {
			return fmt.Errorf("working out the service hours: %w", err)
		}
		passed := hours.Clip(sla.Span{From: part.From, To: min(part.To, d.Now)})
		for i := range d.Book.Catalogue.Exclusions {
			x := &d.Book.Catalogue.Exclusions[i]
			if x.Withdrawn || !x.Covers(a.Service) {
				continue
			}
			when, err := calendar.Occurrences(x, part)
			if err != nil {
				return fmt.Errorf("working out the exclusion %s: %w", x.Name, err)
			}
			for _, span := range when {
				r.Exclusions = append(r.Exclusions, d.exclusion(x, a, span, passed))
			}
		}
	}
	slices.SortFunc(r.Exclusions, func(a, b Exclusion) int {
		return cmp.Or(a.From.Time().Compare(b.From.Time()), cmp.Compare(a.Name, b.Name))
	})
	return nil
}

func (d *desk) exclusion(x *sla.Exclusion, a *sla.Agreement, span sla.Span, hours calendar.Set) Exclusion {
	row := Exclusion{
		Name: x.Name, Category: x.Category, Reason: clean(x.Reason), From: d.stamp(span.From), To: d.stamp(span.To),
		ApprovedBy: clean(x.ApprovedBy), Effect: EffectNone, Seconds: InSeconds(hours.Clip(span).Length()),
	}
	if x.ApprovedOn != nil {
		row.ApprovedOn = Text(fmt.Sprintf("%04d-%02d-%02d", x.ApprovedOn.Year, x.ApprovedOn.Month, x.ApprovedOn.Day))
	}
	if x.Approved() {
		row.Effect = Effect(a.Planned)
	}
	return row
}

// actsIn reports whether any of the exclusions changes what is judged.
func actsIn(rows []Exclusion) bool {
	return slices.ContainsFunc(rows, func(x Exclusion) bool {
		return (x.Effect == EffectRemoved || x.Effect == EffectGood) && x.Seconds.Sign() > 0
	})
}

// reached gives a credit as it stands beside its objective; nil without credit terms.
func reached(c *sla.Credit) *Reached {
	if c == nil {
		return nil
	}
	out := &Reached{}
	if c.Percent != nil {
		out.Percent = Text(number(c.Percent, places))
	}
	if c.Amount != nil {
		out.Amount, out.Currency = Text(c.Amount.Decimal()), Text(c.Amount.Currency)
	}
	return out
}

// credits lists what the bands give, in the order of the objectives.
func (d *desk) credits(r *Review) error {
	r.Credits = []Credit{}
	for i := range d.verdicts {
		c := d.verdicts[i].Credit
		if c == nil || c.Band == "" {
			continue
		}
		sum := reached(c)
		if (c.Percent == nil || c.Percent.Sign() == 0) && (c.Amount == nil || c.Amount.Minor == 0) {
			continue // below the smallest credit that is paid
		}
		line := Credit{
			Objective: d.verdicts[i].Objective, Band: c.Band, Percent: sum.Percent,
			Amount: sum.Amount, Currency: sum.Currency, Status: Accrued,
		}
		if c.Charge != nil {
			line.Charge, line.Currency = Text(c.Charge.Decimal()), Text(c.Charge.Currency)
		}
		if c.Owed {
			line.Status = Owed
		}
		r.Credits = append(r.Credits, line)
	}
	return nil
}

// breachRecords gives the records of an agreement whose period overlaps span.
func (d *desk) breachRecords(agreement string, span sla.Span) ([]sla.Breach, error) {
	if d.Breaches == nil {
		return nil, nil
	}
	key := agreement + " " + span.From.String()
	if rows, ok := d.records[key]; ok {
		return rows, nil
	}
	rows, err := d.Breaches(agreement, span)
	if err != nil {
		return nil, fmt.Errorf("reading the breach records of %s: %w", agreement, err)
	}
	d.records[key] = rows
	return rows, nil
}

// recordsOf gives the breach records that belong to the verdict, oldest first.
func (d *desk) recordsOf(v *sla.Verdict) ([]sla.Breach, error) {
	all, err := d.breachRecords(v.Agreement, v.Period.Span)
	if err != nil {
		return nil, err
	}
	rolling := d.Book.Catalogue.InForce(v.Agreement, v.Part.From)
	var out []sla.Breach
	for _, b := range all {
		excursion := rolling != nil && rolling.Period.Kind == sla.PeriodRolling && b.Period.Overlaps(v.Period.Span)
		if b.Objective == v.Objective && b.Version == v.Version && (excursion || b.Period.Span == v.Period.Span) {
			out = append(out, b)
		}
	}
	slices.SortStableFunc(out, func(a, b sla.Breach) int { return cmp.Compare(a.OpenedAt, b.OpenedAt) })
	return out, nil
}

// breach gives the breach record of a verdict: of several the last one that
// counts. A verdict that is breached before its record is kept says so by itself.
func (d *desk) breach(v *sla.Verdict) (*Breach, error) {
	records, err := d.recordsOf(v)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		switch {
		case v.State == sla.Breached && v.Certain:
			return &Breach{State: sla.BreachConfirmed}, nil
		case v.State == sla.Breached, v.State == sla.Failing:
			return &Breach{State: sla.BreachOpen}, nil
		}
		return nil, nil
	}
	last := records[len(records)-1]
	for _, b := range records {
		if judge.CountBreaches([]sla.Breach{b}) > 0 {
			last = b
		}
	}
	return &Breach{State: last.State, OpenedAt: d.stamp(last.OpenedAt), Cause: cause(last)}, nil
}

// cause says why a record was opened, or why it no longer counts.
func cause(b sla.Breach) Text {
	if len(b.Transitions) == 0 {
		return ""
	}
	if b.State == sla.BreachAverted || b.State == sla.BreachWithdrawn {
		return clean(b.Transitions[len(b.Transitions)-1].Cause)
	}
	return clean(b.Transitions[0].Cause)
}
