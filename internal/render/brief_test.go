package render

import (
	"reflect"
	"testing"

	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
)

func TestABriefSaysWhatTheReviewSays(t *testing.T) {
	r := mail(t)
	second := r.Objectives[0]
	second.Name, second.State, second.Compliance, second.Part = "latency", sla.NoData, nil, &report.Part{Version: 3}
	second.History = []report.History{{Period: "2026-07", State: sla.Met}, {Period: "2026-08", State: sla.Met}, {Period: "2026-09", State: sla.NoData}}
	r.Objectives = append(r.Objectives, second)
	r.Summary.NoData = 1
	r.Titles = report.Titles{Service: "Mail & calendar", Agreement: "Mail SLA"}
	want := Brief{
		Service: "Mail & calendar", Agreement: "Mail SLA", Period: "November 2026", Headline: "0 of 1 targets met, 1 breached, 1 without data",
		State: sla.Breached, Credits: []string{"availability: 5%, EUR 200.00, owed"},
		Targets: []BriefTarget{
			{Name: "availability", Reached: "99.88% against 99.9%", State: sla.Breached, Before: "Oct 2026: 99.96%, met"},
			{Name: "latency (version 3)", Reached: "– against 99.9%", State: sla.NoData, Before: "Sep 2026: –, no data; Aug 2026: –, met"},
		},
	}
	if got := BriefOf(r); !reflect.DeepEqual(got, want) {
		t.Errorf("the brief is\n%+v\nwant\n%+v", got, want)
	}
	r.Summary.Judged = 0
	if got := BriefOf(r).Headline; got != "no target could be judged" {
		t.Errorf("without a verdict it says %q", got)
	}
}
