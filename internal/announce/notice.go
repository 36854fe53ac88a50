package announce

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/wording"
)

// breachReach is how far back breach records are looked at beyond the
// finalising time: news of older ones come with a transition that is newer.
const breachReach = 3 * sla.Day

// tellBreachFor is how long a breach whose period is over is news to somebody
// who has not been told; alerts go by the same rule.
const tellBreachFor = sla.Day

// planned is what a pass adds to the log of notices and takes back.
type planned struct {
	add  []store.Notice
	drop []int64
}

// maxPlanned bounds the notices that one pass adds; the next pass goes on.
const maxPlanned = 2000

// planBreaches finds the breach records of which somebody has not heard yet.
// What holds now is told to everybody; what ended, or came in late, to those who
// were told of it before. An older state that waits is overtaken.
func (p *Postman) planBreaches(ctx context.Context, now sla.Instant, out *planned) error {
	records, err := p.o.Store.RecentBreaches(ctx, now.Add(-p.o.FinaliseAfter-breachReach))
	if err != nil || len(records) == 0 || len(p.o.Standings()) == 0 { // nothing has been judged since the start
		return err
	}
	holds, err := p.breached(ctx, now)
	if err != nil {
		return err
	}
	var ids []int64
	for i := range records {
		ids = append(ids, records[i].ID)
	}
	said, err := p.said(ctx, store.BreachNotice, ids)
	if err != nil {
		return err
	}
	catalogue := p.o.Catalogue()
	for i := range records {
		r, seq := &records[i], len(records[i].Transitions)
		agreement := catalogue.Version(r.Agreement, r.Version)
		if agreement == nil {
			continue
		}
		err := p.tell(&news{
			kind: store.BreachNotice, about: r.ID, seq: seq, said: said[r.ID], agreement: agreement,
			fresh: holds[r.Agreement+"/"+r.Objective] && p.isNews(r, now),
			id:    func(address string) string { return p.breachID(r, seq, address) },
			write: func() (*packed, error) { return p.breachNews(ctx, catalogue, agreement, r) },
		}, now, out)
		if err != nil {
			return err
		}
	}
	return nil
}

// said gives what was said of a kind about each of the numbers.
func (p *Postman) said(ctx context.Context, kind store.NoticeKind, about []int64) (map[int64][]store.Notice, error) {
	notices, err := p.o.Store.NoticesAbout(ctx, kind, about)
	out := map[int64][]store.Notice{}
	for _, n := range notices {
		out[n.About] = append(out[n.About], n)
	}
	return out, err
}

// breached gives the objectives of which the alert says that they missed their
// target, as agreement/objective.
func (p *Postman) breached(ctx context.Context, now sla.Instant) (map[string]bool, error) {
	conditions, err := p.o.Store.Conditions(ctx, now)
	out := map[string]bool{}
	for i := range conditions {
		if c := &conditions[i]; c.Holds() && c.Alertname == sla.AlertBreached {
			out[c.Agreement+"/"+c.Objective] = true
		}
	}
	return out, err
}

// isNews reports whether the record is of now: nothing old is mailed.
func (p *Postman) isNews(r *sla.Breach, now sla.Instant) bool {
	switch r.State {
	case sla.BreachOpen:
		return strings.Contains(r.Period.Name, "@") || now < r.Period.To.Add(p.o.FinaliseAfter+tellBreachFor)
	case sla.BreachConfirmed:
		return now < max(r.Period.To, r.ConfirmedAt(p.o.FinaliseAfter).Add(tellBreachFor))
	case sla.BreachAverted, sla.BreachWithdrawn:
	}
	return false
}

// news is something that the parties of an agreement are told once.
type news struct {
	kind      store.NoticeKind
	about     int64
	seq       int
	said      []store.Notice // about this before
	fresh     bool           // to those who have heard nothing of it
	agreement *sla.Agreement
	id        func(address string) string
	write     func() (*packed, error) // called when somebody is to be told
}

