package web

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
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
	Last     LastRound
	CatchUp  *CatchUp // nil when nothing is behind
	Sizes    map[string]int64
	Build    map[string]string
	Receiver []ReceiverState
	Mode     string // of alerting: push, rules or off
	// Took, which may be nil, says who took the alert of a condition, and when last.
	Took func(*sla.Condition) []Delivery
}

// Delivery is when a receiver took an alert last.
type Delivery struct {
	Receiver string
	At       sla.Instant
}

// SourceState is what is known of a data source.
type SourceState struct {
	Name, URL, Kind, Lag string // the address without credentials
	Reachable            *bool  // nil before the first request
	LastError            string
	// Can says what it was seen to do and what not; nil before that was tried.
	Can     map[string]bool
	Tried   sla.Instant
	Version string // what it says of itself
}

// LastRound is the last round that ended; zero before the first.
type LastRound struct {
	Source string
	At     sla.Instant // when it began
	Took   time.Duration
}

// CatchUp is a stretch of the past that is being measured.
type CatchUp struct {
	Began        sla.Instant // by the clock
	From, At     sla.Instant // where measuring was furthest behind then and is now
	All, Pending int         // intervals that were due at most, and that still are
}

// RoundState is where the measuring of an indicator is.
type RoundState struct {
	Measured sla.Instant // Always before the first
	Next     sla.Instant // zero: not known
}

// Asked is a request that a round made.
type Asked struct {
	Kind, Result string
	At           sla.Instant
	Took         time.Duration
	Samples      int
	Query        string
	Span         sla.Span
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
	Sources   []sourceView
	CatchUp   *catchUpView
	Last      string // the last round
	Problems  []problemView
	Bare      bool // nothing is in the catalogue
	Stuck     int  // indicators that have a problem
	Firing    []firingView
	Held      int // alerts that are firing, shown or not
	Catalogue []itemView
	Sizes     [][2]string
	Build     [][2]string
	Audit     string
	Rounds    []roundView
	Unlisted  int // indicators that are not listed, none further behind
	Mail      *mailView
}

// buildText says what the parts of Works.Build are.
var buildText = map[string]string{
	"version": "Version", "revision": "Revision", "branch": "Branch", "buildUser": "Built by", "buildDate": "Built", "goVersion": "Built with",
}

type problemView struct{ Indicator, Kind, Since, Text, Href string }

type firingView struct {
	Name, Window, Severity, What, Since, Href, Text string
	Took                                            []tookView
}

type tookView struct{ Receiver, At string }

// How many alerts one page shows, and how many of other things.
const (
	mostFiring = 200
	mostListed = 100
)

// itemView is one kind of things in the catalogue.
type itemView struct {
	Kind, Count string
	Items       []placeView
	More        int // that are not listed
}

type placeView struct{ Name, Href, Place string }

// sourceView is a data source with what it was seen to do.
type sourceView struct {
	SourceState
	Abilities []string
	TriedAt   string
}

// catchUpView is how far the measuring of the past is.
type catchUpView struct {
	All, Done               int
	Percent, Text, At, Rate string
}

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
	p.Stuck = len(problems)
	for _, q := range problems[:min(len(problems), mostListed)] {
		p.Problems = append(p.Problems, problemView{q.Indicator, f.say(string(q.Kind)), f.moment(q.Since, h.zone()), q.Text, f.To("indicators", q.Indicator)})
	}
	conditions, err := h.o.Store.Conditions(r.Context(), h.o.Now())
	if err != nil {
		return fmt.Errorf("reading the alerts: %w", err)
	}
	for i := range conditions {
		c := &conditions[i]
		if !c.Holds() {
			continue
		}
		if p.Held++; p.Held <= mostFiring {
			p.Firing = append(p.Firing, h.firing(f, c, p.Works.Took))
		}
	}
	head, err := h.o.Store.AuditHead(r.Context())
	if err != nil {
		return fmt.Errorf("reading the head of the audit log: %w", err)
	}
	if p.Audit = f.say("empty"); head.Seq > 0 {
		p.Audit = f.say("row %d, %s", head.Seq, head.Hash)
	}
	if h.o.Mail != nil {
		mail, err := h.o.Mail(r.Context())
		if err != nil {
			return err
		}
		p.Mail = h.mailView(f, mail)
	}
	p.rounds(f, h)
	origins, err := h.o.Store.Origins(r.Context())
	if err != nil {
		return err
	}
	p.catalogue(f, h.o.Catalogue(), origins)
	p.Bare = !slices.ContainsFunc(p.Catalogue, func(v itemView) bool { return len(v.Items) > 0 })
	for _, file := range slices.Sorted(maps.Keys(p.Works.Sizes)) {
		p.Sizes = append(p.Sizes, [2]string{file, bytesText(f, p.Works.Sizes[file])})
	}
	for _, name := range []string{"version", "revision", "branch", "buildDate", "buildUser", "goVersion"} {
		if p.Works.Build[name] != "" {
			p.Build = append(p.Build, [2]string{f.say(buildText[name]), p.Works.Build[name]})
		}
	}
	h.write(w, f, "status", p)
	return nil
}

