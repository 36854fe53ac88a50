package company_test

import (
	"slices"
	"testing"

	"github.com/prometheus/prometheus/model/value"

	"github.com/slmd/slmd/cmd/slmd-demo/company"
	"github.com/slmd/slmd/internal/sla"
)

func sortedMarks(m map[int64]bool) []int64 {
	list := make([]int64, 0, len(m))
	for at := range m {
		list = append(list, at)
	}
	slices.Sort(list)
	return list
}

// share gives the percentage of good in a span, less some of its parts.
func share(t *testing.T, c *company.Company, indicator string, s sla.Span, without ...sla.Span) float64 {
	t.Helper()
	truth, err := c.Truth(indicator, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range without {
		less, err := c.Truth(indicator, w)
		if err != nil {
			t.Fatal(err)
		}
		truth.Good -= less.Good
		truth.Bad -= less.Bad
	}
	return 100 * float64(truth.Good) / float64(truth.Good+truth.Bad)
}

func TestOneTargetIsMissedLastMonthAndTheOthersAreMetWithRoom(t *testing.T) {
	for _, h := range []history{shared(), sharedMarch()} {
		c := h.c
		last := c.LastMonth()
		rebuild := c.Story()[1].Span
		if got := share(t, c, company.CheckoutRequests, last, rebuild); got > 99.68 || got < 99.2 {
			t.Errorf("checkout availability %.3f %%, want it to miss 99.7 and stay above the next band, 99", got)
		}
		for _, month := range []sla.Span{{From: c.First(), To: last.From}, last, {From: last.To, To: c.Now()}} {
			var less []sla.Span
			if month == last {
				less = append(less, rebuild)
			} else if got := share(t, c, company.CheckoutRequests, month); got < 99.85 {
				t.Errorf("checkout availability %.3f %% from %s, want it well above 99.7", got, month.From)
			}
			for indicator, least := range map[string]float64{
				company.StorefrontRequests: 99.93, company.StorefrontFast: 96.5, company.CheckoutFast: 98.6,
				company.DeliveryRequests: 99.3, company.DeliveryQueue: 97,
			} {
				if got := share(t, c, indicator, month, less...); got < least {
					t.Errorf("%s: %.3f %% from %s, want at least %g", indicator, got, month.From, least)
				}
			}
			for indicator, most := range map[string]float64{company.PaymentsUp: 0.0025, company.SearchSouthUp: 0.002, company.SearchNorthUp: 0.001} {
				truth, err := c.Truth(indicator, month)
				if err != nil {
					t.Fatal(err)
				}
				whole := max(month.Length(), 28*sla.Day)
				if got := float64(truth.Down+truth.Unknown) / float64(whole); got > most {
					t.Errorf("%s: %.5f of the month from %s down or unknown, want at most %g", indicator, got, month.From, most)
				}
			}
		}
	}
}

func TestTheNorthernSearchSiteIsAtRiskButNotBeyond(t *testing.T) {
	h := shared()
	truth, err := h.c.Truth(company.SearchNorthUp, sla.Span{From: h.c.LastMonth().To, To: h.c.Now()})
	if err != nil {
		t.Fatal(err)
	}
	const november = 30 * sla.Day
	if used := float64(truth.Down) / (0.001 * float64(november)); used < 0.78 || used > 0.95 {
		t.Errorf("%.2f of the budget is used, want more than three quarters and less than all", used)
	}
}

func TestATruthThatIsNotKnownIsRefused(t *testing.T) {
	c := shared().c
	if _, err := c.Truth("nothing", c.LastMonth()); err == nil {
		t.Error("an unknown indicator has a truth")
	}
	half := sla.Span{From: c.LastMonth().From.Add(sla.Second), To: c.LastMonth().To}
	if _, err := c.Truth(company.PaymentsUp, half); err == nil {
		t.Error("a truth by the second is given")
	}
}

func BenchmarkGenerate(b *testing.B) {
	var samples int64
	for b.Loop() {
		_, n := generate(1, now).store.Samples()
		samples += n
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(samples), "ns/sample")
}

func TestTheHistoryHoldsWhatMakesMeasuringHard(t *testing.T) {
	h := shared()
	requests := is("__name__", "http_requests_total")
	to := int64(h.c.Now())

	resets := 0
	for _, list := range raw(t, h.store, to, requests, is("job", "checkout"), is("code", "200")) {
		for i := 1; i < len(list); i++ {
			if list[i].v < list[i-1].v || list[i].v < list[max(0, i-2)].v {
				resets++
			}
		}
	}
	if resets < 2*10 {
		t.Errorf("the counters of the checkout start anew %d times, want each of two processes to do so weekly", resets)
	}
	pods, stale := 0, 0
	for _, list := range raw(t, h.store, to, is("__name__", "up"), is("job", "storefront")) {
		pods++
		if value.IsStaleNaN(list[len(list)-1].v) {
			stale++
		}
	}
	if pods < 2*20 || stale != pods-2 {
		t.Errorf("the storefront has had %d pods, %d of them ended: want two replicas deployed twice a week, two alive", pods, stale)
	}
	late := raw(t, h.store, to, requests, is("job", "delivery"), is("code", "500"))
	for _, list := range late {
		if first := sla.Instant(list[0].t); !h.c.LastMonth().Contains(first) || list[0].v == 0 {
			t.Errorf("the delivery desk's errors begin at %s with %g", first, list[0].v)
		}
	}
	if len(late) != 1 {
		t.Errorf("%d series of errors at the delivery desk", len(late))
	}
	gap := h.c.Story()[0].Span
	for name, list := range raw(t, h.store, to) {
		for _, x := range list {
			if gap.Contains(sla.Instant(x.t)) {
				t.Fatalf("%s has a sample in the scrape gap", name)
			}
		}
	}
	if gap.Length() < 20*sla.Minute {
		t.Errorf("the scrape gap lasts %s", gap.Length().Duration())
	}
}