// tell adds a notice for everybody who is to hear of the news, and drops what it
// overtakes.
func (p *Postman) tell(n *news, now sla.Instant, out *planned) error {
	for _, old := range n.said {
		if old.State == store.NoticePending && old.Seq < n.seq {
			out.drop = append(out.drop, old.ID)
		}
	}
	var told *packed
	for _, to := range recipientsOf(p.o.Catalogue(), n.agreement, p.o.AlsoTo) {
		if len(out.add) >= maxPlanned || !n.concerns(to.address) {
			continue
		}
		if told == nil {
			var err error
			if told, err = n.write(); err != nil {
				return err
			}
		}
		notice := store.Notice{
			Kind: n.kind, About: n.about, Seq: n.seq, Recipient: to.address,
			MessageID: n.id(to.address), State: store.NoticePending, MadeAt: now, At: now,
		}
		if err := p.pack(&notice, told, to); err != nil {
			return err
		}
		out.add = append(out.add, notice)
	}
	return nil
}

// concerns reports whether the address is still to hear of the news.
func (n *news) concerns(address string) bool {
	told := false
	for _, s := range n.said {
		if !strings.EqualFold(s.Recipient, address) {
			continue
		}
		if s.Seq == n.seq {
			return false
		}
		told = told || s.State == store.NoticeSent || s.Fixed
	}
	return n.fresh || told
}

// pack writes into a notice what its recipient is told.
func (p *Postman) pack(n *store.Notice, told *packed, to recipient) error {
	own := *told
	own.ID, own.ToName = n.MessageID, to.name
	own.Sheet.Foot = "slmd sends you this " + to.why + "."
	if p.o.ExternalURL != "" {
		own.Sheet.Foot += " " + p.o.ExternalURL
	}
	n.Subject = subject(&own.Sheet)
	var err error
	if n.Mail, err = json.Marshal(own); err != nil {
		return fmt.Errorf("packing the mail %q: %w", n.Subject, err)
	}
	return nil
}

// breachID gives the id of the mail on a transition to an address. It follows
// from these alone: the same mail again is known as the same.
func (p *Postman) breachID(r *sla.Breach, seq int, address string) string {
	state := r.Transitions[seq-1].State
	return p.messageID(fmt.Sprintf("breach-%d-%d-%s", r.ID, seq, state), recordKey(r), fmt.Sprint(seq), strings.ToLower(address))
}

// threadID gives the id under which mail programs gather all mails on a record.
func (p *Postman) threadID(r *sla.Breach) string {
	return p.messageID(fmt.Sprintf("breach-%d", r.ID), recordKey(r))
}

func recordKey(r *sla.Breach) string {
	return fmt.Sprintf("%s|%s|%s|%d|%d", r.Agreement, r.Objective, r.Period.Name, r.Version, r.ID)
}

func (p *Postman) messageID(name string, of ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(of, "\x00")))
	_, domain, _ := strings.Cut(p.o.From, "@")
	return name + "." + hex.EncodeToString(sum[:10]) + "@" + domain
}

// breachNews says what became of a breach record last.
func (p *Postman) breachNews(ctx context.Context, c *sla.Catalogue, a *sla.Agreement, r *sla.Breach) (*packed, error) {
	zone, err := calendar.Zone(a.Zone)
	if err != nil {
		return nil, fmt.Errorf("agreement %s: %w", a.Name, err)
	}
	v, err := p.verdictOf(ctx, r)
	if err != nil {
		return nil, err
	}
	what := serviceTitle(c, a.Service) + ": " + r.Objective
	period := periodWords(r.Period, zone)
	title, state := breachWords(r.State, what)
	s := sheet{
		Subject: fmt.Sprintf("[SLM] %s, %s", title, period), Mark: markOf(state), Title: title + ".",
		Lead: breachLead(r, v, a.Objective(r.Objective), period),
		Rows: append(breachRows(c, a, r, zone), verdictRows(v)...),
	}
	history := grid{Title: "What happened", Heads: []string{"When", "What", "Why"}}
	for _, t := range r.Transitions {
		history.Lines = append(history.Lines, gridLine{Cells: []string{wording.English.Moment(t.At.In(zone)), string(t.State), t.Cause}})
	}
	s.Tables = []grid{history}
	if base := strings.TrimRight(p.o.ExternalURL, "/"); base != "" {
		s.Links = []pair{
			{"Breach record", fmt.Sprintf("%s/breaches/%d", base, r.ID)},
			{"Objective", pageURL(&sla.Condition{Agreement: r.Agreement, Objective: r.Objective}, base)},
		}
	}
	reached := "–"
	if o := a.Objective(r.Objective); v != nil && o != nil {
		reached = cmp.Or(reachedWords(v), "nothing") + " against " + targetWords(o)
	}
	line := breachItem(&s, r.State, what, cmp.Or(a.Title, a.Name)+", "+shortPeriod(r.Period, zone), reached)
	return &packed{Thread: p.threadID(r), Sheet: s, Item: line}, nil
}

