package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// itemRoutes are those of single things and of what is judged from the ledger.
func (h *handler) itemRoutes(mux *http.ServeMux) {
	h.get(mux, "services/{name}", h.serviceItem)
	h.get(mux, "exclusions/{name}", h.exclusionItem)
	h.get(mux, "breaches/{id}", h.breachItem)
	h.get(mux, "outages", h.outages)
	h.get(mux, "objectives/{agreement}/{objective}/series", h.series)
	h.get(mux, "objectives/{agreement}/{objective}/simulate", h.simulate)
	h.get(mux, "indicators/{name}/query", h.queries)
	mux.HandleFunc("POST /api/v1/indicators/{name}/entries", h.enter)
	mux.HandleFunc("POST /api/v1/indicators/{name}/remeasure", h.remeasure)
}

func (h *handler) serviceItem(r *http.Request) (any, error) {
	if s := h.o.Catalogue().Service(r.PathValue("name")); s != nil {
		return s, nil
	}
	return nil, notFound("there is no service %q", r.PathValue("name"))
}

func (h *handler) exclusionItem(r *http.Request) (any, error) {
	all, err := ProposedExclusions(r.Context(), h.o.Store)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Name == r.PathValue("name") {
			return all[i], nil
		}
	}
	return nil, notFound("there is no exclusion %q", r.PathValue("name"))
}

func (h *handler) breachItem(r *http.Request) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, badInput("the breach %q has no number", r.PathValue("id"))
	}
	record, err := h.o.Store.Breach(r.Context(), id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, notFound("there is no breach %d", id)
	case err != nil:
		return nil, fmt.Errorf("reading the breach record: %w", err)
	}
	return record, nil
}

// OutageRow is an outage and whose it is.
type OutageRow struct {
	Agreement string `json:"agreement"`
	Objective string `json:"objective"`
	Period    string `json:"period"`
	sla.Outage
}

// OutageRows gives the outages of verdicts; small ones only where they are wanted.
func OutageRows(verdicts []sla.Verdict, small bool) []OutageRow {
	rows := []OutageRow{}
	for i := range verdicts {
		v := &verdicts[i]
		for _, o := range v.Outages {
			if small || !o.Small {
				rows = append(rows, OutageRow{v.Agreement, v.Objective, v.Period.Name, o})
			}
		}
	}
	return rows
}

// outages gives those of the periods under way, or of the periods of a name.
func (h *handler) outages(r *http.Request) (any, error) {
	agreement, period := r.FormValue("agreement"), r.FormValue("period")
	if agreement != "" && len(h.o.Catalogue().Versions(agreement)) == 0 {
		return nil, notFound("there is no agreement %q", agreement)
	}
	_, within, err := periodAsked(r)
	if err != nil {
		return nil, err
	}
	verdicts, err := h.verdicts(r.Context(), agreement, listedPeriod{period, within})
	if err != nil {
		return nil, err
	}
	return OutageRows(verdicts, r.FormValue("small") == "true"), nil
}

// seriesRow is what a day added to an objective's period; numbers are exact
// decimals as strings, or null where a mean has no such thing.
type seriesRow struct {
	Date    string  `json:"date"`
	Version int     `json:"version"`
	From    string  `json:"from"`
	To      string  `json:"to"`
	Good    *string `json:"good"`
	Bad     *string `json:"bad"`
	Unknown *string `json:"unknown_seconds"`
	Removed *string `json:"removed_seconds"`
	Spent   *string `json:"budget_spent"` // by the end of the day
	Allowed *string `json:"budget_allowed"`
	// Approximate says that facts of the period so far were divided.
	Approximate bool `json:"approximate,omitempty"`
	// Sum and Count are of a mean's values.
	Sum   *string `json:"sum,omitempty"`
	Count *string `json:"count,omitempty"`
}

