package announce_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

func TestFault_B10_AMailThatCannotBeSentIsTriedForADayThenShown(t *testing.T) {
	for name, fault := range map[string]struct {
		script func(verb string) string // nil: the server is down
		says   string
	}{
		"down":               {nil, "connection refused"},
		"refuses to talk":    {only("CONNECT", "554 not today"), "554 not today"},
		"4xx to a recipient": {only("RCPT", "451 4.7.1 greylisted"), "451 4.7.1 greylisted"},
		"5xx to a recipient": {only("RCPT", "550 5.1.1 no such person"), "550 5.1.1 no such person"},
		"5xx after the mail": {only("DOT", "554 5.7.1 looks like spam"), "554 5.7.1 looks like spam"},
		"hangs in DATA":      {only("DATA", testkit.Hang), "no answer within the timeout of 40ms"},
		"hangs at the end":   {only("DOT", testkit.Hang), "no answer within the timeout of 40ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.options.AlsoTo, o.catalogue.Parties[1].Contacts = nil, nil
			o.hire()
			damage := func() {
				if fault.script == nil {
					o.host.Stop()
				}
				o.host.Script(fault.script)
				if strings.HasPrefix(name, "hangs") {
					o.smtp.Timeout = 40 * time.Millisecond
				}
			}
			mend := func() {
				if fault.script == nil {
					o.host.Restart()
				}
				o.host.Script(nil)
				o.smtp.Timeout = 5 * time.Second
			}
			damage()
			o.breach(sla.BreachOpen)
			for range 5 * 60 { // five hours of passes
				o.pass()
				o.now = o.now.Add(sla.Minute)
			}
			tried := len(o.results)
			if tried < 8 || tried > 12 || o.waiting != 1 {
				t.Errorf("in five hours it was tried %d times, %d wait", tried, o.waiting)
			}
			mend()
			o.hire() // a restart forgets nothing
			o.now = o.now.Add(sla.Hour)
			o.pass()
			o.is("when it is back", "kim@example.com: [SLM] "+harmless+"is below its target, November 2026")

			damage()
			o.breach(sla.BreachOpen, sla.BreachConfirmed)
			for range 30 {
				o.now = o.now.Add(sla.Hour)
				o.pass()
			}
			mend()
			o.now = o.now.Add(sla.Hour)
			o.pass()
			if n := len(o.host.Messages()); n != 1 {
				t.Errorf("what was given up was sent all the same: %q", o.sent())
			}
			shown, count, err := o.store.Notices(t.Context(), store.NoticeUndeliverable, sla.Always, 10)
			if err != nil || count != 1 || !strings.Contains(shown[0].Answer, fault.says) || shown[0].Recipient != "kim@example.com" {
				t.Errorf("shown as undeliverable: %+v, %v, want the words %q", shown, err, fault.says)
			}
			if o.results[len(o.results)-1] != announce.MailGivenUp || o.waiting != 0 {
				t.Errorf("counted %q, %d wait", o.results, o.waiting)
			}
		})
	}
}

// only answers one verb in a way of its own.
func only(verb, answer string) func(string) string {
	return func(said string) string {
		if said == verb {
			return answer
		}
		return ""
	}
}

func TestOneRecipientThatIsRefusedKeepsNobodyElseWaiting(t *testing.T) {
	o := newOffice(t)
	rcpt := 0
	o.host.Script(func(verb string) string {
		if verb == "RCPT" {
			if rcpt++; rcpt == 1 {
				return "550 5.1.1 no such person"
			}
		}
		return ""
	})
	o.breach(sla.BreachOpen)
	o.pass()
	if got := o.sent(); len(got) != 2 || !strings.HasPrefix(got[0], "lee@") || o.waiting != 1 {
		t.Errorf("sent %q, %d wait", got, o.waiting)
	}
}

func TestAStateThatIsOvertakenBeforeItWasMailedIsNotMailed(t *testing.T) {
	o := newOffice(t)
	o.options.AlsoTo, o.catalogue.Parties[1].Contacts = nil, nil
	o.hire()
	o.host.Script(only("RCPT", "451 later"))
	o.breach(sla.BreachOpen)
	o.pass()
	o.host.Script(nil)
	o.breach(sla.BreachOpen, sla.BreachConfirmed)
	o.now = o.now.Add(sla.Hour)
	o.pass()
	o.is("after it was confirmed", "kim@example.com: [SLM] "+harmless+"has missed its target, November 2026")
}

