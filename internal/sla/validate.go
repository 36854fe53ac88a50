package sla

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a daemon in a bare container finds no zone files
)

// Problem is something wrong in a catalogue.
type Problem struct {
	Path    string // where, such as agreements[0].objectives[2].target
	Text    string // what is wrong and what would be right, one sentence
	Warning bool   // worth a look, but it can be judged
}

// Validate gives all that is wrong with a catalogue by itself: names, references,
// cycles, impossible values, terms that contradict each other. Expressions, cron
// texts and feasibility are left to those who can read them.
func Validate(c *Catalogue) []Problem {
	v := &validation{c: c, parties: set[Party]{}, services: set[Service]{}, indicators: set[Indicator]{}, agreements: set[Agreement]{}}
	v.index()
	v.calendars()
	v.servicesOf()
	v.indicatorsOf()
	v.agreementsOf()
	v.exclusions()
	v.cycles()
	return v.found
}

type set[T any] map[string]*T

type validation struct {
	c          *Catalogue
	found      []Problem
	parties    set[Party]
	services   set[Service]
	indicators set[Indicator]
	agreements set[Agreement] // any version
}

func (v *validation) problem(path, format string, args ...any) {
	v.found = append(v.found, Problem{Path: path, Text: fmt.Sprintf(format, args...)})
}

func (v *validation) warn(path, format string, args ...any) {
	v.found = append(v.found, Problem{Path: path, Text: fmt.Sprintf(format, args...), Warning: true})
}

// index refuses names that are wrong or stand twice.
func (v *validation) index() {
	indexList(v, "parties", v.c.Parties, func(p *Party) string { return p.Name }, v.parties)
	indexList(v, "calendars", v.c.Calendars, func(k *Calendar) string { return k.Name }, set[Calendar]{})
	indexList(v, "services", v.c.Services, func(s *Service) string { return s.Name }, v.services)
	indexList(v, "indicators", v.c.Indicators, func(i *Indicator) string { return i.Name }, v.indicators)
	indexList(v, "exclusions", v.c.Exclusions, func(x *Exclusion) string { return x.Name }, set[Exclusion]{})
	for i := range v.c.Agreements {
		a := &v.c.Agreements[i]
		v.name(fmt.Sprintf("agreements[%d].name", i), a.Name)
		v.agreements[a.Name] = a
	}
}

func indexList[T any](v *validation, list string, items []T, name func(*T) string, into set[T]) {
	for i := range items {
		n, path := name(&items[i]), fmt.Sprintf("%s[%d].name", list, i)
		v.name(path, n)
		if _, twice := into[n]; twice && n != "" {
			v.problem(path, "%q stands twice among the %s: give one of them another name", n, list)
			continue
		}
		into[n] = &items[i]
	}
}

func (v *validation) name(path, n string) {
	if !ValidName(n) {
		v.problem(path, "%q is not a name: write 1 to 63 small letters, digits and hyphens, beginning with a letter or digit", n)
	}
}

// refer complains when a name that is given leads nowhere.
func refer[T any](v *validation, path, name, what string, known set[T]) bool {
	if _, ok := known[name]; ok || name == "" {
		return ok
	}
	if _, nameless := known[""]; nameless {
		return false // it may be the one meant: that its name is wrong is said already
	}
	all := make([]string, 0, len(known))
	for k := range known {
		all = append(all, k)
	}
	slices.Sort(all)
	hint := ""
	switch {
	case len(all) == 0:
		hint = ": there are none"
	case len(all) <= 5:
		hint = ": there are " + strings.Join(all, ", ")
	}
	for _, k := range all {
		if strings.HasPrefix(k, name) || strings.HasPrefix(name, k) || sameLetters(k, name) {
			hint = ": did you mean " + k + "?"
			break
		}
	}
	v.problem(path, "no %s is named %q%s", what, name, hint)
	return false
}

// sameLetters reports whether two names differ in the order of their letters
// or in one letter only, as slips of the pen do.
func sameLetters(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	different := 0
	for i := range len(a) {
		if a[i] != b[i] {
			different++
		}
	}
	return different <= 2 && len(a) > 3
}

func (v *validation) zone(path, name string) {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		v.problem(path, "%q is not a time zone: write a name such as Europe/Berlin or UTC", name)
	}
}

