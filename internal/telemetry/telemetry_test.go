package telemetry

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// busy gives a recorder on which every family has a series.
func busy() *Recorder {
	r := NewRecorder(Build{"1.0.0", "abc", "go1.26"}, Readings{
		RoundLag:         func() sla.Millis { return 90 * sla.Second },
		IntervalsPending: func() int64 { return 7 },
		StorageSizes:     func() map[string]int64 { return map[string]int64{"slmd.db": 4096, "slmd.db-wal": 512} },
		AuditHead:        func() int64 { return 12 },
		StorageWritable:  func() bool { return true },
	})
	r.Reloaded(true)
	r.RoundDone("ok", 40*time.Millisecond)
	r.RoundSkipped()
	r.IntervalsMeasured(5)
	r.SourceUp("main", true)
	r.SourceRequest("main", "query_range", "ok", 20*time.Millisecond)
	r.Samples("main", 1000)
	r.Rejected("nan", 2)
	r.Alertmanager("http://localhost:9093")
	r.NotificationsSent("http://localhost:9093", 3)
	r.NotificationsFailed("http://localhost:9093", 1)
	r.NotificationsDropped("http://localhost:9093", 4)
	r.AlertsFiring(map[string]int{sla.AlertBreached: 2})
	r.Revised("hole", 2)
	r.Reconciled("main", 1_700_000_000_000)
	r.MailTried("retried")
	r.MailsWaiting(3)
	r.MetricsPushed(true)
	r.MetricsPushed(false)
	r.ReportIssued("html", "ok")
	r.StorageTx(3 * time.Millisecond)
	r.request("GET /metrics", 200)
	return r
}

// page gives the page as text.
func page(t testing.TB, opts Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := New(opts).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// series gives the samples of a page by the text before their values; a series
// that stands there twice fails the test.
func series(t testing.TB, page string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		if name := line[:at]; out[name] != "" {
			t.Errorf("%s stands on the page twice", name)
		}
		out[line[:at]] = strings.TrimSpace(line[at+1:])
	}
	return out
}

// familyNames gives the names in the TYPE lines, in their order.
func familyNames(page string) []string {
	var names []string
	for line := range strings.Lines(page) {
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			names = append(names, strings.Fields(rest)[0])
		}
	}
	return names
}

func TestThePageShowsWhatIsKnownOfAnObjective(t *testing.T) {
	got := series(t, page(t, Options{Standings: given(standing("checkout-sla", "availability")), Recorder: busy(), Credits: true}))
	base := `agreement="checkout-sla",kind="SLA",objective="availability",service="checkout"`
	for name, want := range map[string]string{
		`slmd_objective_state{` + base + `,state="at_risk"}`:                                                                             "1",
		`slmd_objective_state{` + base + `,state="met"}`:                                                                                 "0",
		`slmd_objective_state{` + base + `,state="no_data"}`:                                                                             "0",
		`slmd_objective_compliance_ratio{` + base + `,window="current"}`:                                                                 "0.9995",
		`slmd_objective_compliance_ratio{` + base + `,window="previous"}`:                                                                "0.998",
		`slmd_objective_target_ratio{` + base + `}`:                                                                                      "0.999",
		`slmd_objective_error_budget_remaining_ratio{` + base + `,window="current"}`:                                                     "0.07407407407407407",
		`slmd_objective_error_budget_remaining_seconds{` + base + `}`:                                                                    "192",
		`slmd_objective_burn_rate{` + base + `,window="1h"}`:                                                                             "14.5",
		`slmd_objective_burn_rate{` + base + `,window="5m"}`:                                                                             "0",
		`slmd_objective_burn_rate{` + base + `,window="3d"}`:                                                                             "",
		`slmd_objective_burn_firing{` + base + `,severity="critical",window="1h"}`:                                                       "1",
		`slmd_objective_burn_firing{` + base + `,severity="critical",window="6h"}`:                                                       "0",
		`slmd_objective_burn_firing{` + base + `,severity="warning",window="3d"}`:                                                        "0",
		`slmd_objective_completeness_ratio{` + base + `,window="current"}`:                                                               "0.99",
		`slmd_objective_removed_seconds{` + base + `,window="current"}`:                                                                  "3600",
		`slmd_objective_bad_seconds{` + base + `,window="current"}`:                                                                      "2400",
		`slmd_objective_last_measured_timestamp_seconds{` + base + `}`:                                                                   "1.7953056005e+09",
		`slmd_breach_open{` + base + `}`:                                                                                                 "1",
		`slmd_credit_accrued{agreement="checkout-sla",currency="EUR"}`:                                                                   "1200.5",
		`slmd_agreement_expiry_timestamp_seconds{agreement="checkout-sla"}`:                                                              "1.8250272e+09",
		`slmd_agreement_review_due_timestamp_seconds{agreement="checkout-sla"}`:                                                          "1.8091296e+09",
		`slmd_targets_met_ratio{kind="SLA"}`:                                                                                             "1",
		`slmd_breaches_total{agreement="checkout-sla",attribution="third_party",kind="SLA",objective="availability",service="checkout"}`: "3",
		`slmd_breaches_total{agreement="checkout-sla",attribution="own",kind="SLA",objective="availability",service="checkout"}`:         "0",
		`slmd_breaches_total{agreement="checkout-sla",attribution="customer",kind="SLA",objective="availability",service="checkout"}`:    "1",
		`slmd_objective_info{agreement="checkout-sla",customer="retail",indicator="checkout-up",kind="SLA",method="time",objective="availability",period="month",provider="platform",service="checkout",severity="critical",version="2"}`: "1",
		`slmd_series_limit_reached`: "0",
	} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
}

