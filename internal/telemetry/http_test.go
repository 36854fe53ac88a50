package telemetry

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRequestsAreCountedByRouteAndStatus(t *testing.T) {
	r := busy()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /agreements/{name}", func(w http.ResponseWriter, req *http.Request) {
		switch req.PathValue("name") {
		case "none":
			http.NotFound(w, req)
		case "panic":
			panic(http.ErrAbortHandler)
		default:
			fmt.Fprint(w, "here")
		}
	})
	handler := r.Handler(mux)
	for _, path := range []string{"/agreements/a", "/agreements/b", "/agreements/none", "/agreements/panic", "/nowhere/secret"} {
		func() {
			defer func() { _ = recover() }()
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
		}()
	}
	text := page(t, Options{Standings: given(), Recorder: r})
	got := series(t, text)
	for name, want := range map[string]string{
		`slmd_http_requests_total{handler="GET /agreements/{name}",code="200"}`: "2",
		`slmd_http_requests_total{handler="GET /agreements/{name}",code="404"}`: "1",
		`slmd_http_requests_total{handler="GET /agreements/{name}",code="500"}`: "1",
		`slmd_http_requests_total{handler="none",code="404"}`:                   "1",
	} {
		if got[name] != want {
			t.Errorf("%s = %q, want %q", name, got[name], want)
		}
	}
	if strings.Contains(text, "secret") {
		t.Error("a path that somebody made up is a label")
	}
}

func TestThePageIsServedPlainAndCompressed(t *testing.T) {
	telemetry := New(Options{Standings: given(standing("a", "x")), Recorder: busy()})
	plain := httptest.NewRecorder()
	telemetry.ServeHTTP(plain, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if got := plain.Header().Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("Content-Type %q", got)
	}
	request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept-Encoding", "gzip")
	packed := httptest.NewRecorder()
	telemetry.ServeHTTP(packed, request)
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(unpacked, plain.Body.Bytes()) {
		t.Errorf("the compressed page differs: %v", err)
	}
}

// deaf is a client that went away.
type deaf struct{ *httptest.ResponseRecorder }

func (deaf) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestAPageThatCannotBeWrittenIsCutOff(t *testing.T) {
	telemetry := New(Options{Standings: given(standing("a", "x")), Recorder: busy()})
	for _, encoding := range []string{"", "gzip"} {
		request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		request.Header.Set("Accept-Encoding", encoding)
		func() {
			defer func() {
				if recover() != http.ErrAbortHandler { //nolint:errorlint // it is the value itself
					t.Errorf("with the encoding %q half a page ends like a whole one", encoding)
				}
			}()
			telemetry.ServeHTTP(deaf{httptest.NewRecorder()}, request)
		}()
	}
}
