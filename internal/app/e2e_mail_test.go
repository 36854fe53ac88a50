package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

func TestFault_B11_KilledBetweenAMailAndItsRecordTheMailComesAgainWithTheSameID(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it builds a daemon with failpoints")
	}
	th := newTheatre(t)
	for point, mails := range map[string]int{"announce.mailing": 1, "announce.mailed": 2} {
		dir, before := th.directory(), len(th.host.Messages())
		if !th.run(dir, point+":1", 0) {
			t.Fatalf("%s was not reached", point)
		}
		if th.run(dir, "", 0) {
			t.Fatal("a run without a failpoint was killed")
		}
		th.run(dir, "", 0) // a third one repeats nothing
		sent := th.host.Messages()[before:]
		if len(sent) != mails {
			t.Fatalf("killed at %s: the smarthost has %d mails, want %d", point, len(sent), mails)
		}
		for _, m := range sent {
			if m.Header.Get("Message-Id") != sent[0].Header.Get("Message-Id") || m.To != "team@example.com" || !slices.Equal(m.Raw, sent[0].Raw) {
				t.Errorf("killed at %s: the mail that came again is another one:\n%s\n%s", point, sent[0].Raw, m.Raw)
			}
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
	s.configure(set{catalogue: catalogue, source: srv.URL(), config: fmt.Sprintf("mail: {smarthost: %q, from: slm@example.com, tls_config: {ca_file: %q}}\n", host.Address(), host.CA())})
	s.open()
	s.app.Start()
	s.rounds(shut.Add(90*sla.Minute), 5*sla.Minute)
	b := s.breachOf("there")
	if b.State != sla.BreachConfirmed || b.OpenedAt > shut.Add(sla.Hour) {
		t.Fatalf("the breach is %+v", b)
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