func TestWhatIsUnknownIsAbsentAndNotZero(t *testing.T) {
	text := page(t, Options{Standings: given(bare("desk-ola", "csat")), Recorder: NewRecorder(Build{}, Readings{}), Credits: true})
	got := series(t, text)
	base := `agreement="desk-ola",kind="OLA",objective="csat",service="checkout"`
	if got[`slmd_objective_state{`+base+`,state="no_data"}`] != "1" {
		t.Errorf("an objective without a verdict has not the state no_data:\n%s", text)
	}
	for _, name := range []string{"compliance_ratio", "target_ratio", "error_budget", "completeness", "bad_seconds", "removed_seconds", "burn", "last_measured"} {
		if strings.Contains(text, "slmd_objective_"+name) {
			t.Errorf("slmd_objective_%s… is there although nothing is known", name)
		}
	}
	for _, name := range []string{"slmd_agreement_expiry", "slmd_agreement_review", "slmd_credit_accrued", "slmd_targets_met", "slmd_round_lag", "slmd_storage_size", "slmd_config_last"} {
		if strings.Contains(text, name) {
			t.Errorf("%s… is there although there is no such thing", name)
		}
	}
	if !strings.Contains(text, `period="rolling 30d"`) {
		t.Error("the length of the rolling period is missing")
	}
}

func TestTimeAmountsAreOfObjectivesOverTimeOnly(t *testing.T) {
	s := standing("checkout-sla", "errors")
	s.Current.Method, s.Previous = sla.Occurrences, nil
	text := page(t, Options{Standings: given(s), Recorder: busy()})
	for _, name := range []string{"slmd_objective_bad_seconds", "slmd_objective_error_budget_remaining_seconds"} {
		if strings.Contains(text, name) {
			t.Errorf("%s is there for counted events", name)
		}
	}
	if !strings.Contains(text, "slmd_objective_error_budget_remaining_ratio") {
		t.Error("the share of the budget is missing")
	}
}

func TestWhatIsApproximateSaysSo(t *testing.T) {
	s := standing("checkout-sla", "speed")
	if text := page(t, Options{Standings: given(s), Recorder: busy()}); strings.Contains(text, "slmd_objective_approximate{") {
		t.Error("exact facts are called approximate")
	}
	s.Current.Approximate = true
	got := series(t, page(t, Options{Standings: given(s), Recorder: busy()}))
	if name := `slmd_objective_approximate{agreement="checkout-sla",kind="SLA",objective="speed",service="checkout",window="current"}`; got[name] != "1" {
		t.Errorf("%s is %q, want 1", name, got[name])
	}
}

func TestATargetOfAllDividesNothingByZero(t *testing.T) {
	s := standing("checkout-sla", "availability")
	s.Current.Budget.Allowed.SetInt64(0)
	s.Previous = nil
	if text := page(t, Options{Standings: given(s), Recorder: busy()}); strings.Contains(text, "budget_remaining_ratio") {
		t.Error("there is a share of an error budget of nothing")
	}
}

