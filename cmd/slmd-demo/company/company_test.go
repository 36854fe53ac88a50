package company_test

import (
	"context"
	"hash/fnv"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/slmd/slmd/cmd/slmd-demo/company"
	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// now is the instant that these histories end at.
var now = time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)

// inMarch is an instant after a month of 28 days.
var inMarch = time.Date(2027, 3, 2, 3, 0, 0, 0, time.UTC)

// history is a company with its samples.
type history struct {
	c     *company.Company
	store *promtest.Store
}

func generate(seed uint64, now time.Time) history {
	c, err := company.New(seed, now)
	if err != nil {
		panic(err)
	}
	store := promtest.NewStore()
	if err := c.Generate(store); err != nil {
		panic(err)
	}
	return history{c, store}
}

// Histories take seconds to make: the tests share these and only read them.
var (
	shared      = sync.OnceValue(func() history { return generate(1, now) })
	sharedMarch = sync.OnceValue(func() history { return generate(7, inMarch) })
)

// sample is one sample as it lies in the store.
type sample struct {
	t int64
	v float64
}

// raw reads all samples of a metric up to an instant, stale markers included.
func raw(t testing.TB, store *promtest.Store, to int64, ms ...*labels.Matcher) map[string][]sample {
	t.Helper()
	q, err := store.Querier(0, to)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]sample{}
	set := q.Select(context.Background(), true, nil, ms...)
	for set.Next() {
		var list []sample
		it := set.At().Iterator(nil)
		for it.Next() != chunkenc.ValNone {
			at, v := it.At()
			list = append(list, sample{at, v})
		}
		if it.Err() != nil {
			t.Fatal(it.Err())
		}
		out[set.At().Labels().String()] = list
	}
	if set.Err() != nil {
		t.Fatal(set.Err())
	}
	return out
}

// fingerprint is of all that the store holds, in any order.
func fingerprint(t testing.TB, store *promtest.Store) (sum uint64) {
	t.Helper()
	for name, list := range raw(t, store, math.MaxInt64) {
		h := fnv.New64a()
		h.Write([]byte(name))
		of := h.Sum64()
		for _, s := range list {
			of = (of ^ uint64(s.t)) * 0x100000001b3
			of = (of ^ math.Float64bits(s.v)) * 0x100000001b3
		}
		sum += of
	}
	return sum
}

func TestSameSeedAndNowGiveTheSameSamplesInAnySteps(t *testing.T) {
	var sums [2]uint64
	var truths [2]company.Truth
	for i, steps := range [][]time.Duration{
		{8 * 24 * time.Hour},
		{time.Millisecond, 29 * time.Second, time.Hour, time.Hour, 8 * 24 * time.Hour},
	} {
		h := generate(3, inMarch)
		for _, d := range steps {
			if err := h.c.Advance(inMarch.Add(d)); err != nil {
				t.Fatal(err)
			}
		}
		sums[i] = fingerprint(t, h.store)
		truths[i], _ = h.c.Truth(company.StorefrontRequests, h.c.LastMonth())
	}
	if sums[0] != sums[1] || truths[0] != truths[1] {
		t.Error("the samples depend on the steps in which one came to them")
	}
	other := sharedMarch().c
	if truth, _ := other.Truth(company.StorefrontRequests, other.LastMonth()); truth == truths[0] {
		t.Error("another seed gave the same samples")
	}
}

func TestTheHistoryEndsAtNowAndCoversTwoMonthsAndMore(t *testing.T) {
	h := shared()
	var first, last int64 = math.MaxInt64, 0
	for _, list := range raw(t, h.store, math.MaxInt64) {
		first, last = min(first, list[0].t), max(last, list[len(list)-1].t)
	}
	if last > now.UnixMilli() || last < now.Add(-time.Minute).UnixMilli() {
		t.Errorf("the newest sample is of %s, now is %s", time.UnixMilli(last), now)
	}
	if first > int64(h.c.First()) || now.Sub(h.c.First().Time()) < 60*24*time.Hour {
		t.Errorf("the oldest sample is of %s, the agreements begin %s", time.UnixMilli(first), h.c.First())
	}
}

func is(name, v string) *labels.Matcher { return labels.MustNewMatcher(labels.MatchEqual, name, v) }
func re(name, v string) *labels.Matcher { return labels.MustNewMatcher(labels.MatchRegexp, name, v) }

// counted adds up the growth of counters in a span, sample by sample: a fall is
// a new beginning, and a series that begins after the history does counts from zero.
func counted(t *testing.T, h history, s sla.Span, ms ...*labels.Matcher) float64 {
	t.Helper()
	sum := 0.0
	for _, list := range raw(t, h.store, int64(s.To)-1, ms...) {
		last := 0.0
		if list[0].t < int64(h.c.First()) {
			last = list[0].v
			list = list[1:]
		}
		for _, x := range list {
			if value.IsStaleNaN(x.v) {
				continue
			}
			grown := x.v - last
			if grown < 0 {
				grown = x.v
			}
			last = x.v
			if s.Contains(sla.Instant(x.t)) {
				sum += grown
			}
		}
	}
	return sum
}

