package announce

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/cronexpr"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/wording"
)

const (
	// digestFor is how long a digest is worth sending.
	digestFor = sla.Day
	// digestPatience is how long a digest waits for facts that are due.
	digestPatience = sla.Hour
)

// planDigest writes the digest that is due to everybody who has not got it. Who
// has nothing at risk or missed gets none, which is noted as well.
func (p *Postman) planDigest(ctx context.Context, now sla.Instant, out *planned) error {
	if p.o.Digest == "" {
		return nil
	}
	at, before, err := lastDigest(p.o.Digest, now)
	standings := p.o.Standings()
	if err != nil || at == 0 || len(standings) == 0 || p.o.Behind() && now < at.Add(digestPatience) {
		return err
	}
	known, err := p.o.Store.NoticesAbout(ctx, store.Digest, []int64{int64(at)})
	if err != nil {
		return err
	}
	got := map[string]bool{}
	for _, n := range known {
		got[strings.ToLower(n.Recipient)] = true
	}
	for _, r := range p.readers(standings, before) {
		if got[strings.ToLower(r.to.address)] || len(out.add) >= maxPlanned {
			continue
		}
		n := store.Notice{
			Kind: store.Digest, About: int64(at), Recipient: r.to.address, State: store.NoticeDropped, MadeAt: now, At: now,
			MessageID: p.messageID("digest-"+at.Time().Format("20060102T1504Z"), fmt.Sprint(at), strings.ToLower(r.to.address)),
			Subject:   "nothing at risk or missed",
		}
		if len(r.lines) > 0 {
			n.State = store.NoticePending
			if err := p.pack(&n, &packed{Sheet: *p.digestSheet(r)}, r.to); err != nil {
				return err
			}
		}
		out.add = append(out.add, n)
	}
	return nil
}

// lastDigest gives the last instant of the schedule within a day, zero when
// there is none, and the one before it as far as the schedule is regular.
func lastDigest(schedule string, now sla.Instant) (at, before sla.Instant, err error) {
	s, err := cronexpr.Parse(schedule)
	if err != nil {
		return 0, 0, err
	}
	for next := s.Next(now.Add(-digestFor).Time()); !next.IsZero() && sla.At(next) <= now; next = s.Next(next) {
		at = sla.At(next)
	}
	if at == 0 {
		return 0, 0, nil
	}
	return at, at.Add(-sla.At(s.Next(at.Time())).Sub(at)), nil
}

// reader is who gets a digest, with the lines that concern them.
type reader struct {
	to    recipient
	lines []concern
}

// concern is one objective that is worth a line.
type concern struct {
	standing *sla.Standing
	verdict  *sla.Verdict
}

// readers gives everybody who may get a digest, with what is at risk or missed
// now, and what periods missed that closed after the instant.
func (p *Postman) readers(standings []sla.Standing, closedAfter sla.Instant) []*reader {
	var out []*reader
	byAddress := map[string]*reader{}
	catalogue := p.o.Catalogue()
	for i := range standings {
		s := &standings[i]
		lines := concerns(s, closedAfter)
		for _, to := range recipientsOf(catalogue, s.Agreement, p.o.AlsoTo) {
			key := strings.ToLower(to.address)
			r := byAddress[key]
			if r == nil {
				r = &reader{to: to}
				byAddress[key] = r
				out = append(out, r)
			}
			r.lines = append(r.lines, lines...)
		}
	}
	return out
}

func concerns(s *sla.Standing, closedAfter sla.Instant) []concern {
	var out []concern
	if v := s.Current; v != nil && (v.State == sla.AtRisk || v.State == sla.Failing || v.State == sla.Breached) {
		out = append(out, concern{s, v})
	}
	if v := s.Previous; v != nil && v.State == sla.Breached && v.Part.To > closedAfter {
		out = append(out, concern{s, v})
	}
	return out
}

// digestSheet lists what concerns a reader, the worst first.
func (p *Postman) digestSheet(r *reader) *sheet {
	slices.SortStableFunc(r.lines, func(x, y concern) int {
		return cmp.Or(cmp.Compare(rank(y.verdict.State), rank(x.verdict.State)),
			cmp.Compare(x.verdict.Agreement, y.verdict.Agreement), cmp.Compare(x.verdict.Objective, y.verdict.Objective))
	})
	counts := map[sla.State]int{}
	for _, c := range r.lines {
		counts[c.verdict.State]++
	}
	var parts []string
	for _, s := range []sla.State{sla.Breached, sla.Failing, sla.AtRisk} {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], wording.English.State(s)))
		}
	}
	summary := strings.Join(parts, ", ")
	s := &sheet{
		Subject: "[SLM] Targets: " + summary, Title: "Targets that need attention: " + summary, Mark: markOf(r.lines[0].verdict.State),
		Lead: "Periods under way, and those that ended since the digest before.",
	}
	table := grid{Title: "Targets", Heads: []string{"Objective", "Period", "Reached", "Budget left"}}
	for _, c := range r.lines {
		table.Lines = append(table.Lines, p.digestLine(c))
	}
	s.Tables = []grid{table}
	if p.o.ExternalURL != "" {
		s.Links = []pair{{"All targets", strings.TrimRight(p.o.ExternalURL, "/") + "/"}}
	}
	return s
}

func (p *Postman) digestLine(c concern) gridLine {
	v, s := c.verdict, c.standing
	zone, err := calendar.Zone(s.Agreement.Zone)
	if err != nil {
		zone = time.UTC // the catalogue has been checked: the zone is there
	}
	left := "–"
	if _, shown := v.BudgetShown(); shown != "" {
		left = wording.English.Percent(shown)
	}
	if v == s.Current && s.Exhaustion != nil {
		left += ", lasts until " + lastsWords(s, zone)
	}
	return gridLine{
		Mark: markOf(v.State), Href: pageURL(&sla.Condition{Agreement: v.Agreement, Objective: v.Objective}, p.o.ExternalURL),
		Cells: []string{
			serviceTitle(p.o.Catalogue(), v.Service) + ": " + v.Objective, shortPeriod(v.Period, zone),
			cmp.Or(reachedWords(v), "nothing") + " against " + targetWords(s.Objective), left,
		},
	}
}

// lastsWords says when the budget of the period under way will be spent.
func lastsWords(s *sla.Standing, zone *time.Location) string {
	if s.Agreement.Period.Kind != sla.PeriodRolling && s.Exhaustion.At >= s.Current.Part.To {
		return "the period's end"
	}
	return wording.English.Moment(s.Exhaustion.At.In(zone))
}

// rank orders states, the worst highest.
func rank(s sla.State) int { return slices.Index(sla.States, s) }
