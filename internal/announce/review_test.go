package announce_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// third is when reviews of November are issued.
var third = sla.At(time.Date(2026, time.December, 3, 6, 0, 0, 0, time.UTC))

// newArchive is an office that mails reviews, on the day on which they are issued.
func newArchive(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	o.now, o.catalogue.Services[0].Title = third, "Shop"
	o.options.Review = func(_ context.Context, agreement, period string) (*announce.Review, error) {
		row, err := o.store.Report(t.Context(), agreement, period)
		if string(row.Doc) == "torn" {
			return nil, errors.New("the document is torn")
		}
		return &announce.Review{
			Service: "Shop <b>", Agreement: "Shop SLA", Period: "November 2026", Headline: "1 of 2 targets met, 1 breached", State: sla.Breached,
			Summary: "1 of 2 targets were met.", SHA256: row.SHA256, Credits: []string{"availability: 5%, EUR 200.00, owed"},
			Targets: []announce.ReviewTarget{
				{Name: "availability", Reached: "99.88% against 99.9%", State: sla.Breached, Before: "Oct 2026: 99.96%, met; Sep 2026: 99.12%, breached"},
				{Name: "latency-of-the-checkout", Reached: "95.10% against 95%", State: sla.Met, Before: "Oct 2026: 95.40%, met"},
			},
		}, err
	}
	o.hire()
	return o
}

// issue issues a review as slmd does, and gives the hash of its document.
func (o *office) issue(agreement, period, doc, reason string) string {
	o.t.Helper()
	row := store.Report{Agreement: agreement, Period: period, Doc: []byte(doc), Reason: reason, At: o.now}
	row, err := o.store.IssueReport(o.t.Context(), row, store.Actor{Name: "slmd"})
	if err != nil {
		o.t.Fatal(err)
	}
	return row.SHA256
}

func TestAnIssuedReviewIsMailedOnceToEveryContact(t *testing.T) {
	o := newArchive(t)
	hash := o.issue("shop-sla", "2026-11", "{}", "")
	o.pass()
	subject := "[SLM] November 2026: 1 of 2 targets met, 1 breached (Shop <b>)"
	want := []string{"kim@example.com: " + subject, "lee@example.com: " + subject, "slm-team@example.com: " + subject}
	o.is("after a pass", want...)
	for range 3 {
		o.now = o.now.Add(8 * sla.Hour)
		o.hire()
		o.pass()
	}
	o.is("after restarts", want...)
	m := o.host.Messages()[0]
	for _, text := range []string{
		"Shop SLA (SLA, version 1)", "3 Dec 2026, 06:00 UTC", "1 of 2 targets were met.", "99.88% against 99.9%", "Oct 2026", "99.12%, breached", "EUR 200.00, owed", hash,
		"https://slm.example.com/reports/shop-sla/2026-11", "https://slm.example.com/api/v1/reports/shop-sla/2026-11.json", "latency-of-the-checkout", "as a contact of",
	} {
		if !strings.Contains(m.HTML, text) || !strings.Contains(m.Text, text) {
			t.Errorf("%q is missing from\n%s", text, m.Text)
		}
	}
	if strings.Contains(m.HTML, "<b>") {
		t.Error("markup is not shown as text")
	}

	// A correction is told too, once; a revision that is overtaken is not.
	o.issue("shop-sla", "2026-11", "{2}", "late facts")
	o.issue("shop-sla", "2026-11", "{3}", "later facts")
	o.pass()
	o.pass()
	subject = "[SLM] November 2026, revision 3: 1 of 2 targets met, 1 breached (Shop <b>)"
	o.is("after a correction", append(want, "kim@example.com: "+subject, "lee@example.com: "+subject, "slm-team@example.com: "+subject)...)
	if text := o.host.Messages()[3].Text; !strings.Contains(text, "later facts") {
		t.Errorf("it does not say why:\n%s", text)
	}
}

func TestReviewsOfTimeLongPastAreMailedToThoseOnlyWhoHadThem(t *testing.T) {
	o := newArchive(t)
	o.now = third.Add(-sla.Day) // still that of November
	for _, period := range []string{"2026-09", "2026-10", "2026-11"} {
		o.issue("shop-sla", period, "{"+period+"}", "")
	}
	o.now = third
	o.pass()
	var got []string
	for _, m := range o.host.Messages() {
		got = append(got, m.Header.Get("Message-Id")[:15])
	}
	if want := slices.Repeat([]string{"<review-2026-11"}, 3); !slices.Equal(got, want) {
		t.Errorf("after catching up there are %q, want %q", got, want)
	}
	o.now = third.Add(60 * sla.Day)
	o.issue("shop-sla", "2026-10", "{2}", "late facts")
	o.issue("shop-sla", "2026-11", "{2}", "late facts")
	o.pass()
	if got := o.sent()[3:]; len(got) != 3 || !strings.Contains(got[0], "November 2026, revision 2") {
		t.Errorf("of corrections there are %q", got)
	}
}

func TestAReviewIssuedBeforeTheDayIsNotMailed(t *testing.T) {
	o := newArchive(t)
	o.issue("shop-sla", "2026-11", "{}", "")
	o.now = o.now.Add(sla.Day + 1)
	o.pass()
	o.is("a day later")
}

func TestManyReviewsComeInOneMailAndOneThatCannotBeReadKeepsNothingWaiting(t *testing.T) {
	o := newArchive(t)
	o.options.AlsoTo, o.catalogue.Parties[1].Contacts = nil, nil
	o.hire()
	shop := o.catalogue.Agreements[0]
	for i := range 12 {
		a := shop
		a.Name = fmt.Sprint("shop-", i)
		o.catalogue.Agreements = append(o.catalogue.Agreements, a)
		o.issue(a.Name, "2026-11", fmt.Sprint(i), "")
	}
	o.pass()
	o.is("after a pass", "kim@example.com: [SLM] 12 service reviews: November 2026 (12)")
	text := o.host.Messages()[0].Text
	for i := range 12 {
		if n := strings.Count(text, fmt.Sprintf("/reports/shop-%d/2026-11\n", i)); n != 1 {
			t.Errorf("the review of shop-%d is named %d times in\n%s", i, n, text)
		}
	}
	o.issue("shop-sla", "2026-11", "torn", "")
	o.now = noon
	o.breach(sla.BreachOpen)
	if err := o.postman.Pass(t.Context()); err == nil || !strings.Contains(err.Error(), "torn") {
		t.Errorf("the error is %v", err)
	}
	if n := len(o.sent()); n != 2 {
		t.Errorf("beside a review that cannot be read %q", o.sent())
	}
}
