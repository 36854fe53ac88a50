package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// listing says which outages a page lists.
type listing struct {
	span sla.Span
	zone *time.Location
	keep url.Values // what else stands in the address
}

// listOutages lists the outages that begin in the span, the latest first: of
// settled periods those that the store lists, of others those of the last round.
func (h *handler) listOutages(r *http.Request, f *frame, p *breachesPage, l listing) error {
	q := store.OutageQuery{Span: l.span, Service: r.FormValue("service"), Class: sla.AttributionClass(r.FormValue("class")), Limit: mostOutages + 1}
	if text := r.FormValue("after"); text != "" {
		var err error
		if q.After, err = placeOf(text); err != nil {
			return err
		}
		p.Later = f.To("breaches") + "?" + l.keep.Encode()
	}
	list, err := h.o.Store.Outages(r.Context(), q)
	if err != nil {
		return fmt.Errorf("reading the outages: %w", err)
	}
	settled := len(list)
	unsettled, err := h.unsettled(r.Context())
	if err != nil {
		return err
	}
	list = append(list, unsettled.fitting(&q)...)
	open := make([]bool, len(list))
	for i := settled; i < len(list); i++ {
		list[i].Attribution = nil // it is worked out when the period is settled
		open[i] = true
	}
	p.show(f, h, l, sorted(list, open))
	return nil
}

// listed is an outage in a list.
type listed struct {
	store.ListedOutage
	open bool // its period is not settled
}

func sorted(list []store.ListedOutage, open []bool) []listed {
	out := make([]listed, len(list))
	for i := range list {
		out[i] = listed{list[i], open[i]}
	}
	slices.SortStableFunc(out, func(a, b listed) int { return later(a.Place(), b.Place()) })
	return out
}

// show puts a page of outages into the list, with the way to the others.
func (p *breachesPage) show(f *frame, h *handler, l listing, list []listed) {
	if len(list) > mostOutages {
		list = list[:mostOutages]
		at := list[mostOutages-1].Place()
		l.keep.Set("after", strconv.FormatInt(int64(at.From), 10)+","+at.Agreement+","+at.Objective)
		p.Earlier = f.To("breaches") + "?" + l.keep.Encode()
	}
	for i := range list {
		o := &list[i]
		view := h.outageView(f, outageOf{o.Agreement, o.Objective, o.Service, o.Period, o.Timed}, &o.Outage, l.zone)
		if o.open {
			view.Attribution = f.say("said when the period is settled")
		}
		p.Outages = append(p.Outages, view)
	}
}

// placeOf reads a place in a list of outages from an address.
func placeOf(text string) (store.OutagePlace, error) {
	from, names, _ := strings.Cut(text, ",")
	agreement, objective, whole := strings.Cut(names, ",")
	at, err := strconv.ParseInt(from, 10, 64)
	if err != nil || !whole {
		return store.OutagePlace{}, badInput("there is no place %q in the list of outages: write milliseconds, agreement and objective with commas between", text)
	}
	return store.OutagePlace{From: sla.Instant(at), Agreement: agreement, Objective: objective}, nil
}

// later orders places, the latest first.
func later(a, b store.OutagePlace) int {
	return cmp.Or(cmp.Compare(b.From, a.From), cmp.Compare(b.Agreement, a.Agreement), cmp.Compare(b.Objective, a.Objective))
}

// unsettledOutages are the listed outages of all periods that are not settled.
type unsettledOutages []store.ListedOutage

// unsettled gathers them from the standings, once a round.
func (h *handler) unsettled(ctx context.Context) (unsettledOutages, error) {
	return h.ongoing.get(ctx, struct{}{}, func(context.Context) (unsettledOutages, error) {
		var out unsettledOutages
		standings := h.o.Standings()
		for i := range standings {
			for _, v := range []*sla.Verdict{standings[i].Current, standings[i].Previous} {
				if v != nil && v.Provisional {
					out = append(out, store.ListedOf(v)...)
				}
			}
		}
		slices.SortFunc(out, func(a, b store.ListedOutage) int { return later(a.Place(), b.Place()) })
		return out, nil
	})
}

// fitting gives as many as a page takes of those that the query asks for; who
// caused them is not known yet.
func (u unsettledOutages) fitting(q *store.OutageQuery) (out []store.ListedOutage) {
	if q.Class != "" {
		return nil
	}
	for i := range u {
		o := &u[i]
		if q.Span.Contains(o.From) && (q.Service == "" || o.Service == q.Service) && (q.After.From == 0 || later(q.After, o.Place()) < 0) {
			if out = append(out, *o); len(out) == q.Limit {
				break
			}
		}
	}
	return out
}
