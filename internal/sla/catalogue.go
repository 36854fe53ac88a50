package sla

import "sort"

// Catalogue is all that is agreed: the words of the catalogue files, resolved
// and with their defaults filled in. Several agreements may share a name; they
// are its versions, in the order of their validity.
type Catalogue struct {
	Parties    []Party     `json:"parties,omitempty"`
	Calendars  []Calendar  `json:"calendars,omitempty"`
	Services   []Service   `json:"services,omitempty"`
	Indicators []Indicator `json:"indicators,omitempty"`
	Agreements []Agreement `json:"agreements,omitempty"`
	Exclusions []Exclusion `json:"exclusions,omitempty"`
}

// Party gives the party of that name, nil when there is none.
func (c *Catalogue) Party(name string) *Party {
	return named(c.Parties, name, func(p *Party) string { return p.Name })
}

// Service gives the service of that name, nil when there is none.
func (c *Catalogue) Service(name string) *Service {
	return named(c.Services, name, func(s *Service) string { return s.Name })
}

// Indicator gives the indicator of that name, nil when there is none.
func (c *Catalogue) Indicator(name string) *Indicator {
	return named(c.Indicators, name, func(i *Indicator) string { return i.Name })
}

// Calendar gives the calendar of that name, nil when there is none.
func (c *Catalogue) Calendar(name string) *Calendar {
	return named(c.Calendars, name, func(k *Calendar) string { return k.Name })
}

// Versions gives the versions of the agreement of that name, in the order in
// which they come into force.
func (c *Catalogue) Versions(name string) []*Agreement {
	var out []*Agreement
	for i := range c.Agreements {
		if c.Agreements[i].Name == name {
			out = append(out, &c.Agreements[i])
		}
	}
	return out
}

// Version gives that version of the agreement, nil when there is none.
func (c *Catalogue) Version(name string, version int) *Agreement {
	return find(c.Agreements, func(a *Agreement) bool { return a.Name == name && a.Version == version })
}

// InForce gives the version of the agreement that is valid at i, nil when none is.
func (c *Catalogue) InForce(name string, i Instant) *Agreement {
	return find(c.Agreements, func(a *Agreement) bool { return a.Name == name && a.Valid.Contains(i) })
}

// Over gives c with all that only base holds behind it: items by name, of an
// agreement all versions or none. Base may be nil.
func (c *Catalogue) Over(base *Catalogue) *Catalogue {
	if base == nil {
		base = &Catalogue{}
	}
	return &Catalogue{
		Parties:    over(c.Parties, base.Parties, func(p *Party) string { return p.Name }),
		Calendars:  over(c.Calendars, base.Calendars, func(k *Calendar) string { return k.Name }),
		Services:   over(c.Services, base.Services, func(s *Service) string { return s.Name }),
		Indicators: over(c.Indicators, base.Indicators, func(i *Indicator) string { return i.Name }),
		Agreements: over(c.Agreements, base.Agreements, func(a *Agreement) string { return a.Name }),
		Exclusions: over(c.Exclusions, base.Exclusions, func(x *Exclusion) string { return x.Name }),
	}
}

func over[T any](list, base []T, name func(*T) string) []T {
	own := make(map[string]bool, len(list))
	out := make([]T, 0, len(list)+len(base))
	for i := range list {
		own[name(&list[i])] = true
		out = append(out, list[i])
	}
	for i := range base {
		if !own[name(&base[i])] {
			out = append(out, base[i])
		}
	}
	return out
}

// named gives the item of that name. Lists that come from a store are in order
// of the names and are halved until it is found; others are gone through.
func named[T any](list []T, name string, of func(*T) string) *T {
	at := sort.Search(len(list), func(i int) bool { return of(&list[i]) >= name })
	if at < len(list) && of(&list[at]) == name {
		return &list[at]
	}
	return find(list, func(t *T) bool { return of(t) == name })
}

func find[T any](list []T, is func(*T) bool) *T {
	for i := range list {
		if is(&list[i]) {
			return &list[i]
		}
	}
	return nil
}