func (h *handler) series(r *http.Request) (any, error) {
	at, err := h.find(r)
	if err != nil {
		return nil, err
	}
	d, err := h.judged(r.Context(), at.key())
	if err != nil {
		return nil, err
	}
	rows := []seriesRow{}
	for _, p := range d.parts {
		var allowed *string
		if p.verdict.Budget != nil {
			allowed = orNull(plain(p.verdict.Budget.Allowed))
		}
		for _, day := range p.days {
			rows = append(rows, seriesRow{
				Date: day.date.Format(time.DateOnly), Version: p.verdict.Version,
				From: day.from.In(at.zone).Format(time.RFC3339), To: day.to.In(at.zone).Format(time.RFC3339),
				Good: orNull(plain(day.good)), Bad: orNull(plain(day.bad)), Unknown: orNull(plain(day.unknown)),
				Removed: orNull(plain(day.removed)), Spent: orNull(plain(day.spent)), Allowed: allowed, Approximate: p.verdict.Approximate,
				Sum: orNull(plain(day.sum)), Count: orNull(plain(day.count)),
			})
		}
	}
	return rows, nil
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// simulate judges past periods by the terms of the query.
func (h *handler) simulate(r *http.Request) (any, error) {
	at, err := h.find(r)
	if err != nil {
		return nil, err
	}
	span, err := spanOf(r)
	if err != nil {
		return nil, err
	}
	draft, err := DraftOf(h.o.Catalogue(), r.FormValue)
	if err != nil {
		return nil, badInput("%v", err)
	}
	book, err := h.o.Book(r.Context())
	if err != nil {
		return nil, err
	}
	done, err := book.Simulate(at.agreement.Name, at.objective.Name, draft, span, h.o.Now())
	if err != nil {
		return nil, badInput("%v", err)
	}
	rows := []StatusRow{}
	for i := range done.Verdicts {
		rows = append(rows, RowOf(&done.Verdicts[i], at.zone, nil))
	}
	return rows, nil
}

// DraftOf reads the terms that a simulation changes: target, calendar (of the
// catalogue, or always), planned and unknown.
func DraftOf(c *sla.Catalogue, value func(string) string) (judge.Draft, error) {
	d := judge.Draft{Planned: sla.Planned(value("planned")), Unknown: sla.UnknownRule(value("unknown"))}
	switch name := value("calendar"); name {
	case "":
	case "always":
		d.Always = true
	default:
		if d.Calendar = c.Calendar(name); d.Calendar == nil {
			return d, fmt.Errorf("calendar=%s: there is no such calendar in the catalogue", name)
		}
	}
	if text := value("target"); text != "" {
		target, err := sla.ParseDecimal(strings.TrimSuffix(text, "%"))
		if err != nil {
			return d, fmt.Errorf("target=%s: a target is above 0%% and at most 100%%, such as 99.95%%", text)
		}
		d.Target = &target
	}
	switch d.Planned {
	case "", sla.PlannedRemoved, sla.PlannedGood, sla.PlannedCounted:
	default:
		return d, fmt.Errorf("planned=%s: write removed, good or counted", d.Planned)
	}
	switch d.Unknown {
	case "", sla.UnknownRemoved, sla.UnknownGood, sla.UnknownBad:
	default:
		return d, fmt.Errorf("unknown=%s: write removed, good or bad", d.Unknown)
	}
	return d, nil
}

// queryRow is what of an indicator is asked of its source.
type queryRow struct {
	Name  string `json:"name"` // total, bad, metric …
	Query string `json:"query"`
	Open  string `json:"open,omitempty"` // where it opens in the source's own pages
}

func (h *handler) queries(r *http.Request) (any, error) {
	ind := h.o.Catalogue().Indicator(r.PathValue("name"))
	if ind == nil {
		return nil, notFound("there is no indicator %q", r.PathValue("name"))
	}
	m := method{Source: h.source(ind.Source)}
	rows := []queryRow{}
	for _, q := range queriesOf(ind) {
		rows = append(rows, queryRow{q[0], q[1], m.open(q[1])})
	}
	return rows, nil
}

// queriesOf gives the indicator's selectors and expressions, each with its name.
func queriesOf(ind *sla.Indicator) [][2]string {
	return slices.DeleteFunc([][2]string{
		{"total", ind.Total},
		{"good", ind.Good},
		{"bad", ind.Bad},
		{"histogram", ind.Histogram},
		{"metric", ind.Metric},
		{"query", ind.Expr},
		{"sum", ind.Sum},
		{"count", ind.Count},
	}, func(q [2]string) bool { return q[1] == "" })
}

// breaches gives the records, narrowed by agreement, objective, period and state.
func (h *handler) breaches(r *http.Request) (any, error) {
	_, within, err := periodAsked(r)
	if err != nil {
		return nil, err
	}
	if _, err := oneOf(r, "state", recordStates...); err != nil {
		return nil, err
	}
	records, err := h.o.Store.Breaches(r.Context(), within)
	if err != nil {
		return nil, fmt.Errorf("reading the breach records: %w", err)
	}
	wanted := func(name, is string) bool { want := r.FormValue(name); return want == "" || want == is }
	out := []sla.Breach{}
	for _, b := range records {
		if wanted("agreement", b.Agreement) && wanted("objective", b.Objective) && wanted("period", b.Period.Name) && wanted("state", string(b.State)) {
			out = append(out, b)
		}
	}
	return out, nil
}

// enter records facts that come as CSV.
func (h *handler) enter(w http.ResponseWriter, r *http.Request) {
	reply(w, r, func(r *http.Request) (any, error) {
		if h.o.Enter == nil {
			return nil, &problem{http.StatusForbidden, "forbidden", "recording over HTTP is not enabled: start slmd with --web.enable-lifecycle"}
		}
		return h.o.Enter(r.Context(), r.PathValue("name"), r.URL.Query().Get("as"), r.Body)
	})
}

// remeasure measures a span of an indicator anew.
func (h *handler) remeasure(w http.ResponseWriter, r *http.Request) {
	reply(w, r, func(r *http.Request) (any, error) {
		if h.o.Remeasure == nil {
			return nil, &problem{http.StatusForbidden, "forbidden", "measuring again over HTTP is not enabled: start slmd with --web.enable-lifecycle"}
		}
		var asked struct{ From, To, Reason string }
		body := json.NewDecoder(r.Body)
		body.DisallowUnknownFields()
		if err := body.Decode(&asked); err != nil {
			return nil, badInput("the body is not a JSON object of from, to and reason: %v", err)
		}
		span, err := spanBetween(asked.From, asked.To)
		if err != nil {
			return nil, err
		}
		return h.o.Remeasure(r.Context(), Remeasuring{r.PathValue("name"), span, asked.Reason, r.URL.Query().Get("as")})
	})
}