func (v *validation) calendars() {
	for i := range v.c.Calendars {
		k, path := &v.c.Calendars[i], fmt.Sprintf("calendars[%d]", i)
		v.zone(path+".time_zone", k.Zone)
		hours := 0
		for _, day := range k.Week {
			hours += len(day)
		}
		for _, day := range k.Special {
			hours += len(day.Hours)
		}
		if hours == 0 {
			v.problem(path+".hours", "the calendar %s has no hours at all: give at least one day hours such as [\"08:00-18:00\"]", k.Name)
		}
		special := map[Date]bool{}
		for j, s := range k.Special {
			if special[s.Date] {
				v.problem(fmt.Sprintf("%s.special[%d].date", path, j), "%s is a special day twice: write all its hours in one entry", s.Date)
			}
			special[s.Date] = true
		}
	}
}

// String gives the date as it is written, 2026-12-25.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

func (v *validation) servicesOf() {
	for i := range v.c.Services {
		s, path := &v.c.Services[i], fmt.Sprintf("services[%d]", i)
		refer(v, path+".owner", s.Owner, "party", v.parties)
		refer(v, path+".business_owner", s.BusinessOwner, "party", v.parties)
		for j, d := range s.DependsOn {
			refer(v, fmt.Sprintf("%s.depends_on[%d]", path, j), d, "service", v.services)
		}
		levels := map[string]bool{}
		for j, l := range s.Levels {
			at := fmt.Sprintf("%s.levels[%d]", path, j)
			if levels[l.Name] {
				v.problem(at+".name", "the level %q stands twice: give one of them another name", l.Name)
			}
			levels[l.Name] = true
			v.target(at+".target", l.Target)
		}
	}
}

// target refuses what no service can be measured against.
func (v *validation) target(path string, t Decimal) {
	if t.Sign() <= 0 || t.Cmp(hundred) > 0 {
		v.problem(path, "a target of %s%%: it must be above 0%% and at most 100%%", t)
	}
}

var hundred = Decimal{Coef: 100}

// share refuses percentages outside of 0 to 100.
func (v *validation) share(path, what string, d *Decimal) {
	if d != nil && (d.Sign() < 0 || d.Cmp(hundred) > 0) {
		v.problem(path, "%s of %s%%: it must be from 0%% to 100%%", what, d)
	}
}

func (v *validation) indicatorsOf() {
	for i := range v.c.Indicators {
		n, path := &v.c.Indicators[i], fmt.Sprintf("indicators[%d]", i)
		refer(v, path+".service", n.Service, "service", v.services)
		if n.Interval < 10*Second || n.Interval > Hour || Hour%n.Interval != 0 {
			v.problem(path+".interval", "the interval must be from 10s to 1h and divide an hour evenly, such as 1m")
		}
		switch n.Kind {
		case Ratio:
			if (n.Good == "") == (n.Bad == "") {
				v.problem(path+".ratio", "a ratio needs total and one of good and bad")
			}
		case Latency:
			if n.Within.Sign() <= 0 {
				v.problem(path+".latency.within", "within must be more than nothing, such as 300ms")
			}
		default:
		}
	}
}

func (v *validation) exclusions() {
	for i := range v.c.Exclusions {
		x, path := &v.c.Exclusions[i], fmt.Sprintf("exclusions[%d]", i)
		if len(x.Services) == 0 {
			v.problem(path+".services", "the exclusion %s names no service: name at least one", x.Name)
		}
		for j, s := range x.Services {
			refer(v, fmt.Sprintf("%s.services[%d]", path, j), s, "service", v.services)
		}
		if x.Every == nil {
			if x.Span.Empty() {
				v.problem(path+".to", "the exclusion %s ends before it begins: to must be later than from", x.Name)
			}
			continue
		}
		v.zone(path+".time_zone", x.Every.Zone)
		if x.Every.Lasts <= 0 || x.Every.Lasts > 31*Day {
			v.problem(path+".every.lasts", "lasts must be more than nothing and at most 31d")
		}
		if x.Every.Valid.Empty() {
			v.problem(path+".valid", "the exclusion %s ends before it begins: until must be later than from", x.Name)
		}
	}
}
