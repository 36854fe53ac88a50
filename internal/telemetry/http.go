package telemetry

import "net/http"

// Handler counts the requests that next answers, by the pattern of the route
// that took them; "none" when no route did.
func (r *Recorder) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		watched := &statusWriter{ResponseWriter: w}
		// A panic is on its way to the server, which answers nothing: 500 is
		// what it would have been.
		code := http.StatusInternalServerError
		defer func() {
			pattern := req.Pattern
			if pattern == "" {
				pattern = "none"
			}
			r.request(pattern, code)
		}()
		next.ServeHTTP(watched, req)
		code = watched.code()
	})
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader keeps the first final status.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach what the server's writer can do.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
