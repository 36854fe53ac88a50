package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

func TestFault_B11_KilledBetweenAMailAndItsRecordTheMailComesAgainWithTheSameID(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds a daemon with failpoints")
	}
	th := newTheatre(t)
	for point, mails := range map[string]int{"announce.mailing": 1, "announce.mailed": 2} {
		l := th.newLife(th.failing)
		for l.next < len(l.acts())-2 {
			l.act(blow{})
		}
		if !l.act(blow{point: point + ":1"}) {
			t.Fatalf("%s was not reached", point)
		}
		l.act(blow{})
		if l.act(blow{}) { // a third daemon repeats nothing
			t.Fatal("a daemon that nobody killed was killed")
		}
		sent, most := map[string]testkit.Message{}, 0
		times := map[string]int{}
		for _, m := range l.post.Messages() {
			id := m.Header.Get("Message-Id")
			if first, again := sent[id]; again && !slices.Equal(m.Raw, first.Raw) {
				t.Errorf("killed at %s: the mail that came again is another one:\n%s\n%s", point, first.Raw, m.Raw)
			}
			sent[id] = m
			times[id]++
			most = max(most, times[id])
		}
		if most != mails || len(l.post.Messages()) != len(sent)+mails-1 {
			t.Errorf("killed at %s: the smarthost has %d mails of %d ids, want one of them %d times", point, len(l.post.Messages()), len(sent), mails)
		}
	}
}

func TestAnIssuedReviewIsMailedToTheContacts(t *testing.T) {
	host := testkit.StartSmarthost(t, false)
	config := fmt.Sprintf("reports: {schedule: '0 6 * * *'}\nmail: {smarthost: %q, from: slm@example.com, also_to: [kim@example.com], tls: none}\n", host.Address())
	s := aDay(t, config, at("2026-02-11T01:00:00Z")).open()
	s.round()
	s.clock.set(at("2026-02-11T06:00:00Z"))
	for range 2 {
		if _, err := s.app.IssueReviews(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.app.SendMails(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	issued, err := s.read().Report(t.Context(), "shop-sla", "2026-02-10")
	if err != nil {
		t.Fatal(err)
	}
	review, err := report.Read(issued.Doc)
	if err != nil {
		t.Fatal(err)
	}
	mails := host.Messages()
	if len(mails) != 1 || mails[0].Subject() != "[SLM] 10 February 2026: 1 of 1 targets met (Shop)" {
		t.Fatalf("there are %d mails: %+v", len(mails), mails)
	}
	for _, text := range []string{review.Summary.Text, review.SHA256, "success; 100.0% against 99%", "/reports/shop-sla/2026-02-10"} {
		if !strings.Contains(mails[0].Text, text) {
			t.Errorf("%q is missing from\n%s", text, mails[0].Text)
		}
	}
}

// contacts gives the corner's parties people to write to.
func contacts(catalogue string) string {
	return strings.NewReplacer(
		"{name: retail, role: customer}", "{name: retail, role: customer, contacts: [{name: A. Kim, email: kim@example.com}]}",
		"{name: platform, role: internal}", "{name: platform, role: internal, contacts: [{email: lee@example.com}]}",
	).Replace(catalogue)
}

// links is where alerts lead to.
const links = `alerting: {mode: push, labels: {environment: test}, dashboard_url: "https://grafana.example.com/", runbook_url: "https://wiki.example.com/slm"}
`

func TestABreachIsMailedWhileItHappensAndRoundsDoNotWaitForASmarthostThatHangs(t *testing.T) {
	host := testkit.StartSmarthost(t, false)
	host.Script(func(verb string) string {
		if verb == "DATA" {
			return testkit.Hang
		}
		return ""
	})
	from := at("2026-03-10T00:00:00Z")
	shut := from.Add(6 * sla.Hour)
	s := newStage(t, set{catalogue: contacts(corner), now: shut})
	srv := serve(t, cornerShop(t, sla.Span{From: from, To: from.Add(sla.Day)}, troubles(shut)), &s.clock)
	catalogue := strings.Replace(contacts(corner), "valid: {from: 2026-03-01}", "valid: {from: 2026-03-10}", 1)
	s.configure(set{catalogue: catalogue, source: srv.URL(), config: links + fmt.Sprintf("mail: {smarthost: %q, from: slm@example.com, tls_config: {ca_file: %q}}\n", host.Address(), host.CA())})
	s.open()
	s.app.Start()
	s.rounds(shut.Add(90*sla.Minute), 5*sla.Minute)
	b := s.breachOf("there")
	if b.State != sla.BreachConfirmed || b.OpenedAt > shut.Add(sla.Hour) {
		t.Fatalf("the breach is %+v", b)
	}
	alerts, err := s.app.Alerts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{
		`"dashboard_url":"https://grafana.example.com/d/slmd-objective?var-agreement=shop-sla`, `"runbook_url":"https://wiki.example.com/slm#slmobjectivebreached"`,
		`"slmd_url":"http://slmd.example.com/objectives/shop-sla/there"`, `"environment":"test"`, `"team":"till"`,
	} {
		if !strings.Contains(string(alerts), link) {
			t.Errorf("no alert says %s:\n%s", link, alerts)
		}
	}
	testkit.Eventually(t, "the mail waits", func() bool {
		return strings.Contains(get(t, s.app.URL()+"/api/v1/status/mail"), `"waiting":2`)
	})
	host.Script(nil)
	s.restart() // the mail under way is ended
	s.clock.add(5 * sla.Minute)
	s.app.Start()
	testkit.Eventually(t, "both contacts have the mail", func() bool { return len(host.Messages()) == 2 })
	m := host.Messages()[0]
	if !strings.Contains(m.Text, "% against 99.9% in March 2026") || m.Subject() != "[SLM] shop: there has missed its target, March 2026" {
		t.Errorf("the mail says\n%s\n%s", m.Subject(), m.Text)
	}
	testkit.Eventually(t, "the record says that it is sent", func() bool {
		return strings.Contains(get(t, s.app.URL()+"/api/v1/status/mail"), `"sent":2`)
	})
	if page := get(t, s.app.URL()+"/status"); !strings.Contains(page, host.Address()) {
		t.Error("the status page does not name the smarthost")
	}
	if text := metrics(t, s); !strings.Contains(text, `slmd_mails_total{result="sent"} 2`) {
		t.Errorf("the metrics do not count two mails")
	}
}
