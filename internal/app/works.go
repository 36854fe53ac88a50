package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/cronexpr"
	"github.com/slmd/slmd/internal/cycle"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/measure"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/web"
)

// deeds remembers what the daemon did lately, for the status page.
type deeds struct {
	mu        sync.Mutex
	asked     map[question]web.Asked // the last request with each query
	receivers map[string]*web.ReceiverState
	taken     map[string]map[string]sla.Instant // by receiver and alert when it was taken last, of those that hold
	last      web.LastRound
	catchUp   *web.CatchUp // nil when nothing is behind
}

// question tells a request from others in what it asks for.
type question struct{ source, kind, query string }

// askedKept is how many different requests are remembered.
const askedKept = 4096

func (d *deeds) request(source string, r measure.Request, at sla.Instant) {
	query, _, _ := strings.Cut(r.Query, "}[") // of another range it is the same question
	q := question{source, r.Kind, query}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asked == nil || len(d.asked) >= askedKept {
		d.asked = map[question]web.Asked{}
	}
	d.asked[q] = web.Asked{Kind: r.Kind, Result: r.Result, At: at, Took: r.Took, Samples: r.Samples, Query: r.Query, Span: r.Span}
}

// askedOf gives the last requests to a source that the filter takes, newest first.
func (d *deeds) askedOf(source string, takes func(query string) bool) []web.Asked {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []web.Asked
	for q, a := range d.asked {
		if q.source == source && takes(a.Query) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(x, y web.Asked) int { return cmp.Or(cmp.Compare(y.At, x.At), cmp.Compare(x.Query, y.Query)) })
	return out
}

// round notes a round that is over.
func (d *deeds) round(source string, at sla.Instant, took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = web.LastRound{Source: source, At: at, Took: took}
}

// behind notes how far the measuring is behind, so that catching up can be shown.
func (d *deeds) behind(l cycle.Lag, now sla.Instant) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case l.Pending == 0:
		d.catchUp = nil
		return
	case d.catchUp == nil:
		d.catchUp = &web.CatchUp{Began: now, From: now.Add(-l.Furthest)}
	}
	c := d.catchUp
	c.All, c.Pending, c.At = max(c.All, l.Pending), l.Pending, now.Add(-l.Furthest)
}

// told counts alerts that reached a receiver, or did not.
func (d *deeds) told(name string, sent, failed int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.receivers == nil {
		d.receivers = map[string]*web.ReceiverState{}
	}
	if d.receivers[name] == nil {
		d.receivers[name] = &web.ReceiverState{Name: name}
	}
	d.receivers[name].Sent += int64(sent)
	d.receivers[name].Failed += int64(failed)
}

// took notes which alerts a receiver took; of what has ended nothing is kept.
func (d *deeds) took(name string, alerts []announce.Alert, now sla.Instant) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.taken == nil {
		d.taken = map[string]map[string]sla.Instant{}
	}
	if d.taken[name] == nil {
		d.taken[name] = map[string]sla.Instant{}
	}
	for i := range alerts {
		a := &alerts[i]
		d.taken[name][a.Key()] = now
		if !a.EndsAt.After(now.Time()) {
			delete(d.taken[name], a.Key())
		}
	}
}

// tellers gives who took an alert, by name.
func (d *deeds) tellers(key string) (out []web.Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, taken := range d.taken {
		if at, ok := taken[key]; ok {
			out = append(out, web.Delivery{Receiver: name, At: at})
		}
	}
	slices.SortFunc(out, func(x, y web.Delivery) int { return cmp.Compare(x.Receiver, y.Receiver) })
	return out
}

// book gives what pages judge from.
func (a *App) book(ctx context.Context) (judge.Book, error) {
	return cycle.Book(ctx, cycle.Reading{
		Store: a.store, Catalogue: a.cycle.Catalogue(), FinaliseAfter: a.config().Measuring.FinaliseAfter, Now: a.now(),
	})
}

// zone is where times are told that belong to no agreement.
func (a *App) zone() *time.Location {
	loc, err := calendar.Zone(a.config().Zone)
	if err != nil {
		return time.UTC // config has refused what does not exist
	}
	return loc
}

// works says how the daemon is doing.
func (a *App) works() web.Works {
	cfg, lag := a.config(), a.cycle.Lag()
	w := web.Works{
		Pending: lag.Pending, Behind: lag.Furthest, Sizes: a.storageSizes(), Build: buildInfo(), Mode: cfg.Alerting.Mode,
		Rounds: map[string]web.RoundState{},
	}
	terms := a.terms(cfg)
	w.Took = func(c *sla.Condition) []web.Delivery { return a.deeds.tellers(announce.Key(c, terms)) }
	for _, s := range a.sourceStatus() {
		row := web.SourceState{Name: s.Name, URL: s.URL, Kind: s.Kind, Lag: s.Lag, Reachable: s.Reachable, LastError: s.LastError}
		if c := s.Capabilities; c != nil {
			row.Tried, row.Version = c.At, c.Version
			row.Can = map[string]bool{"streamed chunks": c.RemoteRead, "exported lines": c.Export, "types of metrics": c.Metadata}
		}
		w.Sources = append(w.Sources, row)
	}
	for _, s := range a.cycle.Standings() {
		if s.Indicator != nil {
			w.Rounds[s.Indicator.Name] = web.RoundState{Measured: s.Measured, Next: a.nextRound(cfg, s.Indicator)}
		}
	}
	a.deeds.mu.Lock()
	defer a.deeds.mu.Unlock()
	w.Last = a.deeds.last
	if c := a.deeds.catchUp; c != nil {
		under := *c
		w.CatchUp = &under
	}
	for _, r := range a.deeds.receivers {
		w.Receiver = append(w.Receiver, *r)
	}
	slices.SortFunc(w.Receiver, func(x, y web.ReceiverState) int { return cmp.Compare(x.Name, y.Name) })
	return w
}

// nextRound gives when an indicator is measured next, behind its cron instant
// by the lag of its source; zero when nothing measures it.
func (a *App) nextRound(cfg *config.Config, ind *sla.Indicator) sla.Instant {
	next, err := cronexpr.Next(ind.Schedule, a.now())
	if ind.Kind == sla.Entries || err != nil {
		return 0
	}
	for i, s := range cfg.Sources {
		if s.Name == ind.Source || ind.Source == "" && i == 0 {
			return next.Add(s.Lag)
		}
	}
	return 0
}
