package judge

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// alarm judges the burn of one objective of 99.9 % in months of thirty days.
type alarm struct {
	kase  Case
	rules []BurnRule
}

func newAlarm(facts sla.FactKind) alarm {
	k := newCompany()
	a := k.promise(sla.SLA, "shop", "99.9")
	if facts == sla.Events {
		a.Objectives[0].Method, k.Indicators[0].Kind = sla.Occurrences, sla.Ratio
	}
	a.Objectives[0].Alerts.MinBad = sla.DefaultMinBad
	kase, _ := k.book().newCase(a, &a.Objectives[0], november)
	return alarm{kase, BurnRules(*kase.Objective.Target, 30*sla.Day, 30*sla.Day)}
}

// firing gives the windows whose alerts of that severity fire at the end of the
// last entry, which is one of many, a minute each.
func (a *alarm) firing(tb testing.TB, severity string, entries []sla.Entry) []string {
	tb.Helper()
	at, longest := entries[len(entries)-1].To, sla.Minute
	for _, r := range a.rules {
		if r.Severity == severity {
			longest = max(longest, r.Long.Length)
		}
	}
	rates, err := Burn(a.kase, History{Loose: entries[max(0, len(entries)-int(longest/sla.Minute)):]}, at)
	if err != nil {
		tb.Fatal(err)
	}
	var windows []string
	for _, f := range BurnFiring(a.rules, rates, a.kase.Indicator.Facts(), a.kase.Objective.Alerts.MinBad) {
		if f.Severity == severity {
			windows = append(windows, f.Window)
		}
	}
	return windows
}

// detection is what is bad: so much of all there is in a minute, in every nth
// minute.
type detection struct {
	facts    sla.FactKind
	bad, all sla.Amount
	nth      int
}

// cleanDays is how long nothing was bad before.
const cleanDays = 3

// entries gives minutes of which the first are clean.
func (d detection) entries(minutes int) []sla.Entry {
	out := make([]sla.Entry, cleanDays*24*60+minutes)
	for i := range out {
		out[i] = sla.Entry{Span: sla.Span{From: minute(i), To: minute(i + 1)}, Good: d.all}
		if after := i - cleanDays*24*60 + 1; after > 0 && after%d.nth == 0 {
			out[i].Good, out[i].Bad = d.all.Sub(d.bad), d.bad
		}
	}
	return out
}

// after gives how many minutes after the errors began an alert of the severity
// fires, and which; zero when none does within three days. Rates only rise with
// the minutes that have errors, so it is enough to look at these.
func (d detection) after(tb testing.TB, severity string) (minutes int, window string) {
	tb.Helper()
	a, entries := newAlarm(d.facts), d.entries(3*24*60)
	find := func(minutes int) []string { return a.firing(tb, severity, entries[:cleanDays*24*60+minutes]) }
	n := sort.Search(3*24*60/d.nth, func(i int) bool { return find((i+1)*d.nth) != nil })
	if minutes = (n + 1) * d.nth; minutes > 3*24*60 {
		return 0, ""
	}
	return minutes, find(minutes)[0]
}

// found shows when an alert came.
func found(minutes int, window string) string {
	if minutes == 0 {
		return "never"
	}
	text := (sla.Millis(minutes) * sla.Minute).Duration().String()
	text = strings.TrimSuffix(text, "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text + " (" + window + ")"
}

// detectionTable gives the table of the docs.
func detectionTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| error rate | page after | error budget spent by then | ticket after | page after, at 60 requests an hour |\n|---|---|---|---|---|\n")
	for _, perMille := range []int64{1000, 100, 50, 20, 10, 5, 2, 1} {
		busy := detection{sla.Events, sla.Whole(perMille), sla.Whole(1000), 1}
		page, window := busy.after(t, "critical")
		ticket, long := busy.after(t, "warning")
		for severity, want := range map[string]int{"critical": page, "warning": ticket} {
			inTime := detection{sla.Time, sla.Seconds(60 * sla.Millis(perMille)), sla.Seconds(sla.Minute), 1}
			if got, _ := inTime.after(t, severity); got != want {
				t.Errorf("%d ‰ of the time are noticed after %d minutes, of the events after %d", perMille, got, want)
			}
		}
		spent := "–"
		if page > 0 { // of 43.2 minutes of errors
			spent = fmt.Sprintf("%.1f %%", float64(page)*float64(perMille)/432)
		}
		few := detection{sla.Events, sla.Whole(1), sla.Whole(1), int(1000 / perMille)}
		rare, rareWindow := few.after(t, "critical")
		fmt.Fprintf(&b, "| %g %% | %s | %s | %s | %s |\n", float64(perMille)/10,
			found(page, window), spent, found(ticket, long), found(rare, rareWindow))
	}
	return b.String()
}

func TestTheDocsSayHowFastErrorsAreNoticed(t *testing.T) {
	page, err := os.ReadFile("../../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	if table := detectionTable(t); !strings.Contains(string(page), table) {
		t.Errorf("docs/alerts.md has another table than what comes out:\n%s", table)
	}
}

// months is how many months are simulated: SLMD_MONTHS, or 200.
func months(t *testing.T) int {
	t.Helper()
	text := os.Getenv("SLMD_MONTHS")
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("SLMD_MONTHS: %v", err)
	}
	return n
}

// paged counts the months in which a page is sent, of an objective that gets
// one request a minute of which so many of 100,000 fail.
func paged(t *testing.T, a *alarm, of100k int) int {
	t.Helper()
	pages := 0
	for month := range months(t) {
		if a.pages(t, rand.New(rand.NewPCG(uint64(month), uint64(of100k))), of100k) {
			pages++
		}
	}
	return pages
}

// pages simulates one month. With one request a minute, rates only rise with a
// request that fails, so these are the minutes to look at.
func (a *alarm) pages(t *testing.T, random *rand.Rand, of100k int) bool {
	t.Helper()
	entries := make([]sla.Entry, 30*24*60)
	for i := range entries {
		entries[i] = sla.Entry{Span: sla.Span{From: minute(i), To: minute(i + 1)}, Good: sla.Whole(1)}
		if random.IntN(100_000) >= of100k {
			continue
		}
		entries[i].Good, entries[i].Bad = sla.Amount{}, sla.Whole(1)
		if a.firing(t, "critical", entries[:i+1]) != nil {
			return true
		}
	}
	return false
}

func TestNobodyIsPagedForAFewErrorsInAQuietService(t *testing.T) {
	a := newAlarm(sla.Events)
	n := months(t)
	half, nearly := paged(t, &a, 50), paged(t, &a, 90)
	t.Logf("of %d months %d have a page at 0.05 %%, %d at 0.09 %%", n, half, nearly)
	if n != 200 { // how often it happens in the long run: docs/alerts.md says it beside the bound
		a.kase.Objective.Alerts.MinBad = sla.DefaultMinBad + 1
		t.Logf("with min_bad one higher %d have a page at 0.09 %%", paged(t, &a, 90))
		return
	}
	if half > 0 {
		t.Errorf("at half of what the target allows %d of %d months have a page, want none", half, n)
	}
	if 100*nearly > n {
		t.Errorf("at nine tenths of what the target allows %d of %d months have a page, want at most one in a hundred", nearly, n)
	}
}
