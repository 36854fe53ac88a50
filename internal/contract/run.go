package contract

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"sort"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/document"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// Options pick which tests are run.
type Options struct {
	Run *regexp.Regexp // the names of the tests to run; nil: all
}

// Result is the outcome of one test.
type Result struct {
	Name     string
	At       document.Position
	Failures []string // all that is not as expected, a line each; empty: passed
}

// Results are the outcomes of one file.
type Results struct {
	File string
	// Err says why the file could not be run at all, with all that is wrong in it.
	Err   error
	Tests []Result
}

// Failed counts the tests that failed; a file that cannot be run is one.
func (r Results) Failed() int {
	n := 0
	if r.Err != nil {
		n++
	}
	for _, t := range r.Tests {
		if len(t.Failures) > 0 {
			n++
		}
	}
	return n
}

// Run reads a test file and runs its tests.
func Run(path string, o Options) Results {
	f, err := Read(path)
	if err != nil {
		return Results{File: path, Err: err}
	}
	return f.Run(o)
}

// Run runs the tests of a file.
func (f *File) Run(o Options) Results {
	out := Results{File: f.Path}
	for i := range f.Tests {
		if t := &f.Tests[i]; o.Run == nil || o.Run.MatchString(t.Name) {
			out.Tests = append(out.Tests, Result{t.Name, t.At, f.failures(t)})
		}
	}
	return out
}

// failures judges what a test expects and gives all that differs.
func (f *File) failures(t *Test) []string {
	c := *f.Catalogue
	c.Exclusions = slices.Concat(c.Exclusions, t.Exclusions)
	always := func(string) sla.Instant { return sla.Forever } // facts given are final
	b := trial{
		Book: judge.Book{Catalogue: &c, Facts: f.facts(t), Measured: always, Final: always},
		now:  t.now(),
	}
	var out []string
	for i := range t.Expect {
		out = append(out, b.expectation(&t.Expect[i])...)
	}
	return out
}

// now gives the judging instant: the one stated, or after the last period named;
// where only rolling windows are looked at, after the last fact.
func (t *Test) now() sla.Instant {
	if t.Now != nil {
		return *t.Now
	}
	last, named := sla.Instant(0), false
	for i := range t.Expect {
		last, named = max(last, t.Expect[i].Period.To), named || !t.Expect[i].Rolling
	}
	if named {
		return last
	}
	return t.lastFact()
}

// lastFact gives the end of the last entry, or of what the last sample stands for.
func (t *Test) lastFact() sla.Instant {
	last := sla.Instant(0)
	for _, entries := range t.ledger {
		if n := len(entries); n > 0 {
			last = max(last, entries[n-1].To)
		}
	}
	if s := t.Series; s != nil {
		for _, in := range s.Input {
			last = max(last, s.Start.Add(sla.Millis(len(in.Values))*s.Interval))
		}
	}
	return last
}

// ledger are the entries of a test by indicator, in order of time.
type ledger map[string][]sla.Entry

// within gives the entries that overlap a span.
func (l ledger) within(indicator string, span sla.Span) ([]sla.Entry, error) {
	all := l[indicator]
	from := sort.Search(len(all), func(i int) bool { return all[i].To > span.From })
	to := sort.Search(len(all), func(i int) bool { return all[i].From >= span.To })
	return all[from:max(from, to)], nil
}

// facts gives the facts of a test: as they stand there, or measured.
func (f *File) facts(t *Test) func(string, sla.Span) ([]sla.Entry, error) {
	if t.Series != nil {
		return newLaboratory(f.Catalogue, t).facts
	}
	return ledger(t.ledger).within
}

// trial is a test under way.
type trial struct {
	judge.Book
	now sla.Instant
}

