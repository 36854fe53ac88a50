package catalogue

import (
	"strings"

	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

func (r *Reader) objective(n document.Node) sla.Objective {
	f := n.Fields()
	o := sla.Objective{
		Name: name(f), Severity: sla.Major, AtRisk: sla.DefaultAtRisk, MergeGap: sla.DefaultMergeGap,
		Alerts: sla.Alerts{MinBad: sla.DefaultMinBad},
	}
	needRef(f, "indicator", &o.Indicator)
	o.Target, o.AtMost, o.AtLeast = percent(f, "target"), decimal(f, "at_most"), decimal(f, "at_least")
	document.OneOf(f, "method", &o.Method, sla.Occurrences, sla.TimeMethod, sla.Timeslices, sla.RatioTimeslices, sla.MeanMethod)
	if n, ok := f.Get("slices"); ok {
		o.Slices = slicesOf(n)
	}
	document.OneOf(f, "severity", &o.Severity, sla.Critical, sla.Major, sla.Minor)
	if d := percent(f, "at_risk"); d != nil {
		o.AtRisk = *d
	}
	if n, ok := f.Get("alerts"); ok {
		o.Alerts = alerts(n)
	}
	if n, ok := f.Get("limits"); ok {
		o.Limits = limits(n)
	}
	mean := !f.Has("target") && (f.Has("at_most") || f.Has("at_least"))
	if n, ok := f.Get("credits"); ok {
		n.List(func(_ int, n document.Node) { o.Credits = append(o.Credits, band(n, mean)) })
	}
	o.CreditCap = percent(f, "credit_cap")
	o.CreditMinimum = money(f, "credit_minimum")
	if n, ok := f.Get("credit_precision"); ok {
		if v, ok := n.Int(0, 9); ok {
			p := int(v)
			o.CreditPrecision = &p
		}
	}
	duration(f, "merge_gap", &o.MergeGap)
	if n, ok := f.Get("min_events"); ok {
		o.MinEvents, _ = n.Int(0, 1<<53)
	}
	f.Close()
	return o
}

func slicesOf(n document.Node) *sla.Slices {
	f := n.Fields()
	s := &sla.Slices{Empty: sla.EmptySkipped}
	if _, ok := f.Need("length"); ok {
		duration(f, "length", &s.Length)
	}
	s.BadAbove, s.BadAt = percent(f, "bad_above"), percent(f, "bad_at")
	duration(f, "min_run", &s.MinRun)
	document.OneOf(f, "empty", &s.Empty, sla.EmptySkipped, sla.EmptyGood, sla.EmptyBad)
	f.Close()
	return s
}

func alerts(n document.Node) sla.Alerts {
	f := n.Fields()
	a := sla.Alerts{MinBad: sla.DefaultMinBad}
	if n, ok := f.Get("burn"); ok {
		if on, ok := n.Bool(); ok {
			a.BurnOff = !on
		}
	}
	if n, ok := f.Get("min_bad"); ok {
		a.MinBad, _ = n.Int(0, 1<<53)
	}
	a.Labels = labels(f, "labels")
	f.Close()
	return a
}

func limits(n document.Node) sla.Limits {
	f := n.Fields()
	var l sla.Limits
	if n, ok := f.Get("longest_outage"); ok {
		if d, ok := n.Duration(); ok {
			l.LongestOutage = &d
		}
	}
	if n, ok := f.Get("outages"); ok {
		if v, ok := n.Int(0, 1_000_000); ok {
			count := int(v)
			l.Outages = &count
		}
	}
	f.Close()
	return l
}

// band reads one line of a credit table; the bounds of a mean have no percent sign.
func band(n document.Node, mean bool) sla.Band {
	f := n.Fields()
	read := percent
	if mean {
		read = decimal
	}
	b := sla.Band{Below: read(f, "below"), AtMost: read(f, "at_most"), AtLeast: read(f, "at_least"), Above: read(f, "above")}
	duration(f, "per", &b.Per)
	if n, ok := f.Need("credit"); ok {
		if s, _ := n.Scalar(); strings.Contains(s, " ") && !strings.HasSuffix(s, "%") {
			if m, ok := n.Money(); ok {
				b.Fixed = &m
			}
		} else if d, ok := n.Percent(); ok {
			b.Percent = &d
		}
	}
	f.Close()
	return b
}
