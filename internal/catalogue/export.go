package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// Export writes a catalogue in the format in which Load reads it: loading and
// merging what was exported changes nothing.
func Export(c *sla.Catalogue) ([]byte, error) {
	out := mapping{{Key: "version", Value: 1}, {Key: "time_zone", Value: "UTC"}}
	out = appendList(out, "parties", c.Parties, writeParty)
	out = appendList(out, "calendars", c.Calendars, writeCalendar)
	out = appendList(out, "services", c.Services, writeService)
	out = appendList(out, "indicators", c.Indicators, writeIndicator)
	out = appendList(out, "agreements", c.Agreements, func(a *sla.Agreement) mapping {
		w := writeAgreement(a)
		if a.Calendar != nil {
			if k := c.Calendar(a.Calendar.Name); k == nil || len(compare(writeCalendar(k), writeCalendar(a.Calendar))) > 0 {
				return set(w, "calendar", writeCalendar(a.Calendar)) // hours that changed since
			}
		}
		return w
	})
	out = appendList(out, "exclusions", c.Exclusions, writeExclusion)
	return emit(out)
}

func appendList[T any](out mapping, key string, list []T, write func(*T) mapping) mapping {
	if len(list) == 0 {
		return out
	}
	items := make([]mapping, len(list))
	for i := range list {
		items[i] = write(&list[i])
	}
	return append(out, entry{Key: key, Value: items})
}

// writer gathers the fields of one mapping; empty ones are left out.
type writer struct{ out mapping }

func (w *writer) put(key string, value any) {
	w.out = append(w.out, entry{Key: key, Value: value})
}

func (w *writer) text(key, value string) {
	if value != "" {
		w.put(key, value)
	}
}

func (w *writer) percent(key string, d *sla.Decimal) {
	if d != nil {
		w.put(key, d.String()+"%")
	}
}

// number writes a decimal as it was written, not as the YAML package would.
func (w *writer) number(key string, d *sla.Decimal) {
	if d != nil {
		w.put(key, d.String())
	}
}

func (w *writer) money(key string, m *sla.Money) {
	if m != nil {
		w.put(key, m.String())
	}
}

func (w *writer) length(key string, m sla.Millis) {
	if m != 0 {
		w.put(key, sla.FormatDuration(m))
	}
}

func (w *writer) list(key string, values []string) {
	if len(values) > 0 {
		w.put(key, values)
	}
}

