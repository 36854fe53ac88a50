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
	"github.com/slmd/slmd/internal/testkit"
)

// newPlatform is an office whose shop has so many objectives on one platform.
func newPlatform(t *testing.T, objectives int) *office {
	t.Helper()
	o := newOffice(t)
	o.catalogue.Services[0].Title = "Shop"
	a := &o.catalogue.Agreements[0]
	a.Objectives, o.standings = nil, nil
	for i := range objectives {
		a.Objectives = append(a.Objectives, sla.Objective{Name: shelf(i), Indicator: "probe", Target: percent("99.9"), Method: sla.TimeMethod})
		v := verdict(sla.Breached, 3000)
		v.Objective = shelf(i)
		o.standings = append(o.standings, sla.Standing{Agreement: a, Objective: &sla.Objective{}, Current: &v})
	}
	return o
}

func shelf(i int) string { return fmt.Sprintf("shelf-%03d", i) }

// breachAll records breaches of the objectives from..to-1, all with the same
// transitions, and what alerts are made of.
func (o *office) breachAll(from, to int, states ...sla.BreachState) {
	o.t.Helper()
	var r store.Round
	for i := from; i < to; i++ {
		b := sla.Breach{Agreement: "shop-sla", Version: 1, Objective: shelf(i), Period: november, OpenedAt: noon}
		for j, s := range states {
			b.State = s
			b.Transitions = append(b.Transitions, sla.Transition{At: noon.Add(sla.Millis(j) * sla.Minute), State: s, Cause: "budget spent"})
		}
		c := o.condition()
		c.Objective = shelf(i)
		r.Breaches, r.Conditions = append(r.Breaches, b), append(r.Conditions, c)
	}
	o.record(r)
}

// named counts how often each objective stands in the mails to an address.
func (o *office) named(address string) map[string]int {
	out := map[string]int{}
	for _, m := range o.host.Messages() {
		for line := range strings.Lines(m.Text) {
			_, rest, found := strings.Cut(line, ": Shop: ")
			if name, _, _ := strings.Cut(rest, ";"); m.To == address && found && strings.HasPrefix(line, "[") {
				out[name]++
			}
		}
	}
	return out
}

func TestWhatIsTooMuchAtOnceComesInOneMailThatNamesEachOnce(t *testing.T) {
	o := newPlatform(t, 200)
	o.breachAll(0, 150, sla.BreachOpen, sla.BreachConfirmed)
	o.breachAll(150, 200, sla.BreachOpen)
	o.pass()
	subject := "[SLM] 200 targets: missed (150), below target (50)"
	want := []string{"kim@example.com: " + subject, "lee@example.com: " + subject, "slm-team@example.com: " + subject}
	o.is("after a pass", want...)
	o.pass()
	o.hire()
	o.pass()
	o.is("after another pass, and after a restart,", want...)
	for _, address := range []string{"kim@example.com", "lee@example.com", "slm-team@example.com"} {
		named := o.named(address)
		for i := range 200 {
			if named[shelf(i)] != 1 {
				t.Errorf("to %s %s is named %d times", address, shelf(i), named[shelf(i)])
			}
		}
	}
	m := o.host.Messages()[0]
	for _, text := range []string{"Shop: shelf-007", "Shop SLA", "Nov 2026", "99.76% against 99.9%", "Below target", "https://slm.example.com/breaches/8", "missed", "below target", "as a contact of Retail"} {
		if !strings.Contains(m.Text, text) || !strings.Contains(m.HTML, text) {
			t.Errorf("%q is missing from\n%s", text, m.Text)
		}
	}
	if strings.Index(m.Text, "shelf-149") > strings.Index(m.Text, "shelf-150") {
		t.Error("what is missed does not come first")
	}
	if !slices.Equal(o.results, []string{"sent", "sent", "sent"}) || o.waiting != 0 {
		t.Errorf("counted %q, %d wait", o.results, o.waiting)
	}

	// They have all been told, so they hear how it goes on.
	o.now = o.now.Add(sla.Day)
	o.breachAll(0, 2, sla.BreachOpen, sla.BreachConfirmed, sla.BreachWithdrawn)
	o.pass()
	if got := o.sent()[3:]; len(got) != 6 || !strings.Contains(got[0], "shelf-000 has no breach any more") {
		t.Errorf("a day later they get %q", got)
	}
}

