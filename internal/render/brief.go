package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/wording"
)

// Brief is what a mail says of a review, in words and without a figure of its own.
type Brief struct {
	Service, Agreement string // their titles
	Period             string // such as November 2026
	Headline           string // such as "4 of 5 targets met, 1 breached"
	State              sla.State
	Targets            []BriefTarget
	Credits            []string
}

// BriefTarget is how one objective fared, and how in the two periods before.
type BriefTarget struct {
	Name, Reached, Before string
	State                 sla.State
}

// BriefOf gives the brief of a review, its targets worst first.
func BriefOf(r *report.Review) Brief {
	p := &page{Review: r, lang: wording.Language(r.Report.Language)}
	b := Brief{
		Service: p.Title(), Agreement: titled(r.Titles.Agreement, r.Report.Agreement),
		Period: p.lang.Period(r.Report.Period), Headline: p.headline(), State: sla.NoData,
	}
	for _, o := range p.Worst() {
		b.Targets = append(b.Targets, p.briefTarget(o))
	}
	if len(b.Targets) > 0 {
		b.State = b.Targets[0].State
	}
	for i := range r.Credits {
		c := &r.Credits[i]
		parts := []string{}
		if c.Percent != "" {
			parts = append(parts, p.lang.Percent(string(c.Percent)))
		}
		if c.Amount != "" {
			parts = append(parts, p.money(c.Amount, c.Currency))
		}
		b.Credits = append(b.Credits, c.Objective+": "+strings.Join(append(parts, string(c.Status)), ", "))
	}
	return b
}

func (p *page) headline() string {
	s := &p.Summary
	if s.Judged == 0 {
		return "no target could be judged"
	}
	text := fmt.Sprintf("%d of %d targets met", s.Met, s.Judged)
	breached := map[string]bool{}
	for i := range p.Objectives {
		if o := &p.Objectives[i]; o.State == sla.Breached {
			breached[o.Name] = true
		}
	}
	if len(breached) > 0 {
		text += fmt.Sprintf(", %d %s", len(breached), p.lang.State(sla.Breached))
	}
	if s.NoData > 0 {
		text += fmt.Sprintf(", %d without data", s.NoData)
	}
	return text
}

func (p *page) briefTarget(o *report.Objective) BriefTarget {
	t := BriefTarget{Name: o.Name, State: o.State, Reached: p.Reached(o, o.Compliance) + " against " + p.TargetText(o.Target)}
	if o.Part != nil {
		t.Name += fmt.Sprintf(" (version %d)", o.Part.Version)
	}
	var before []string
	for _, h := range slices.Backward(o.History[max(0, len(o.History)-2):]) {
		before = append(before, fmt.Sprintf("%s: %s, %s", p.lang.ShortPeriod(h.Period), p.Reached(o, h.Compliance), p.lang.State(h.State)))
	}
	t.Before = strings.Join(before, "; ")
	return t
}
