package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// getAs asks for a page as a client that takes these encodings.
func (w *world) getAs(t *testing.T, method, path, accepts string) *httptest.ResponseRecorder {
	t.Helper()
	out, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), method, path, nil)
	r.Header.Set("Accept-Encoding", accepts)
	w.pages.ServeHTTP(out, r)
	return out
}

func TestPagesAreCompressedForThoseWhoTakeIt(t *testing.T) {
	w := newWorld(t, size{services: 3, objectives: 2, periods: 3})
	for _, path := range []string{"/", "/matrix.csv", "/status", "/api/v1/agreements", "/nowhere"} {
		plain, small := w.getAs(t, http.MethodGet, path, ""), w.getAs(t, http.MethodGet, path, "br, gzip")
		if small.Header().Get("Content-Encoding") != "gzip" || small.Header().Get("Vary") != "Accept-Encoding" || small.Code != plain.Code {
			t.Errorf("%s is answered by %d with %v", path, small.Code, small.Header())
			continue
		}
		read, err := gzip.NewReader(small.Body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got, err := io.ReadAll(read); err != nil || string(got) != plain.Body.String() {
			t.Errorf("%s has %d bytes compressed, %d without (%v)", path, len(got), plain.Body.Len(), err)
		}
	}
	for _, c := range []struct{ method, path, accepts string }{
		{http.MethodGet, "/", "gzip;q=0"},
		{http.MethodGet, "/", "deflate"},
		{http.MethodHead, "/", "gzip"},
		{http.MethodGet, "/-/healthy", "gzip"},
		{http.MethodGet, "/-/reload", "gzip"},
	} {
		if got := w.getAs(t, c.method, c.path, c.accepts); got.Header().Get("Content-Encoding") != "" || got.Code == 0 {
			t.Errorf("%s %s for %q is answered by %d, encoded as %q", c.method, c.path, c.accepts, got.Code, got.Header().Get("Content-Encoding"))
		}
	}
}