// breaches is how many happen at once: SLMD_MAILED, or so many that they take
// more than one pass to plan and more than one mail.
func breaches(t *testing.T) int {
	t.Helper()
	n := 700
	if testing.Short() {
		n = 40
	}
	return testkit.Number(t, "SLMD_MAILED", n)
}

func TestHoweverManyBreachAtOnceEachIsNamedOnceInAFewMails(t *testing.T) {
	n := breaches(t)
	o := newPlatform(t, n)
	o.breachAll(0, n, sla.BreachOpen)
	began, passes := time.Now(), 0
	for len(o.sent()) == 0 || o.waiting > 0 {
		if passes++; passes > n {
			t.Fatal("it comes to no end")
		}
		o.pass()
	}
	t.Logf("of %d breaches three contacts had %d mails after %d passes, %s", n, len(o.sent()), passes, time.Since(began).Round(time.Millisecond))
	if want := 3 * ((n + 499) / 500); len(o.sent()) != want {
		t.Errorf("there are %d mails, want %d", len(o.sent()), want)
	}
	for _, address := range []string{"kim@example.com", "lee@example.com", "slm-team@example.com"} {
		named := o.named(address)
		for i := range n {
			if named[shelf(i)] != 1 {
				t.Fatalf("to %s %s is named %d times", address, shelf(i), named[shelf(i)])
			}
		}
	}
}

func TestTenMailsAnHourComeSinglyAndWhatFollowsTogether(t *testing.T) {
	o := newPlatform(t, 40)
	o.options.AlsoTo, o.catalogue.Parties[1].Contacts = nil, nil
	o.hire()
	for _, step := range []struct {
		from, to, mails int
		last            string
	}{
		{0, 10, 10, "Shop: shelf-009 is below its target, November 2026"},
		{10, 11, 11, "Shop: shelf-010 is below its target, November 2026"}, // one alone is never gathered
		{11, 14, 12, "3 targets: below target (3)"},
	} {
		o.breachAll(step.from, step.to, sla.BreachOpen)
		o.pass()
		if got := o.sent(); len(got) != step.mails || !strings.HasSuffix(got[len(got)-1], "[SLM] "+step.last) {
			t.Errorf("with %d breaches there are %d mails, want %d, the last %q", step.to, len(got), step.mails, got[len(got)-1])
		}
		o.now = o.now.Add(sla.Minute)
	}
	o.now = o.now.Add(sla.Hour)
	o.breachAll(14, 18, sla.BreachOpen)
	o.pass()
	if n := len(o.sent()); n != 16 {
		t.Errorf("an hour later four breaches make %d mails", n-12)
	}
	for name, times := range o.named("kim@example.com") {
		if times > 1 {
			t.Errorf("%s is named %d times", name, times)
		}
	}
}

// killedOnceSent makes a pass that ends when a mail was sent, before that is on
// record, and begins anew a minute later.
func (o *office) killedOnceSent() {
	o.t.Helper()
	smtp := o.options.Send
	ctx, kill := context.WithCancel(o.t.Context())
	o.options.Send = func(ctx context.Context, m announce.Mail) (string, error) {
		defer kill()
		return smtp(ctx, m)
	}
	o.hire()
	if err := o.postman.Pass(ctx); !errors.Is(err, context.Canceled) {
		o.t.Fatalf("the pass was not ended: %v", err)
	}
	o.options.Send = smtp
	o.hire()
	o.now = o.now.Add(sla.Minute)
}

func TestKilledBetweenAGatheredMailAndItsRecordTheSameMailComesAgain(t *testing.T) {
	o := newPlatform(t, 60)
	o.options.AlsoTo, o.catalogue.Parties[1].Contacts = nil, nil
	o.breachAll(0, 30, sla.BreachOpen)
	o.killedOnceSent()
	o.breachAll(30, 60, sla.BreachOpen) // must not get into the mail that may be there already
	o.pass()
	thirty := "kim@example.com: [SLM] 30 targets: below target (30)"
	o.is("after the kill", thirty, thirty, thirty)
	mails := o.host.Messages()
	if !slices.Equal(mails[0].Raw, mails[1].Raw) {
		t.Errorf("the mail that came again is another one:\n%s\n%s", mails[0].Raw, mails[1].Raw)
	}
	if mails[2].Header.Get("Message-Id") == mails[1].Header.Get("Message-Id") {
		t.Error("two mails have one id")
	}
}