// expectation gives what differs, each line beginning with the objective and period.
func (b trial) expectation(e *Expectation) []string {
	period, now := e.Period, b.now
	versions := b.Catalogue.Versions(e.Agreement)
	switch {
	case e.Rolling:
		loc, err := calendar.Zone(versions[0].Zone)
		if err != nil {
			return []string{err.Error()}
		}
		period = calendar.PeriodAt(versions[len(versions)-1].Period, loc, now)
	case e.Closed:
		now = period.To
	}
	about := fmt.Sprintf("%s %s/%s %s", e.At, e.Agreement, e.Objective, period.Name)
	verdicts, err := b.Judge(e.Agreement, period, now)
	if err != nil {
		return []string{about + ": " + err.Error()}
	}
	verdicts = slices.DeleteFunc(verdicts, func(v sla.Verdict) bool { return v.Objective != e.Objective })
	var out []string
	for _, line := range b.compare(e, verdicts, now) {
		out = append(out, about+": "+line)
	}
	for i := range e.Parts {
		part := &e.Parts[i]
		for _, line := range b.compare(part, verdicts, now) {
			out = append(out, fmt.Sprintf("%s, version %d: %s", about, part.Version, line))
		}
	}
	return out
}

// compare gives what is not as expected of the parts that e is about.
func (b trial) compare(e *Expectation, verdicts []sla.Verdict, now sla.Instant) []string {
	if e.Version != 0 {
		verdicts = slices.DeleteFunc(slices.Clone(verdicts), func(v sla.Verdict) bool { return v.Version != e.Version })
		if len(verdicts) == 0 {
			return []string{fmt.Sprintf("version %d is not in force in this period", e.Version)}
		}
	}
	s := &subject{Verdict: together(verdicts)}
	if len(verdicts) == 0 {
		s.Verdict = outside(e.Period, now)
	}
	if err := b.complete(e, s, verdicts, now); err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, w := range e.wants {
		if got, ok := w.compare(s); !ok {
			out = append(out, fmt.Sprintf("%s: expected %s, got %s", w.field, w.text, got))
		}
	}
	return out
}

// complete works out what does not stand in the verdict itself, as far as it is expected.
func (b trial) complete(e *Expectation, s *subject, verdicts []sla.Verdict, now sla.Instant) error {
	for _, w := range e.wants {
		switch {
		case w.field == "good" || w.field == "bad":
			if slicesEvents(&s.Verdict) && s.counted == nil {
				if err := b.count(e, s, now); err != nil {
					return err
				}
			}
		case w.field == "breaches":
			s.breaches = breachesOf(verdicts, now, e.Rolling)
		case w.field == "ceiling" && s.ceiling == nil:
			s.ceiling = b.ceiling(e, verdicts)
		case len(w.field) > 5 && w.field[:5] == "burn " && s.burn == nil:
			rates, err := b.BurnOver(e.Agreement, e.Objective, min(now, s.end(now)), e.windows)
			if err != nil {
				return err
			}
			if s.burn = rates.ByName(); s.burn == nil {
				s.burn = map[string]*big.Rat{}
			}
		}
	}
	return nil
}

// count judges once more by plain counting of events.
func (b trial) count(e *Expectation, s *subject, now sla.Instant) error {
	c := *b.Catalogue
	c.Agreements = slices.Clone(c.Agreements)
	for i := range c.Agreements {
		if c.Agreements[i].Name != e.Agreement {
			continue
		}
		c.Agreements[i].Objectives = slices.Clone(c.Agreements[i].Objectives)
		if o := c.Agreements[i].Objective(e.Objective); o != nil {
			o.Method, o.Slices = sla.Occurrences, nil
		}
	}
	b.Catalogue = &c
	verdicts, err := b.Judge(e.Agreement, s.Period, now)
	if err != nil {
		return err
	}
	counted := together(slices.DeleteFunc(verdicts, func(v sla.Verdict) bool {
		return v.Objective != e.Objective || e.Version != 0 && v.Version != e.Version
	}))
	s.counted = &counted
	return nil
}

// end gives where burn windows end: at the period's end once that has passed.
func (s *subject) end(now sla.Instant) sla.Instant {
	if s.Period.To > s.Period.From {
		return min(now, s.Period.To)
	}
	return now
}

// ceiling gives the ceiling by what the last part's version relied on when the
// part began.
func (b trial) ceiling(e *Expectation, verdicts []sla.Verdict) *big.Rat {
	for _, a := range b.Catalogue.Versions(e.Agreement) {
		at := a.Valid.From
		if n := len(verdicts); n > 0 {
			if a.Version != verdicts[n-1].Version {
				continue
			}
			at = max(at, verdicts[n-1].Part.From)
		}
		if c := judge.CeilingAt(b.Catalogue, a, e.Objective, at); c != nil {
			return c.Ratio
		}
	}
	return nil
}