func (h *handler) firing(f *frame, c *sla.Condition, took func(*sla.Condition) []Delivery) firingView {
	v := firingView{Name: c.Alertname, Window: c.Window, Severity: c.Severity, Since: f.moment(c.Since, h.zone()), What: c.Agreement, Text: c.Details.Text}
	v.Href = f.To("agreements", c.Agreement)
	if c.Objective != "" {
		v.What, v.Href = c.Agreement+" / "+c.Objective, f.To("objectives", c.Agreement, c.Objective)
	}
	if c.Agreement == "" {
		v.What, v.Href = c.Indicator, f.To("indicators", c.Indicator)
	}
	if took != nil {
		for _, d := range took(c) {
			v.Took = append(v.Took, tookView{d.Receiver, f.moment(d.At, h.zone())})
		}
	}
	if c.Details.Compliance != "" {
		v.Text = joined(f.say("%s against %s (%s)", c.Details.Compliance, c.Details.Target, f.Period(c.Details.Period))+".", v.Text)
	}
	return v
}

func (p *statusPage) rounds(f *frame, h *handler) {
	for i := range p.Works.Sources {
		s := sourceView{SourceState: p.Works.Sources[i], Abilities: f.abilities(&p.Works.Sources[i])}
		s.Lag = f.lag(s.Lag)
		if s.Tried != 0 {
			s.TriedAt = f.say("tried %s", f.moment(s.Tried, h.zone()))
		}
		p.Sources = append(p.Sources, s)
	}
	if last := p.Works.Last; last.At != 0 {
		p.Last = f.say("The last round, of %s, began %s and took %s.", last.Source, f.moment(last.At, h.zone()), last.Took.Round(time.Millisecond))
	}
	p.CatchUp = f.caught(p.Works.CatchUp, h.o.Now(), h.zone())
	names := slices.Sorted(maps.Keys(p.Works.Rounds))
	slices.SortStableFunc(names, func(a, b string) int { // the furthest behind first
		return cmp.Compare(p.Works.Rounds[a].Measured, p.Works.Rounds[b].Measured)
	})
	shown := min(len(names), mostListed)
	p.Unlisted = len(names) - shown
	for _, name := range names[:shown] {
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

// catalogue lists what is agreed with the file and line from which it came.
func (p *statusPage) catalogue(f *frame, c *sla.Catalogue, origins []sla.Origin) {
	places := make(map[[2]string]string, len(origins))
	for _, o := range origins {
		places[[2]string{o.Kind, o.Name}] = fmt.Sprintf("%s:%d", o.File, o.Line)
	}
	add := func(kind, plural string, names []string, href func(string) string) {
		slices.Sort(names)
		v := itemView{Kind: f.say(plural)}
		names = slices.Compact(names)
		shown := names[:min(len(names), mostListed)]
		v.More = len(names) - len(shown)
		for _, name := range shown {
			item := placeView{Name: name, Place: places[[2]string{kind, name}]}
			if href != nil {
				item.Href = href(name)
			}
			v.Items = append(v.Items, item)
		}
		v.Count = f.count(len(names), kind, plural)
		p.Catalogue = append(p.Catalogue, v)
	}
	to := func(path string) func(string) string { return func(name string) string { return f.To(path, name) } }
	service := func(name string) string { return f.Prefix + "/?" + url.Values{"open": {name}, "text": {name}}.Encode() }
	add("service", "services", namesOf(c.Services, func(s *sla.Service) string { return s.Name }), service)
	add("party", "parties", namesOf(c.Parties, func(s *sla.Party) string { return s.Name }), nil)
	add("agreement", "agreements", namesOf(c.Agreements, func(s *sla.Agreement) string { return s.Name }), to("agreements"))
	add("indicator", "indicators", namesOf(c.Indicators, func(s *sla.Indicator) string { return s.Name }), to("indicators"))
	add("calendar", "calendars", namesOf(c.Calendars, func(s *sla.Calendar) string { return s.Name }), nil)
	add("exclusion", "exclusions", namesOf(c.Exclusions, func(s *sla.Exclusion) string { return s.Name }), nil)
}

func namesOf[T any](list []T, name func(*T) string) []string {
	var out []string
	for i := range list {
		out = append(out, name(&list[i]))
	}
	return out
}

// caught says how far catching up is; nil when nothing is behind.
func (f *frame) caught(c *CatchUp, now sla.Instant, zone *time.Location) *catchUpView {
	if c == nil || c.All == 0 {
		return nil
	}
	done := c.All - c.Pending
	v := &catchUpView{All: c.All, Done: done, Percent: fmt.Sprintf("%d%%", 100*done/c.All)}
	v.Text = f.say("%s of %s intervals since %s; %s are left", f.Number(fmt.Sprint(done)), f.Number(fmt.Sprint(c.All)), f.moment(c.From, zone), f.Number(fmt.Sprint(c.Pending)))
	v.At = f.say("The furthest indicator is at %s.", f.moment(c.At, zone))
	if took := now.Sub(c.Began); done > 0 && took >= sla.Second {
		rate := int64(done) * int64(sla.Second) / int64(took)
		left := sla.Millis(int64(c.Pending) * int64(took) / int64(done))
		v.Rate = f.say("%s intervals a second, about %s to go.", f.Number(fmt.Sprint(rate)), f.Duration(max(left-left%sla.Second, sla.Second)))
	}
	return v
}

// lag says the lag of a source, 30s, as other durations.
func (f *frame) lag(text string) string {
	if d, err := time.ParseDuration(text); err == nil {
		return f.Duration(sla.Millis(d.Milliseconds()))
	}
	return text
}

// abilities says what a source was seen to do, what it was seen not to do after it.
func (f *frame) abilities(s *SourceState) (out []string) {
	for _, can := range []bool{true, false} {
		for _, name := range slices.Sorted(maps.Keys(s.Can)) {
			switch {
			case s.Can[name] != can:
			case can:
				out = append(out, f.say(name))
			default:
				out = append(out, f.say("no %s", f.say(name)))
			}
		}
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
