package measure

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
)

// answer gives a matrix of one series of the shop; the times are seconds after the start.
func answerOf(values ...string) promtest.Fault {
	var all []string
	for _, v := range values {
		after, value, _ := strings.Cut(v, ":")
		var n int64
		fmt.Sscan(after, &n)
		all = append(all, fmt.Sprintf("[%d,%s]", int64(start)/1000+n, value))
	}
	body := promtest.Body(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"http_requests_total","job":"shop","instance":"a","code":"200"},"values":[` +
		strings.Join(all, ",") + `]}]}}`)
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.Contains(r.FormValue("query"), "http_requests_total") {
			body(w, r, next)
			return
		}
		next.ServeHTTP(w, r)
	}
}

func TestSamplesThatAreOutOfOrderMakeTheirIntervalsUnknownAndAreCounted(t *testing.T) {
	for _, c := range []struct {
		name    string
		instead string // of the first of its samples
		want    string
		refused int
	}{
		{"in order", "", "40/0 20/0", 0},
		{"the same once more", `15:"40" 15:"40"`, "40/0 20/0", 0},
		{"an older one", `15:"40" 5:"35"`, "40/0?60 20/0", 1},
		{"an older one of the interval before", `60:"70" 20:"45"`, "40/0?60 20/0?60", 1},
		{"another value of the same time", `60:"70" 60:"75"`, "40/0 20/0?60", 1},
		{"before anything is counted", `-30:"10" -45:"5"`, "40/0 20/0", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, nil)
			b.now, b.task.To = start.Add(2*sla.Minute), start.Add(2*sla.Minute)
			values := `-30:"10" -15:"20" 0:"30" 15:"40" 30:"50" 45:"60" 60:"70" 75:"80"`
			first, _, _ := strings.Cut(c.instead, " ")
			b.server.Break(answerOf(strings.Fields(strings.Replace(values, first, c.instead, 1))...))
			o := b.measure()
			if o.Problem != nil || text(o.Entries) != c.want {
				t.Errorf("got %s, problem %v, want %s", text(o.Entries), o.Problem, c.want)
			}
			refused := 0
			for _, x := range o.Rejected {
				if x.Reason != ReasonOrder || !strings.Contains(x.Series, `code="200"`) {
					t.Errorf("refused is %+v", x)
				}
				refused += x.Count
			}
			if refused != c.refused {
				t.Errorf("%d samples are refused, want %d", refused, c.refused)
			}
		})
	}
}

func TestValuesThatAreNoNumbersLeaveAnAnswerUnused(t *testing.T) {
	for _, value := range []string{`null`, `true`, `{}`, `"1" "2"`, `[1]`, `5`} {
		newBench(t, nil).pending(answerOf(`-15:"10"`, "15:"+value), Pending, "broke off")
	}
}

func TestATextInPlaceOfANumberMakesItsIntervalUnknownAndIsCounted(t *testing.T) {
	for _, value := range []string{`"many"`, `""`, `"0x"`, `"1,5"`, `"1 000"`} {
		b := newBench(t, nil)
		b.server.Break(answerOf(`-15:"10"`, `15:"20"`, "75:"+value, `90:"50"`, `135:"60"`))
		o := b.measure()
		if want := "20/0 30/0?60 10/0"; o.Problem != nil || !strings.HasPrefix(text(o.Entries), want) {
			t.Errorf("of %s got %s, problem %v, want %s", value, text(o.Entries), o.Problem, want)
		}
		if len(o.Rejected) != 1 || o.Rejected[0].Reason != ReasonType || o.Rejected[0].Count != 1 {
			t.Errorf("of %s refused is %+v", value, o.Rejected)
		}
	}
}

func TestLabelsAndNamesOfAnyKindAreReadAndTold(t *testing.T) {
	value := "a\"b\\c{d=\"e\"},\n[1m] ü \u2028"
	for _, c := range []struct{ name, selector string }{
		{"http_requests_total", `http_requests_total{job="shop",path=` + fmt.Sprintf("%q", value) + `}`},
		{"http.requests/total ü", `{"http.requests/total ü",job="shop",path=` + fmt.Sprintf("%q", value) + `}`},
	} {
		now := start.Add(5 * sla.Minute)
		store := promtest.NewStore()
		for i := range 24 {
			at := int64(start.Add(-sla.Minute)) + int64(i)*15_000
			for path, by := range map[string]int{value: 10, "other": 70} {
				lset := labels.FromStrings("__name__", c.name, "job", "shop", "instance", "a", "path", path, "strange label", `}"{`)
				if err := store.Append(lset, at, float64(by*i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		server, err := promtest.New(store, promtest.Options{Now: now.Time})
		if err != nil {
			t.Fatal(err)
		}
		closing(t, server)
		src, err := New(Options{Name: "main", URL: server.URL(), HTTP: &http.Client{}})
		if err != nil {
			t.Fatal(err)
		}
		ind := &sla.Indicator{Name: "requests", Kind: sla.Ratio, Interval: sla.Minute, Total: c.selector, Bad: strings.Replace(c.selector, "job=", `code="x",job=`, 1)}
		o := src.Measure(t.Context(), []Task{{Indicator: ind, Cursor: start, To: start.Add(2 * sla.Minute)}}, now)[0]
		if want := "40/0 40/0"; o.Problem != nil || text(o.Entries) != want {
			t.Errorf("%s: got %s, problem %v, want %s", c.selector, text(o.Entries), o.Problem, want)
		}
	}
}

// endless is an answer without end.
func endless(start string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		part := []byte(strings.Repeat(" ", 1<<16))
		_, err := io.WriteString(w, start)
		for err == nil {
			_, err = w.Write(part)
		}
	}
}

func TestAnAnswerWithoutEndIsGivenUpAndMemoryIsBounded(t *testing.T) {
	for _, begin := range []string{"<html>", `{"status":"success","data":{"resultType":"matrix","result":[`} {
		srv := httptest.NewServer(endless(begin))
		var most int64
		src, err := New(Options{Name: "main", URL: srv.URL, HTTP: srv.Client(), MaxBody: 1 << 20, Timeout: 20 * time.Second, NoStream: true, Observe: func(q Request) { most = max(most, q.Bytes) }})
		if err != nil {
			t.Fatal(err)
		}
		var o Outcome
		top := peak(func() {
			o = src.Measure(t.Context(), []Task{{Indicator: ratio(), Cursor: start}}, start.Add(5*sla.Minute))[0]
		})
		srv.Close()
		if o.Problem == nil || len(o.Entries) > 0 || o.Cursor != start {
			t.Errorf("%s: got %s, problem %v", begin, text(o.Entries), o.Problem)
		}
		if most > 1<<20+1 || top > 256<<20 {
			t.Errorf("%s: %d bytes were read of one answer, with %d MiB of heap", begin, most, top>>20)
		}
	}
}
