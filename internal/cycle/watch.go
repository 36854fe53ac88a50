package cycle

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// watch keeps what is being judged between two rounds, so that a round touches
// only what changed: a tally for every objective in every period that is not
// settled yet, and each indicator's last days for its burn rates. All of it
// follows from the store and is thrown away when in doubt.
type watch struct {
	agreements []*watched
	tallies    map[string][]*tracked // by indicator
	recent     map[string]*recent    // by indicator
	conditions map[string]sla.Condition
	ended      map[string]sla.Condition // the last one that ended, of each that did within a year
	opened     []*tracked               // breach records that wait for their number from the store
	late       late                     // what the transaction under way brings behind the tallies
}

// watched is one agreement's unsettled periods, oldest first.
type watched struct {
	name     string
	versions []*sla.Agreement
	latest   *sla.Agreement // its last version: all versions share the period's kind as a rule
	periods  []watchedPeriod
	// previous holds, by objective, the verdict on the last settled period.
	previous map[string]*sla.Verdict
	settled  map[part]bool
	// stale holds what was settled by other exclusions or facts than those of
	// today, and where its period begins: it is judged again.
	stale map[part]sla.Instant
	// records holds all breach records, by objective, oldest first.
	records map[string][]*record
}

type watchedPeriod struct {
	period  sla.Period
	tracked []*tracked
}

// tracked is one objective by one version in one period.
type tracked struct {
	agreement *watched
	tally     *judge.Tally
	indicator string
	touched   bool // got entries since it was last judged
	settled   bool // judged for good
	verdict   sla.Verdict
	record    *record
	burn      map[string]*big.Rat // burn rates by window, as of the last fresh round
	firing    []sla.BurnFiring
	spent     *sla.Exhaustion // when the budget will be
}

// part is one objective by one version in one period.
type part struct {
	objective, period string
	version           int
}

func partOf(v *sla.Verdict) part { return part{v.Objective, v.Period.Name, v.Version} }

// record is a breach record with the class of its main cause.
type record struct {
	sla.Breach
	class sla.AttributionClass // empty until it is attributed
}

