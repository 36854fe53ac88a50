package app

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

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
	asked     map[string][]web.Asked // by source, newest first
	receivers map[string]*web.ReceiverState
}

// askedKept is how many requests to each source are remembered.
const askedKept = 8

func (d *deeds) request(source string, r measure.Request, at sla.Instant) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asked == nil {
		d.asked = map[string][]web.Asked{}
	}
	list := append([]web.Asked{{Source: source, Kind: r.Kind, Result: r.Result, At: at, Took: r.Took, Samples: r.Samples}}, d.asked[source]...)
	d.asked[source] = list[:min(len(list), askedKept)]
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
	for _, s := range a.sourceStatus() {
		w.Sources = append(w.Sources, web.SourceState{
			Name: s.Name, URL: s.URL, Kind: s.Kind, Lag: s.Lag, Reachable: s.Reachable, LastError: s.LastError,
		})
	}
	for _, s := range a.cycle.Standings() {
		if s.Indicator != nil {
			w.Rounds[s.Indicator.Name] = web.RoundState{Measured: s.Measured, Next: a.nextRound(cfg, s.Indicator)}
		}
	}
	a.deeds.mu.Lock()
	defer a.deeds.mu.Unlock()
	for _, source := range slices.Sorted(maps.Keys(a.deeds.asked)) {
		w.Asked = append(w.Asked, a.deeds.asked[source]...)
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
