package catalogue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

// Options are what files leave to their reader.
type Options struct {
	// Zone is the time zone of files that name none; empty: UTC.
	Zone string
	// Current is the catalogue in force, nil when there is none: files may refer
	// to what it holds without naming it again.
	Current *sla.Catalogue
}

// Warnings are findings that do not keep a catalogue from being used.
type Warnings = document.Problems

// Reader gathers one catalogue from any number of documents.
type Reader struct {
	opts     Options
	cat      sla.Catalogue
	files    []string
	problems document.Problems
	// unread says that a file or a whole list could not be read: what refers to
	// it would seem to refer to nothing.
	unread bool
	places map[string]document.Position
	// origins is where the items of a catalogue without problems stand.
	origins []sla.Origin
	// calendars holds the name of an agreement's calendar until all files are read.
	calendars map[int]document.Node
	// methods holds the objectives that state no method, by path.
	methods []*pendingMethod

	zone     *time.Location // of the document being read
	zoneName string
}

// pendingMethod is an objective whose method follows from its indicator.
type pendingMethod struct{ agreement, objective int }

// NewReader gives a reader of an empty catalogue.
func NewReader(opts Options) *Reader {
	return &Reader{
		opts: opts, places: map[string]document.Position{}, calendars: map[int]document.Node{},
		zone: time.UTC, zoneName: "UTC", // until a document is read
	}
}

// Document adds a whole file.
func (r *Reader) Document(d *document.Document) {
	r.Part(d, d.Root())
	r.problems = append(r.problems, d.Problems...)
}

// Part adds a catalogue mapping that is part of a document; what is wrong in it
// is noted in that document.
func (r *Reader) Part(d *document.Document, n document.Node) {
	r.read(n)
	r.adopt(d)
}

// adopt takes over where the values of a document stand.
func (r *Reader) adopt(d *document.Document) {
	r.files = append(r.files, d.File)
	for path, at := range d.Places {
		if _, taken := r.places[path]; !taken {
			r.places[path] = at
		}
	}
}

func (r *Reader) read(n document.Node) {
	f := n.Fields()
	if v, ok := f.Get("version"); ok {
		if s, _ := v.Scalar(); s != "1" {
			v.Problem("version is %q: this program reads version 1", s)
		}
	}
	r.setZone(f)
	list(r, f, "parties", &r.cat.Parties, r.party)
	list(r, f, "calendars", &r.cat.Calendars, r.calendar)
	list(r, f, "services", &r.cat.Services, r.service)
	list(r, f, "indicators", &r.cat.Indicators, r.indicator)
	list(r, f, "agreements", &r.cat.Agreements, r.agreement)
	list(r, f, "exclusions", &r.cat.Exclusions, r.exclusion)
	f.Close()
}

// Exclusions reads a list of exclusions in the time zone of the last document,
// checks them against the catalogue, and does not add them to it.
func (r *Reader) Exclusions(n document.Node, cat *sla.Catalogue) []sla.Exclusion {
	var out []sla.Exclusion
	var nodes []document.Node
	n.List(func(_ int, n document.Node) { out, nodes = append(out, r.exclusion(n)), append(nodes, n) })
	if cat == nil {
		return out
	}
	for _, p := range Check(&sla.Catalogue{Services: bare(cat.Services), Exclusions: out}) {
		var i int
		if _, err := fmt.Sscanf(p.Path, "exclusions[%d]", &i); err == nil && i < len(nodes) && !p.Warning {
			nodes[i].Problem("%s", p.Text)
		}
	}
	return out
}

// bare gives the services without what refers to others.
func bare(services []sla.Service) []sla.Service {
	out := make([]sla.Service, len(services))
	for i, s := range services {
		out[i] = sla.Service{Name: s.Name}
	}
	return out
}

func (r *Reader) setZone(f *document.Fields) {
	r.zoneName = cmp.Or(r.opts.Zone, "UTC")
	zone, err := loadZone(r.zoneName)
	if err != nil {
		f.Problem("the default time zone: %s", err)
		zone = time.UTC
	}
	r.zone = zone
	if n, ok := f.Get("time_zone"); ok {
		if name, loc, ok := readZone(n); ok {
			r.zoneName, r.zone = name, loc
		}
	}
}

// Zone gives the time zone of the last document added.
func (r *Reader) Zone() *time.Location { return r.zone }

// list reads one list of the catalogue; its items are numbered through all files.
func list[T any](r *Reader, f *document.Fields, key string, to *[]T, read func(document.Node) T) {
	n, ok := f.Nullable(key)
	if !ok {
		return
	}
	if !n.Null() && !n.IsList() {
		n.Problem("a list of %s is wanted: [a, b] or lines that begin with -", key)
		r.unread = true
		return
	}
	n.List(func(_ int, item document.Node) {
		*to = append(*to, read(item.At(fmt.Sprintf("%s[%d]", key, len(*to)))))
	})
}

// readZone reads a name of the time zone database.
func readZone(n document.Node) (string, *time.Location, bool) {
	name, ok := n.Text()
	if !ok {
		return "", nil, false
	}
	loc, err := loadZone(name)
	if err != nil {
		n.Problem("%s", err)
		return "", nil, false
	}
	return name, loc, true
}

// place gives where the value of a path stands, or what holds it.
func (r *Reader) place(path string) document.Position {
	for path != "" {
		if at, ok := r.places[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexByte(path, '.'), strings.LastIndexByte(path, '['), 0)]
	}
	if len(r.files) > 0 {
		return document.Position{File: r.files[0]}
	}
	return document.Position{}
}