func TestWhoMayHaveBeenToldBeforeAKillHearsHowItGoesOn(t *testing.T) {
	o := newPlatform(t, 30)
	o.options.AlsoTo, o.catalogue.Parties[1].Contacts = nil, nil
	o.breachAll(0, 30, sla.BreachOpen)
	o.killedOnceSent()
	o.breachAll(0, 2, sla.BreachOpen, sla.BreachAverted)
	o.pass()
	want := []string{"30 targets: below target (30)", "28 targets: below target (28)", "Shop: shelf-000 kept its target after all, November 2026", "Shop: shelf-001 kept its target after all, November 2026"}
	for i := range want {
		want[i] = "kim@example.com: [SLM] " + want[i]
	}
	o.is("then", want...)
	if mails := o.host.Messages(); len(mails) == len(want) && mails[0].Header.Get("Message-Id") != mails[1].Header.Get("Message-Id") {
		t.Error("what may be there already comes again under another id")
	}
}

func TestAMailThatMayHaveBeenTakenIsRepeatedAsItWasAndOneThatWasRefusedIsNot(t *testing.T) {
	for name, c := range map[string]struct {
		script func(string) string
		want   []string
	}{
		"hangs at the end": {only("DOT", testkit.Hang), []string{"20 targets: below target (20)", "15 targets: below target (15)"}},
		"refused":          {only("RCPT", "451 later"), []string{"35 targets: below target (35)"}},
		"down":             {only("CONNECT", "554 not today"), []string{"35 targets: below target (35)"}},
	} {
		o := newPlatform(t, 35)
		o.options.AlsoTo, o.catalogue.Parties[1].Contacts = nil, nil
		o.hire()
		o.host.Script(c.script)
		o.smtp.Timeout = time.Second
		o.breachAll(0, 20, sla.BreachOpen)
		o.pass()
		o.host.Script(nil)
		o.smtp.Timeout = 5 * time.Second
		o.now = o.now.Add(sla.Hour)
		o.breachAll(20, 35, sla.BreachOpen)
		o.pass()
		o.now = o.now.Add(sla.Minute)
		o.pass()
		var want []string
		for _, subject := range c.want {
			want = append(want, "kim@example.com: [SLM] "+subject)
		}
		o.is(name, want...)
	}
}

func TestWhatIsOvertakenLeavesTheMailInWhichItWaits(t *testing.T) {
	o := newPlatform(t, 20)
	o.options.AlsoTo, o.catalogue.Parties[1].Contacts = nil, nil
	o.hire()
	o.host.Script(only("RCPT", "451 later"))
	o.breachAll(0, 20, sla.BreachOpen)
	o.pass()
	o.host.Script(nil)
	o.breachAll(0, 3, sla.BreachOpen, sla.BreachConfirmed)
	o.now = o.now.Add(sla.Hour)
	o.pass()
	o.is("an hour later", "kim@example.com: [SLM] 20 targets: missed (3), below target (17)")
	if named := o.named("kim@example.com"); len(named) != 20 || named[shelf(1)] != 1 {
		t.Errorf("named are %v", named)
	}
}

func TestAMailThatCannotBeReadIsGivenUpAndShown(t *testing.T) {
	o := newPlatform(t, 1)
	n := store.Notice{
		Kind: store.BreachNotice, About: 99, Seq: 1, Recipient: "kim@example.com", MessageID: "x@example.com", State: store.NoticePending,
		MadeAt: o.now.Add(-2 * sla.Day), At: o.now, Mail: []byte(`{"subject":"of another form"}`),
	}
	if err := o.store.PlanNotices(t.Context(), []store.Notice{n}, nil, o.now); err != nil {
		t.Fatal(err)
	}
	o.pass()
	if shown, count, err := o.store.Notices(t.Context(), store.NoticeUndeliverable, 0, 1); err != nil || count != 1 || !strings.Contains(shown[0].Answer, "cannot be read") {
		t.Errorf("shown are %+v, %v", shown, err)
	}
	o.is("then")
}
