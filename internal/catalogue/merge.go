package catalogue

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// MergeOptions say when files are applied, and to what.
type MergeOptions struct {
	At sla.Instant // when the files are applied
	// Prune retires what the files do not name.
	Prune bool
	// JudgedUntil gives how far an agreement was judged; Always when it never
	// was. Terms by which nothing was judged are replaced, others are followed
	// by a new version. Nil: nothing was ever judged.
	JudgedUntil func(agreement string) sla.Instant
}

// Merge works out what files change in the catalogue in force. What they do not
// name stays. Agreements are never edited once they were judged: changed terms
// become a version from the next period on, unless the files give them a
// valid.from of their own. Files that were merged before change nothing. The
// error names all that cannot be done.
func Merge(current, files *sla.Catalogue, o MergeOptions) (*sla.Catalogue, []sla.Change, error) {
	m := &merge{opts: o, current: current, files: files, out: clone(current)}
	m.parties()
	m.calendars()
	m.services()
	m.indicators()
	m.agreements()
	m.exclusions()
	if o.Prune {
		m.retire()
	}
	for _, p := range Check(m.out) {
		if !p.Warning {
			m.fail("%s: %s", m.named(p.Path), p.Text)
		}
	}
	if len(m.errs) > 0 {
		return nil, nil, errors.Join(m.errs...)
	}
	return m.out, m.changes, nil
}

type merge struct {
	opts           MergeOptions
	current, files *sla.Catalogue
	out            *sla.Catalogue
	changes        []sla.Change
	errs           []error
}

func clone(c *sla.Catalogue) *sla.Catalogue {
	if c == nil {
		return &sla.Catalogue{}
	}
	return &sla.Catalogue{
		Parties: slices.Clone(c.Parties), Calendars: slices.Clone(c.Calendars), Services: slices.Clone(c.Services),
		Indicators: slices.Clone(c.Indicators), Agreements: slices.Clone(c.Agreements), Exclusions: slices.Clone(c.Exclusions),
	}
}

func (m *merge) fail(format string, args ...any) {
	m.errs = append(m.errs, fmt.Errorf(format, args...))
}

// change notes a change, told in a sentence.
func (m *merge) change(c sla.Change, format string, args ...any) {
	c.Text = fmt.Sprintf(format, args...)
	m.changes = append(m.changes, c)
}

// named turns a path such as agreements[3].valid into the name of what it is about.
func (m *merge) named(path string) string {
	var list string
	var i int
	head, _, _ := strings.Cut(path, "]")
	if n, _ := fmt.Sscanf(strings.Replace(head, "[", " ", 1), "%s %d", &list, &i); n != 2 {
		return path
	}
	switch list {
	case "parties":
		return "party " + m.out.Parties[i].Name
	case "calendars":
		return "calendar " + m.out.Calendars[i].Name
	case "services":
		return "service " + m.out.Services[i].Name
	case "indicators":
		return "indicator " + m.out.Indicators[i].Name
	case "agreements":
		return fmt.Sprintf("agreement %s, version %d", m.out.Agreements[i].Name, m.out.Agreements[i].Version)
	case "exclusions":
		return "exclusion " + m.out.Exclusions[i].Name
	}
	return path
}

// items describes items that have no versions: what they are called and how
// they are written; changed says what a change of one means.
type items[T any] struct {
	object  string
	name    func(*T) string
	write   func(*T) mapping
	changed func(before, after *T) (sla.Action, string)
}

// fold merges one list of items that have no versions.
func fold[T any](m *merge, to *[]T, from []T, p items[T]) {
	places := make(map[string]int, len(*to))
	for i := range *to {
		places[p.name(&(*to)[i])] = i
	}
	for i := range from {
		f := &from[i]
		name := p.name(f)
		at, known := places[name]
		if !known {
			places[name] = len(*to)
			*to = append(*to, *f)
			m.change(sla.Change{Action: sla.Create, Object: p.object, Name: name}, "%s %s is new", p.object, name)
			continue
		}
		was := &(*to)[at]
		differences := compare(p.write(was), p.write(f))
		if len(differences) == 0 {
			continue
		}
		action, effect := p.changed(was, f)
		if effect != "" {
			effect = "; " + effect
		}
		m.change(sla.Change{Action: action, Object: p.object, Name: name}, "%s%s", strings.Join(differences, ", "), effect)
		*was = *f
	}
}

func updated[T any](effect string) func(_, _ *T) (sla.Action, string) {
	return func(_, _ *T) (sla.Action, string) { return sla.Update, effect }
}

func (m *merge) parties() {
	fold(m, &m.out.Parties, m.files.Parties, items[sla.Party]{
		"party", func(p *sla.Party) string { return p.Name }, writeParty,
		updated[sla.Party](""),
	})
}

func (m *merge) calendars() {
	fold(m, &m.out.Calendars, m.files.Calendars, items[sla.Calendar]{
		"calendar", func(k *sla.Calendar) string { return k.Name }, writeCalendar,
		updated[sla.Calendar]("agreements that use it follow from their next period on"),
	})
}

func (m *merge) services() {
	fold(m, &m.out.Services, m.files.Services, items[sla.Service]{
		"service", func(s *sla.Service) string { return s.Name }, writeService,
		updated[sla.Service](""),
	})
}

