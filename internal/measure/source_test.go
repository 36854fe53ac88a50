package measure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

// asked records what is asked of series in memory.
type asked struct {
	mu   sync.Mutex
	read Read
	all  []string
}

func (a *asked) Read(ctx context.Context, selector string, span sla.Span) ([]Series, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, fmt.Sprintf("%s %d-%d", selector, span.From.Sub(start)/sla.Second, span.To.Sub(start)/sla.Second))
	return a.read(ctx, selector, span)
}

func (a *asked) take() []string {
	out := a.all
	a.all = nil
	slices.Sort(out)
	return out
}

func recording(t *testing.T, o Options, series ...Series) (*Source, *asked) {
	t.Helper()
	a := &asked{read: InMemory(series)}
	o.Read = a.Read
	src, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return src, a
}

func TestIndicatorsThatDifferInOneLabelAreReadAtOnce(t *testing.T) {
	shop := func(job string) *sla.Indicator {
		return &sla.Indicator{
			Name: job, Kind: sla.Ratio, Interval: sla.Minute,
			Total: `http_requests_total{job="` + job + `"}`, Bad: `http_requests_total{job="` + job + `",code=~"5.."}`,
		}
	}
	fast := &sla.Indicator{Name: "fast", Kind: sla.Latency, Interval: sla.Minute, Histogram: `latency{job="a"}`, Within: sla.MustDecimal("0.3")}
	src, a := recording(t, Options{},
		line(t, `http_requests_total{job="a",instance="1",code="200"}`, "100+10x15"),
		line(t, `http_requests_total{job="a.b",instance="1",code="500"}`, "100+1x15"),
		line(t, `latency_bucket{job="a",instance="1",le="+Inf"}`, "100+1x15"),
		line(t, `latency_bucket{job="a",instance="1",le="0.3"}`, "100+1x15"))
	tasks := tasksOf([]*sla.Indicator{shop("a"), shop("a.b"), fast})
	for i := range tasks {
		tasks[i].Cursor = start.Add(sla.Minute)
	}
	got := catchUp(t, src, tasks, start.Add(3*sla.Minute))
	for i, want := range []string{"40/0 40/0", "0/4 0/4", "4/0 4/0"} {
		if text(got[i]) != want {
			t.Errorf("%s: got %s, want %s", tasks[i].Indicator.Name, text(got[i]), want)
		}
	}
	want := []string{
		`{__name__="http_requests_total",job=~"a|a\\.b"} -540-180`,
		`{__name__="latency",job="a"} -540-180`, // once, to see whether it is a native histogram
		`{__name__="latency_bucket",job="a",le=~"\\+Inf|0\\.3|3e-01"} -540-180`,
	}
	if all := a.take(); !slices.Equal(all, want) {
		t.Errorf("asked was\n%s\nwant\n%s", strings.Join(all, "\n"), strings.Join(want, "\n"))
	}
	catchUp(t, src, tasks, start.Add(4*sla.Minute))
	if all := a.take(); len(all) != 2 || !strings.HasSuffix(all[0], " 180-240") {
		t.Errorf("one minute later asked was\n%s\nwant the minute only", strings.Join(all, "\n"))
	}
}

func TestEvidenceIsAskedForOnceAndOnlyWhenItMatters(t *testing.T) {
	src, a := recording(t, Options{},
		line(t, series("200"), "1000+10x19"), line(t, series("500"), "_x9 3 3 3 3 3 3 3"), line(t, series("501"), "_x9 4 4 4 4 4 4 4"), up(t, "1x19"))
	tasks := tasksOf([]*sla.Indicator{ratio()})
	tasks[0].Cursor = start.Add(sla.Minute)
	if catchUp(t, src, tasks, start.Add(2*sla.Minute)); len(a.take()) != 1 {
		t.Error("without a new series evidence was asked for")
	}
	got := catchUp(t, src, tasks, start.Add(3*sla.Minute))
	if all := a.take(); len(all) != 2 || !strings.HasPrefix(all[1], `{__name__=~"up|process_start_time_seconds",job="shop",instance="a"} 60-`) {
		t.Errorf("asked was\n%s\nwant the samples and one request for up and start times", strings.Join(all, "\n"))
	}
	if text(got[0]) != "40/7" {
		t.Errorf("got %s", text(got[0]))
	}
	if catchUp(t, src, tasks, start.Add(5*sla.Minute)); len(a.take()) != 1 {
		t.Error("for series that go on evidence was asked for")
	}
}

