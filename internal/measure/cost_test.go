package measure

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// accountant asks a Prometheus with every query how many samples it read for it.
type accountant struct {
	t       *testing.T
	mu      sync.Mutex
	queries int
	samples int
}

var readForIt = regexp.MustCompile(`"totalQueryableSamples":([0-9]+)`)

// RoundTrip adds what Prometheus read for the request to the account.
func (a *accountant) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.URL.Path, "/query") {
		return http.DefaultTransport.RoundTrip(req)
	}
	form, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form = append(form, "&stats=all"...)
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(form)), int64(len(form))
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	found := readForIt.FindSubmatch(body)
	if err != nil || found == nil {
		a.t.Errorf("a query is answered without its cost: %v, %.200s", err, body)
		return resp, nil
	}
	n, err := strconv.Atoi(string(found[1]))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queries, a.samples = a.queries+1, a.samples+n
	return resp, err
}

// selected counts the raw samples in a span that are to be read.
func (h *history) selected(span sla.Span) (n int) {
	for _, name := range h.names {
		if strings.HasPrefix(name, "up{") && !strings.Contains(name, `job="flaps"`) {
			continue // evidence, which nobody selects
		}
		for _, s := range h.samples[name] {
			if span.Contains(s.T) {
				n++
			}
		}
	}
	return n
}

func TestLiveRoundsReadEveryRawSampleOnceInOneRequestForEachMetric(t *testing.T) {
	if testing.Short() {
		t.Skip("what is read does not depend on the race detector")
	}
	h, all := perform()
	url := testkit.StartPrometheus(t, testkit.PrometheusOptions{OpenMetrics: strings.NewReader(h.openMetrics())}).URL()
	var inds []*sla.Indicator
	for _, s := range all {
		inds = append(inds, slices.DeleteFunc(s.inds, func(i *sla.Indicator) bool { return i.Kind == sla.Query })...)
	}
	account := &accountant{t: t}
	src, requests := counted(t, url, func(o *Options) { o.HTTP = &http.Client{Transport: account} })
	tasks := tasksOf(inds)
	from, rounds := start.Add(sla.Hour), 60
	catchUp(t, src, tasks, from)
	asked, evidence := requests("samples ok"), requests("samples by evidence")
	account.queries, account.samples = 0, 0
	for i := range rounds {
		catchUp(t, src, tasks, from.Add(sla.Millis(i+1)*sla.Minute))
	}
	// events_total, took_bucket, length, points_sum, points_count, up
	if n := requests("samples ok") - asked; n != 6*rounds {
		t.Errorf("%d rounds over 6 metrics made %d requests for samples, want one for each", rounds, n)
	}
	read, raw := account.samples, h.selected(sla.Span{From: from, To: from.Add(sla.Millis(rounds) * sla.Minute)})
	t.Logf("%d rounds: %d samples were read of %d raw ones, %.3f times, %d of them evidence, in %d queries",
		rounds, read, raw, float64(read)/float64(raw), requests("samples by evidence")-evidence, account.queries)
	if 100*read > 105*raw || read < raw {
		t.Errorf("%d samples were read of %d raw ones", read, raw)
	}
}

func TestIndicatorsOfAJobShareTheirEvidence(t *testing.T) {
	var all []Series
	var inds []*sla.Indicator
	for _, job := range []string{"shop", "mail"} {
		for i := range 5 {
			name := fmt.Sprintf("requests_%d_total", i)
			all = append(all,
				line(t, fmt.Sprintf(`%s{job=%q,instance="a",code="200"}`, name, job), "1000+10x19"),
				line(t, fmt.Sprintf(`%s{job=%q,instance="a",code="500"}`, name, job), "_x9 3 3 3 3 3 3 3"))
			inds = append(inds, &sla.Indicator{
				Name: name + job, Kind: sla.Ratio, Interval: sla.Minute,
				Total: fmt.Sprintf(`%s{job=%q}`, name, job), Bad: fmt.Sprintf(`%s{job=%q,code="500"}`, name, job),
			})
		}
		all = append(all, line(t, fmt.Sprintf(`up{job=%q,instance="a"}`, job), "1x19"))
	}
	src, a := recording(t, Options{}, all...)
	tasks := tasksOf(inds)
	catchUp(t, src, tasks, start.Add(2*sla.Minute))
	a.take()
	for i, entries := range catchUp(t, src, tasks, start.Add(3*sla.Minute)) {
		if text(entries) != "40/3" {
			t.Errorf("%s: %s", inds[i].Name, text(entries))
		}
	}
	asked := slices.DeleteFunc(a.take(), func(s string) bool { return !strings.Contains(s, `"up|`) })
	if len(asked) != 2 {
		t.Errorf("ten indicators of two jobs asked for evidence by %q", asked)
	}
}

func TestGroupsAreCutByReadsAndByKnownSeries(t *testing.T) {
	wants := make([]want, 7)
	for i := range wants {
		s := fresh(0, 0, 1)
		for k := range 2 * (i % 3) { // 0 2 4 0 2 4 0
			s.lanes[0].series[fmt.Sprint(k)] = &seriesState{}
		}
		wants[i] = want{&run{state: s}, 0}
	}
	for _, c := range []struct {
		reads, series int
		want          string
	}{{200, 100, "[7]"}, {3, 100, "[3 3 1]"}, {200, 6, "[4 3]"}, {200, 4, "[2 2 1 2]"}, {200, 1, "[1 1 1 1 1 1 1]"}} {
		var sizes []int
		for part := range parts(wants, c.reads, c.series) {
			sizes = append(sizes, len(part))
		}
		if got := fmt.Sprint(sizes); got != c.want {
			t.Errorf("at most %d reads and %d series: %s, want %s", c.reads, c.series, got, c.want)
		}
	}
}

func TestASplitThatHelpedIsRemembered(t *testing.T) {
	var all []Series
	var inds []*sla.Indicator
	for i := range 8 {
		job := fmt.Sprint("job-", i)
		all = append(all, line(t, fmt.Sprintf(`x_total{job=%q,instance="a"}`, job), "1000+10x40"))
		inds = append(inds, &sla.Indicator{Name: job, Kind: sla.Ratio, Interval: sla.Minute, Total: fmt.Sprintf(`x_total{job=%q}`, job), Bad: fmt.Sprintf(`x_total{job=%q,code="500"}`, job)})
	}
	src, a := recording(t, Options{}, all...)
	read, refused := a.read, 0
	a.read = func(ctx context.Context, selector string, span sla.Span) ([]Series, error) {
		if strings.Count(selector, "job-") > 2 {
			refused++
			return nil, fmt.Errorf("more than two: %w", errTooMuch)
		}
		return read(ctx, selector, span)
	}
	tasks := tasksOf(inds)
	catchUp(t, src, tasks, start.Add(2*sla.Minute))
	if refused != 3 { // 8, 4, 4
		t.Errorf("it was refused %d times", refused)
	}
	a.take()
	refused = 0
	for i, entries := range catchUp(t, src, tasks, start.Add(3*sla.Minute)) {
		if text(entries) != "40/0" {
			t.Errorf("%s: %s", inds[i].Name, text(entries))
		}
	}
	if asked := a.take(); refused != 0 || len(asked) != 4 {
		t.Errorf("in the next round it was refused %d times, asked was %q", refused, asked)
	}
}
