package promtest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"go.uber.org/goleak"

	"github.com/slmd/slmd/internal/promtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is when the histories of these tests begin, in Unix milliseconds.
const start = 1_790_000_000_000

// at gives the instant s seconds after start, as the API writes it.
func at(s int) string { return fmt.Sprint(start/1000 + s) }

// serve starts a server that closes with the test.
func serve(t testing.TB, store *promtest.Store) *promtest.Server {
	t.Helper()
	now := func() time.Time { return time.UnixMilli(start).Add(10 * time.Minute) }
	s, err := promtest.New(store, promtest.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

// filled gives a store with x{job="a"} counting by one each 30 s, 20 samples from start on.
func filled(t testing.TB) *promtest.Store {
	t.Helper()
	store := promtest.NewStore()
	for i := range 20 {
		add(t, store, `x`, "a", int64(start+i*30_000), float64(i))
	}
	return store
}

func add(t testing.TB, store *promtest.Store, metric, job string, at int64, v float64) {
	t.Helper()
	if err := store.Append(labels.FromStrings("__name__", metric, "job", job), at, v); err != nil {
		t.Fatal(err)
	}
}

// get asks and gives status, body and the error of reading the answer.
func get(s *promtest.Server, path string, params ...string) (code int, body string, err error) {
	form := url.Values{}
	for i := 0; i < len(params); i += 2 {
		form.Add(params[i], params[i+1])
	}
	resp, err := http.Get(s.URL() + path + "?" + form.Encode())
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// want fails unless the answer is 200 with this body.
func want(t *testing.T, s *promtest.Server, body, path string, params ...string) {
	t.Helper()
	code, got, err := get(s, path, params...)
	if err != nil || code != http.StatusOK || strings.TrimSpace(got) != body {
		t.Errorf("%s %q:\ngot  %d %s (%v)\nwant 200 %s", path, params, code, got, err, body)
	}
}

func TestAWindowIsOpenOnItsLeftAndClosedOnItsRight(t *testing.T) {
	s := serve(t, filled(t))
	want(t, s, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"x","job":"a"},"values":[[1790000030,"1"],[1790000060,"2"]]}]}}`,
		"/api/v1/query", "query", `x{job="a"}[1m]`, "time", at(60))
}

func TestAWindowWithoutSamplesGivesNoSeries(t *testing.T) {
	s := serve(t, filled(t))
	want(t, s, `{"status":"success","data":{"resultType":"matrix","result":[]}}`,
		"/api/v1/query", "query", `x[1m]`, "time", at(-60))
}

func TestVectorsScalarsStringsAndRangesComeAsPrometheusWritesThem(t *testing.T) {
	s := serve(t, filled(t))
	want(t, s, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1790000060.500,"0.6666666666666666"]}]}}`,
		"/api/v1/query", "query", `x / 3`, "time", at(60)+".5")
	want(t, s, `{"status":"success","data":{"resultType":"scalar","result":[1790000600,"0.5"]}}`, "/api/v1/query", "query", `1/2`)
	want(t, s, `{"status":"success","data":{"resultType":"string","result":[1790000600,"a\"b"]}}`, "/api/v1/query", "query", `"a\"b"`)
	want(t, s, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1790000000,"NaN"],[1790000060,"+Inf"]]}]}}`,
		"/api/v1/query_range", "query", `sum(x)/0`, "start", at(0), "end", at(60), "step", "1m")
}

func TestStaleMarkersEndASeriesAndAreNotShown(t *testing.T) {
	store := filled(t)
	add(t, store, "x", "a", start+20*30_000, promtest.Stale())
	s := serve(t, store)
	want(t, s, `{"status":"success","data":{"resultType":"vector","result":[]}}`, "/api/v1/query", "query", "x", "time", at(630))
	want(t, s, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"x","job":"a"},"values":[[1790000570,"19"]]}]}}`,
		"/api/v1/query", "query", "x[1m]", "time", at(629))
}

func TestSamplesAppendedWhileTheServerRunsAreSeen(t *testing.T) {
	store := filled(t)
	s := serve(t, store)
	add(t, store, "x", "a", start+600_000, 20)
	want(t, s, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"x","job":"a"},"value":[1790000600,"20"]}]}}`,
		"/api/v1/query", "query", "x")
}

func TestASampleThatIsNotNewerIsRefused(t *testing.T) {
	store := filled(t)
	x := store.Series(labels.FromStrings("__name__", "x", "job", "a"))
	last := int64(start + 19*30_000)
	if err := x.Append(last, 19); err != nil {
		t.Errorf("the same sample again: %v, want it to be ignored", err)
	}
	if err := x.Append(last, 20); !errors.Is(err, promtest.ErrDuplicate) {
		t.Errorf("another value at the same time: %v", err)
	}
	if err := x.Append(last-1, 19); !errors.Is(err, promtest.ErrOutOfOrder) {
		t.Errorf("an older sample: %v", err)
	}
}

func TestSamplesReadAreCountedOnce(t *testing.T) {
	s := serve(t, filled(t))
	for _, q := range []string{"x[5m]", "sum_over_time(x[5m])"} {
		before := s.Served().Samples
		if code, body, err := get(s, "/api/v1/query", "query", q, "time", at(300)); code != 200 || err != nil {
			t.Fatal(code, body, err)
		}
		if got := s.Served().Samples - before; got != 10 {
			t.Errorf("%s: %d samples counted, want 10", q, got)
		}
	}
	if got := s.Served().Requests["/api/v1/query"]; got != 2 {
		t.Errorf("%d requests counted, want 2", got)
	}
}

func TestAQueryThatMayNotTakeAnyTimeIsRefusedAsTimeout(t *testing.T) {
	s := serve(t, filled(t))
	for _, q := range []string{"x[5m]", "rate(x[5m])"} {
		code, body, err := get(s, "/api/v1/query", "query", q, "time", at(300), "timeout", "0")
		if err != nil || code != http.StatusServiceUnavailable || !strings.Contains(body, `"errorType":"timeout"`) {
			t.Errorf("%s: %d %s %v", q, code, body, err)
		}
	}
}

func TestTheServerSaysWhatItIsAndWhatItsMetricsAre(t *testing.T) {
	store := filled(t)
	store.Describe("x", promtest.Metadata{Type: "counter", Help: "Things."})
	s := serve(t, store)
	want(t, s, `{"data":{"x":[{"type":"counter","help":"Things.","unit":""}]},"status":"success"}`, "/api/v1/metadata", "metric", "x")
	want(t, s, `{"data":{},"status":"success"}`, "/api/v1/metadata", "metric", "y")
	want(t, s, `Prometheus Server is Healthy.`, "/-/healthy")
	want(t, s, `Prometheus Server is Ready.`, "/-/ready")
	if code, body, err := get(s, "/api/v1/status/buildinfo"); code != 200 || err != nil || !strings.Contains(body, `"version":"3.`) {
		t.Errorf("buildinfo: %d %s %v", code, body, err)
	}
	if code, _, err := get(s, "/api/v1/nothing"); code != http.StatusNotFound || err != nil {
		t.Errorf("an unknown path: %d %v", code, err)
	}
}

func TestTheDateHeaderFollowsTheGivenClock(t *testing.T) {
	s := serve(t, filled(t))
	resp, err := http.Get(s.URL() + "/-/ready")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Date"); got != "Mon, 21 Sep 2026 14:23:20 GMT" {
		t.Errorf("Date: %s", got)
	}
}
