package report

import (
	"fmt"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/wording"
)

// Input is what a review is made of.
type Input struct {
	Book      judge.Book
	Agreement string
	// Period is one of the agreement's periods; of an agreement with a rolling
	// window a calendar month, at whose end the window is judged.
	Period sla.Period
	// Now is the judging instant: of an open period what has passed counts. It
	// should then be the end of the last measured interval, since time without
	// an entry is unknown.
	Now sla.Instant
	// Breaches gives the breach records of an agreement whose period overlaps
	// the span; nil when there are none to be had.
	Breaches func(agreement string, span sla.Span) ([]sla.Breach, error)
	Imprint  Imprint
}

// Imprint is what the review says about itself.
type Imprint struct {
	Language  wording.Language // empty: English
	Revision  int              // 1 is the first, and the default
	Replaces  int              // the revision before; 0 for none
	Reason    string           // of a draft, why it is one; of a revision, why it was made
	Status    Status           // empty: Draft
	IssuedAt  sla.Instant      // of an issued review
	AuditHead string           // hash of the last row of the audit log
	Program   string           // such as "slmd 1.0.0"
}

// history is how many earlier periods a review looks back on.
const history = 12

// Build judges the period and gives its review, sealed with its hash. The error
// says which agreement or period there is nothing to report on.
func Build(in Input) (*Review, error) {
	d, err := newDesk(in)
	if err != nil {
		return nil, err
	}
	r := &Review{Schema: Schema, Report: d.head()}
	r.Titles = r.Report.TitlesIn(in.Book.Catalogue)
	for _, step := range []func(*Review) error{
		d.exclusions, d.objectives, d.credits, d.supporting, d.measures, d.method, d.summary,
	} {
		if err := step(r); err != nil {
			return nil, fmt.Errorf("making the review %s: %w", r.Report.ID, err)
		}
	}
	return r, r.Seal()
}

// desk is where one review is made: its input and what was judged for it so far.
type desk struct {
	Input
	lang  wording.Language
	loc   *time.Location
	terms *sla.Agreement // the last version in force in the period
	term  sla.PeriodTerm

	window   sla.Period // what is judged: the period, or the rolling window at its end
	cases    []judge.Case
	verdicts []sla.Verdict
	sources  []source // of each verdict
	judged   map[judgement][]sla.Verdict
	records  map[string][]sla.Breach
}

// judgement names what was judged, so that nothing is judged twice.
type judgement struct {
	agreement string
	span      sla.Span
}

func newDesk(in Input) (*desk, error) {
	d := &desk{Input: in, lang: in.Imprint.Language, judged: map[judgement][]sla.Verdict{}, records: map[string][]sla.Breach{}}
	if d.lang == "" {
		d.lang = wording.English
	}
	versions := in.Book.Catalogue.Versions(in.Agreement)
	if len(versions) == 0 {
		return nil, fmt.Errorf("there is no agreement %q in the catalogue", in.Agreement)
	}
	for _, a := range versions {
		if a.Valid.Overlaps(in.Period.Span) {
			d.terms, d.term = a, a.Period
		}
	}
	if d.terms == nil {
		return nil, fmt.Errorf("agreement %s is not in force in %s: there is nothing to report on", in.Agreement, in.Period.Name)
	}
	if in.Period.From >= in.Now {
		return nil, fmt.Errorf("period %s of agreement %s has not begun: name one that has", in.Period.Name, in.Agreement)
	}
	if err := checkKind(d.terms, in.Period.Name); err != nil {
		return nil, err
	}
	var err error
	if d.loc, err = calendar.Zone(d.terms.Zone); err != nil {
		return nil, fmt.Errorf("reading the time zone of agreement %s: %w", in.Agreement, err)
	}
	d.window = d.windowOf(in.Period)
	d.cases = in.Book.Cases(in.Agreement, d.window)
	if d.verdicts, err = d.judge(in.Agreement, d.window); err != nil {
		return nil, err
	}
	return d, nil
}

// checkKind refuses a period of another kind than the agreement reports by.
func checkKind(a *sla.Agreement, period string) error {
	want := a.Period.Kind
	if want == sla.PeriodRolling {
		want = sla.PeriodMonth
	}
	if kind, ok := calendar.KindOf(period); !ok || kind != want {
		return fmt.Errorf("agreement %s is reviewed by %s: %q names no such period", a.Name, want, period)
	}
	return nil
}

// windowOf gives what is judged for a review of the period p.
func (d *desk) windowOf(p sla.Period) sla.Period {
	if d.term.Kind != sla.PeriodRolling {
		return p
	}
	return calendar.PeriodAt(d.term, d.loc, min(p.To, d.Now))
}

// reviewed gives the kind of period by which d's agreement is reviewed.
func (d *desk) reviewed() sla.PeriodTerm {
	if d.term.Kind == sla.PeriodRolling {
		return sla.PeriodTerm{Kind: sla.PeriodMonth}
	}
	return d.term
}

func (d *desk) judge(agreement string, p sla.Period) ([]sla.Verdict, error) {
	key := judgement{agreement, p.Span}
	if verdicts, ok := d.judged[key]; ok {
		return verdicts, nil
	}
	verdicts, err := d.Book.Judge(agreement, p, d.Now)
	if err != nil {
		return nil, fmt.Errorf("judging %s in %s: %w", agreement, p.Name, err)
	}
	d.judged[key] = verdicts
	return verdicts, nil
}

// closed reports whether the period has passed.
func (d *desk) closed() bool { return d.Now >= d.Period.To }

func (d *desk) stamp(i sla.Instant) Stamp { return StampOf(i, d.loc) }

func (d *desk) head() Head {
	a, m := d.terms, d.Imprint
	h := Head{
		ID: a.Name + "/" + d.Period.Name, Agreement: a.Name, Version: a.Version, Kind: a.Kind,
		Service: a.Service, Provider: a.Provider, Customer: a.Customer,
		Period: d.Period.Name, From: d.stamp(d.Period.From), To: d.stamp(d.Period.To), Zone: a.Zone,
		Language: string(d.lang), Revision: max(m.Revision, 1), Reason: clean(m.Reason), Status: m.Status,
	}
	if m.Replaces > 0 {
		h.Replaces = &m.Replaces
	}
	if h.Status == "" {
		h.Status = Draft
	}
	if h.Status == Issued {
		h.IssuedAt = StampOf(m.IssuedAt, time.UTC)
	}
	return h
}

// TitlesIn gives what the catalogue calls the agreement, its service and its
// parties, for a review that was read from its document.
func (h *Head) TitlesIn(cat *sla.Catalogue) Titles {
	var t Titles
	for _, a := range cat.Versions(h.Agreement) {
		if a.Version == h.Version {
			t.Agreement = a.Title
		}
	}
	if s := cat.Service(h.Service); s != nil {
		t.Service = s.Title
	}
	if p := cat.Party(h.Provider); p != nil {
		t.Provider = p.Title
	}
	if p := cat.Party(h.Customer); p != nil {
		t.Customer = p.Title
	}
	return t
}
