package report

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/calendar"
	"github.com/slmd/slmd/internal/judge"
	"github.com/slmd/slmd/internal/sla"
)

// clock reads a wall clock in Berlin.
func clock(t *testing.T, text string) sla.Instant {
	t.Helper()
	loc, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return sla.At(at)
}

func span(t *testing.T, from, to string) sla.Span {
	return sla.Span{From: clock(t, from), To: clock(t, to)}
}

// uptime gives one entry a minute over w: up but where it was down or nothing is known.
func uptime(w sla.Span, down, unknown []sla.Span) []sla.Entry {
	out := make([]sla.Entry, 0, w.Length()/sla.Minute)
	in := func(list []sla.Span, i sla.Instant) bool {
		for _, s := range list {
			if s.Contains(i) {
				return true
			}
		}
		return false
	}
	for at := w.From; at < w.To; at = at.Add(sla.Minute) {
		e := sla.Entry{Span: sla.Span{From: at, To: at.Add(sla.Minute)}}
		switch {
		case in(unknown, at):
			e.Unknown = sla.Minute
		case in(down, at):
			e.Bad = sla.Seconds(sla.Minute)
		default:
			e.Good = sla.Seconds(sla.Minute)
		}
		out = append(out, e)
	}
	return out
}

// within gives the entries, which stand in order of time, that overlap w.
func within(entries []sla.Entry, w sla.Span) []sla.Entry {
	from := sort.Search(len(entries), func(i int) bool { return entries[i].To > w.From })
	to := sort.Search(len(entries), func(i int) bool { return entries[i].From >= w.To })
	return entries[from:max(from, to)]
}

// mailBook is the book in which the review mail() stands: what was agreed on
// mail and hosting, and what was measured in October and November.
func mailBook(t *testing.T) judge.Book {
	percent := func(text string) *sla.Decimal { d := sla.MustDecimal(text); return &d }
	autumn := span(t, "2026-10-01 00:00:00", "2026-12-01 00:00:00")
	maintenance := span(t, "2026-11-08 22:30:00", "2026-11-09 00:00:00")
	mail := []sla.Span{span(t, "2026-10-07 10:00:00", "2026-10-07 10:15:00"), maintenance, span(t, "2026-11-12 09:00:00", "2026-11-12 09:50:00")}
	facts := map[string][]sla.Entry{
		"mail-up":    uptime(autumn, mail, []sla.Span{span(t, "2026-11-12 15:00:00", "2026-11-12 15:05:00")}),
		"hosting-up": uptime(autumn, []sla.Span{span(t, "2026-11-12 09:00:00", "2026-11-12 09:40:00")}, nil),
	}
	month := sla.PeriodTerm{Kind: sla.PeriodMonth}
	objective := sla.Objective{
		Name: "availability", Indicator: "mail-up", Target: percent("99.9"), Method: sla.TimeMethod, Severity: sla.Critical,
		AtRisk: sla.DefaultAtRisk, MergeGap: sla.DefaultMergeGap, Credits: []sla.Band{{Below: percent("99.9"), Percent: percent("5")}},
	}
	hosting := objective
	hosting.Indicator, hosting.Target, hosting.Credits = "hosting-up", percent("99.95"), nil
	return judge.Book{
		Catalogue: &sla.Catalogue{
			Services: []sla.Service{{Name: "mail", Title: "Mail", Status: sla.Live}},
			Indicators: []sla.Indicator{
				{Name: "mail-up", Service: "mail", Kind: sla.TimeGauge, Metric: "up{job='mail'}", Interval: sla.Minute},
				{Name: "hosting-up", Service: "hosting", Kind: sla.TimeGauge, Metric: "up{job='hosting'}", Interval: sla.Minute},
			},
			Agreements: []sla.Agreement{
				{
					Name: "mail-sla", Version: 2, Kind: sla.SLA, Service: "mail", Provider: "platform", Customer: "retail", Zone: "Europe/Berlin",
					Valid: sla.Span{From: clock(t, "2026-01-01 00:00:00"), To: sla.Forever}, Period: month, Planned: sla.PlannedRemoved, Unknown: sla.UnknownRemoved,
					Charge: &sla.Money{Minor: 400000, Currency: "EUR"}, ReliesOn: []sla.Reliance{{AnyOf: []string{"hosting-uc"}}}, Objectives: []sla.Objective{objective},
				},
				{
					Name: "hosting-uc", Version: 1, Kind: sla.UC, Service: "hosting", Provider: "hoster", Customer: "platform", Zone: "Europe/Berlin",
					Valid: sla.Span{From: clock(t, "2026-01-01 00:00:00"), To: clock(t, "2027-01-01 00:00:00")}, Period: month,
					Planned: sla.PlannedRemoved, Unknown: sla.UnknownRemoved, Objectives: []sla.Objective{hosting},
				},
			},
			Exclusions: []sla.Exclusion{{
				Name: "upgrade", Services: []string{"mail"}, Category: sla.Maintenance, Reason: "Upgrade",
				Span: span(t, "2026-11-08 22:00:00", "2026-11-09 00:00:00"), ApprovedBy: "kim@example.com", ApprovedOn: &sla.Date{Year: 2026, Month: 10, Day: 20},
			}},
		},
		Facts:    func(indicator string, w sla.Span) ([]sla.Entry, error) { return within(facts[indicator], w), nil },
		Measured: func(string) sla.Instant { return autumn.To },
		Final:    func(string) sla.Instant { return autumn.To },
	}
}