// build makes the watch from the store and what comes behind it.
func (c *Cycle) build(ctx context.Context, now sla.Instant, behind late) (*watch, error) {
	if err := c.readFinality(ctx, now); err != nil {
		return nil, err
	}
	w := &watch{tallies: map[string][]*tracked{}, recent: map[string]*recent{}, conditions: map[string]sla.Condition{}, ended: map[string]sla.Condition{}, late: behind}
	past := &past{late: behind}
	for _, name := range agreementNames(c.catalogue) {
		a, err := c.watchAgreement(ctx, name, now, past)
		if err != nil {
			return nil, err
		}
		w.agreements = append(w.agreements, a)
		if err := w.extend(c, a, now); err != nil {
			return nil, err
		}
	}
	if err := w.fill(ctx, c); err != nil {
		return nil, err
	}
	if err := w.recall(ctx, c, now); err != nil {
		return nil, err
	}
	if c.holes == nil {
		if err := c.findHoles(w, now); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// longestPeriod is how far back what ended may begin with what is judged now.
const longestPeriod = 366 * sla.Day

// recall reads the conditions that hold, and those that ended.
func (w *watch) recall(ctx context.Context, c *Cycle, now sla.Instant) error {
	conditions, err := c.o.Store.Conditions(ctx, now.Add(-longestPeriod))
	if err != nil {
		return fmt.Errorf("reading the alert conditions: %w", err)
	}
	for _, condition := range conditions {
		key := conditionKey(&condition)
		if condition.Holds() {
			w.conditions[key] = condition
			continue
		}
		if before, ok := w.ended[key]; !ok || before.Since < condition.Since {
			w.ended[key] = condition
		}
	}
	return nil
}

// inForce gives the version that is valid at now, nil when none is.
func (a *watched) inForce(now sla.Instant) *sla.Agreement {
	i := slices.IndexFunc(a.versions, func(v *sla.Agreement) bool { return v.Valid.Contains(now) })
	if i < 0 {
		return nil
	}
	return a.versions[i]
}

func agreementNames(c *sla.Catalogue) []string {
	var names []string
	for i := range c.Agreements {
		names = append(names, c.Agreements[i].Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// watchAgreement reads what was settled and recorded of an agreement before.
func (c *Cycle) watchAgreement(ctx context.Context, name string, now sla.Instant, past *past) (*watched, error) {
	versions := c.catalogue.Versions(name)
	a := &watched{
		name: name, versions: versions, latest: versions[len(versions)-1],
		previous: map[string]*sla.Verdict{}, settled: map[part]bool{}, stale: map[part]sla.Instant{},
		records: map[string][]*record{},
	}
	ever := sla.Span{From: versions[0].Valid.From, To: now}
	breaches, err := c.o.Store.Breaches(ctx, ever)
	if err != nil {
		return nil, fmt.Errorf("reading the breach records: %w", err)
	}
	for _, b := range breaches {
		if b.Agreement == name {
			a.records[b.Objective] = append(a.records[b.Objective], &record{Breach: b})
		}
	}
	judged, err := c.o.Store.Judgements(ctx, name, ever)
	if err != nil {
		return nil, fmt.Errorf("reading the verdicts on %s: %w", name, err)
	}
	for i := range judged {
		if judged[i].Provisional {
			continue
		}
		other, err := past.differs(ctx, c, &judged[i])
		if err != nil {
			return nil, err
		}
		a.take(&judged[i].Verdict, other)
	}
	return a, nil
}

// take notes a settled verdict of before; a stale one is to be judged again.
func (a *watched) take(v *sla.Verdict, stale bool) {
	for _, r := range a.records[v.Objective] {
		if r.Period == v.Period && r.Version == v.Version {
			r.class = mainCause(v)
		}
	}
	if stale {
		a.stale[partOf(v)] = v.Period.From
		return
	}
	a.settle(v)
}

// settle notes a verdict that will not change unless its terms do.
func (a *watched) settle(v *sla.Verdict) {
	a.settled[partOf(v)] = true
	delete(a.stale, partOf(v))
	if was := a.previous[v.Objective]; was == nil || was.Part.To <= v.Part.To {
		a.previous[v.Objective] = v
	}
}

// extend begins the periods up to now that are not watched or settled yet.
func (w *watch) extend(c *Cycle, a *watched, now sla.Instant) error {
	term := a.latest.Period
	if term.Kind == sla.PeriodRolling {
		return nil // judged anew each time: it never closes
	}
	loc, err := calendar.Zone(a.latest.Zone)
	if err != nil {
		return fmt.Errorf("agreement %s: %w", a.name, err)
	}
	for p := a.next(calendarOf{term, loc}, c.firstFact(a.versions, w.late)); p.From <= now; p = calendar.Next(term, loc, p) {
		if p.Empty() {
			continue
		}
		if err := w.begin(c, a, p); err != nil {
			return err
		}
	}
	return nil
}

// begin watches one more period of an agreement.
func (w *watch) begin(c *Cycle, a *watched, p sla.Period) error {
	wp := watchedPeriod{period: p}
	for _, kase := range (judge.Book{Catalogue: c.catalogue}).Cases(a.name, p) {
		tally, err := judge.NewTally(kase)
		if err != nil {
			return fmt.Errorf("agreement %s: %w", a.name, err)
		}
		t := &tracked{agreement: a, tally: tally, indicator: kase.Indicator.Name, touched: true}
		t.settled = a.isSettled(kase)
		t.record = a.recordOf(kase)
		if t.settled {
			continue
		}
		wp.tracked = append(wp.tracked, t)
		w.tallies[t.indicator] = append(w.tallies[t.indicator], t)
	}
	a.periods = append(a.periods, wp)
	return nil
}

func (a *watched) isSettled(k judge.Case) bool {
	return a.settled[part{k.Objective.Name, k.Period.Name, k.Agreement.Version}]
}

func (a *watched) recordOf(k judge.Case) *record {
	for _, r := range a.records[k.Objective.Name] {
		if r.Period == k.Period && r.Version == k.Agreement.Version {
			return r
		}
	}
	return nil
}

// next gives the first period that is neither watched nor settled by all its objectives.
func (a *watched) next(cal calendarOf, firstFact sla.Instant) sla.Period {
	if n := len(a.periods); n > 0 {
		return calendar.Next(cal.term, cal.loc, a.periods[n-1].period)
	}
	return calendar.PeriodAt(cal.term, cal.loc, max(firstFact, a.settledFrom()))
}

// firstFact gives where the first facts of an agreement lie within its validity.
func (c *Cycle) firstFact(versions []*sla.Agreement, behind late) sla.Instant {
	from, first := sla.Forever, sla.Forever
	for _, version := range versions {
		from = min(from, version.Valid.From)
		for i := range version.Objectives {
			indicator := version.Objectives[i].Indicator
			if head, ok := c.heads[indicator]; ok {
				first = min(first, head.First)
			}
			if span, ok := behind.spans[indicator]; ok {
				first = min(first, span.From)
			}
		}
	}
	if first == sla.Forever {
		return from
	}
	return max(from, first)
}

// settledFrom gives the start of the last period that was settled by all
// objectives of the last version, or of an earlier one that is stale.
func (a *watched) settledFrom() sla.Instant {
	settled := sla.Forever
	for _, from := range a.stale {
		settled = min(settled, from)
	}
	for i := range a.latest.Objectives {
		p := a.previous[a.latest.Objectives[i].Name]
		if p == nil {
			return sla.Always
		}
		settled = min(settled, p.Period.From)
	}
	return settled
}

// calendarOf is how an agreement's periods follow each other.
type calendarOf struct {
	term sla.PeriodTerm
	loc  *time.Location
}

// fill reads the ledger into the new tallies and the last days of each indicator.
func (w *watch) fill(ctx context.Context, c *Cycle) error {
	for name, tallies := range w.tallies {
		head, ok := c.heads[name]
		if !ok {
			w.feed(name, w.late.entries[name])
			continue
		}
		span := sla.Span{From: head.Cursor.Add(-recentSpan), To: head.Cursor}
		for _, t := range tallies {
			span.From = min(span.From, t.tally.Part().From)
		}
		entries, err := c.o.Store.Entries(ctx, name, span)
		if err != nil {
			return fmt.Errorf("reading the facts of %s: %w", name, err)
		}
		w.feed(name, overlay(entries, w.late.entries[name]))
	}
	return nil
}

// feed counts entries that follow on those counted before.
func (w *watch) feed(indicator string, entries []sla.Entry) bool {
	r := w.recent[indicator]
	if r == nil {
		r = newRecent()
		w.recent[indicator] = r
	}
	inOrder := true
	for _, e := range entries {
		r.add(e)
		for _, t := range w.tallies[indicator] {
			if !t.settled && t.tally.Part().Overlaps(e.Span) {
				inOrder = t.tally.Add(e) && inOrder
				t.touched = true
			}
		}
	}
	return inOrder
}

// committed takes over the numbers that the store gave to new breach records
// and lets go of what is settled.
func (w *watch) committed(round *store.Round) {
	for i, t := range w.opened {
		t.record.ID = round.Breaches[i].ID
	}
	w.opened, w.late = nil, late{}
	for _, a := range w.agreements {
		a.periods = slices.DeleteFunc(a.periods, func(p watchedPeriod) bool {
			return len(p.tracked) > 0 && !slices.ContainsFunc(p.tracked, func(t *tracked) bool { return !t.settled })
		})
	}
	for name := range w.tallies {
		w.tallies[name] = slices.DeleteFunc(w.tallies[name], func(t *tracked) bool { return t.settled })
	}
}

func compare[T cmp.Ordered](a, b T) int { return cmp.Compare(a, b) }