func TestAnAgreementEndsWithItsLastVersion(t *testing.T) {
	s := standing("checkout-sla", "availability")
	next := *s.Agreement
	next.Version, next.Valid = 3, sla.Span{From: s.Agreement.Valid.To, To: s.Agreement.Valid.To.Add(365 * sla.Day)}
	got := series(t, page(t, Options{
		Standings: given(s), Recorder: busy(),
		Catalogue: func() *sla.Catalogue { return &sla.Catalogue{Agreements: []sla.Agreement{*s.Agreement, next}} },
	}))
	if v := got[`slmd_agreement_expiry_timestamp_seconds{agreement="checkout-sla"}`]; v != "1.8565632e+09" {
		t.Errorf("the agreement ends at %s, want the end of its third version", v)
	}
}

func TestCreditsAreShownOnlyWhenAskedForAndSummedByCurrency(t *testing.T) {
	yen, none := standing("checkout-sla", "latency"), standing("checkout-sla", "errors")
	yen.Current.Credit = &sla.Credit{Amount: &sla.Money{Minor: 500, Currency: "JPY"}}
	none.Current.Credit = nil
	all := given(standing("checkout-sla", "a"), standing("checkout-sla", "b"), yen, none)
	if text := page(t, Options{Standings: all, Recorder: busy()}); strings.Contains(text, "credit") {
		t.Error("credits are shown without being asked for")
	}
	got := series(t, page(t, Options{Standings: all, Recorder: busy(), Credits: true}))
	for currency, want := range map[string]string{"EUR": "2401", "JPY": "500"} {
		if v := got[`slmd_credit_accrued{agreement="checkout-sla",currency="`+currency+`"}`]; v != want {
			t.Errorf("%s %s, want %s", currency, v, want)
		}
	}
}

func TestTargetsMetIsTheShareOfTheJudged(t *testing.T) {
	met, missed, unknown := standing("a", "x"), standing("b", "x"), standing("c", "x")
	met.Current.State, missed.Current.State, unknown.Current.State = sla.Met, sla.Failing, sla.NoData
	got := series(t, page(t, Options{Standings: given(met, missed, unknown), Recorder: busy()}))
	if v := got[`slmd_targets_met_ratio{kind="SLA"}`]; v != "0.5" {
		t.Errorf("targets met %s, want 0.5", v)
	}
}

func TestOneObjectiveTwiceIsShownOnceAndTheOrderDoesNotMatter(t *testing.T) {
	a, b := standing("a", "x"), standing("b", "x")
	second := standing("a", "x")
	second.Current.State = sla.Breached
	one := page(t, Options{Standings: given(a, second, b), Recorder: busy()})
	other := page(t, Options{Standings: given(b, a, second), Recorder: busy()})
	series(t, one)
	if one != other {
		t.Error("the page depends on the order of the standings")
	}
	if !strings.Contains(one, `state="at_risk"} 1`) {
		t.Error("the first standing does not count")
	}
}

func TestOverTheLimitTheLeastImportantFamiliesAreLeftOutWhole(t *testing.T) {
	full := page(t, Options{Standings: many(10), Recorder: busy()})
	count := func(page, prefix string) int { return strings.Count(page, "\n"+prefix) }
	total := count(full, "slmd_objective_") + count(full, "slmd_breach")
	limited := page(t, Options{Standings: many(10), Recorder: busy(), SeriesLimit: total - 1})
	if strings.Contains(limited, "slmd_objective_burn_rate") || count(limited, "slmd_objective_removed_seconds") != 20 {
		t.Errorf("over the limit by one, %d series of burn rates and %d of removed time are there",
			count(limited, "slmd_objective_burn_rate"), count(limited, "slmd_objective_removed_seconds"))
	}
	if got := series(t, limited)["slmd_series_limit_reached"]; got != "1" {
		t.Errorf("slmd_series_limit_reached = %s", got)
	}
	least := page(t, Options{Standings: many(10), Recorder: busy(), SeriesLimit: 12})
	if n := count(least, "slmd_objective_"); n != 12 || !strings.Contains(least, `agreement="agreement-0001",kind`) || strings.Contains(least, `agreement="agreement-0003",kind`) {
		t.Errorf("with room for 12 series there are %d, in the order of the names", n)
	}
	if exact := page(t, Options{Standings: many(10), Recorder: busy(), SeriesLimit: total}); exact != full {
		t.Error("a page that just fits is not whole")
	}
}

func TestTheDocsSayInWhichOrderFamiliesAreLeftOut(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, order, _ := strings.Cut(string(page), "the last of these first:")
	order, _, _ = strings.Cut(order, ".")
	said := regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(order, -1)
	all := families()
	if len(said) != len(all) {
		t.Fatalf("the docs name %d families, there are %d", len(said), len(all))
	}
	for i, f := range all {
		if !strings.HasSuffix(f.name, said[i][1]) {
			t.Errorf("the docs name %s where %s is left out", said[i][1], f.name)
		}
	}
}