func (m *merge) indicators() {
	fold(m, &m.out.Indicators, m.files.Indicators, items[sla.Indicator]{
		"indicator", func(i *sla.Indicator) string { return i.Name }, writeIndicator,
		func(before, after *sla.Indicator) (sla.Action, string) {
			if measuresSame(*before, *after) {
				return sla.Update, "the facts stay comparable"
			}
			return sla.NewVersion, "measured by the new definition from the next interval on, earlier facts stay as they were measured"
		},
	})
}

// measuresSame reports whether two definitions measure the same facts.
func measuresSame(a, b sla.Indicator) bool {
	a.Schedule, a.Service, a.Unit = "", "", ""
	b.Schedule, b.Service, b.Unit = "", "", ""
	return a == b
}

func (m *merge) exclusions() {
	fold(m, &m.out.Exclusions, m.files.Exclusions, items[sla.Exclusion]{
		"exclusion", func(x *sla.Exclusion) string { return x.Name }, writeExclusion,
		updated[sla.Exclusion]("periods that are not reported yet are judged anew, issued reports stay"),
	})
	for i, c := range m.changes {
		if c.Object != "exclusion" || c.Action != sla.Create {
			continue
		}
		x := m.out.Exclusions[slices.IndexFunc(m.out.Exclusions, func(x sla.Exclusion) bool { return x.Name == c.Name })]
		m.changes[i].Text += exclusionEffect(&x, m.opts.At)
	}
}

// exclusionEffect says what a new exclusion does.
func exclusionEffect(x *sla.Exclusion, at sla.Instant) string {
	services := strings.Join(x.Services, ", ")
	switch {
	case !x.Approved():
		return fmt.Sprintf(" for %s; nobody approved it, so it has no effect", services)
	case x.Every == nil && x.Span.From < at:
		return fmt.Sprintf(" for %s; it begins in the past, so the period under way is judged anew", services)
	}
	return " for " + services
}

// retire takes away what the files do not name; what others still need stays.
func (m *merge) retire() {
	for i := range m.out.Exclusions {
		x := &m.out.Exclusions[i]
		if !x.Withdrawn && !slices.ContainsFunc(m.files.Exclusions, func(f sla.Exclusion) bool { return f.Name == x.Name }) {
			x.Withdrawn = true
			m.change(sla.Change{Action: sla.Retire, Object: "exclusion", Name: x.Name}, "the files no longer name it: it is withdrawn and has no effect")
		}
	}
	m.endUnnamed()
	m.out.Indicators = drop(m, "indicator", m.out.Indicators, func(i *sla.Indicator) string { return i.Name }, func(name string) bool {
		return m.files.Indicator(name) != nil || m.measured(name)
	})
	for i := range m.out.Services {
		s := &m.out.Services[i]
		if m.files.Service(s.Name) == nil && m.needed(s.Name) && s.Status != sla.Retired && !m.promised(s.Name) {
			s.Status = sla.Retired
			m.change(sla.Change{Action: sla.Update, Object: "service", Name: s.Name}, "the files no longer name it: it is retired")
		}
	}
	m.out.Services = drop(m, "service", m.out.Services, func(s *sla.Service) string { return s.Name }, func(name string) bool {
		return m.files.Service(name) != nil || m.needed(name)
	})
	m.out.Calendars = drop(m, "calendar", m.out.Calendars, func(k *sla.Calendar) string { return k.Name }, func(name string) bool {
		return m.files.Calendar(name) != nil
	})
	m.out.Parties = drop(m, "party", m.out.Parties, func(p *sla.Party) string { return p.Name }, func(name string) bool {
		return m.files.Party(name) != nil || m.involved(name)
	})
}

// drop leaves out what is not kept.
func drop[T any](m *merge, object string, list []T, name func(*T) string, keep func(string) bool) []T {
	return slices.DeleteFunc(list, func(t T) bool {
		if keep(name(&t)) {
			return false
		}
		m.change(sla.Change{Action: sla.Retire, Object: object, Name: name(&t)}, "the files no longer name it and nothing needs it")
		return true
	})
}

// measured reports whether any version of an agreement, past ones included,
// is judged from the indicator.
func (m *merge) measured(indicator string) bool {
	return slices.ContainsFunc(m.out.Agreements, func(a sla.Agreement) bool {
		return slices.ContainsFunc(a.Objectives, func(o sla.Objective) bool { return o.Indicator == indicator })
	})
}

// needed reports whether anything refers to the service.
func (m *merge) needed(service string) bool {
	return slices.ContainsFunc(m.out.Agreements, func(a sla.Agreement) bool { return a.Service == service }) ||
		slices.ContainsFunc(m.out.Indicators, func(i sla.Indicator) bool { return i.Service == service }) ||
		slices.ContainsFunc(m.out.Exclusions, func(x sla.Exclusion) bool { return x.Covers(service) }) ||
		slices.ContainsFunc(m.out.Services, func(s sla.Service) bool { return slices.Contains(s.DependsOn, service) })
}

// promised reports whether an agreement over the service has no end.
func (m *merge) promised(service string) bool {
	return slices.ContainsFunc(m.out.Agreements, func(a sla.Agreement) bool { return a.Service == service && a.Valid.To == sla.Forever })
}

func (m *merge) involved(party string) bool {
	return slices.ContainsFunc(m.out.Agreements, func(a sla.Agreement) bool { return a.Provider == party || a.Customer == party }) ||
		slices.ContainsFunc(m.out.Services, func(s sla.Service) bool { return s.Owner == party || s.BusinessOwner == party })
}
