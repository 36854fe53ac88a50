package catalogue

import (
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

func writeAgreement(a *sla.Agreement) mapping {
	out := writeTerms(a)
	if a.Calendar != nil {
		out = set(out, "calendar", a.Calendar.Name)
	}
	return set(out, "valid", writeValidity(a.Valid, a.Zone))
}

// writeTerms writes what an agreement says, without when it is in force; its
// calendar stands in it in full.
func writeTerms(a *sla.Agreement) mapping {
	var w writer
	w.text("name", a.Name)
	w.text("kind", string(a.Kind))
	w.text("title", a.Title)
	w.text("service", a.Service)
	w.text("provider", a.Provider)
	w.text("customer", a.Customer)
	if a.Calendar != nil {
		w.put("calendar", writeCalendar(a.Calendar))
	}
	w.text("time_zone", a.Zone)
	if a.Period.Kind == sla.PeriodRolling {
		w.put("period", mapping{{Key: "rolling", Value: sla.FormatDuration(a.Period.Rolling)}})
	} else {
		w.text("period", string(a.Period.Kind))
	}
	w.text("planned", string(a.Planned))
	w.text("unknown", string(a.Unknown))
	w.money("charge", a.Charge)
	if a.ReviewEvery != 0 {
		w.put("review_every", fmt.Sprintf("%d months", a.ReviewEvery))
	}
	var relies []any
	for _, rel := range a.ReliesOn {
		if len(rel.AnyOf) == 1 {
			relies = append(relies, rel.AnyOf[0])
		} else {
			relies = append(relies, mapping{{Key: "any_of", Value: rel.AnyOf}})
		}
	}
	if len(relies) > 0 {
		w.put("relies_on", relies)
	}
	w.text("reason", a.Reason)
	objectives := make([]mapping, len(a.Objectives))
	for i := range a.Objectives {
		objectives[i] = writeObjective(&a.Objectives[i])
	}
	w.put("objectives", objectives)
	return w.out
}

func writeObjective(o *sla.Objective) mapping {
	var w writer
	w.text("name", o.Name)
	w.text("indicator", o.Indicator)
	w.percent("target", o.Target)
	w.number("at_most", o.AtMost)
	w.number("at_least", o.AtLeast)
	w.text("method", string(o.Method))
	if o.Slices != nil {
		w.put("slices", writeSlices(o.Slices))
	}
	w.text("severity", string(o.Severity))
	w.percent("at_risk", &o.AtRisk)
	w.put("alerts", writeAlerts(&o.Alerts))
	if l := writeLimits(&o.Limits); len(l) > 0 {
		w.put("limits", l)
	}
	var bands []mapping
	for i := range o.Credits {
		bands = append(bands, writeBand(&o.Credits[i], o.Target == nil))
	}
	if len(bands) > 0 {
		w.put("credits", bands)
	}
	w.percent("credit_cap", o.CreditCap)
	w.money("credit_minimum", o.CreditMinimum)
	if o.CreditPrecision != nil {
		w.put("credit_precision", *o.CreditPrecision)
	}
	w.put("merge_gap", sla.FormatDuration(o.MergeGap))
	if o.MinEvents != 0 {
		w.put("min_events", o.MinEvents)
	}
	return w.out
}

func writeSlices(s *sla.Slices) mapping {
	var w writer
	w.length("length", s.Length)
	w.percent("bad_above", s.BadAbove)
	w.percent("bad_at", s.BadAt)
	w.length("min_run", s.MinRun)
	w.text("empty", string(s.Empty))
	return w.out
}

func writeAlerts(a *sla.Alerts) mapping {
	var w writer
	burn := "on"
	if a.BurnOff {
		burn = "off"
	}
	w.text("burn", burn)
	w.put("min_bad", a.MinBad)
	w.labels("labels", a.Labels)
	return w.out
}

func writeLimits(l *sla.Limits) mapping {
	var w writer
	if l.LongestOutage != nil {
		w.put("longest_outage", sla.FormatDuration(*l.LongestOutage))
	}
	if l.Outages != nil {
		w.put("outages", *l.Outages)
	}
	return w.out
}

func writeBand(b *sla.Band, mean bool) mapping {
	var w writer
	bound := w.percent
	if mean {
		bound = w.number
	}
	bound("below", b.Below)
	bound("at_most", b.AtMost)
	bound("at_least", b.AtLeast)
	bound("above", b.Above)
	w.length("per", b.Per)
	w.percent("credit", b.Percent)
	w.money("credit", b.Fixed)
	return w.out
}