func TestAnObjectiveHasAsManySeriesAsTheDocsSay(t *testing.T) {
	s := standing("checkout-sla", "availability")
	s.Breaches = nil
	for _, w := range sla.BurnWindows {
		s.Burn[w.Name] = s.Current.Bad
	}
	for limit, want := range map[int]string{34: "0", 33: "1"} {
		got := series(t, page(t, Options{Standings: given(s), Recorder: busy(), SeriesLimit: limit}))
		if got["slmd_series_limit_reached"] != want {
			t.Errorf("with a limit of %d slmd_series_limit_reached is %s, want %s", limit, got["slmd_series_limit_reached"], want)
		}
	}
}

func TestEveryAlertThatHoldsIsASeriesWithItsLabels(t *testing.T) {
	text := page(t, Options{Standings: many(3), Recorder: busy(), Alerting: alerting, SeriesLimit: 1})
	got := series(t, text)
	for name, want := range map[string]string{
		`slmd_alerting_info{external_url="http://slmd",mode="rules"}`:                                                     "1",
		`slmd_condition{agreement="checkout-sla",alertname="SLMObjectiveBreached",severity="critical",team="a \"till\""}`: "1",
	} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
	quiet := page(t, Options{Standings: many(3), Recorder: busy(), Alerting: func() Alerting { return Alerting{Mode: "off"} }})
	if strings.Contains(quiet, "slmd_condition") || !strings.Contains(quiet, `mode="off"`) {
		t.Error("where no alert holds there is a condition, or the mode is not said")
	}
}

func TestThePageHasEveryFamilyOnceWithHelpAndType(t *testing.T) {
	text := page(t, Options{Standings: given(standing("checkout-sla", "availability"), bare("desk-ola", "csat")), Recorder: busy(), Credits: true, Process: true, Alerting: alerting})
	names := familyNames(text)
	sorted := slices.Sorted(slices.Values(names))
	if len(slices.Compact(slices.Clone(sorted))) != len(names) {
		t.Errorf("a family stands on the page twice: %v", sorted)
	}
	for _, want := range []string{
		"slmd_objective_info", "slmd_objective_target_ratio", "slmd_objective_compliance_ratio", "slmd_objective_state",
		"slmd_objective_error_budget_remaining_ratio", "slmd_objective_error_budget_remaining_seconds", "slmd_objective_burn_rate",
		"slmd_objective_burn_firing", "slmd_objective_completeness_ratio", "slmd_objective_removed_seconds", "slmd_objective_bad_seconds",
		"slmd_objective_last_measured_timestamp_seconds", "slmd_breaches_total", "slmd_breach_open", "slmd_credit_accrued",
		"slmd_agreement_expiry_timestamp_seconds", "slmd_agreement_review_due_timestamp_seconds", "slmd_targets_met_ratio",
		"slmd_build_info", "slmd_config_last_reload_successful", "slmd_rounds_total", "slmd_round_duration_seconds", "slmd_round_lag_seconds",
		"slmd_intervals_measured_total", "slmd_intervals_pending", "slmd_source_up", "slmd_source_requests_total",
		"slmd_source_request_duration_seconds", "slmd_source_samples_total", "slmd_samples_rejected_total", "slmd_notifications_sent_total",
		"slmd_notifications_failed_total", "slmd_alerts_firing", "slmd_reports_issued_total", "slmd_storage_size_bytes",
		"slmd_storage_transaction_duration_seconds", "slmd_audit_head", "slmd_http_requests_total", "slmd_series_limit_reached",
		"slmd_alerting_info", "slmd_condition", "go_goroutines", "process_cpu_seconds_total",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing", want)
		}
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("the page does not parse: %v", err)
	}
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if f := families[name]; f.GetHelp() == "" || len(f.GetMetric()) == 0 {
			t.Errorf("%s has the help %q and %d series", name, f.GetHelp(), len(f.GetMetric()))
		}
	}
}

func TestPromtoolFindsNothingToComplainOf(t *testing.T) {
	promtool := testkit.NeedBinary(t, "promtool", "prometheus")
	check := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	check.Stdin = strings.NewReader(page(t, Options{
		Standings: given(standing("checkout-sla", "availability"), bare("desk-ola", "csat")), Recorder: busy(), Credits: true, Process: true, Alerting: alerting,
	}))
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}