func TestAThresholdOffTheBucketsIsRefusedAndItsNeighboursAreNamed(t *testing.T) {
	ind := &sla.Indicator{Name: "fast", Kind: sla.Latency, Interval: sla.Minute, Histogram: `latency`, Within: sla.MustDecimal("0.3")}
	var all []Series
	for _, le := range []string{"0.1", "0.25", "0.5", "1.0", "+Inf"} {
		all = append(all, line(t, `latency_bucket{le="`+le+`"}`, "0+1x11"))
	}
	src, _ := recording(t, Options{}, all...)
	o := src.Measure(context.Background(), []Task{{Indicator: ind, Cursor: start}}, start.Add(3*sla.Minute))[0]
	if o.Problem == nil || o.Problem.Kind != Misconfigured || !strings.Contains(o.Problem.Text, "0.25s and 0.5s") || len(o.Entries) > 0 {
		t.Errorf("the outcome is %+v, problem %v", o, o.Problem)
	}
	ind.Within = sla.MustDecimal("1")
	o = src.Measure(context.Background(), []Task{{Indicator: ind, Cursor: start}}, start.Add(3*sla.Minute))[0]
	if o.Problem != nil || text(o.Entries) != "3/0 4/0 4/0" {
		t.Errorf("with the bound 1, which is also 1.0: %s, problem %v", text(o.Entries), o.Problem)
	}
}

func TestLagHoldsBackWhatIsNotCompleteYet(t *testing.T) {
	src, _ := recording(t, Options{Lag: 30 * sla.Second}, line(t, series("200"), "1000+10x19"))
	task := Task{Indicator: ratio(), Cursor: start}
	for _, c := range []struct {
		after sla.Millis
		want  string
	}{{89_999, ""}, {90_000, "30/0"}, {150_000, "30/0 40/0"}} {
		o := src.Measure(context.Background(), []Task{task}, start.Add(c.after))[0]
		if o.Problem != nil || text(o.Entries) != c.want || o.Remaining {
			t.Errorf("after %d ms: %q, want %q", c.after, text(o.Entries), c.want)
		}
	}
}

func TestAChangedDefinitionBeginsWithAFreshBaseline(t *testing.T) {
	src, _ := recording(t, Options{}, line(t, series("200"), "1000+10x60"))
	task := Task{Indicator: ratio(), Definition: 1, Cursor: start}
	o := src.Measure(context.Background(), []Task{task}, start.Add(2*sla.Minute))[0]
	changed := *ratio()
	changed.Interval = 5 * sla.Minute
	begin := ceil(o.Cursor, 5*sla.Minute)
	task = Task{Indicator: &changed, Definition: 2, State: o.State, Cursor: o.Cursor}
	o = src.Measure(context.Background(), []Task{task}, start.Add(20*sla.Minute))[0]
	if len(o.Entries) != 1 || o.Cursor != begin || o.Entries[0].Unknown != begin.Sub(task.Cursor) || o.Entries[0].Definition != 2 || !o.Remaining {
		t.Fatalf("the rest of the cut interval is %+v, cursor %s", o.Entries, o.Cursor)
	}
	task.State, task.Cursor = o.State, o.Cursor
	o = src.Measure(context.Background(), []Task{task}, begin.Add(5*sla.Minute))[0]
	if text(o.Entries) != "200/0" {
		t.Errorf("the first whole interval is %s, want 200/0", text(o.Entries))
	}
}

func TestTheStateOfAnotherDefinitionIsNotUsed(t *testing.T) {
	src, a := recording(t, Options{}, line(t, series("200"), "1000+10x60"))
	task := Task{Indicator: ratio(), Definition: 1, Cursor: start}
	o := src.Measure(context.Background(), []Task{task}, start.Add(2*sla.Minute))[0]
	a.take()
	for _, c := range []struct {
		definition int64
		from       string
	}{{1, " 120-"}, {2, " -480-"}} {
		task = Task{Indicator: ratio(), Definition: c.definition, State: o.State, Cursor: o.Cursor}
		src.Measure(context.Background(), []Task{task}, start.Add(3*sla.Minute))
		if all := a.take(); len(all) != 1 || !strings.Contains(all[0], c.from) {
			t.Errorf("definition %d asked %q, want from%s", c.definition, all, c.from)
		}
	}
}

