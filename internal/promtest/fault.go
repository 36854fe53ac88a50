package promtest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Fault stands between a request and its answer. It may answer itself, spoil
// the answer of next, or hold it. The functions of this file make the usual
// ones; a test may write its own.
type Fault func(w http.ResponseWriter, r *http.Request, next http.Handler)

// Down closes the connection without an answer.
func Down() Fault {
	return func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }
}

// Slow holds every answer until release is closed, the client has gone or the server closes.
func Slow(release <-chan struct{}) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		select {
		case <-release:
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}
}

// Status answers with a code and a plain text.
func Status(code int, text string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { http.Error(w, text, code) }
}

// TooManyRequests answers 429 and asks to wait, in seconds.
func TooManyRequests(retryAfter time.Duration) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		http.Error(w, "too many requests", http.StatusTooManyRequests)
	}
}

// APIError answers as Prometheus says an error: a code, an errorType such as
// execution or bad_data, and a text.
func APIError(code int, kind, text string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		refuse(w, refusal{code, kind, text})
	}
}

// QueryTimeout answers 422 with the text of a query that ran out of time, as
// proxies and other Prometheus-like servers do.
func QueryTimeout() Fault {
	return APIError(http.StatusUnprocessableEntity, "execution", "query timed out in expression evaluation")
}

// TooManySamples refuses queries that load more than n samples with Prometheus' own 422.
func TooManySamples(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), limitKey{}, n)))
	}
}

// Warn adds warnings to every answer of a query.
func Warn(texts ...string) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), warnKey{}, texts)))
	}
}

// Inform adds infos to every answer of a query.
func Inform(texts ...string) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), infoKey{}, texts)))
	}
}

// Cut breaks the connection after n bytes of the answer's body.
func Cut(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		cut := &limitedWriter{ResponseWriter: w, left: n}
		next.ServeHTTP(cut, r)
		if cut.over {
			flush(w)
			panic(http.ErrAbortHandler)
		}
	}
}

// Truncate ends the body after n bytes as if that were all.
func Truncate(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(&limitedWriter{ResponseWriter: w, left: n}, r)
	}
}

// Stall sends n bytes of the body and holds the rest until release is closed,
// the client has gone or the server closes.
func Stall(n int, release <-chan struct{}) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(&stalledWriter{ResponseWriter: w, r: r, left: n, release: release}, r)
	}
}

// HTMLPage answers 200 with a page of HTML, as a captive portal or a wrong address does.
func HTMLPage() Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!DOCTYPE html><html><title>Sign in</title><body>Please sign in.</body></html>\n"))
	}
}

// Body answers 200 with this JSON, whatever was asked.
func Body(json string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(json))
	}
}

// RedirectTo sends the client to another address, the path and query kept.
func RedirectTo(base string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	}
}

// Clock shows another time in the Date header, off by d.
func Clock(d time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if at, err := http.ParseTime(w.Header().Get("Date")); err == nil {
			w.Header().Set("Date", at.Add(d).Format(http.TimeFormat))
		}
		next.ServeHTTP(w, r)
	}
}

// On applies a fault only to paths with this beginning, such as /api/v1/query.
func On(path string, f Fault) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasPrefix(r.URL.Path, path) {
			f(w, r, next)
			return
		}
		next.ServeHTTP(w, r)
	}
}

// Times applies a fault to the first n requests only.
func Times(n int, f Fault) Fault {
	var seen atomic.Int64
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if seen.Add(1) <= int64(n) {
			f(w, r, next)
			return
		}
		next.ServeHTTP(w, r)
	}
}

type (
	limitKey struct{}
	warnKey  struct{}
	infoKey  struct{}
)

// added gives what a fault wants to be said beside the answer.
func added(ctx context.Context) (warnings, infos []string) {
	warnings, _ = ctx.Value(warnKey{}).([]string)
	infos, _ = ctx.Value(infoKey{}).([]string)
	return warnings, infos
}

// limitedWriter drops what comes after a number of bytes.
type limitedWriter struct {
	http.ResponseWriter
	left int
	over bool
}

func (w *limitedWriter) Write(p []byte) (int, error) {
	keep := min(len(p), w.left)
	w.left -= keep
	w.over = w.over || keep < len(p)
	if _, err := w.ResponseWriter.Write(p[:keep]); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w *limitedWriter) Flush() { flush(w.ResponseWriter) }

// stalledWriter waits once, after a number of bytes.
type stalledWriter struct {
	http.ResponseWriter
	r       *http.Request
	left    int
	release <-chan struct{}
}

func (w *stalledWriter) Write(p []byte) (int, error) {
	if len(p) <= w.left {
		w.left -= len(p)
		return w.ResponseWriter.Write(p)
	}
	n, err := w.ResponseWriter.Write(p[:w.left])
	if err != nil {
		return n, err
	}
	flush(w.ResponseWriter)
	select {
	case <-w.release:
	case <-w.r.Context().Done():
		return n, w.r.Context().Err()
	}
	rest, err := w.ResponseWriter.Write(p[w.left:])
	w.left = len(p) // a second wait would be on a closed channel anyway
	return n + rest, err
}

func (w *stalledWriter) Flush() { flush(w.ResponseWriter) }

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}
