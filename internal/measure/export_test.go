package measure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/prompb"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

func exported(text string, most int) ([]Series, error) {
	l := lines{span: sla.Span{From: 1000, To: 5000}, most: most}
	err := l.read(strings.NewReader(text))
	return l.done(), err
}

func TestExportedLinesGiveTheSamplesOfTheSpan(t *testing.T) {
	got, err := exported(`{"metric":{"__name__":"x","q":"a\"b"},"values":[1,2.5,null,+Inf,"-Infinity",6],"timestamps":[999,1000,2000,3000,4000,5000]}

{"metric":{"__name__":"y"},"values":[1e-9],"timestamps":[4999]}
{"metric":{"__name__":"x","q":"a\"b"},"values":[7],"timestamps":[4500]}
{"metric":{"__name__":"z"},"values":[null],"timestamps":[4500]}`, 100)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{[{__name__ x} {q a"b}] [{1970-01-01T00:00:01Z 2.5} {1970-01-01T00:00:03Z Inf} {1970-01-01T00:00:04Z Inf} {1970-01-01T00:00:04.5Z 7}] []} ` +
		`{[{__name__ y}] [{1970-01-01T00:00:04.999Z 0.000000001}] []}]`
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

func TestExportedLinesThatAreNotWholeAreRefused(t *testing.T) {
	const whole = `{"metric":{"__name__":"x"},"values":[1,2],"timestamps":[1000,2000]}`
	for _, text := range []string{
		whole[:len(whole)-1], whole + "x", "remoteAddr: error", `{"values":[1],"timestamps":[1000]}`, "[]", "{}",
		`{"metric":{"__name__":"x"},"values":[1,2],"timestamps":[1000]}`,
		`{"metric":{"__name__":"x"},"values":[1,"two"],"timestamps":[1000,2000]}`,
		`{"metric":{"__name__":"x"},"values":[1],"timestamps":[1000.5]}`,
		`{"metric":{"__name__":"x"},"values":[1,2],"timestamps":[2000,2000]}`,
		whole + "\n" + whole[:20], strings.Repeat(" ", maxLine+1),
	} {
		if _, err := exported(text, 100); !errors.Is(err, errLines) {
			t.Errorf("%.90q: %v", text, err)
		}
	}
	if _, err := exported(whole, 1); !errors.Is(err, errTooMuch) {
		t.Errorf("more samples than may be: %v", err)
	}
}

func FuzzExportedLines(f *testing.F) {
	f.Add([]byte(`{"metric":{"__name__":"x"},"values":[1,2.5,null,+Inf],"timestamps":[1000,2000,3000,4000]}`))
	f.Add([]byte(`{"metric":{"a":"\u00e4"},"timestamps":[],"values":[],"more":{"x":[1,{}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		l := lines{span: sla.Span{From: 0, To: sla.Forever}, most: 1000}
		if l.read(bytes.NewReader(text)) != nil {
			return
		}
		for _, s := range l.done() {
			for i := range s.Samples {
				if i > 0 && s.Samples[i].T <= s.Samples[i-1].T || s.Samples[i].V.kind == notANumber {
					t.Errorf("of %q came %v", text, s)
				}
			}
		}
	})
}

// written sends series to a server that takes them from Prometheus.
func written(t *testing.T, url string, series ...Series) {
	t.Helper()
	req := &prompb.WriteRequest{}
	for _, s := range series {
		ts := prompb.TimeSeries{}
		for _, l := range s.Labels {
			ts.Labels = append(ts.Labels, prompb.Label{Name: l.Name, Value: l.Value})
		}
		for _, x := range s.Samples {
			v := promtest.Stale()
			if x.V.kind != stale {
				v, _ = x.V.rat().Float64()
			}
			ts.Samples = append(ts.Samples, prompb.Sample{Timestamp: int64(x.T), Value: v})
		}
		req.Timeseries = append(req.Timeseries, ts)
	}
	testkit.RemoteWrite(t, url, req)
}

func TestStaleMarkersOfVictoriaMetricsOnlyEndTheirSeries(t *testing.T) {
	all := []Series{
		line(t, series("200"), "1000+10x3 stale _x3 1040+10x23"), up(t, "1x3 stale 1x26"),
		lineEach(t, 14999, `http_requests_total{job="shop",instance="b",code="200"}`, "1x4 2x20 stale"),
	}
	now := start.Add(8 * sla.Minute)
	srv := testkit.StartVictoriaMetrics(t)
	written(t, srv.URL(), all...)
	srv.Flush()
	want := text(measured(t, ratio(), 7, all...))
	for name, change := range map[string]func(*Options){
		"told":               func(o *Options) { o.Kind, o.NoStream = VictoriaMetrics, true },
		"seen":               func(o *Options) { o.NoStream = true },
		"seen, by its lines": nil,
	} {
		src, requests := counted(t, srv.URL(), change)
		tasks := tasksOf([]*sla.Indicator{ratio()})
		tasks[0].To = start.Add(7 * sla.Minute)
		if got := text(catchUp(t, src, tasks, now)[0]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if n := requests("export ok"); name == "told" && n != 0 || name == "seen" && n != 1 {
			t.Errorf("%s: %d exports", name, n)
		}
	}
}

func TestProbeSeesThatVictoriaMetricsExports(t *testing.T) {
	srv := testkit.StartVictoriaMetrics(t)
	srv.Import(strings.NewReader(fmt.Sprintf("up 1 %d\n", start)))
	src := sourceAt(t, srv.URL())
	now := start.Add(sla.Minute)
	want := Capabilities{At: now, Exports: true}
	if err := src.Probe(t.Context(), now); err != nil || src.Capabilities() != want {
		t.Errorf("got %+v and %v, want %+v", src.Capabilities(), err, want)
	}
}

// lined answers like a source that exports this body.
func lined(status int, kind, body string) promtest.Fault {
	return promtest.On("/api/v1/export", func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func TestAnExportThatIsNoneIsReplacedByQueries(t *testing.T) {
	const lines = "application/stream+json; charset=utf-8"
	other := fmt.Sprintf(`{"metric":{"__name__":"http_requests_total","replica":"a"},"values":[1],"timestamps":[%d]}`, start.Add(2*sla.Hour)-60_000)
	for name, fault := range map[string]promtest.Fault{
		"not there":        lined(404, "text/plain", "404 page not found"),
		"a page":           promtest.On("/api/v1/export", promtest.HTMLPage()),
		"cut off":          lined(200, lines, `{"metric":{"__name__":"x"`),
		"ends in an error": lined(200, lines, "remoteAddr: cannot fetch"),
		"other labels":     lined(200, lines, other),
		"nothing":          lined(200, lines, ""),
		"a gateway's 502":  lined(502, "text/html", "bad gateway"),
	} {
		t.Run(name, func(t *testing.T) {
			h := shop(2)
			now := start.Add(2 * sla.Hour)
			srv := serving(t, h.store(t), now)
			srv.Break(fault)
			src, requests := counted(t, srv.URL(), func(o *Options) { o.Kind = VictoriaMetrics })
			all := catchUp(t, src, tasksOf([]*sla.Indicator{ratio()}), now)
			compareFacts(t, "requests", all[0], h.truth(sla.Ratio, 120))
			if requests("samples ok") == 0 {
				t.Error("nothing was read as text")
			}
		})
	}
}

func TestAnExportOfTooMuchIsHalved(t *testing.T) {
	h, _ := perform()
	srv := testkit.StartVictoriaMetrics(t)
	srv.Import(strings.NewReader(h.lines()))
	src, requests := counted(t, srv.URL(), func(o *Options) { o.MaxBody, o.Piece = 100_000, 3*sla.Hour })
	ind := &sla.Indicator{Name: "requests steady", Kind: sla.Ratio, Interval: sla.Minute, Total: `events_total{job="steady"}`, Bad: `events_total{job="steady",code=~"5.."}`}
	got := catchUp(t, src, tasksOf([]*sla.Indicator{ind}), sceneEnd)[0]
	want := catchUp(t, sourceAt(t, srv.URL()), tasksOf([]*sla.Indicator{ind}), sceneEnd.Add(30*sla.Second))[0]
	testkit.EqualLedgers(t, got, want)
	if requests("export ok") < 2 || math.Abs(float64(len(got)-sceneHours*60)) > 1 {
		t.Errorf("%d entries in %d exports", len(got), requests("export ok"))
	}
}

// serving starts an in-process server that ends with the test.
func serving(t testing.TB, store *promtest.Store, now sla.Instant) *promtest.Server {
	t.Helper()
	srv, err := promtest.New(store, promtest.Options{Now: now.Time})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, srv)
	return srv
}
