package catalogue

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
)

// agreements merges the versions that the files name, agreement by agreement,
// and lets the others follow a calendar that changed.
func (m *merge) agreements() {
	var seen []string
	for i := range m.files.Agreements {
		if name := m.files.Agreements[i].Name; !slices.Contains(seen, name) {
			seen = append(seen, name)
			m.agreement(name)
		}
	}
	for _, name := range agreementNames(m.out) {
		if !slices.Contains(seen, name) {
			m.followCalendar(name)
		}
	}
}

func agreementNames(c *sla.Catalogue) []string {
	var out []string
	for i := range c.Agreements {
		if name := c.Agreements[i].Name; !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// versions gives where the versions of an agreement stand, in the order of validity.
func (m *merge) versions(name string) []*sla.Agreement {
	out := m.out.Versions(name)
	slices.SortStableFunc(out, func(a, b *sla.Agreement) int { return cmp.Compare(a.Valid.From, b.Valid.From) })
	return out
}

// judged gives how far the agreement was judged.
func (m *merge) judged(name string) sla.Instant {
	if m.opts.JudgedUntil == nil {
		return sla.Always
	}
	return m.opts.JudgedUntil(name)
}

// agreement merges every entry of the files with the versions that begin
// between it and the next entry: its chain, of which the last is what the entry
// says from now on.
func (m *merge) agreement(name string) {
	entries := m.files.Versions(name)
	for k, e := range entries {
		until := sla.Forever
		if k+1 < len(entries) {
			until = entries[k+1].Valid.From
		}
		var chain []*sla.Agreement
		for _, v := range m.versions(name) {
			if v.Valid.From >= e.Valid.From && v.Valid.From < until {
				chain = append(chain, v)
			}
		}
		if len(chain) == 0 {
			m.add(*e)
			continue
		}
		m.begin(e, chain[0])
		if last := m.shorten(e, chain); last != nil {
			m.revise(e, last)
		}
	}
}

// add gives the agreement a version that begins where the files say.
func (m *merge) add(e sla.Agreement) {
	before := m.versions(e.Name)
	for _, v := range before {
		if v.Valid.From < e.Valid.From && v.Valid.To > e.Valid.From {
			v.Valid.To = e.Valid.From
			m.change(sla.Change{Action: sla.End, Object: "agreement", Name: v.Name, Version: v.Version}, "version %d ends at %s, where the next one begins", v.Version, m.when(v, v.Valid.To))
		}
	}
	if len(before) == 0 {
		e.Version = 1
		m.change(sla.Change{Action: sla.Create, Object: "agreement", Name: e.Name, Version: 1}, "%s over %s is new, in force from %s%s", e.Kind, e.Service, m.when(&e, e.Valid.From), m.past(&e))
	} else {
		e.Version = m.nextVersion(e.Name)
		differences := strings.Join(compare(writeTerms(m.predecessor(&e)), writeTerms(&e)), ", ")
		m.change(sla.Change{Action: sla.NewVersion, Object: "agreement", Name: e.Name, Version: e.Version}, "version %d from %s: %s%s%s", e.Version, m.when(&e, e.Valid.From), cmp.Or(differences, "the same terms"), m.parts(&e), m.past(&e))
	}
	m.out.Agreements = append(m.out.Agreements, e)
}

// nextVersion gives the first number that no version of the agreement has.
func (m *merge) nextVersion(name string) int {
	n := 1
	for _, v := range m.versions(name) {
		n = max(n, v.Version+1)
	}
	return n
}

// predecessor gives the version in force just before e begins, or the first one.
func (m *merge) predecessor(e *sla.Agreement) *sla.Agreement {
	versions := m.versions(e.Name)
	out := versions[0]
	for _, v := range versions {
		if v.Valid.From < e.Valid.From {
			out = v
		}
	}
	return out
}

// past marks what begins before it was applied.
func (m *merge) past(e *sla.Agreement) string {
	if e.Valid.From < m.opts.At && m.judged(e.Name) > e.Valid.From {
		return "; back-dated: periods since then are judged anew, issued reports change only by a revision"
	}
	return ""
}

// parts says that a period is judged in parts when a version begins within it.
func (m *merge) parts(e *sla.Agreement) string {
	p, ok := m.period(e, e.Valid.From)
	if !ok || e.Period.Kind == sla.PeriodRolling || p.From == e.Valid.From {
		return ""
	}
	return "; the period " + p.Name + " is judged in two parts"
}

// begin moves the start of an agreement to an earlier date that the files now give.
func (m *merge) begin(e, first *sla.Agreement) {
	if first.Valid.From == e.Valid.From {
		return
	}
	if m.judged(e.Name) <= first.Valid.From {
		first.Valid.From = e.Valid.From
		m.change(sla.Change{Action: sla.Update, Object: "agreement", Name: e.Name, Version: first.Version}, "version %d is in force from %s already", first.Version, m.when(e, e.Valid.From))
		return
	}
	earlier := *e
	earlier.Valid.To = first.Valid.From
	m.add(earlier)
}

// shorten takes away versions that would begin after the agreement now ends;
// it gives the last one that is left, nil when that cannot be.
func (m *merge) shorten(e *sla.Agreement, chain []*sla.Agreement) *sla.Agreement {
	for len(chain) > 1 && chain[len(chain)-1].Valid.From >= e.Valid.To {
		last := chain[len(chain)-1]
		chain = chain[:len(chain)-1]
		m.remove(last.Name, last.Version, "never came into force: the agreement ends before it begins")
	}
	// Removing moves the versions in the list: look the last one up again.
	version := chain[len(chain)-1].Version
	for _, v := range m.versions(e.Name) {
		if v.Version == version {
			return v
		}
	}
	return nil
}

// remove takes a version away that never was in force.
func (m *merge) remove(name string, version int, why string) {
	i := slices.IndexFunc(m.out.Agreements, func(a sla.Agreement) bool { return a.Name == name && a.Version == version })
	if m.judged(name) > m.out.Agreements[i].Valid.From {
		m.fail("agreement %s: version %d was judged by already: its end must lie after %s", name, version, m.when(&m.out.Agreements[i], m.out.Agreements[i].Valid.From))
		return
	}
	m.out.Agreements = slices.Delete(slices.Clone(m.out.Agreements), i, i+1)
	m.change(sla.Change{Action: sla.Retire, Object: "agreement", Name: name, Version: version}, "version %d %s", version, why)
}

// revise makes the last version of a chain what the entry says.
func (m *merge) revise(e, last *sla.Agreement) {
	if !sameTerms(e, last) {
		m.terms(e, last)
		return
	}
	if differences := compare(writeTerms(last), writeTerms(e)); len(differences) > 0 {
		m.change(sla.Change{Action: sla.Update, Object: "agreement", Name: e.Name, Version: last.Version}, "%s; verdicts stay as they are", strings.Join(differences, ", "))
		adopt(last, e)
	}
	m.until(e, last)
}

// adopt takes over everything but number and validity.
func adopt(v, e *sla.Agreement) {
	version, valid := v.Version, v.Valid
	*v = *e
	v.Version, v.Valid = version, valid
}

// until moves the end of a version.
func (m *merge) until(e, last *sla.Agreement) {
	switch {
	case e.Valid.To == last.Valid.To:
		return
	case e.Valid.To < last.Valid.To:
		m.change(sla.Change{Action: sla.End, Object: "agreement", Name: e.Name, Version: last.Version}, "version %d ends at %s%s", last.Version, m.when(e, e.Valid.To), m.endEffect(e))
	case e.Valid.To == sla.Forever:
		m.change(sla.Change{Action: sla.Update, Object: "agreement", Name: e.Name, Version: last.Version}, "version %d has no end any more", last.Version)
	default:
		m.change(sla.Change{Action: sla.Update, Object: "agreement", Name: e.Name, Version: last.Version}, "version %d ends later, at %s", last.Version, m.when(e, e.Valid.To))
	}
	last.Valid.To = e.Valid.To
}

func (m *merge) endEffect(e *sla.Agreement) string {
	if e.Valid.To < m.opts.At {
		return "; back-dated: periods since then are judged anew, issued reports change only by a revision"
	}
	if p, ok := m.period(e, m.opts.At); ok && e.Valid.To < p.To && e.Period.Kind != sla.PeriodRolling {
		return "; of the period under way, " + p.Name + ", only the part before counts"
	}
	return ""
}

// terms gives an agreement new terms: at once while nothing was judged by the
// last version, otherwise as a version from the next period on.
func (m *merge) terms(e, last *sla.Agreement) {
	differences := strings.Join(compare(writeTerms(last), writeTerms(e)), ", ")
	if m.judged(e.Name) <= last.Valid.From {
		adopt(last, e)
		m.change(sla.Change{Action: sla.Update, Object: "agreement", Name: e.Name, Version: last.Version}, "%s; nothing was judged by version %d yet, so its terms are replaced", differences, last.Version)
		m.until(e, last)
		return
	}
	p, ok := m.period(last, max(m.opts.At, last.Valid.From))
	if !ok {
		return
	}
	if p.To >= e.Valid.To {
		m.fail("agreement %s: the changed terms (%s) would begin with the next period at %s, and the agreement ends at %s: give it a later valid.until, or the terms a valid.from of their own",
			e.Name, differences, m.when(e, p.To), m.when(e, e.Valid.To))
		return
	}
	last.Valid.To = p.To
	next := *e
	next.Valid.From = p.To
	next.Version = m.nextVersion(e.Name)
	underWay := "; the period under way, " + p.Name + ", keeps the terms of version "
	if last.Period.Kind == sla.PeriodRolling {
		underWay = "; until then the window is judged by version "
	}
	m.change(sla.Change{Action: sla.NewVersion, Object: "agreement", Name: e.Name, Version: next.Version}, "version %d from %s: %s%s%d", next.Version, m.when(e, p.To), differences, underWay, last.Version)
	m.out.Agreements = append(m.out.Agreements, next)
}

// followCalendar gives an agreement that the files do not name the new hours of
// its calendar.
func (m *merge) followCalendar(name string) {
	versions := m.versions(name)
	last := versions[len(versions)-1]
	if last.Calendar == nil || last.Valid.To <= m.opts.At {
		return
	}
	k := m.files.Calendar(last.Calendar.Name)
	if k == nil || len(compare(writeCalendar(last.Calendar), writeCalendar(k))) == 0 {
		return
	}
	e := *last
	inlined := *k
	e.Calendar = &inlined
	m.terms(&e, last)
}

// endUnnamed ends the agreements that the files do not name with their period.
func (m *merge) endUnnamed() {
	for _, name := range agreementNames(m.out) {
		if len(m.files.Versions(name)) > 0 {
			continue
		}
		versions := m.versions(name)
		for i := len(versions) - 1; i >= 0; i-- {
			if version := versions[i].Version; versions[i].Valid.From > m.opts.At {
				m.remove(name, version, "never came into force: the files no longer name the agreement")
				versions = m.versions(name) // removing moves them
			}
		}
		if len(versions) > 0 {
			m.endWithPeriod(versions[len(versions)-1])
		}
	}
}

func (m *merge) endWithPeriod(v *sla.Agreement) {
	if v.Valid.To <= m.opts.At {
		return
	}
	if p, ok := m.period(v, m.opts.At); ok && p.To < v.Valid.To {
		v.Valid.To = p.To
		m.change(sla.Change{Action: sla.End, Object: "agreement", Name: v.Name, Version: v.Version}, "the files no longer name it: it ends at %s, with the period under way", m.when(v, p.To))
	}
}

// period gives the agreement's period in which at lies; for a rolling window,
// which never ends, that is the day.
func (m *merge) period(a *sla.Agreement, at sla.Instant) (sla.Period, bool) {
	loc, err := calendar.Zone(a.Zone)
	if err != nil {
		m.fail("agreement %s: %w", a.Name, err)
		return sla.Period{}, false
	}
	term := a.Period
	if term.Kind == sla.PeriodRolling {
		term = sla.PeriodTerm{Kind: sla.PeriodDay}
	}
	return calendar.PeriodAt(term, loc, at), true
}

// when writes an instant in the agreement's time zone.
func (m *merge) when(a *sla.Agreement, at sla.Instant) string {
	return writeInstant(at, a.Zone)
}

// sameTerms reports whether two versions are judged alike: titles, reasons,
// reviews and alerts do not matter to a verdict.
func sameTerms(a, b *sla.Agreement) bool {
	x, errX := json.Marshal(judgedBy(*a))
	y, errY := json.Marshal(judgedBy(*b))
	return errX == nil && errY == nil && string(x) == string(y)
}

// judgedBy leaves of an agreement what verdicts follow from.
func judgedBy(a sla.Agreement) sla.Agreement {
	a.Version, a.Valid = 0, sla.Span{}
	a.Title, a.Reason, a.ReviewEvery = "", "", 0
	a.Objectives = slices.Clone(a.Objectives)
	for i := range a.Objectives {
		o := &a.Objectives[i]
		o.Severity, o.AtRisk, o.Alerts = "", sla.Decimal{}, sla.Alerts{}
	}
	return a
}

// writeInstant writes an instant as a date where it is midnight in the zone,
// otherwise in RFC 3339.
func writeInstant(at sla.Instant, zone string) string {
	loc, err := calendar.Zone(zone)
	if err != nil {
		loc = time.UTC
	}
	t := at.In(loc)
	d := sla.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
	if calendar.StartOf(d, loc) == at {
		return d.String()
	}
	return t.Format(time.RFC3339Nano)
}
