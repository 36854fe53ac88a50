package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/slmd/slmd/internal/promtest"
)

const misspelt = `parties: [{name: us, role: internal}]
services: [{name: web, owner: us}]
indicators:
  - {name: up, service: web, time: {metric: up}}
  - name: requests
    service: web
    ratio:
      total: requests_total{job="web"}
      bad: requests_total{job="web",code="500"}
`

func TestSelectorsThatFindNothingAreNamedWithTheirPlace(t *testing.T) {
	store := promtest.NewStore()
	if err := store.Append(labels.FromStrings("__name__", "up"), now().Time().UnixMilli()-60_000, 1); err != nil {
		t.Fatal(err)
	}
	srv, err := promtest.New(store, promtest.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	file := filepath.Join(t.TempDir(), "c.yml")
	if err := os.WriteFile(file, []byte(misspelt), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	f := checkFlags{paths: []string{file}, zone: "UTC", source: srv.URL(), lintFatal: true}
	if err := checkCatalogue(t.Context(), f, &out, &complaints); err != (exitError{3}) { //nolint:errorlint // it is not wrapped
		t.Errorf("got the error %v, want exit code 3", err)
	}
	want := file + `:8:14: warning: indicator requests: requests_total{job="web"} has no series within the last hour: it would be unknown all the time; the source has no metric of the name requests_total
` + file + `:9:12: warning: indicator requests: requests_total{job="web",code="500"} has no series within the last hour: right as long as nothing of the kind has happened; the source has no metric of the name requests_total
`
	if complaints.String() != want {
		t.Errorf("got\n%swant\n%s", complaints.String(), want)
	}
}

func TestASourceThatDoesNotAnswerIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yml")
	if err := os.WriteFile(file, []byte(misspelt), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	err := checkCatalogue(t.Context(), checkFlags{paths: []string{file}, zone: "UTC", source: "http://127.0.0.1:1"}, &out, &complaints)
	if err == nil || err.Error() != "trying the selectors of up: source of --source does not answer: dial tcp 127.0.0.1:1: connect: connection refused" {
		t.Errorf("got %v", err)
	}
}
