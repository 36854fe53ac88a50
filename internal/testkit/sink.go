package testkit

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// Post is one request that a sink received.
type Post struct {
	Path   string
	Header http.Header
	Body   []byte
	Alerts []Alert // the body of a POST to /api/v2/alerts
}

// Sink plays an Alertmanager: it records what is posted and answers 200, or
// what the test tells it to.
type Sink struct {
	server *httptest.Server

	mu     sync.Mutex
	posts  []Post
	answer http.HandlerFunc
}

// NewSink starts a sink; the end of the test ends it.
func NewSink(t testing.TB) *Sink {
	s := &Sink{}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.server.Close)
	return s
}

// URL gives the address of the sink, http://127.0.0.1:PORT.
func (s *Sink) URL() string { return s.server.URL }

// Answer makes the sink answer by the function from now on, after it has
// recorded the request; nil makes it answer 200 again.
func (s *Sink) Answer(f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

// Refuse makes the sink answer with the status and the text from now on.
func (s *Sink) Refuse(status int, text string) {
	s.Answer(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, status) })
}

// Posts gives what was posted so far, in order of arrival.
func (s *Sink) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.posts)
}

// Alerts gives the alerts of all posts so far, in order of arrival; one that
// was sent twice stands there twice.
func (s *Sink) Alerts() []Alert {
	var all []Alert
	for _, p := range s.Posts() {
		all = append(all, p.Alerts...)
	}
	return all
}

// Wait waits until at least n requests have arrived and gives them all.
func (s *Sink) Wait(t testing.TB, n int) []Post {
	t.Helper()
	Eventually(t, "the sink has its posts", func() bool { return len(s.Posts()) >= n })
	return s.Posts()
}

func (s *Sink) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	post := Post{Path: r.URL.Path, Header: r.Header.Clone(), Body: body}
	if r.URL.Path == "/api/v2/alerts" {
		if err := json.Unmarshal(body, &post.Alerts); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	s.mu.Lock()
	s.posts = append(s.posts, post)
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(w, r)
	}
}
