package announce_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/testkit"
)

var (
	monday   = sla.At(time.Date(2026, time.November, 16, 6, 0, 0, 0, time.UTC))
	noon     = monday.Add(30 * sla.Hour)
	november = sla.Period{Name: "2026-11", Span: sla.Span{
		From: sla.At(time.Date(2026, time.October, 31, 23, 0, 0, 0, time.UTC)), To: sla.At(time.Date(2026, time.November, 30, 23, 0, 0, 0, time.UTC)),
	}}
)

// office is a postman with a store, a company and a smarthost.
type office struct {
	t         *testing.T
	store     *store.Store
	host      *testkit.Smarthost
	catalogue *sla.Catalogue
	standings []sla.Standing
	now       sla.Instant
	results   []string
	waiting   int
	options   announce.PostOptions
	smtp      *announce.SMTP
	postman   *announce.Postman
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, now: noon, host: testkit.StartSmarthost(t, false), catalogue: shop()}
	o.open(filepath.Join(t.TempDir(), "slmd.db"))
	o.smtp = &announce.SMTP{
		Smarthost: o.host.Address(), From: "slm@example.com", Security: announce.StartTLS, TLS: trusting(t, o.host.CA()), Timeout: 5 * time.Second,
	}
	o.options = announce.PostOptions{
		Store: o.store, Catalogue: func() *sla.Catalogue { return o.catalogue }, Standings: func() []sla.Standing { return o.standings },
		Now: func() sla.Instant { return o.now }, From: "slm@example.com", AlsoTo: []string{"slm-team@example.com"},
		ExternalURL: "https://slm.example.com", FinaliseAfter: sla.Hour,
		Send:    func(ctx context.Context, m announce.Mail) (string, error) { return o.smtp.Send(ctx, m) },
		Tried:   func(result string) { o.results = append(o.results, result) },
		Waiting: func(n int) { o.waiting = n },
	}
	v := verdict(sla.Breached, 3000)
	o.standings = []sla.Standing{{Agreement: &o.catalogue.Agreements[0], Objective: &o.catalogue.Agreements[0].Objectives[0], Current: &v}}
	o.hire()
	return o
}

func (o *office) open(file string) {
	o.t.Helper()
	var err error
	if o.store, err = store.Open(o.t.Context(), file, store.Options{}); err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = o.store.Close() })
}

