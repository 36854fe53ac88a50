package catalogue

import (
	"strconv"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

func (r *Reader) agreement(n document.Node) sla.Agreement {
	f := n.Fields()
	a := sla.Agreement{Name: name(f), Zone: r.zoneName, Planned: sla.PlannedRemoved, Unknown: sla.UnknownRemoved}
	if f.Has("kind") {
		document.OneOf(f, "kind", &a.Kind, sla.SLA, sla.OLA, sla.UC)
	} else {
		f.Need("kind")
	}
	text(f, "title", &a.Title)
	text(f, "reason", &a.Reason)
	needRef(f, "service", &a.Service)
	needRef(f, "provider", &a.Provider)
	needRef(f, "customer", &a.Customer)
	zone := r.zone
	if n, ok := f.Get("time_zone"); ok {
		if name, loc, ok := readZone(n); ok {
			a.Zone, zone = name, loc
		}
	}
	if n, ok := f.Need("valid"); ok {
		a.Valid = validity(n, zone)
	}
	if n, ok := f.Get("calendar"); ok {
		if n.IsMapping() { // hours of this version alone, as export writes them after they changed
			k := r.calendar(n)
			a.Calendar = &k
		} else if s, ok := n.Name(); ok && s != "always" {
			r.calendars[len(r.cat.Agreements)] = n
		}
	}
	if n, ok := f.Need("period"); ok {
		a.Period = period(n)
	}
	document.OneOf(f, "planned", &a.Planned, sla.PlannedRemoved, sla.PlannedGood, sla.PlannedCounted)
	document.OneOf(f, "unknown", &a.Unknown, sla.UnknownRemoved, sla.UnknownGood, sla.UnknownBad)
	a.Charge = money(f, "charge")
	if n, ok := f.Get("review_every"); ok {
		a.ReviewEvery = months(n)
	}
	if n, ok := f.Get("relies_on"); ok {
		n.List(func(_ int, n document.Node) { a.ReliesOn = append(a.ReliesOn, reliance(n)) })
	}
	if n, ok := f.Need("objectives"); ok {
		n.List(func(i int, n document.Node) {
			o := r.objective(n)
			if o.Method == "" {
				r.methods = append(r.methods, &pendingMethod{len(r.cat.Agreements), i})
			}
			a.Objectives = append(a.Objectives, o)
		})
	}
	f.Close()
	return a
}

// validity reads {from, until}; without until it has no end.
func validity(n document.Node, zone *time.Location) sla.Span {
	f := n.Fields()
	s := sla.Span{To: sla.Forever}
	if n, ok := f.Need("from"); ok {
		s.From, _ = n.Instant(zone)
	}
	if n, ok := f.Get("until"); ok {
		if at, ok := n.Instant(zone); ok {
			s.To = at
			if s.Empty() {
				n.Problem("until must be later than from: the validity ends before it begins")
			}
		}
	}
	f.Close()
	return s
}

var periodKinds = []sla.PeriodKind{sla.PeriodDay, sla.PeriodWeek, sla.PeriodMonth, sla.PeriodQuarter, sla.PeriodHalf, sla.PeriodYear}

func period(n document.Node) sla.PeriodTerm {
	if n.IsMapping() {
		f := n.Fields()
		p := sla.PeriodTerm{Kind: sla.PeriodRolling}
		if n, ok := f.Need("rolling"); ok {
			p.Rolling, _ = n.Duration()
		}
		f.Close()
		return p
	}
	s, _ := n.Scalar()
	for _, k := range periodKinds {
		if string(k) == s {
			return sla.PeriodTerm{Kind: k}
		}
	}
	n.Problem("period is %q: write day, week, month, quarter, half, year or {rolling: 30d}", s)
	return sla.PeriodTerm{}
}

// months reads 12 months or 1 year.
func months(n document.Node) sla.Months {
	s, _ := n.Scalar()
	number, unit, _ := strings.Cut(s, " ")
	v, err := strconv.Atoi(number)
	if strings.TrimSuffix(unit, "s") == "year" && v < 1000 {
		v *= 12
	} else if strings.TrimSuffix(unit, "s") != "month" {
		v = 0
	}
	if err != nil || v < 1 || v > 1200 {
		n.Problem("review_every is %q: write a number of months or years, such as 12 months", s)
		return 0
	}
	return sla.Months(v)
}

func reliance(n document.Node) sla.Reliance {
	if !n.IsMapping() {
		s, _ := n.Name()
		return sla.Reliance{AnyOf: []string{s}}
	}
	f := n.Fields()
	rel := sla.Reliance{}
	if _, ok := f.Need("any_of"); ok {
		rel.AnyOf = refs(f, "any_of")
		if len(rel.AnyOf) == 0 {
			f.Problem("any_of names no agreement: name those of which one suffices")
		}
	}
	f.Close()
	return rel
}