func month(t *testing.T, name string) sla.Period {
	t.Helper()
	loc, err := calendar.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	p, err := calendar.Parse(name, loc)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// november is the input of the review mail().
func november(t *testing.T) Input {
	p := month(t, "2026-11")
	opened := clock(t, "2026-11-12 09:44:30")
	record := sla.Breach{
		Agreement: "mail-sla", Version: 2, Objective: "availability", Period: p, State: sla.BreachConfirmed, OpenedAt: opened,
		Transitions: []sla.Transition{
			{At: opened, State: sla.BreachOpen, Cause: "budget spent"},
			{At: p.To, State: sla.BreachConfirmed, Cause: "the period is over"},
		},
	}
	return Input{
		Book: mailBook(t), Agreement: "mail-sla", Period: p, Now: clock(t, "2026-12-03 07:00:00"),
		Breaches: func(agreement string, w sla.Span) ([]sla.Breach, error) {
			if agreement == "mail-sla" && w.Overlaps(p.Span) {
				return []sla.Breach{record}, nil
			}
			return nil, nil
		},
		Imprint: Imprint{
			Revision: 2, Replaces: 1, Reason: "late facts of hosting-up", Status: Issued, IssuedAt: clock(t, "2026-12-03 07:00:00"),
			AuditHead: "2f2a2eb95e1a8c4b72d67701d21e553fc1f187c1ec540d76eea3ddf29140728c", Program: "slmd 1.0.0",
		},
	}
}

func build(t *testing.T, in Input) *Review {
	t.Helper()
	r, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheFiguresOfAMonthAreThoseOfTheSpecifiedDocument(t *testing.T) {
	r := build(t, november(t))
	r.Summary.Text, r.Measures = "0 of 1 targets were met.", r.Measures[:1]
	text := sealed(t, r)
	if r.SHA256 != mailHash {
		want := strings.Split(string(sealed(t, mail())), "\n")
		for i, line := range strings.Split(string(text), "\n") {
			if i >= len(want) || line != want[i] {
				t.Fatalf("line %d: got %s, want %s\n%s", i+1, line, want[min(i, len(want)-1)], text)
			}
		}
	}
}

func TestTheSummarySaysInSentencesWhatHappened(t *testing.T) {
	want := "0 of 1 targets were met. Availability was 99.88% against 99.9%: 50 min down, 43 min 04 s allowed. " +
		"40 min came from hosting-uc (third party). A credit of 5% (EUR 200.00) is owed."
	if got := build(t, november(t)).Summary.Text; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	in := november(t)
	first, second := sealed(t, build(t, in)), sealed(t, build(t, in))
	if string(first) != string(second) {
		t.Error("two reviews of one input differ")
	}
}

func TestWhatCannotBeReportedIsSaidInOneSentence(t *testing.T) {
	for want, change := range map[string]func(*Input){
		`there is no agreement "maid-sla" in the catalogue`:                            func(in *Input) { in.Agreement = "maid-sla" },
		`agreement mail-sla is not in force in 2025-11: there is nothing to report on`: func(in *Input) { in.Period = month(t, "2025-11") },
		`period 2027-01 of agreement mail-sla has not begun: name one that has`:        func(in *Input) { in.Period = month(t, "2027-01") },
		`agreement mail-sla is reviewed by month: "2026-11-05" names no such period`:   func(in *Input) { in.Period = month(t, "2026-11-05") },
	} {
		in := november(t)
		change(&in)
		if _, err := Build(in); fmt.Sprint(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
