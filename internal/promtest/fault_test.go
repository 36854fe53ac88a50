package promtest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/promtest"
	"github.com/slmd/slmd/internal/testkit"
)

// query asks for a window of x.
func query(s *promtest.Server) (code int, body string, err error) {
	return get(s, "/api/v1/query", "query", "x[5m]", "time", at(300))
}

func TestAServerThatIsDownAnswersNothingAndIsMended(t *testing.T) {
	s := serve(t, filled(t))
	s.Break(promtest.Down())
	if code, body, err := query(s); err == nil {
		t.Errorf("got %d %s, want no answer", code, body)
	}
	s.Break(nil)
	if code, _, err := query(s); code != 200 || err != nil {
		t.Errorf("mended, but got %d %v", code, err)
	}
}

func TestFaultsAnswerAsTheirServersDo(t *testing.T) {
	s := serve(t, filled(t))
	for _, c := range []struct {
		name  string
		fault promtest.Fault
		code  int
		text  string
	}{
		{"a busy proxy", promtest.TooManyRequests(30 * time.Second), 429, "too many requests"},
		{"a broken proxy", promtest.Status(502, "bad gateway"), 502, "bad gateway"},
		{"a query that took too long", promtest.QueryTimeout(), 422, `"errorType":"execution","error":"query timed out`},
		{"any error of the API", promtest.APIError(400, "bad_data", `parse "error"`), 400, `{"status":"error","errorType":"bad_data","error":"parse \"error\""}`},
		{"a query over the limit", promtest.TooManySamples(9), 422, "query processing would load too many samples into memory in query execution"},
		{"a query at the limit", promtest.TooManySamples(10), 200, `[1790000300,"10"]`},
		{"warnings", promtest.Warn("store 2 is away", "so is 3"), 200, `,"warnings":["store 2 is away","so is 3"]}`},
		{"infos", promtest.Inform("hm"), 200, `,"infos":["hm"]}`},
		{"a sign-in page", promtest.HTMLPage(), 200, "<!DOCTYPE html>"},
		{"another body", promtest.Body(`{"a":1}`), 200, `{"a":1}`},
		{"a fault on another path", promtest.On("/api/v1/read", promtest.Status(500, "no")), 200, `[1790000300,"10"]`},
		{"a fault on this path", promtest.On("/api/v1/query", promtest.Status(500, "no")), 500, "no"},
	} {
		s.Break(c.fault)
		if code, body, err := query(s); err != nil || code != c.code || !strings.Contains(body, c.text) {
			t.Errorf("%s: %d %s (%v), want %d with %s", c.name, code, body, err, c.code, c.text)
		}
	}
}

func TestRetryAfterSaysHowLongToWait(t *testing.T) {
	s := serve(t, filled(t))
	s.Break(promtest.TooManyRequests(30 * time.Second))
	resp, err := http.Get(s.URL() + "/api/v1/query")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Retry-After"); got != "30" {
		t.Errorf("Retry-After %q", got)
	}
}

func TestACutBodyIsAnErrorAndATruncatedOneIsNot(t *testing.T) {
	s := serve(t, filled(t))
	_, whole, err := query(s)
	if err != nil {
		t.Fatal(err)
	}
	s.Break(promtest.Cut(50))
	if _, body, err := query(s); err == nil || len(body) > 50 {
		t.Errorf("cut: %q, %v", body, err)
	}
	s.Break(promtest.Truncate(50))
	if _, body, err := query(s); err != nil || body != whole[:50] {
		t.Errorf("truncated: %q, %v", body, err)
	}
}

func TestAFaultCanBeForTheFirstRequestsOnly(t *testing.T) {
	s := serve(t, filled(t))
	s.Break(promtest.Times(2, promtest.Status(503, "no")))
	var codes []int
	for range 3 {
		code, _, err := query(s)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, code)
	}
	if codes[0] != 503 || codes[1] != 503 || codes[2] != 200 {
		t.Errorf("codes %v", codes)
	}
}

func TestARedirectNamesTheOtherHost(t *testing.T) {
	s := serve(t, filled(t))
	s.Break(promtest.RedirectTo("http://elsewhere.example"))
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(s.URL() + "/api/v1/query?query=x")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	client.CloseIdleConnections()
	if got := resp.Header.Get("Location"); got != "http://elsewhere.example/api/v1/query?query=x" {
		t.Errorf("Location %q", got)
	}
}

func TestAClockThatIsOffShowsInTheDate(t *testing.T) {
	s := serve(t, filled(t))
	s.Break(promtest.Clock(10 * time.Minute))
	resp, err := http.Get(s.URL() + "/api/v1/query?query=x")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Date"); got != "Mon, 21 Sep 2026 14:33:20 GMT" {
		t.Errorf("Date %q", got)
	}
}

func TestASlowAnswerComesWhenReleased(t *testing.T) {
	s := serve(t, filled(t))
	release := make(chan struct{})
	s.Break(promtest.Slow(release))
	answered := make(chan int)
	go func() {
		code, _, _ := query(s)
		answered <- code
	}()
	testkit.Eventually(t, "the request has come", func() bool { return s.Served().Requests["/api/v1/query"] > 0 })
	select {
	case code := <-answered:
		t.Errorf("answered %d before it was released", code)
	default:
	}
	close(release)
	if code := <-answered; code != 200 {
		t.Errorf("answered %d", code)
	}
}

func TestAStalledBodyComesInTwoParts(t *testing.T) {
	s := serve(t, filled(t))
	release := make(chan struct{})
	s.Break(promtest.Stall(20, release))
	resp, err := http.Get(s.URL() + "/api/v1/query?query=x[5m]&time=" + at(300))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, 20)
	if _, err := io.ReadFull(resp.Body, first); err != nil {
		t.Fatal(err)
	}
	close(release)
	rest, err := io.ReadAll(resp.Body)
	if whole := string(first) + string(rest); err != nil || !strings.HasSuffix(whole, `[1790000300,"10"]]}]}}`) {
		t.Errorf("%q, %v", whole, err)
	}
}

func TestCloseEndsRequestsThatAFaultHolds(t *testing.T) {
	s, err := promtest.New(filled(t), promtest.Options{Now: func() time.Time { return time.UnixMilli(start) }})
	if err != nil {
		t.Fatal(err)
	}
	s.Break(promtest.Slow(nil))
	ended := make(chan error)
	go func() {
		_, _, err := query(s)
		ended <- err
	}()
	testkit.Eventually(t, "the request has come", func() bool { return s.Served().Requests["/api/v1/query"] > 0 })
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	<-ended // with an empty answer or none, but it ends
	http.DefaultClient.CloseIdleConnections()
}

func TestAServerWithoutAClockOrWithABadAddressIsRefused(t *testing.T) {
	if _, err := promtest.New(promtest.NewStore(), promtest.Options{}); err == nil {
		t.Error("a server without a clock started")
	}
	if _, err := promtest.New(promtest.NewStore(), promtest.Options{Now: time.Now, Address: "nowhere:-1"}); err == nil {
		t.Error("a server at an impossible address started")
	}
}
