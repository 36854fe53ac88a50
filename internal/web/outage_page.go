package web

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"github.com/slmd/slmd/internal/sla"
)

// outagePage is one outage with the facts around it.
type outagePage struct {
	outageView
	Title    string
	Pairs    [][2]string
	Parts    [][2]string // who caused how much
	Facts    []factView
	Bars     []box
	Size     string
	X        []mark
	More     bool // the facts of the whole outage are more than the page shows
	ToPage   string
	Earlier  string
	Later    string
	Question string // the facts as JSON
}

type factView struct {
	From, Good, Bad, Unknown string
	In                       bool // within the outage
}

// around is how much before and after an outage its page shows, and most how
// many entries.
const (
	around = 10 * sla.Minute
	most   = 240
)

func (h *handler) outagePage(w http.ResponseWriter, r *http.Request) error {
	at, err := h.find(r)
	if err != nil {
		return err
	}
	from, err := strconv.ParseInt(r.PathValue("from"), 10, 64)
	if err != nil {
		return notFound("there is no outage %q: an outage is named by its beginning in milliseconds", r.PathValue("from"))
	}
	d, err := h.judged(r.Context(), at.key())
	if err != nil {
		return err
	}
	var v *sla.Verdict
	var o *sla.Outage
	listed := []*sla.Outage{}
	for _, p := range d.parts {
		for i := range p.verdict.Outages {
			x := &p.verdict.Outages[i]
			if int64(x.From) == from {
				v, o = &p.verdict, x
			}
			if !x.Small || int64(x.From) == from {
				listed = append(listed, x)
			}
		}
	}
	if o == nil {
		return notFound("no outage of %s begins at %s", at.objective.Name, sla.Instant(from))
	}
	f := h.frameOf(r, "breaches", "").in(at.zone)
	p := &outagePage{outageView: h.outageView(f, ofVerdict(v), o, at.zone)}
	p.ToPage = f.To("objectives", v.Agreement, v.Objective) + "?period=" + url.QueryEscape(at.period.Name)
	f.Title = f.say("Outage of %s: %s", p.Service, p.From)
	f.Trail = []link{{f.say("Breaches and outages"), f.To("breaches")}, {p.Service + ": " + v.Objective, p.ToPage}}
	p.neighbours(listed, o, func(x *sla.Outage) string { return h.outageView(f, ofVerdict(v), x, at.zone).Href })
	p.Pairs = [][2]string{
		{f.say("From"), p.From},
		{f.say("To"), p.To},
		{f.say("Duration"), p.Duration},
		{f.say("Bad"), p.Bad},
		{f.say("Share of the budget"), p.Share},
	}
	for _, a := range o.Attribution {
		who := f.say(f.Blame(a.Class))
		if a.Agreement != "" {
			who += ": " + a.Agreement
		}
		p.Parts = append(p.Parts, [2]string{who, f.bad(v, a.Bad)})
	}
	if err := h.facts(r, f, p, at, o); err != nil {
		return err
	}
	h.write(w, f, "outage", p)
	return nil
}

// neighbours links the outages before and after o.
func (p *outagePage) neighbours(listed []*sla.Outage, o *sla.Outage, href func(*sla.Outage) string) {
	for i, x := range listed {
		if x != o {
			continue
		}
		if i > 0 {
			p.Earlier = href(listed[i-1])
		}
		if i+1 < len(listed) {
			p.Later = href(listed[i+1])
		}
	}
}

// facts shows the ledger's entries of the outage and around it.
func (h *handler) facts(r *http.Request, f *frame, p *outagePage, at *found, o *sla.Outage) error {
	span := sla.Span{From: o.From.Add(-around), To: o.To.Add(around)}
	if limit := sla.Millis(most) * at.indicator.Interval; span.Length() > limit {
		span.To, p.More = span.From.Add(limit), true
	}
	entries, err := h.o.Store.Entries(r.Context(), at.indicator.Name, span)
	if err != nil {
		return fmt.Errorf("reading the facts of %s: %w", at.indicator.Name, err)
	}
	p.Question = f.To("api", "v1", "indicators", at.indicator.Name, "entries") + "?" + url.Values{
		"from": {span.From.Time().Format("2006-01-02T15:04:05Z")}, "to": {span.To.Time().Format("2006-01-02T15:04:05Z")},
	}.Encode()
	timed := at.indicator.Facts() == sla.Time
	a := axis{span, broad}
	p.Size = "0 0 " + px(broad.width) + " " + px(stripHeight)
	for _, e := range entries {
		p.Facts = append(p.Facts, factView{
			From: f.moment(e.From, at.zone), Good: f.amountOf(timed, e.Good.Rat()), Bad: f.amountOf(timed, e.Bad.Rat()),
			Unknown: f.Duration(e.Unknown), In: o.Overlaps(e.Span),
		})
		p.Bars = append(p.Bars, entryBar(f, a, &e, at))
	}
	for _, i := range []sla.Instant{span.From, o.From, o.To} {
		p.X = append(p.X, mark{X: px(a.x(i)), Text: i.In(at.zone).Format("15:04"), Anchor: "start"})
	}
	if len(p.X) == 3 && a.x(o.To)-a.x(o.From) < 60 {
		p.X = p.X[:2]
	}
	if a.x(o.From)-a.x(span.From) < 60 {
		p.X = p.X[1:]
	}
	return nil
}

// entryBar draws an entry as high as its bad share.
func entryBar(f *frame, a axis, e *sla.Entry, at *found) box {
	x, w := a.x(e.From), a.x(e.To)-a.x(e.From)
	b := box{X: px(x), Width: px(math.Max(w-.5, .8)), Class: "good"}
	total := e.Good.Add(e.Bad).Rat()
	share := 0.0
	if total.Sign() > 0 {
		share, _ = total.Quo(e.Bad.Rat(), total).Float64()
	}
	tall := 2.0
	if e.Bad.Sign() > 0 && at.indicator.Facts() != sla.Mean {
		b.Class, tall = "bad", math.Max(4, share*(stripBottom-stripTop))
	}
	if e.Unknown > 0 {
		b.Class, tall = "unknown", stripBottom-stripTop
	}
	b.Y, b.Height = px(stripBottom-tall), px(tall)
	b.Title = f.say("%s: %s bad of %s", e.From.In(at.zone).Format("15:04:05"), f.Number(e.Bad.String()), f.Number(e.Good.Add(e.Bad).String()))
	return b
}
