package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestHealthIsWhatTheDaemonSays(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/-/healthy" {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	if err := checkHealthy(server.URL+"/", io.Discard); err != nil {
		t.Errorf("a healthy daemon: %v", err)
	}
	status = http.StatusServiceUnavailable
	if checkHealthy(server.URL, io.Discard) == nil {
		t.Error("a daemon that answers 503 is called healthy")
	}
	server.Close()
	if checkHealthy(server.URL, io.Discard) == nil {
		t.Error("a daemon that does not answer is called healthy")
	}
}