// spans are the months of the history, a day with a deploy, and the hours around the gap.
func spans(c *company.Company) []sla.Span {
	m := c.LastMonth()
	gap := c.Story()[0].From / sla.Instant(sla.Hour) * sla.Instant(sla.Hour)
	return []sla.Span{
		{From: c.First(), To: m.From},
		m,
		{From: m.To, To: c.Now()},
		{From: m.From.Add(5 * sla.Day), To: m.From.Add(6 * sla.Day)},
		{From: gap, To: gap.Add(2 * sla.Hour)},
	}
}

func TestTheTruthOfCountersIsWhatTheSamplesShow(t *testing.T) {
	h := shared()
	requests := is("__name__", "http_requests_total")
	buckets := is("__name__", "http_request_duration_seconds_bucket")
	for _, c := range []struct {
		indicator  string
		all, part  []*labels.Matcher
		partIsGood bool
	}{
		{company.StorefrontRequests, []*labels.Matcher{requests, is("job", "storefront")}, []*labels.Matcher{requests, is("job", "storefront"), re("code", "5..")}, false},
		{company.CheckoutRequests, []*labels.Matcher{requests, is("job", "checkout")}, []*labels.Matcher{requests, is("job", "checkout"), re("code", "5..")}, false},
		{company.DeliveryRequests, []*labels.Matcher{requests, is("job", "delivery")}, []*labels.Matcher{requests, is("job", "delivery"), re("code", "5..")}, false},
		{company.StorefrontFast, []*labels.Matcher{buckets, is("job", "storefront"), is("le", "+Inf")}, []*labels.Matcher{buckets, is("job", "storefront"), is("le", "0.3")}, true},
		{company.CheckoutFast, []*labels.Matcher{buckets, is("job", "checkout"), is("le", "+Inf")}, []*labels.Matcher{buckets, is("job", "checkout"), is("le", "0.5")}, true},
	} {
		for _, s := range spans(h.c) {
			truth, err := h.c.Truth(c.indicator, s)
			if err != nil {
				t.Fatal(err)
			}
			all, part := int64(counted(t, h, s, c.all...)), int64(counted(t, h, s, c.part...))
			good, bad := all-part, part
			if c.partIsGood {
				good, bad = bad, good
			}
			if truth.Good != good || truth.Bad != bad {
				t.Errorf("%s from %s to %s: truth %d good %d bad, the samples show %d and %d", c.indicator, s.From, s.To, truth.Good, truth.Bad, good, bad)
			}
		}
	}
}

func TestTheTruthOfAMeanIsExactInFractionsOfASecond(t *testing.T) {
	h := shared()
	s := h.c.LastMonth()
	truth, err := h.c.Truth(company.MeanResponse, s)
	if err != nil {
		t.Fatal(err)
	}
	sum := counted(t, h, s, is("__name__", "http_request_duration_seconds_sum"), is("job", "storefront"))
	count := counted(t, h, s, is("__name__", "http_request_duration_seconds_count"), is("job", "storefront"))
	if float64(truth.Sum)/512 != sum || truth.Count != int64(count) {
		t.Errorf("truth %v s in %d, the samples show %v s in %v", float64(truth.Sum)/512, truth.Count, sum, count)
	}
}

func TestTheTruthOfGaugesIsWhatTheSamplesShow(t *testing.T) {
	h := shared()
	for indicator, ms := range map[string][]*labels.Matcher{
		company.PaymentsUp:    {is("__name__", "probe_success"), is("service", "payments")},
		company.SearchNorthUp: {is("__name__", "up"), is("site", "north")},
		company.SearchSouthUp: {is("__name__", "probe_success"), is("site", "south")},
	} {
		for _, s := range spans(h.c)[:3] {
			truth, err := h.c.Truth(indicator, s)
			if err != nil {
				t.Fatal(err)
			}
			up, down := held(raw(t, h.store, math.MaxInt64, ms...), s)
			if truth.Up != up || truth.Down != down || truth.Unknown != s.Length()-up-down {
				t.Errorf("%s from %s: truth %d ms up, %d down, %d unknown; the samples show %d and %d", indicator, s.From, truth.Up, truth.Down, truth.Unknown, up, down)
			}
		}
	}
}

// held counts at every mark where a sample begins or ceases to hold how many
// series are known and up from there on.
func held(series map[string][]sample, s sla.Span) (up, down sla.Millis) {
	type piece struct {
		from, to int64
		up       bool
	}
	var pieces []piece
	marks := map[int64]bool{int64(s.From): true, int64(s.To): true}
	for _, list := range series {
		for i, x := range list {
			to := x.t + 30_000
			if i+1 < len(list) && list[i+1].t-x.t <= 75_000 {
				to = list[i+1].t
			}
			if to <= int64(s.From) || x.t >= int64(s.To) {
				continue
			}
			pieces = append(pieces, piece{x.t, to, x.v >= 1})
			marks[x.t], marks[to] = true, true
		}
	}
	type level struct{ known, up int }
	changes := map[int64]level{}
	for _, p := range pieces {
		a, b := changes[p.from], changes[p.to]
		a.known++
		b.known--
		if p.up {
			a.up++
			b.up--
		}
		changes[p.from], changes[p.to] = a, b
	}
	var at level
	last := int64(math.MinInt64)
	for _, m := range sortedMarks(marks) {
		if part := min(m, int64(s.To)) - max(last, int64(s.From)); part > 0 {
			switch {
			case at.up > 0:
				up += sla.Millis(part)
			case at.known > 0:
				down += sla.Millis(part)
			}
		}
		at.known += changes[m].known
		at.up += changes[m].up
		last = m
	}
	return up, down
}