func TestTheProcessIsLeftOutUnlessAskedFor(t *testing.T) {
	text := page(t, Options{Standings: given(), Recorder: busy()})
	for _, prefix := range []string{"# TYPE go_", "# TYPE process_"} {
		if strings.Contains(text, prefix) {
			t.Errorf("%s… is on a page that is to be repeatable", prefix)
		}
	}
}

func TestNamesThatAreNoLabelsTakeNothingAway(t *testing.T) {
	s := standing("bad\xffname", "quote\"and\\slash\nline")
	r := busy()
	odd := "a\"b\\c\nd\xff{}=,"
	r.SourceUp(odd, true)
	r.SourceRequest(odd, odd, odd, time.Second)
	r.Rejected(strings.Repeat("ü", 1000), 1)
	text := page(t, Options{Standings: given(s), Recorder: r})
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("the page does not parse: %v", err)
	}
	found := false
	for _, m := range families["slmd_source_up"].GetMetric() {
		found = found || m.GetLabel()[0].GetValue() == "a\"b\\c\nd\uFFFD{}=,"
	}
	if !found {
		t.Errorf("the source is not among %v", families["slmd_source_up"])
	}
}

func TestTwoDaemonsCountApart(t *testing.T) {
	a, b := busy(), NewRecorder(Build{}, Readings{})
	a.RoundDone("failed", time.Second)
	got := series(t, page(t, Options{Standings: given(), Recorder: b}))
	if got[`slmd_rounds_total{result="failed"}`] != "0" || got[`slmd_alerts_firing{alertname="SLMObjectiveBreached"}`] != "0" {
		t.Errorf("one daemon shows what the other counted: %v", got)
	}
}

// count counts what is written.
type count int64

func (c *count) Write(text []byte) (int, error) {
	*c += count(len(text))
	return len(text), nil
}

func BenchmarkPage(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		telemetry := New(Options{Standings: many(n), Recorder: busy()})
		b.Run(fmt.Sprintf("%d objectives", n), func(b *testing.B) {
			var size count
			b.ReportAllocs()
			for b.Loop() {
				size = 0
				if err := telemetry.Write(&size); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size), "bytes/page")
		})
		b.Run(fmt.Sprintf("%d objectives, compressed", n), func(b *testing.B) {
			request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			request.Header.Set("Accept-Encoding", "gzip")
			var size int
			b.ReportAllocs()
			for b.Loop() {
				answer := httptest.NewRecorder()
				telemetry.ServeHTTP(answer, request)
				size = answer.Body.Len()
			}
			b.ReportMetric(float64(size), "bytes/page")
		})
	}
}

func TestThePageShowsWhatTheDaemonCounted(t *testing.T) {
	got := series(t, page(t, Options{Standings: given(), Recorder: busy()}))
	for name, want := range map[string]string{
		`slmd_build_info{version="1.0.0",revision="abc",goversion="go1.26"}`:       "1",
		`slmd_config_last_reload_successful`:                                       "1",
		`slmd_rounds_total{result="ok"}`:                                           "1",
		`slmd_rounds_total{result="skipped"}`:                                      "1",
		`slmd_round_duration_seconds_bucket{le="0.05"}`:                            "1",
		`slmd_round_duration_seconds_bucket{le="0.01"}`:                            "0",
		`slmd_round_duration_seconds_sum`:                                          "0.04",
		`slmd_round_lag_seconds`:                                                   "90",
		`slmd_intervals_measured_total`:                                            "5",
		`slmd_intervals_pending`:                                                   "7",
		`slmd_source_up{source="main"}`:                                            "1",
		`slmd_source_requests_total{source="main",kind="query_range",result="ok"}`: "1",
		`slmd_source_request_duration_seconds_count{source="main"}`:                "1",
		`slmd_source_samples_total{source="main"}`:                                 "1000",
		`slmd_samples_rejected_total{reason="nan"}`:                                "2",
		`slmd_notifications_sent_total{alertmanager="http://localhost:9093"}`:      "3",
		`slmd_notifications_failed_total{alertmanager="http://localhost:9093"}`:    "1",
		`slmd_notifications_dropped_total{alertmanager="http://localhost:9093"}`:   "4",
		`slmd_alerts_firing{alertname="SLMObjectiveBreached"}`:                     "2",
		`slmd_alerts_firing{alertname="SLMErrorBudgetBurn"}`:                       "0",
		`slmd_reports_issued_total{format="html",result="ok"}`:                     "1",
		`slmd_storage_size_bytes{file="slmd.db-wal"}`:                              "512",
		`slmd_storage_transaction_duration_seconds_count`:                          "1",
		`slmd_audit_head`: "12",
	} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
}