func TestMailGoesThroughTLSOnlyAndToACertificateThatIsTrusted(t *testing.T) {
	mail := announce.Mail{MessageID: "1@example.com", To: "kim@example.com", Date: noon.Time(), Letter: announce.Letter{Subject: "Hello", Text: "text", HTML: "<p>text"}}
	for name, c := range map[string]struct {
		implicit bool
		security announce.Security
		strange  bool // its certificate is not trusted
		script   func(string) string
		tls, ok  bool
	}{
		"STARTTLS":                       {security: announce.StartTLS, tls: true, ok: true},
		"STARTTLS, where there is none":  {security: announce.StartTLS, script: only("EHLO", "250 smarthost.example.com")},
		"STARTTLS, not trusted":          {security: announce.StartTLS, strange: true},
		"as it comes":                    {security: announce.Opportunistic, tls: true, ok: true},
		"as it comes, which is without":  {security: announce.Opportunistic, script: only("EHLO", "250 smarthost.example.com"), ok: true},
		"TLS at once":                    {implicit: true, security: announce.Implicit, tls: true, ok: true},
		"TLS at once, not trusted":       {implicit: true, security: announce.Implicit, strange: true},
		"TLS at once, where there is no": {security: announce.Implicit},
		"without":                        {security: announce.Plain, ok: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := testkit.StartSmarthost(t, c.implicit)
			host.Script(c.script)
			s := announce.SMTP{Smarthost: host.Address(), From: "slm@example.com", Security: c.security, Timeout: 5 * time.Second}
			if !c.strange {
				s.TLS = trusting(t, host.CA())
			}
			answer, err := s.Send(t.Context(), mail)
			if got := host.Messages(); c.ok != (err == nil) || c.ok != (len(got) == 1) || c.ok && got[0].TLS != c.tls {
				t.Errorf("the smarthost has %+v, error %v", got, err)
			}
			if c.ok && answer != "250 2.0.0 queued as 42" {
				t.Errorf("it answered %q", answer)
			}
		})
	}
}

func TestThePasswordIsSaidThroughTLSAndStandsInNoError(t *testing.T) {
	const password = "hunter2 with spaces"
	mail := announce.Mail{MessageID: "1@example.com", To: "kim@example.com", Date: noon.Time(), Letter: announce.Letter{Subject: "Hello", Text: "text", HTML: "<p>text"}}
	host := testkit.StartSmarthost(t, false)
	host.Want(password)
	said := password
	s := announce.SMTP{
		Smarthost: host.Address(), From: "slm@example.com", Security: announce.StartTLS, TLS: trusting(t, host.CA()),
		Username: "slm", Password: func() (string, error) { return said, nil },
	}
	if _, err := s.Send(t.Context(), mail); err != nil || host.Messages()[0].User != "slm" {
		t.Fatalf("the smarthost has %+v, %v", host.Messages(), err)
	}
	said = "hunter2 wrong" // the fake repeats what was said
	_, err := s.Send(t.Context(), mail)
	if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "c2xt") || strings.Contains(err.Error(), "AHNsbQ") || !strings.Contains(err.Error(), "535") {
		t.Errorf("the error is %v", err)
	}
	s.Security = announce.Opportunistic
	heard := ""
	host.Script(func(verb string) string {
		if verb == "AUTH" {
			heard = verb
		}
		return only("EHLO", "250-smarthost.example.com\r\n250 AUTH PLAIN LOGIN")(verb)
	})
	if _, err := s.Send(t.Context(), mail); err == nil || heard != "" {
		t.Errorf("the password was said without TLS, error %v", err)
	}
	s.Password = func() (string, error) { return "", errors.New("open /etc/slmd/mail: no such file or directory") }
	if _, err := s.Send(t.Context(), mail); err == nil || !strings.Contains(err.Error(), "/etc/slmd/mail") {
		t.Errorf("without its file the error is %v", err)
	}
}

func TestTheSameMailTwiceIsTheSameBytes(t *testing.T) {
	o := newOffice(t)
	o.breach(sla.BreachOpen)
	o.pass()
	again := newOffice(t)
	again.breach(sla.BreachOpen)
	again.pass()
	for i, m := range o.host.Messages() {
		if other := again.host.Messages()[i]; !slices.Equal(m.Raw, other.Raw) {
			t.Errorf("the mails differ:\n%s\n%s", m.Raw, other.Raw)
		}
	}
	if id := o.host.Messages()[0].Header.Get("Message-Id"); !strings.HasPrefix(id, "<breach-1-1-open.") || !strings.HasSuffix(id, "@example.com>") {
		t.Errorf("the id is %s", id)
	}
}
