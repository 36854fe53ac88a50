package web

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// Works is how the daemon itself is doing, as the status page shows it.
type Works struct {
	Sources []SourceState
	// Rounds holds by indicator how far measuring is and when it goes on.
	Rounds   map[string]RoundState
	Pending  int        // intervals that are due and not measured yet
	Behind   sla.Millis // of the indicator that is furthest behind
	Asked    []Asked    // the requests of the last rounds, newest first
	Sizes    map[string]int64
	Build    map[string]string
	Receiver []ReceiverState
	Mode     string // of alerting: push, rules or off
}

// SourceState is what is known of a data source.
type SourceState struct {
	Name, URL, Kind, Lag string // the address without credentials
	Reachable            *bool  // nil before the first request
	LastError            string
}

// RoundState is where the measuring of an indicator is.
type RoundState struct {
	Measured sla.Instant // Always before the first
	Next     sla.Instant // zero: not known
}

// Asked is a request that a round made.
type Asked struct {
	Source, Kind, Result string
	At                   sla.Instant
	Took                 time.Duration
	Samples              int
}

// ReceiverState is what is known of an Alertmanager; times are zero before the first.
type ReceiverState struct {
	Name         string
	Sent, Failed int64 // alerts since the start
}

// statusPage is how the daemon is doing.
type statusPage struct {
	Works
	Behind    string
	Problems  []problemView
	Firing    []firingView
	Catalogue []itemView
	Sizes     [][2]string
	Build     [][2]string
	Audit     string
	Rounds    []roundView
	Mail      *mailView
}

type problemView struct{ Indicator, Kind, Since, Text, Href string }

type firingView struct{ Name, Severity, What, Since, Href, Text string }

type itemView struct{ Kind, Count, Names string }

type roundView struct{ Indicator, Measured, Next, Href string }

func (h *handler) statusPage(w http.ResponseWriter, r *http.Request) error {
	f := h.frameOf(r, "status", "Status")
	p := &statusPage{}
	if h.o.Works != nil {
		p.Works = h.o.Works()
		p.Behind = f.Duration(p.Works.Behind)
	}
	problems, err := h.o.Store.Problems(r.Context())
	if err != nil {
		return fmt.Errorf("reading what keeps indicators from being measured: %w", err)
	}
	for _, q := range problems {
		p.Problems = append(p.Problems, problemView{q.Indicator, f.say(string(q.Kind)), f.moment(q.Since, h.zone()), q.Text, f.To("indicators", q.Indicator)})
	}
	conditions, err := h.o.Store.Conditions(r.Context(), h.o.Now())
	if err != nil {
		return fmt.Errorf("reading the alerts: %w", err)
	}
	for i := range conditions {
		if c := &conditions[i]; c.Holds() {
			p.Firing = append(p.Firing, h.firing(f, c))
		}
	}
	head, err := h.o.Store.AuditHead(r.Context())
	if err != nil {
		return fmt.Errorf("reading the head of the audit log: %w", err)
	}
	p.Audit = f.say("row %d, %s", head.Seq, head.Hash)
	if h.o.Mail != nil {
		mail, err := h.o.Mail(r.Context())
		if err != nil {
			return err
		}
		p.Mail = h.mailView(f, mail)
	}
	p.rounds(f, h)
	p.catalogue(f, h.o.Catalogue())
	for _, file := range slices.Sorted(maps.Keys(p.Works.Sizes)) {
		p.Sizes = append(p.Sizes, [2]string{file, bytesText(f, p.Works.Sizes[file])})
	}
	for _, name := range slices.Sorted(maps.Keys(p.Works.Build)) {
		if p.Works.Build[name] != "" {
			p.Build = append(p.Build, [2]string{name, p.Works.Build[name]})
		}
	}
	h.write(w, f, "status", p)
	return nil
}

func (h *handler) firing(f *frame, c *sla.Condition) firingView {
	v := firingView{Name: c.Alertname, Severity: c.Severity, Since: f.moment(c.Since, h.zone()), What: c.Agreement, Text: c.Details.Text}
	v.Href = f.To("agreements", c.Agreement)
	if c.Objective != "" {
		v.What, v.Href = c.Agreement+" / "+c.Objective, f.To("objectives", c.Agreement, c.Objective)
	}
	if v.Text == "" && c.Details.Compliance != "" {
		v.Text = f.say("%s against %s in %s", c.Details.Compliance, c.Details.Target, f.Period(c.Details.Period))
	}
	return v
}

func (p *statusPage) rounds(f *frame, h *handler) {
	for _, name := range slices.Sorted(maps.Keys(p.Works.Rounds)) {
		r := p.Works.Rounds[name]
		v := roundView{Indicator: name, Measured: "–", Next: "–", Href: f.To("indicators", name)}
		if r.Measured != sla.Always {
			v.Measured = f.moment(r.Measured, h.zone())
		}
		if r.Next != 0 {
			v.Next = f.moment(r.Next, h.zone())
		}
		p.Rounds = append(p.Rounds, v)
	}
}

func (p *statusPage) catalogue(f *frame, c *sla.Catalogue) {
	add := func(kind string, names []string) {
		slices.Sort(names)
		names = slices.Compact(names)
		p.Catalogue = append(p.Catalogue, itemView{f.say(kind), f.Number(fmt.Sprint(len(names))), strings.Join(names, ", ")})
	}
	add("services", namesOf(c.Services, func(s *sla.Service) string { return s.Name }))
	add("parties", namesOf(c.Parties, func(s *sla.Party) string { return s.Name }))
	add("agreements", namesOf(c.Agreements, func(s *sla.Agreement) string { return s.Name }))
	add("indicators", namesOf(c.Indicators, func(s *sla.Indicator) string { return s.Name }))
	add("calendars", namesOf(c.Calendars, func(s *sla.Calendar) string { return s.Name }))
	add("exclusions", namesOf(c.Exclusions, func(s *sla.Exclusion) string { return s.Name }))
}

func namesOf[T any](list []T, name func(*T) string) []string {
	var out []string
	for i := range list {
		out = append(out, name(&list[i]))
	}
	return out
}

// bytesText says a size in the next larger unit.
func bytesText(f *frame, n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	x, i := float64(n), 0
	for x >= 1024 && i < len(units)-1 {
		x, i = x/1024, i+1
	}
	if i == 0 {
		return f.Number(fmt.Sprint(n)) + " B"
	}
	return fmt.Sprintf("%.1f %s", x, units[i])
}