// breachItem gives the line on a breach record in that state, beside others.
func breachItem(s *sheet, state sla.BreachState, cells ...string) item {
	out := item{Line: gridLine{Mark: s.Mark, Cells: cells}}
	if len(s.Links) > 0 {
		out.Line.Href = s.Links[0].Value
	}
	switch state {
	case sla.BreachConfirmed:
		out.Group, out.Rank = "missed", 0
	case sla.BreachOpen:
		out.Group, out.Rank = "below target", 1
	case sla.BreachAverted:
		out.Group, out.Rank = "kept after all", 2
	case sla.BreachWithdrawn:
		out.Group, out.Rank = "breach withdrawn", 3
	}
	return out
}

// verdictOf gives the verdict on the record's period: the one that pages show,
// or the one that is on record; nil when there is none.
func (p *Postman) verdictOf(ctx context.Context, r *sla.Breach) (*sla.Verdict, error) {
	standings := p.o.Standings()
	for i := range standings {
		for _, v := range []*sla.Verdict{standings[i].Current, standings[i].Previous} {
			if v != nil && isAbout(v, r) {
				return v, nil
			}
		}
	}
	verdicts, err := p.o.Store.Verdicts(ctx, r.Agreement, r.Period.Span)
	if err != nil {
		return nil, err
	}
	for i := range verdicts {
		if isAbout(&verdicts[i], r) {
			return &verdicts[i], nil
		}
	}
	return nil, nil
}

// isAbout reports whether a verdict is on the objective and period of a record;
// of rolling windows on any that is as long.
func isAbout(v *sla.Verdict, r *sla.Breach) bool {
	if v.Agreement != r.Agreement || v.Objective != r.Objective || v.Version != r.Version {
		return false
	}
	of, _, _ := strings.Cut(v.Period.Name, "@")
	period, _, _ := strings.Cut(r.Period.Name, "@")
	return of == period
}

// breachWords gives the headline of a record's state, and the state that marks it.
func breachWords(s sla.BreachState, what string) (string, sla.State) {
	switch s {
	case sla.BreachConfirmed:
		return what + " has missed its target", sla.Breached
	case sla.BreachAverted:
		return what + " kept its target after all", sla.Met
	case sla.BreachWithdrawn:
		return what + " has no breach any more", sla.Met
	case sla.BreachOpen:
	}
	return what + " is below its target", sla.Failing
}

func breachLead(r *sla.Breach, v *sla.Verdict, o *sla.Objective, period string) string {
	reached := ""
	if v != nil && o != nil {
		if text := reachedWords(v); text != "" {
			reached = fmt.Sprintf("%s against %s in %s. ", text, targetWords(o), period)
		}
	}
	switch r.State {
	case sla.BreachConfirmed:
		return reached + "This is certain by the facts that are on record."
	case sla.BreachAverted:
		return reached + "The breach that was open is averted."
	case sla.BreachWithdrawn:
		return reached + "Facts or exclusions that came later undid the breach; the record keeps it."
	case sla.BreachOpen:
	}
	return reached + "The target is missed as things stand; it may still be met before the period ends."
}

func breachRows(c *sla.Catalogue, a *sla.Agreement, r *sla.Breach, zone *time.Location) []pair {
	return []pair{
		{"Service", serviceTitle(c, a.Service)},
		{"Agreement", fmt.Sprintf("%s (%s, version %d)", cmp.Or(a.Title, a.Name), a.Kind, a.Version)},
		{"Between", partyTitle(c, a.Provider) + " and " + partyTitle(c, a.Customer)},
		{"Objective", r.Objective},
		{"Period", periodWords(r.Period, zone) + ", " + a.Zone},
		{"Since", wording.English.Moment(r.OpenedAt.In(zone))},
	}
}
