package contract

import (
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/catalogue"
	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/sla"
)

// Expectation is what is expected of one objective in one period.
type Expectation struct {
	At                   document.Position
	Agreement, Objective string
	// Period is the period named or the span given; of a rolling window, which
	// ends at the judging instant, only Rolling is set.
	Period  sla.Period
	Rolling bool
	Closed  bool // a span: judged as one closed period
	// Version picks one version's part, 0: all parts together.
	Version int
	Parts   []Expectation
	wants   []want
	windows []sla.BurnWindow // whose burn rates are wanted
}

// want is one field that is expected.
type want struct {
	field   string
	text    string // as expected
	compare func(*subject) (got string, ok bool)
}

// expectation reads one item of expect; outer is set for the items of parts.
func (r *fileReader) expectation(n document.Node, outer *Expectation) Expectation {
	f := n.Fields()
	e := Expectation{At: n.Position()}
	if outer != nil {
		e.Agreement, e.Objective, e.Period, e.Rolling, e.Closed = outer.Agreement, outer.Objective, outer.Period, outer.Rolling, outer.Closed
	} else {
		r.subjectOf(f, &e)
	}
	within := r.tolerance
	if n, ok := f.Get("tolerance"); ok {
		within = number(n)
	}
	version := f.Get
	if outer != nil {
		version = f.Need
	}
	if n, ok := version("version"); ok {
		v, _ := n.Int(1, 1<<31-1)
		e.Version = int(v)
	}
	for _, field := range fields {
		field(f, within, &e)
	}
	if n, ok := f.Get("parts"); ok && outer == nil {
		n.List(func(_ int, n document.Node) { e.Parts = append(e.Parts, r.expectation(n, &e)) })
	}
	f.Close()
	about := []string{"agreement", "objective", "period", "from", "to", "version", "tolerance"}
	if !slices.ContainsFunc(f.Keys(), func(key string) bool { return !slices.Contains(about, key) }) {
		f.Problem("nothing is expected here: give a field such as state: met")
	}
	return e
}

// subjectOf reads which objective is looked at, and when.
func (r *fileReader) subjectOf(f *document.Fields, e *Expectation) {
	zone := r.catalogue.Zone()
	if n, ok := f.Need("agreement"); ok {
		e.Agreement, _ = n.Name()
		zone = r.known(n, e.Agreement, zone)
	}
	if n, ok := f.Need("objective"); ok {
		e.Objective, _ = n.Name()
		r.knownObjective(n, e)
	}
	if f.Has("from") || f.Has("to") {
		r.span(f, e, zone)
		return
	}
	n, ok := f.Need("period")
	if !ok {
		return
	}
	name, _ := n.Scalar()
	if name == "rolling" {
		e.Rolling = true
		return
	}
	p, err := calendar.Parse(name, zone)
	if err != nil {
		n.Problem("%s", err)
	}
	e.Period = p
}

func (r *fileReader) span(f *document.Fields, e *Expectation, zone *time.Location) {
	if f.Has("period") {
		f.KeyProblem("period", "a period is named or given by from and to: leave one out")
		f.Know("period")
	}
	if n, ok := f.Need("from"); ok {
		e.Period.From, _ = n.Instant(zone)
	}
	if n, ok := f.Need("to"); ok {
		at, ok := n.Instant(zone)
		e.Period.To = at
		if ok && e.Period.Empty() {
			n.Problem("to must be later than from")
		}
	}
	e.Closed = true
	e.Period.Name = fmt.Sprintf("%s/%s", e.Period.From, e.Period.To)
}

// known complains of an agreement that is not there and gives the zone of one that is.
func (r *fileReader) known(n document.Node, name string, zone *time.Location) *time.Location {
	if r.cat == nil || name == "" {
		return zone
	}
	versions := r.cat.Versions(name)
	if len(versions) == 0 {
		var all []string
		for _, a := range r.cat.Agreements {
			all = append(all, a.Name)
		}
		n.Problem("no agreement is named %q%s", name, catalogue.Known(name, all))
		return zone
	}
	if loc, err := calendar.Zone(versions[0].Zone); err == nil {
		return loc
	}
	return zone
}

func (r *fileReader) knownObjective(n document.Node, e *Expectation) {
	if r.cat == nil || e.Objective == "" {
		return
	}
	var all []string
	for _, a := range r.cat.Versions(e.Agreement) {
		if a.Objective(e.Objective) != nil {
			return
		}
		for _, o := range a.Objectives {
			all = append(all, o.Name)
		}
	}
	if len(all) > 0 {
		n.Problem("%s has no objective %q%s", e.Agreement, e.Objective, catalogue.Known(e.Objective, all))
	}
}

// near reports whether two numbers lie within a tolerance; nil stands for none.
func near(got, want, within *big.Rat) bool {
	if got == nil || want == nil {
		return got == want
	}
	d := new(big.Rat).Sub(got, want)
	return d.Abs(d).Cmp(within) <= 0
}
