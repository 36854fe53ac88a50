package catalogue

import (
	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

func (r *Reader) exclusion(n document.Node) sla.Exclusion {
	f := n.Fields()
	x := sla.Exclusion{Name: name(f)}
	if _, ok := f.Need("services"); ok {
		x.Services = refs(f, "services")
	}
	if f.Has("category") {
		document.OneOf(f, "category", &x.Category, sla.Maintenance, sla.ForceMajeure, sla.CustomerCaused, sla.AgreedExclusion)
	} else {
		f.Need("category")
	}
	text(f, "reason", &x.Reason)
	text(f, "approved_by", &x.ApprovedBy)
	if n, ok := f.Get("approved_on"); ok {
		if d, ok := n.Date(); ok {
			x.ApprovedOn = &d
		}
	}
	if n, ok := f.Get("withdrawn"); ok {
		x.Withdrawn, _ = n.Bool()
	}
	zone, zoneName := r.zone, r.zoneName
	if n, ok := f.Get("time_zone"); ok {
		if name, loc, ok := readZone(n); ok {
			zone, zoneName = loc, name
		}
	}
	if n, ok := f.Get("every"); ok {
		x.Every = recurrence(n, zoneName)
		x.Every.Valid = sla.Span{From: sla.Always, To: sla.Forever}
		if n, ok := f.Get("valid"); ok {
			x.Every.Valid = validity(n, zone)
		}
		f.Close()
		return x
	}
	if n, ok := f.Need("from"); ok {
		x.Span.From, _ = n.Instant(zone)
	}
	if n, ok := f.Need("to"); ok {
		if at, ok := n.Instant(zone); ok {
			x.Span.To = at
			if x.Span.Empty() {
				n.Problem("to must be later than from: the exclusion ends before it begins")
			}
		}
	}
	f.Close()
	return x
}

func recurrence(n document.Node, zone string) *sla.Recurrence {
	f := n.Fields()
	e := &sla.Recurrence{Zone: zone}
	if n, ok := f.Need("cron"); ok {
		e.Cron, _ = n.Text()
	}
	if _, ok := f.Need("lasts"); ok {
		duration(f, "lasts", &e.Lasts)
	}
	f.Close()
	return e
}