// hire makes a new postman, as a restart does.
func (o *office) hire() {
	o.t.Helper()
	var err error
	if o.postman, err = announce.NewPostman(o.options); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) pass() {
	o.t.Helper()
	if err := o.postman.Pass(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// sent gives what the smarthost has, as recipient: subject.
func (o *office) sent() []string {
	var out []string
	for _, m := range o.host.Messages() {
		out = append(out, m.To+": "+m.Subject())
	}
	return out
}

// is compares what was sent.
func (o *office) is(when string, want ...string) {
	o.t.Helper()
	if got := o.sent(); !slices.Equal(got, want) {
		o.t.Errorf("%s the smarthost has\n%s\nwant\n%s", when, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func trusting(t *testing.T, ca string) *tls.Config {
	t.Helper()
	text, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func percent(text string) *sla.Decimal {
	d, err := sla.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return &d
}

// shop is a company whose names are meant to do harm.
func shop() *sla.Catalogue {
	return &sla.Catalogue{
		Parties: []sla.Party{
			{Name: "retail", Title: "Retail <b>division</b>", Role: sla.Customer, Contacts: []sla.Contact{{Name: "A. Kim", Email: "kim@example.com"}, {Name: "No Address"}}},
			{Name: "platform", Title: "Platform", Role: sla.Internal, Contacts: []sla.Contact{{Name: "B. Lee", Email: "lee@example.com"}, {Email: "KIM@example.com"}}},
		},
		Services:   []sla.Service{{Name: "shop", Title: "Shop\r\nBcc: all@example.com <script>alert(1)</script>", Status: sla.Live}},
		Indicators: []sla.Indicator{{Name: "probe", Interval: sla.Minute}},
		Agreements: []sla.Agreement{{
			Name: "shop-sla", Version: 1, Kind: sla.SLA, Title: "Shop SLA", Service: "shop", Provider: "platform", Customer: "retail",
			Valid: sla.Span{From: november.From, To: sla.Forever}, Zone: "Europe/Berlin", Period: sla.PeriodTerm{Kind: sla.PeriodMonth},
			Objectives: []sla.Objective{{Name: "availability", Indicator: "probe", Target: percent("99.9"), Method: sla.TimeMethod}},
		}},
	}
}

func seconds(n int64) *big.Rat { return big.NewRat(n, 1) }

// verdict is one of November so far, with that many bad seconds of 2592 allowed.
func verdict(state sla.State, bad int64) sla.Verdict {
	all := int64(1_300_000)
	return sla.Verdict{
		Agreement: "shop-sla", Version: 1, AgreementKind: sla.SLA, Service: "shop", Objective: "availability", Indicator: "probe",
		Facts: sla.Time, Method: sla.TimeMethod, Target: percent("99.9"), Period: november, Part: november.Span, State: state, Provisional: true,
		Good: seconds(all - bad), Bad: seconds(bad), FactGood: seconds(all - bad), FactBad: seconds(bad),
		Unknown: seconds(0), Removed: seconds(0), Scope: seconds(all),
		Compliance: &sla.Share{Num: seconds(all - bad), Den: seconds(all)}, Completeness: &sla.Share{Num: seconds(99), Den: seconds(100)},
		Budget: &sla.Budget{Allowed: seconds(2592), Left: seconds(2592 - bad)}, Totals: sla.Totals{Count: 2, Longest: 20 * sla.Minute, SmallBad: seconds(0)},
	}
}

// breach records a breach with its transitions, a minute apart up to noon, and
// the condition that an alert is made of.
func (o *office) breach(states ...sla.BreachState) {
	o.t.Helper()
	b := sla.Breach{Agreement: "shop-sla", Version: 1, Objective: "availability", Period: november, OpenedAt: noon}
	for i, s := range states {
		b.State = s
		b.Transitions = append(b.Transitions, sla.Transition{At: noon.Add(sla.Millis(i) * sla.Minute), State: s, Cause: "budget spent"})
	}
	c := o.condition()
	if b.State == sla.BreachAverted || b.State == sla.BreachWithdrawn {
		c.Until = noon.Add(sla.Minute)
	}
	o.record(store.Round{Breaches: []sla.Breach{b}, Conditions: []sla.Condition{c}})
}

func (o *office) condition() sla.Condition {
	return sla.Condition{Alertname: sla.AlertBreached, Severity: "critical", Agreement: "shop-sla", Objective: "availability", Since: noon, Until: sla.Forever}
}

func (o *office) record(r store.Round) {
	o.t.Helper()
	r.At = o.now
	if _, err := o.store.RecordRound(o.t.Context(), r); err != nil {
		o.t.Fatal(err)
	}
}

const harmless = "Shop  Bcc: all@example.com <script>alert(1)</script>: availability "

func TestABreachIsMailedOnceToEveryContactThroughTLS(t *testing.T) {
	o := newOffice(t)
	o.breach(sla.BreachOpen, sla.BreachConfirmed)
	o.pass()
	want := []string{
		"kim@example.com: [SLM] " + harmless + "has missed its target, November 2026",
		"lee@example.com: [SLM] " + harmless + "has missed its target, November 2026",
		"slm-team@example.com: [SLM] " + harmless + "has missed its target, November 2026",
	}
	o.is("after a pass", want...)
	o.pass()
	o.hire()
	o.pass()
	o.is("after another pass, and after a restart,", want...)

	m := o.host.Messages()[0]
	if !m.TLS || m.From != "slm@example.com" || m.Header.Get("Bcc") != "" || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("TLS %v, from %q, headers %v", m.TLS, m.From, m.Header)
	}
	if to, err := m.Header.AddressList("To"); err != nil || to[0].Name != "A. Kim" || to[0].Address != "kim@example.com" {
		t.Errorf("to %v, %v", to, err)
	}
	for _, text := range []string{
		"99.76% against 99.9% in November 2026", "50 min of 43 min 12 s allowed", "115.8%", "2, the longest 20 min", "99.00%",
		"17 Nov 2026, 13:00", "Europe/Berlin", "https://slm.example.com/breaches/1", "https://slm.example.com/objectives/shop-sla/availability", "Shop SLA (SLA, version 1)",
	} {
		if !strings.Contains(m.Text, text) || !strings.Contains(m.HTML, text) {
			t.Errorf("%q is missing from\n%s\nor\n%s", text, m.Text, m.HTML)
		}
	}
	if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<b>") || !strings.Contains(m.HTML, "&lt;script&gt;") {
		t.Errorf("markup is not shown as text:\n%s", m.HTML)
	}
	if strings.Contains(m.Text, "\nBcc:") {
		t.Errorf("a name begins a line of its own:\n%s", m.Text)
	}
	if !slices.Equal(o.results, []string{"sent", "sent", "sent"}) || o.waiting != 0 {
		t.Errorf("counted %q, %d wait", o.results, o.waiting)
	}
}

func TestWhoWasToldOfABreachHearsHowItGoesOn(t *testing.T) {
	o := newOffice(t)
	o.options.AlsoTo, o.catalogue.Parties[1].Contacts = nil, nil
	o.hire()
	title := "kim@example.com: [SLM] " + harmless
	var want []string
	for i, step := range []struct {
		state sla.BreachState
		words string
	}{
		{sla.BreachOpen, "is below its target"},
		{sla.BreachConfirmed, "has missed its target"},
		{sla.BreachWithdrawn, "has no breach any more"},
		{sla.BreachOpen, "is below its target"},
		{sla.BreachAverted, "kept its target after all"},
	} {
		states := []sla.BreachState{sla.BreachOpen, sla.BreachConfirmed, sla.BreachWithdrawn, sla.BreachOpen, sla.BreachAverted}[:i+1]
		if i == 3 {
			c := o.condition()
			c.Since = noon.Add(3 * sla.Minute)
			o.record(store.Round{Conditions: []sla.Condition{c}})
			b := sla.Breach{ID: 1, Agreement: "shop-sla", Version: 1, Objective: "availability", Period: november, OpenedAt: noon}
			for j, s := range states {
				b.Transitions = append(b.Transitions, sla.Transition{At: noon.Add(sla.Millis(j) * sla.Minute), State: s, Cause: "budget spent"})
			}
			o.record(store.Round{Breaches: []sla.Breach{b}})
		} else {
			o.breach(states...)
		}
		o.now = o.now.Add(sla.Minute)
		o.pass()
		want = append(want, title+step.words+", November 2026")
		o.is(fmt.Sprintf("after %s", step.state), want...)
	}
	ids := map[string]bool{}
	for _, m := range o.host.Messages() {
		ids[m.Header.Get("Message-Id")] = true
		if m.Header.Get("References") != o.host.Messages()[0].Header.Get("References") {
			t.Error("mails on one breach do not refer to the same")
		}
	}
	if len(ids) != 5 {
		t.Errorf("five mails have %d ids", len(ids))
	}
}

func TestNothingOldIsMailed(t *testing.T) {
	o := newOffice(t)
	october := sla.Period{Name: "2026-10", Span: sla.Span{From: november.From.Add(-31 * sla.Day), To: november.From}}
	old := sla.Breach{
		Agreement: "shop-sla", Version: 1, Objective: "availability", Period: october, OpenedAt: october.From.Add(sla.Day), State: sla.BreachConfirmed,
		Transitions: []sla.Transition{
			{At: october.From.Add(sla.Day), State: sla.BreachOpen, Cause: "budget spent"},
			{At: o.now, State: sla.BreachConfirmed, Cause: "budget spent"}, // found while catching up
		},
	}
	o.record(store.Round{Breaches: []sla.Breach{old}, Conditions: []sla.Condition{o.condition()}})
	o.pass()
	o.is("after an old breach was found")

	// What is open by facts that are too few or too old makes no alert, and no mail.
	o = newOffice(t)
	b := sla.Breach{Agreement: "shop-sla", Version: 1, Objective: "availability", Period: november, OpenedAt: noon, State: sla.BreachOpen}
	b.Transitions = []sla.Transition{{At: noon, State: sla.BreachOpen, Cause: "budget spent"}}
	o.record(store.Round{Breaches: []sla.Breach{b}})
	o.pass()
	o.is("without an alert")

	// Who was never told that it was open does not hear that it is not.
	o.breach(sla.BreachOpen, sla.BreachAverted)
	o.pass()
	o.is("after it was averted")
}

func TestADigestTellsEveryContactWhatIsAtRiskOrMissed(t *testing.T) {
	o := newOffice(t)
	o.options.Digest = "0 6 * * 1"
	o.catalogue.Services[0].Title = "Shop"
	o.catalogue.Parties = append(o.catalogue.Parties, sla.Party{Name: "other", Role: sla.Customer, Contacts: []sla.Contact{{Email: "other@example.com"}}})
	calm := o.catalogue.Agreements[0]
	calm.Name, calm.Customer = "other-sla", "other"
	ends := &sla.Exhaustion{At: noon.Add(100 * sla.Hour), Window: "6h"}
	risk, missed, fine := verdict(sla.AtRisk, 2100), verdict(sla.Breached, 5000), verdict(sla.Met, 1)
	missed.Period.Name, missed.Part.To = "2026-10", monday.Add(-sla.Day)
	o.standings = []sla.Standing{
		{Agreement: &o.catalogue.Agreements[0], Objective: &o.catalogue.Agreements[0].Objectives[0], Current: &risk, Previous: &missed, Exhaustion: ends},
		{Agreement: &calm, Objective: &calm.Objectives[0], Current: &fine},
	}
	o.options.AlsoTo = nil
	behind := true
	o.options.Behind = func() bool { return behind }
	o.hire()
	o.now = monday.Add(-1)
	o.pass()
	o.now = monday.Add(10 * sla.Minute)
	o.pass()
	o.is("before its time, and while facts are due")
	behind = false
	o.pass()
	want := []string{
		"kim@example.com: [SLM] Targets: 1 breached, 1 at risk",
		"lee@example.com: [SLM] Targets: 1 breached, 1 at risk",
	}
	o.is("when it is due", want...)
	missed.Part.To = sla.Forever // would concern the others too
	o.standings[1].Current = &missed
	o.hire()
	o.pass()
	o.now = monday.Add(3 * sla.Day)
	o.pass()
	o.is("later", want...)

	m := o.host.Messages()[0]
	for _, text := range []string{"Shop: availability", "Oct 2026", "99.61%", "−93.0%", "Nov 2026", "99.83% against 99.9%", "18.9%, lasts until 21 Nov 2026, 17:00"} {
		if !strings.Contains(m.Text, text) || !strings.Contains(m.HTML, text) {
			t.Errorf("%q is missing from\n%s", text, m.Text)
		}
	}
	if strings.Index(m.Text, "Oct") > strings.Index(m.Text, "Nov") {
		t.Error("the worst is not first")
	}
	o.now = monday.Add(7*sla.Day + sla.Minute)
	o.pass()
	if n := len(o.sent()); n != 5 {
		t.Errorf("a week later there are %d mails, want 5: %q", n, o.sent())
	}
}