func TestADamagedStateIsSaidAndNothingIsMeasured(t *testing.T) {
	src, a := recording(t, Options{}, line(t, series("200"), "1000+10x19"))
	task := Task{Indicator: ratio(), Cursor: start, State: []byte{9, 9, 9}}
	o := src.Measure(context.Background(), []Task{task}, start.Add(2*sla.Minute))[0]
	if o.Problem == nil || o.Problem.Kind != Broken || len(o.Entries) > 0 || string(o.State) != string(task.State) || len(a.take()) > 0 {
		t.Errorf("the outcome is %+v", o)
	}
}

func TestAProblemKeepsTheStateItFound(t *testing.T) {
	all := []Series{line(t, series("200"), "1000+10x19"), line(t, series("500"), "_x9 3 3 3 3 3 3 3"), up(t, "1x19")}
	read, down := InMemory(all), false
	src, err := New(Options{Read: func(ctx context.Context, selector string, span sla.Span) ([]Series, error) {
		if down && strings.Contains(selector, `"up|`) {
			return nil, &Problem{Kind: Pending, Text: "down"}
		}
		return read(ctx, selector, span)
	}})
	if err != nil {
		t.Fatal(err)
	}
	tasks := tasksOf([]*sla.Indicator{ratio()})
	catchUp(t, src, tasks, start.Add(2*sla.Minute))
	down = true
	o := src.Measure(context.Background(), tasks, start.Add(3*sla.Minute))[0]
	if o.Problem == nil || len(o.Entries) > 0 || string(o.State) != string(tasks[0].State) {
		t.Errorf("without the evidence that it needs the outcome is %+v", o)
	}
	down = false
	tasks[0].State = o.State
	if got := text(catchUp(t, src, tasks, start.Add(3*sla.Minute))[0]); got != "40/3" {
		t.Errorf("afterwards it is %s, want 40/3", got)
	}
}

func TestASeriesThatWasNotSeenForAWeekIsForgotten(t *testing.T) {
	s := line(t, series("200"), "1000+10x7")
	later := start.Add(9 * sla.Day)
	s.Samples = append(s.Samples, Sample{later, Int(5000)}, Sample{later.Add(15 * sla.Second), Int(5001)})
	src, _ := recording(t, Options{}, s)
	tasks := tasksOf([]*sla.Indicator{ratio()})
	catchUp(t, src, tasks, start.Add(2*sla.Minute))
	before := len(tasks[0].State)
	got := catchUp(t, src, tasks, later)[0]
	if len(tasks[0].State) >= before/2 {
		t.Errorf("after nine days the state has %d bytes, with the series it had %d", len(tasks[0].State), before)
	}
	if e := got[len(got)-1]; e.Unknown != sla.Minute {
		t.Errorf("without samples the last interval is %+v", e)
	}
	if got := text(catchUp(t, src, tasks, later.Add(sla.Minute))[0]); got != "1/0" {
		t.Errorf("on its return it is %s, want only what was seen to happen, 1/0", got)
	}
}

func TestAThresholdBetweenBucketsIsRefusedWithItsNeighboursAlsoWhenTheSamplesEndEarly(t *testing.T) {
	var all []Series
	for _, le := range []string{"0.1", "0.3", "1", "+Inf"} {
		all = append(all, line(t, `latency_bucket{job="shop",instance="a",le="`+le+`"}`, "10+1x19"))
	}
	src, err := New(Options{Read: InMemory(all)})
	if err != nil {
		t.Fatal(err)
	}
	ind := &sla.Indicator{Name: "fast", Kind: sla.Latency, Interval: sla.Minute, Histogram: `latency`, Within: sla.MustDecimal("0.25")}
	o := src.Measure(t.Context(), []Task{{Indicator: ind, Cursor: start}}, start.Add(40*sla.Minute))[0]
	if o.Problem == nil || o.Problem.Kind != Misconfigured || !strings.HasSuffix(o.Problem.Text, "; the next ones are 0.1s and 0.3s") {
		t.Errorf("the problem is %+v, want the neighbours", o.Problem)
	}
}
