package measure

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// huge is a server with very many series, each scraped every quarter of a minute
// at a time of its own. It makes its answers up as it writes them.
type huge struct {
	series int
	asked  atomic.Int64
	wrote  atomic.Int64
}

var windowOf = regexp.MustCompile(`^\{(.*)\}\[(\d+)ms\]$`)

// ServeHTTP answers instant queries of a plain selector's window.
func (h *huge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := windowOf.FindStringSubmatch(r.FormValue("query"))
	end, err := strconv.ParseFloat(r.FormValue("time"), 64)
	if r.URL.Path != "/api/v1/query" || m == nil || err != nil {
		http.NotFound(w, r)
		return
	}
	h.asked.Add(1)
	to := sla.Instant(end*1000 + 0.5)
	window, err := strconv.ParseInt(m[2], 10, 64)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out := bufio.NewWriterSize(w, 1<<16)
	defer out.Flush()
	fmt.Fprint(out, `{"status":"success","data":{"resultType":"matrix","result":[`)
	if strings.Contains(m[1], `requests_total`) {
		h.write(out, sla.Span{From: to.Add(1 - sla.Millis(window)), To: to + 1})
	}
	fmt.Fprint(out, `]}}`)
}

// write writes the samples of the span; each counter grows by one a scrape.
func (h *huge) write(out *bufio.Writer, span sla.Span) {
	comma := ""
	const every = 15 * sla.Second
	for i := range h.series {
		offset := sla.Millis(7*i) % every
		at := ceil(span.From.Add(-offset), every).Add(offset)
		if at >= span.To {
			continue
		}
		n, err := fmt.Fprintf(out, `%s{"metric":{"__name__":"requests_total","instance":"shop-%07d.example.com:8080","job":"shop","path":"/%x"},"values":[`, comma, i, i*7919)
		h.wrote.Add(int64(n))
		if err != nil {
			return
		}
		comma = ","
		for first := true; at < span.To; at = at.Add(every) {
			if !first {
				out.WriteByte(',')
			}
			first = false
			fmt.Fprintf(out, `[%d.%03d,"%d"]`, at/1000, at%1000, at/sla.Instant(every))
		}
		out.WriteString("]}")
	}
}

// peak gives the most that the heap holds while something is done.
func peak(do func()) uint64 {
	done, most := make(chan struct{}), make(chan uint64)
	go func() {
		var top uint64
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				top = max(top, m.HeapInuse)
			case <-done:
				most <- top
				return
			}
		}
	}()
	do()
	close(done)
	return <-most
}

// TestFault_A15 has a short form. The long one, with answers of half a gigabyte
// and the limits of the daemon, is that of SLMD_HUGE_SERIES=1000000.
func TestFault_A15_WhatIsTooMuchAtOnceIsSplitAndMemoryIsBounded(t *testing.T) {
	n, body, most := 4_000, int64(1<<20), uint64(64<<20)
	if long := testkit.Number(t, "SLMD_HUGE_SERIES", n); long != n {
		n = long
		body, most = 32<<20, 768<<20
	}
	h := &huge{series: n}
	srv := httptest.NewServer(h)
	defer srv.Close()
	split := 0
	src, err := New(Options{
		Name: "main", URL: srv.URL, HTTP: srv.Client(), Timeout: 5 * time.Minute, MaxBody: body, NoStream: true, Concurrency: 1,
		Observe: func(q Request) {
			if q.Result == "split" {
				split++
			}
			if q.Bytes > body+1 {
				t.Errorf("%d bytes of an answer were read, want %d at most", q.Bytes, body)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	task := Task{Indicator: ratio(), Cursor: start}
	task.Indicator.Total, task.Indicator.Bad = `requests_total{job="shop"}`, `requests_total{job="shop",code="500"}`
	var entries []sla.Entry
	var problem *Problem
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	top := peak(func() {
		for more := true; more; {
			o := src.Measure(t.Context(), []Task{task}, start.Add(2*sla.Minute))[0]
			task.Cursor, task.State, problem, more = o.Cursor, o.State, o.Problem, o.Remaining
			entries = append(entries, o.Entries...)
		}
	})
	t.Logf("%d series: %d requests, %d of them split, %d MiB answered, at most %d MiB of heap", n, h.asked.Load(), split, h.wrote.Load()>>20, top>>20)
	if split == 0 {
		t.Error("nothing was too much at once")
	}
	if top > before.HeapInuse+most {
		t.Errorf("the heap grew from %d to %d MiB, want at most %d more", before.HeapInuse>>20, top>>20, most>>20)
	}
	if n > src.o.MaxSeries {
		if problem == nil || problem.Kind != Misconfigured || !strings.Contains(problem.Text, "narrow its selector") || len(entries) > 0 {
			t.Errorf("of more series than can be remembered came %d entries and the problem %v", len(entries), problem)
		}
		return
	}
	want := fmt.Sprintf("%d/0 %d/0", 4*n, 4*n)
	if problem != nil || text(entries) != want {
		t.Errorf("got %s, problem %v, want %s", text(entries), problem, want)
	}
}

func TestMoreSeriesThanCanBeRememberedAreRefused(t *testing.T) {
	b := newBench(t, func(o *Options) { o.MaxSeries = 1 })
	put(t, b.server.Store(), line(t, series("500"), "1+1x19"))
	if o := b.measure(); o.Problem == nil || o.Problem.Kind != Misconfigured || !strings.Contains(o.Problem.Text, "more than 1 series") || len(o.Entries) > 0 {
		t.Errorf("got %s, problem %v", text(o.Entries), o.Problem)
	}
}