// Finish resolves the references and checks the whole, and whether it is
// feasible if that is wanted. The catalogue is nil when there are problems.
func (r *Reader) Finish(feasible bool) (*sla.Catalogue, Warnings, error) {
	cat := &r.cat
	all := cat.Over(r.opts.Current)
	r.inlineCalendars(all)
	r.defaultMethods(all)
	problems, warnings := r.problems, Warnings(nil)
	if !r.unread {
		all = cat.Over(r.opts.Current)
		found := Check(all)
		if feasible && len(problems) == 0 && !slices.ContainsFunc(found, func(p sla.Problem) bool { return !p.Warning }) {
			found = append(found, Feasible(all)...)
		}
		for _, p := range found {
			switch {
			case !p.Warning && !follows(p.Path, r.problems):
				problems = append(problems, r.found(p))
			case p.Warning && !r.ofCurrent(p.Path): // else it was said when that was applied
				warnings = append(warnings, r.found(p))
			}
		}
	}
	problems, warnings = r.inOrder(problems), r.inOrder(warnings)
	if len(problems) > 0 {
		return nil, warnings, problems
	}
	r.origins = originsOf(cat, r.place)
	number(cat)
	return cat, warnings, nil
}

// inOrder sorts problems by place and says each once: of a value that aliases
// repeat they are found as often.
func (r *Reader) inOrder(p document.Problems) document.Problems {
	p.Sort(r.files)
	return slices.CompactFunc(p, func(a, b document.Problem) bool { return a.Position == b.Position && a.Text == b.Text })
}

// found gives a problem its place.
func (r *Reader) found(p sla.Problem) document.Problem {
	if r.ofCurrent(p.Path) {
		return document.Problem{Position: document.Position{File: "the catalogue in force"}, Text: p.Text, Path: p.Path}
	}
	return document.Problem{Position: r.place(p.Path), Text: p.Text, Path: p.Path}
}

// follows reports whether a finding about a value only repeats that the value,
// something in it or what holds it could not be read.
func follows(path string, read document.Problems) bool {
	return slices.ContainsFunc(read, func(p document.Problem) bool {
		return p.Path != "" && (within(path, p.Path) || within(p.Path, path))
	})
}

// within reports whether path leads to what holder names or into it.
func within(path, holder string) bool {
	rest, ok := strings.CutPrefix(path, holder)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// ofCurrent reports whether a path leads to an item that no file names: those
// stand behind the ones of the files.
func (r *Reader) ofCurrent(path string) bool {
	var i int
	list, rest, ok := strings.Cut(path, "[")
	if _, err := fmt.Sscanf(rest, "%d]", &i); !ok || err != nil {
		return false
	}
	return i >= map[string]int{
		"parties": len(r.cat.Parties), "calendars": len(r.cat.Calendars), "services": len(r.cat.Services),
		"indicators": len(r.cat.Indicators), "agreements": len(r.cat.Agreements), "exclusions": len(r.cat.Exclusions),
	}[list]
}

func (r *Reader) inlineCalendars(all *sla.Catalogue) {
	for i, n := range r.calendars {
		name, _ := n.Scalar()
		k := all.Calendar(name)
		if k == nil {
			r.problems = append(r.problems, document.Problem{
				Position: n.Position(), Path: n.Path,
				Text: fmt.Sprintf("no calendar is named %q%s", name, Known(name, names(all.Calendars, func(k sla.Calendar) string { return k.Name }))),
			})
			continue
		}
		inlined := *k
		r.cat.Agreements[i].Calendar = &inlined
	}
}

// defaultMethods fills in the methods that follow from what the indicator counts.
func (r *Reader) defaultMethods(all *sla.Catalogue) {
	for _, p := range r.methods {
		o := &r.cat.Agreements[p.agreement].Objectives[p.objective]
		if i := all.Indicator(o.Indicator); i != nil {
			o.Method = DefaultMethod(i.Facts())
		}
	}
}

// DefaultMethod gives the method for what an indicator counts.
func DefaultMethod(k sla.FactKind) sla.Method {
	switch k {
	case sla.Time:
		return sla.TimeMethod
	case sla.Mean:
		return sla.MeanMethod
	default:
		return sla.Occurrences
	}
}

// number sorts the versions of agreements by validity, keeping the order in
// which the names first stand, and counts them.
func number(c *sla.Catalogue) {
	first := map[string]int{}
	for i, a := range c.Agreements {
		if _, ok := first[a.Name]; !ok {
			first[a.Name] = i
		}
	}
	slices.SortStableFunc(c.Agreements, func(a, b sla.Agreement) int {
		return cmp.Or(cmp.Compare(first[a.Name], first[b.Name]), cmp.Compare(a.Valid.From, b.Valid.From))
	})
	for i := range c.Agreements {
		c.Agreements[i].Version = 1
		if i > 0 && c.Agreements[i-1].Name == c.Agreements[i].Name {
			c.Agreements[i].Version = c.Agreements[i-1].Version + 1
		}
	}
}

func names[T any](list []T, name func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = name(v)
	}
	return out
}

// Known says which name was probably meant, or which ones there are.
func Known(name string, known []string) string {
	if near := document.Nearest(name, known); near != "" {
		return ": did you mean " + near + "?"
	}
	switch {
	case len(known) == 0:
		return ": there are none"
	case len(known) <= 5:
		return ": there are " + strings.Join(known, ", ")
	}
	return ""
}