func (w *writer) labels(key string, values map[string]string) {
	if len(values) == 0 {
		return
	}
	var out mapping
	for _, k := range sortedKeys(values) {
		out = append(out, entry{Key: k, Value: values[k]})
	}
	w.put(key, out)
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// set replaces or adds a field.
func set(m mapping, key string, value any) mapping {
	m = slices.Clone(m)
	for i := range m {
		if m[i].Key == key {
			m[i].Value = value
			return m
		}
	}
	return append(m, entry{Key: key, Value: value})
}

func writeParty(p *sla.Party) mapping {
	var w writer
	w.text("name", p.Name)
	w.text("title", p.Title)
	w.text("role", string(p.Role))
	var contacts []mapping
	for _, c := range p.Contacts {
		var cw writer
		cw.text("name", c.Name)
		cw.text("email", c.Email)
		contacts = append(contacts, cw.out)
	}
	if len(contacts) > 0 {
		w.put("contacts", contacts)
	}
	return w.out
}

func writeCalendar(k *sla.Calendar) mapping {
	var w writer
	w.text("name", k.Name)
	w.text("time_zone", k.Zone)
	hours := mapping{}
	for i := range dayNames {
		d := (i + 1) % 7 // Monday first
		if len(k.Week[d]) > 0 {
			hours = append(hours, entry{Key: dayNames[d], Value: writeClockSpans(k.Week[d])})
		}
	}
	w.put("hours", hours)
	var holidays []string
	for _, d := range k.Holidays {
		holidays = append(holidays, d.String())
	}
	w.list("holidays", holidays)
	var special []mapping
	for _, s := range k.Special {
		special = append(special, mapping{{Key: "date", Value: s.Date.String()}, {Key: "hours", Value: writeClockSpans(s.Hours)}})
	}
	if len(special) > 0 {
		w.put("special", special)
	}
	return w.out
}

func writeClockSpans(spans []sla.ClockSpan) []string {
	out := make([]string, len(spans))
	for i, s := range spans {
		out[i] = fmt.Sprintf("%02d:%02d-%02d:%02d", s.From/sla.Hour, s.From%sla.Hour/sla.Minute, s.To/sla.Hour, s.To%sla.Hour/sla.Minute)
	}
	return out
}

func writeService(s *sla.Service) mapping {
	var w writer
	w.text("name", s.Name)
	w.text("title", s.Title)
	w.text("description", s.Description)
	w.text("status", string(s.Status))
	w.text("owner", s.Owner)
	w.text("business_owner", s.BusinessOwner)
	if s.Priority != 0 {
		w.put("priority", s.Priority)
	}
	w.list("depends_on", s.DependsOn)
	w.labels("labels", s.Labels)
	var levels []mapping
	for _, l := range s.Levels {
		var lw writer
		lw.text("name", l.Name)
		lw.percent("target", &l.Target)
		lw.money("charge", l.Charge)
		levels = append(levels, lw.out)
	}
	if len(levels) > 0 {
		w.put("levels", levels)
	}
	return w.out
}

func writeIndicator(i *sla.Indicator) mapping {
	var w, k writer
	w.text("name", i.Name)
	w.text("service", i.Service)
	w.text("source", i.Source)
	w.length("interval", i.Interval)
	w.text("schedule", i.Schedule)
	w.text("unit", i.Unit)
	k.text("total", i.Total)
	k.text("good", i.Good)
	k.text("bad", i.Bad)
	k.text("histogram", i.Histogram)
	if i.Kind == sla.Latency {
		k.put("within", writeSeconds(i.Within))
	}
	k.text("metric", i.Metric)
	k.text("query", i.Expr)
	k.text("sum", i.Sum)
	k.text("count", i.Count)
	k.text("as", string(i.As))
	switch i.Kind {
	case sla.Samples, sla.TimeGauge, sla.Query:
		k.number(string(i.Bound.Kind), &i.Bound.Value)
	default:
	}
	if i.Kind == sla.TimeGauge {
		rule := string(i.Combine.Rule)
		if i.Combine.Rule == sla.CombineAtLeast {
			rule = fmt.Sprintf("%s %d", rule, i.Combine.N)
		}
		k.text("combine", rule)
	}
	w.put(string(i.Kind), k.out)
	return w.out
}

func writeExclusion(x *sla.Exclusion) mapping {
	var w writer
	w.text("name", x.Name)
	w.list("services", x.Services)
	w.text("category", string(x.Category))
	w.text("reason", x.Reason)
	if x.Every == nil {
		w.text("from", writeTime(x.Span.From))
		w.text("to", writeTime(x.Span.To))
	} else {
		w.text("time_zone", x.Every.Zone)
		w.put("every", mapping{{Key: "cron", Value: x.Every.Cron}, {Key: "lasts", Value: sla.FormatDuration(x.Every.Lasts)}})
		if x.Every.Valid.From != sla.Always {
			w.put("valid", writeValidity(x.Every.Valid, x.Every.Zone))
		}
	}
	w.text("approved_by", x.ApprovedBy)
	if x.ApprovedOn != nil {
		w.text("approved_on", x.ApprovedOn.String())
	}
	if x.Withdrawn {
		w.put("withdrawn", true)
	}
	return w.out
}

func writeTime(at sla.Instant) string { return at.String() }

func writeValidity(s sla.Span, zone string) mapping {
	out := mapping{{Key: "from", Value: writeInstant(s.From, zone)}}
	if s.To != sla.Forever {
		out = append(out, entry{Key: "until", Value: writeInstant(s.To, zone)})
	}
	return out
}

// compare gives in words in which fields two mappings differ, lists of named
// items by their names.
func compare(before, after mapping) []string {
	var out []string
	diff(&out, "", before, after)
	return out
}

func diff(out *[]string, path string, before, after any) {
	a, okA := before.(mapping)
	b, okB := after.(mapping)
	if okA && okB {
		for _, key := range unionKeys(a, b) {
			x, y := field(a, key), field(b, key)
			if p, q := byName(x), byName(y); p != nil && q != nil {
				x, y = p, q
			}
			diff(out, strings.TrimSpace(path+" "+key), x, y)
		}
		return
	}
	if x, y := show(before), show(after); x != y {
		*out = append(*out, fmt.Sprintf("%s: %s → %s", path, x, y))
	}
}

func unionKeys(a, b mapping) []string {
	var out []string
	for _, item := range slices.Concat(a, b) {
		if !slices.Contains(out, item.Key) {
			out = append(out, item.Key)
		}
	}
	return out
}

// field gives the value of a field, nil when it is not there.
func field(m mapping, key string) any {
	for _, item := range m {
		if item.Key == key {
			return item.Value
		}
	}
	return nil
}

// byName turns a list of named mappings into a mapping by name; anything else
// gives nil.
func byName(v any) mapping {
	list, _ := v.([]mapping)
	var out mapping
	for _, one := range list {
		name := field(one, "name")
		if name == nil {
			return nil
		}
		out = append(out, entry{Key: fmt.Sprint(name), Value: one})
	}
	return out
}

// show writes a value on one line.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case mapping:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = fmt.Sprintf("%v: %s", item.Key, show(item.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []mapping:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = show(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = show(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []string:
		return "[" + strings.Join(v, ", ") + "]"
	}
	return fmt.Sprint(v)
}
